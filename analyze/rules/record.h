/* Record: one log entry or fact as the rules see it.
 *
 * A rule asks for a dotted path ("objectRef.resource") and gets every value that stands
 * there. Where the path meets an array it goes on in each element, so a condition on
 * "requestObject.spec.containers.image" holds when any container's image does. A key may
 * itself hold dots ("annotations.authorization.k8s.io/decision", Falco's
 * "output_fields.proc.name"): at each object all ways to join the next parts are tried.
 *
 * Where the record comes from is behind a table of functions, so that simdjson's values,
 * jansson's objects and flat lists are read by one engine. Everything is borrowed and
 * lives as long as the caller's document.
 */
#ifndef ANALYZE_RULES_RECORD_H
#define ANALYZE_RULES_RECORD_H

#include <jansson.h>

#include "formats/base/arena.h"
#include "formats/base/text.h"
#include "formats/json_lines.h"

/* LOG_SOURCE(ID, "name", "product", "category", "service"): what a rule's `logsource`
 * must say to be asked about records of this source. */
#define LOG_SOURCES(LOG_SOURCE)                                                          \
    LOG_SOURCE(AUDIT, "audit", "kubernetes", "", "audit")                                \
    LOG_SOURCE(GCP, "gcp-audit", "gcp", "", "gcp.audit")                                 \
    LOG_SOURCE(CLOUDTRAIL, "cloudtrail", "aws", "", "cloudtrail")                        \
    LOG_SOURCE(FALCO, "falco", "falco", "", "")                                          \
    LOG_SOURCE(CONTAINER, "container-log", "kubernetes", "container_log", "")            \
    LOG_SOURCE(EVENTS, "kubernetes-events", "kubernetes", "", "events")                  \
    LOG_SOURCE(TETRAGON, "tetragon", "tetragon", "", "")                                 \
    LOG_SOURCE(TRACEE, "tracee", "tracee", "", "")                                       \
    LOG_SOURCE(KUBEARMOR, "kubearmor", "kubearmor", "", "")                              \
    LOG_SOURCE(GUARDDUTY, "guardduty", "aws", "", "guardduty")                           \
    LOG_SOURCE(STARTED, "process-start", "linux", "process_creation", "")                \
    LOG_SOURCE(JOURNAL, "journal", "linux", "", "journald")                              \
    LOG_SOURCE(PROCESS, "checkpoint-process", "exhibit", "checkpoint_process", "")       \
    LOG_SOURCE(LAYER, "layer-change", "exhibit", "layer_change", "")

enum log_source {
#define LOG_SOURCE(id, name, product, category, service) LOG_SOURCE_##id,
    LOG_SOURCES(LOG_SOURCE)
#undef LOG_SOURCE
        LOG_SOURCE_COUNT
};
const char *log_source_name(enum log_source s);

enum value_type {
    VALUE_NULL = 0,
    VALUE_BOOL,
    VALUE_INTEGER,
    VALUE_REAL,
    VALUE_TEXT,
    VALUE_OBJECT,
    VALUE_ARRAY,
};

struct value {
    enum value_type type;
    struct bytes text; /* of VALUE_TEXT: decoded, any bytes */
    int64_t integer;   /* of VALUE_INTEGER; 0 or 1 of VALUE_BOOL */
    double real;       /* of VALUE_REAL, and of integers beyond int64 */
};

/* A place in a document; its meaning belongs to the tree that made it. */
struct node {
    const void *p;
    uint64_t i;
};

/* The members of an object or the elements of an array, while they are walked. */
struct walk {
    struct node of;
    uintptr_t at, end;
    bool keyed;
};

struct path_tree;

/* How a kind of document is read. None of these may fail or allocate. */
struct accessor {
    /* The value at a node; objects and arrays give their type only. `room` may be used
     * for text that does not stand in the document as such. */
    void (*value)(struct node n, struct value *out);
    void (*walk)(struct node n, struct walk *w);
    /* `key` is empty for elements. False at the end. */
    bool (*next)(struct walk *w, struct bytes *key, struct node *out);
    /* The next member by which paths go on: its key is one of their names, or begins with
     * one and a dot. False at the end. */
    bool (*next_of)(struct walk *w, const struct path_tree *paths, struct bytes *key,
                    struct node *out);
};

