/* Walk: reads the package once. Every item is hashed as its bytes pass, identified by
 * content first and name second, and containers are walked through to their members.
 *
 * What the caller wants of an item's bytes besides the digest is its `care`:
 *   HASH   nothing
 *   KEEP   all of it in item->content (up to LIMIT_DOCUMENT, a manifest to
 *          LIMIT_MANIFEST; else hashed with a fault)
 *   CACHE  kept while there is room, to save a second reading; else as HASH
 *   TAIL   the same of its last LIMIT_KEPT_TAIL bytes; all of it as HASH where it is not
 *          known to have more
 *   LEAVE  not even read, if it is a file of a directory: not hashed, and read by whoever
 *          needs it; members of archives as HASH
 *   DEFER  it will be streamed by logs_stream(), which hashes it then; members of
 * archives are kept when they are small, else hashed now and read again later After
 * walk_package all items exist and their ids are final.
 */
#ifndef VERIFY_WALK_H
#define VERIFY_WALK_H

#include <stdatomic.h>

#include "verify/finding.h"
#include "verify/package.h"

enum care { CARE_HASH = 0, CARE_KEEP, CARE_DEFER, CARE_CACHE, CARE_TAIL, CARE_LEAVE };

struct progress {
    /* Called now and then from one thread; may be NULL. `total` is 0 while unknown. */
    void (*tell)(void *context, uint64_t done, uint64_t total, const struct item *item);
    void *context;
};

/* Records of blobs from earlier runs (blob_index.h). A blob that is named by its digest,
 * and of which there is a record, is only hashed. */
struct blob_memory {
    /* The sound record of a digest, as 64 hex digits, or nothing; lives as long as the
     * arena. On any thread. */
    struct bytes (*recall)(void *context, const char hex[65], struct arena *into);
    void *context;
    /* Set by the walk: a blob is not what its name says, and so was not looked into. The
     * package must be walked again without records. */
    atomic_bool stale;
};

struct walk_options {
    size_t threads; /* >= 1 */
    /* Also the SHA-256 of what a compressed file holds when that is an archive (of a
     * layer, its diffID): nobody lists it, and it costs as much as all of its members.
     * Without it a claim on such an archive makes it be read again. */
    bool hash_streams;
    /* Extended attributes of the package's files too: for those who compare layers. Those
     * of folders and of members of archives are always read. */
    bool xattrs;
    /* Files of the package do not stay in the page cache (storage_pass). */
    bool direct;
    /* Role overrides from --as ROLE=PATH, NULL-terminated pairs; may be NULL. */
    const struct role_override *overrides;
    enum care (*care)(void *context,
                      const struct item *item); /* any thread; NULL: HASH */
    void *context;
    struct progress progress;
    struct blob_memory *memory; /* NULL: none */
};

struct role_override {
    enum role role;
    const char *path; /* NULL ends the list */
};

/* Returns 0 or < 0. Faults of the evidence are in the items; walk_findings tells them. */
int walk_package(struct package *p, const struct walk_options *options);

/* Adds what the walk itself saw (unreadable, faults, unsafe paths, special files,
 * duplicates, limits) to `all`. */
void walk_findings(const struct package *p, struct findings *all);

/* -- second phase: logs ------------------------------------------------------------- */

/* A chunk of whole lines of a log, on its way through a decoder. */
struct log_chunk {
    const struct item *item;
    struct bytes text; /* ends at a line's end, unless it is the last one of the item */
    uint64_t offset;   /* of text in the item */
    bool first, last;
    void *batch; /* what decode() made of it; commit() frees it */
};

struct log_visitor {
    void *context;
    /* On any worker, several at once; must not touch shared state. */
    void (*decode)(void *context, struct log_chunk *chunk);
    /* On one thread, chunk by chunk in the order of the log, items in order of id. */
    void (*commit)(void *context, struct log_chunk *chunk);
};

/* Streams every item whose care was DEFER, hashing what was not hashed yet. Memory is
 * bounded by threads * 4 chunks of about 1 MiB (a longer line makes a longer chunk, up to
 * LIMIT_LINE). 0 or < 0. */
int logs_stream(struct package *p, const struct walk_options *options,
                const struct log_visitor *visitor);

#endif
