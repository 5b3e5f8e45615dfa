/* Search index: over the case files of many analyses, in one SQLite file.
 *
 * A term is an indicator of one case with the first place where it stands; texts of
 * events and findings are in an FTS5 table. A case is indexed again only when its stamp
 * (whatever tells one analysis of it from another) changed. Text is that of the case
 * file: escaped and masked already.
 */
#ifndef ANALYZE_BATCH_SEARCHINDEX_H
#define ANALYZE_BATCH_SEARCHINDEX_H

#include "analyze/casefile/indicator.h"
#include "formats/base/instant.h"

struct search_index;

/* Opens or makes one to be filled; `path` NULL: in memory. 0 or < 0: -EUCLEAN when the
 * file is no such index, or damaged. */
int search_index_open(const char *path, struct search_index **out);
/* Opens one to be asked only. 0 or < 0 (-ENOENT when there is none). */
int search_index_open_done(const char *path, struct search_index **out);
void search_index_close(struct search_index *x);

/* Adds or replaces the case `name`, whose case file is at `path`. 0, or < 0 when our own
 * index cannot be written; a case file that cannot be read is -EINVAL. */
int search_index_add(struct search_index *x, const char *name, const char *stamp,
                     const char *path);
/* What lies between comes into the file together, which is much faster. */
int search_index_begin(struct search_index *x);
int search_index_commit(struct search_index *x);
/* Removes a case, if it is there. */
int search_index_remove(struct search_index *x, const char *name);

struct search_hit {
    struct bytes source; /* name of the case */
    struct bytes kind;   /* of the indicator; "text" for full text */
    struct bytes value;  /* the indicator, or the text */
    struct bytes what;   /* what it stands in: "finding", "event", "item", "document" */
    struct bytes item;   /* path of the evidence, "" for documents */
    instant time;        /* or INSTANT_NONE */
    int64_t offset, length, times; /* how often the case has it */
    bool flagged; /* in a finding, or in an event that a finding rests on */
};
typedef void search_fn(void *context, const struct search_hit *hit);

/* "KIND:VALUE" or "VALUE" among all kinds and in full text; '*' at the end takes VALUE as
 * a prefix. Hits come by kind, value and case; at most `limit`. The number of hits, or
 * < 0. */
int search_index_query(struct search_index *x, struct bytes query, size_t limit,
                       search_fn *each, void *context);

/* An indicator that several cases have: an image in any place, others where they are
 * flagged, and not what every cluster has. `cases` are names with newlines between, by
 * name. */
struct shared {
    struct bytes value, cases;
    int64_t count;
};
/* Those of one kind, most shared first; at most `limit`. 0 or < 0. */
struct shared_query {
    enum indicator kind;
    size_t limit;
    void (*each)(void *context, const struct shared *s);
    void *context;
};
int search_index_shared(struct search_index *x, const struct shared_query *q);

#endif
