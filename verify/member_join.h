/* Member join: an archive in several files (split.h) that lie in another archive, read as
 * the one that it is. Internal to verify/.
 */
#ifndef VERIFY_MEMBER_JOIN_H
#define VERIFY_MEMBER_JOIN_H

#include "verify/file_index.h"
#include "verify/package.h"

struct member_parts {
    struct item **v; /* in order */
    size_t n;
    bool gap; /* one is missing behind the last */
};

/* The parts that belong to `first`, which is one of the files in `index`; NULL when there
 * is no second. Lives in `arena`. */
struct member_parts *member_parts_of(const struct file_index *index,
                                     const struct item *first, struct arena *arena);

/* All of them as one source, which does not seek; ends with FAULT_PART where one is
 * missing. `parts` must outlive it; NULL, of an index (blob_index.h), gives NULL. */
struct source *member_join_open(const struct package *p,
                                const struct member_parts *parts);
void member_join_close(struct source *s);

#endif