/* A node and how its document is read. */
struct subtree {
    const struct accessor *by; /* NULL: there is none */
    struct node top;
};

/* A field that stands beside the tree, found by its whole path before the tree is asked.
 * A key that stands several times has several values. */
struct fact {
    const char *key;
    struct bytes value;
};

/* What a record cannot show, whatever stands in it. */
enum record_missing {
    RECORD_WHOLE = 0,
    RECORD_CUT = 1,              /* cut off: an absent field may have been there */
    RECORD_NO_REQUEST_BODY = 2,  /* by the level, truncated, or taken out since */
    RECORD_NO_RESPONSE_BODY = 4, /* audit level below RequestResponse, or truncated */
    RECORD_TRUNCATED = 8,        /* bodies were taken out because of their size */
    RECORD_TABLE = 16,           /* printed for people: only some fields were shown */
};

struct audit_event; /* formats/audit.h */
struct falco_alert; /* formats/falco.h */

struct record {
    enum log_source source;
    /* Decoded records answer for their known fields in whatever shape they came; the
     * tree answers the rest. NULL otherwise. */
    const struct audit_event *audit;
    const struct falco_alert *falco;
    struct subtree tree; /* none: only facts */
    const struct fact *facts;
    size_t fact_count;
    unsigned missing;            /* enum record_missing */
    struct rules_memory *memory; /* rules.h; NULL: rules_match does without */
};

/* With these a field that is absent may have been there. */
#define RECORD_PARTIAL (RECORD_CUT | RECORD_TABLE)

/* Each borrows what it is given. What the level, the annotations and the shape of an
 * audit record leave out is put into `missing`. */
struct record record_of_audit(const struct audit_event *e);
struct record record_of_falco(const struct falco_alert *a);
/* A record over simdjson's value (Tetragon, Tracee, journald). */
struct record record_of_lines(enum log_source source, struct jsonl_value v);
/* A record over a jansson value: documents of ours, objects. */
struct record record_of_json(enum log_source source, const json_t *json);
/* A record of facts alone: a container's log line. */
struct record record_of_facts(enum log_source source, const struct fact *facts, size_t n);

/* -- paths ------------------------------------------------------------------------- */

#define LIMIT_PATH_PARTS 32

/* A path is names between dots: "a.b.c/d". False when there are too many, or an empty
 * one. */
bool path_is_sound(struct bytes path);

/* Paths as one tree, so that a document is walked once for all of them: at each object
 * only members whose names go on are followed. Paths have numbers, several the same. */
struct path_tree {
    size_t *ends; /* the numbers of the paths that end here, each once */
    size_t end_count;
    struct bytes *names; /* of the members by which paths go on; views into the paths */
    struct path_tree **below;
    size_t count;
};
/* The empty path ends at once. */
void path_tree_add(struct path_tree *tree, struct bytes path, size_t number,
                   struct arena *arena);

/* `number`: of the path. */
typedef void node_fn(void *context, size_t number, struct node n);

/* Calls back with every node at a path in the tree, arrays opened on the way and at the
 * end, in the document's order. */
void paths_each(struct subtree in, const struct path_tree *paths, node_fn *each,
                void *context);
/* Every scalar (and, as text, every key) in the tree, down to LIMIT_JSON_DEPTH. */
bool scalars_each(struct subtree in, bool (*each)(void *context, const struct value *v),
                  void *context);

/* The tree as compact JSON, in the document's order, down to LIMIT_JSON_DEPTH. */
void subtree_json(struct subtree in, struct text *out);

/* Of simdjson's value; none where it is absent. */
struct subtree subtree_of_lines(struct jsonl_value v);
/* The value again; JSONL_NOTHING of other trees. */
struct jsonl_value subtree_line(struct subtree s);

#endif
