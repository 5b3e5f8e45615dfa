/* What the files of the case file's writer share. */
#ifndef ANALYZE_CASEFILE_PRIVATE_H
#define ANALYZE_CASEFILE_PRIVATE_H

#include "analyze/casefile/casefile.h"
#include "analyze/casefile/sql.h"

/* The evidence, the base image and the baseline, with room to spare. */
#define CASE_PACKAGES 8
/* Texts of one row that are bound at the same time: those of an event and its fields. */
#define CASE_TEXTS 6

struct case_package {
    const struct package *package;
    const struct item *root;
    const char *label;
    uint32_t first; /* what its item ids are raised by */
    uint32_t count;
    const struct item **items; /* by id */
};

struct casefile {
    sqlite3 *db;
    char *path, *part, *side;
    const struct mask *mask;
    struct clocks *clocks; /* or NULL */
    struct case_package packages[CASE_PACKAGES];
    size_t package_count;
    int64_t events, findings;
    struct ahead *ahead;     /* ahead.h, or NULL */
    struct passing *passing; /* passing.h, or NULL */
    struct arena arena;
    struct text masked;
    struct text texts[CASE_TEXTS];
    sqlite3_stmt *add_event, *add_order, *add_finding, *add_finding_span, *add_wanted,
        *add_element;
};

/* Evidence as the case file keeps it: masked, cut at LIMIT_CASE_TEXT, escaped. The view
 * lives in texts[slot]. */
struct bytes case_text(struct casefile *c, size_t slot, struct bytes raw);
/* Appends the same to `out`. */
void case_text_to(struct casefile *c, struct bytes raw, size_t limit, struct text *out);
/* False when the item is in no package that was made citable. */
bool case_item_id(const struct casefile *c, const struct item *item, uint32_t *id);
/* The item of an id, and (unless NULL) its package; NULL when there is none. */
const struct item *case_item(const struct casefile *c, uint32_t id,
                             const struct package **package);
/* A place that the reports cite, and who cites it: when there are too many, the lower
 * rank gets its excerpt. */
struct wanted {
    uint32_t item;
    uint64_t offset, length;
    enum { RANK_FINDING, RANK_DOCUMENT, RANK_EVENT } rank;
};
int case_want(struct casefile *c, struct wanted w);
/* Of a row: item, offset, length. */
struct wanted wanted_row(sqlite3_stmt *row);

/* The steps of closing, in order. Each returns 0 or < 0. */
int case_store_items(struct casefile *c);
int case_store_events(struct casefile *c);
int case_link(struct casefile *c);
int case_group_findings(struct casefile *c);
int case_store_excerpts(struct casefile *c);

#endif
