/* Reader of a case file: what the reports are rendered from.
 *
 * A case file may come from somebody else, so it is opened read-only and defensively, and
 * what stands in it is text to be escaped like any evidence.
 */
#ifndef ANALYZE_CASEFILE_READER_H
#define ANALYZE_CASEFILE_READER_H

#include <jansson.h>

#include "formats/base/instant.h"
#include "formats/base/text.h"

struct case_reader;

/* 0, or < 0 with *why saying in words (static) what was wrong. */
int case_open(const char *path, struct case_reader **out, const char **why);
void case_close(struct case_reader *r);
/* < 0 as soon as any reading failed: what was rendered is then worth nothing. */
int case_failure(const struct case_reader *r);

/* The value of a key of `meta`, or an empty view. Lives as long as the reader. */
struct bytes case_meta_get(struct case_reader *r, const char *key);
/* The text of a document (lives as long as the reader), or an empty view. */
struct bytes case_document_text(struct case_reader *r, const char *name);
/* The same, parsed: a new reference, or NULL. */
json_t *case_document_json(struct case_reader *r, const char *name);
/* An element of a document's list (case_element in casefile.h), parsed: a new reference,
 * or NULL. */
json_t *case_element_json(struct case_reader *r, int64_t id);
/* The single number that `query` gives; 0 where it gives none. */
int64_t case_number(struct case_reader *r, const char *query);

/* A place in the evidence, with what is known about the item. */
struct case_place {
    int64_t item_id;
    struct bytes item;    /* path */
    struct bytes package; /* "" or the label of another package */
    struct bytes sha256;  /* "" when the item could not all be read */
    struct bytes verdict;
    uint64_t offset, length;
};
/* "PACKAGE ITEM@OFFSET+LENGTH" after `exhibit show`: the path where a shell takes it as
 * it is, else the id. `package` is what to call the package. Appends. */
void case_place_command(const struct case_place *p, struct bytes package, struct text *t);

/* One row of `event`. All views live until the next row. */
struct case_event_row {
    int64_t id;
    instant time, time_end; /* INSTANT_NONE where there is none */
    enum precision precision;
    struct bytes clock, source, kind, time_desc, actor, action, object, message;
    struct bytes severity; /* "" where the source gives none */
    bool in_scope;
    struct case_place place;
    struct bytes fields;   /* JSON object */
    struct bytes findings; /* rule ids, blank-separated, in order of the findings */
    struct bytes attack;   /* their ATT&CK ids, blank-separated */
    struct bytes worst;    /* severity of the first of them, or "" */
    instant placed;        /* where it stands by the reference clock; `time` mostly */
    int64_t also;          /* further records of it */
};

/* One row of `finding`, without its proofs. */
struct case_finding_row {
    int64_t id;
    struct bytes rule, severity, title, attack, why, refute, subject, confidence;
    instant time;
    bool not_decidable;
    int64_t more_spans;
    struct bytes arguments; /* JSON object */
    int64_t part_of;        /* the gravest finding about the same act, or 0 */
};

/* One row of `finding` that tells an act of its own (no part of another one). */
struct case_act_row {
    int64_t id;
    int64_t fold; /* the first of those of the same rule, gravity, confidence, `before` */
    bool before;  /* what it tells was so before the first sign */
    bool not_decidable;
    struct bytes severity, subject;
};

/* One row of `item`. */
struct case_item_row {
    int64_t id, parent, uid, gid, mode;
    struct case_place place; /* offset 0, length its size */
    struct bytes role, identified, container, type, fault;
    instant mtime, atime, ctime, birthtime;
};

/* One element of a document's list. */
struct case_element_row {
    int64_t id;
    struct bytes content; /* JSON */
};

/* A walk over rows: for (w = case_events(r); case_next_event(w, &row);) …; case_end(w).
 * Never NULL. */
struct case_walk;
struct case_walk *case_events(struct case_reader *r);
struct case_walk *case_findings(struct case_reader *r);
struct case_walk *case_finding_by_id(struct case_reader *r, int64_t finding);
/* Those of a fold after each other; the gravest first, and of the same gravity what was
 * so before `first_sign` (which may be INSTANT_NONE) last. */
struct case_walk *case_acts(struct case_reader *r, instant first_sign);
/* Further records of one event, as places. */
struct case_walk *case_event_also(struct case_reader *r, int64_t event);
/* Those that are part of another one; those of one rule after each other. */
struct case_walk *case_finding_parts(struct case_reader *r, int64_t finding);
/* The proofs of one finding, as places. */
struct case_walk *case_finding_places(struct case_reader *r, int64_t finding);
/* Events that rest on it: rows of the same kind as case_events. */
struct case_walk *case_finding_events(struct case_reader *r, int64_t finding);
/* The elements of a document's list, in order. */
struct case_walk *case_elements(struct case_reader *r, const char *document);
/* All items, or those of package level (`top`). */
struct case_walk *case_items(struct case_reader *r, bool top);
bool case_next_event(struct case_walk *w, struct case_event_row *row);
bool case_next_finding(struct case_walk *w, struct case_finding_row *row);
bool case_next_act(struct case_walk *w, struct case_act_row *row);
bool case_next_place(struct case_walk *w, struct case_place *row);
bool case_next_item(struct case_walk *w, struct case_item_row *row);
bool case_next_element(struct case_walk *w, struct case_element_row *row);
void case_end(struct case_walk *w);

/* The place of an item by its id. False when there is no such item. */
bool case_place_of(struct case_reader *r, int64_t item, struct case_place *out);
/* The excerpt kept of a place; lives as long as the reader. False when there is none.
 * *shown: how many of the place's bytes it shows. */
bool case_excerpt(struct case_reader *r, const struct case_place *p, struct bytes *text,
                  uint64_t *shown);

#endif
