/* Visit: a second reading of some items, each container once.
 *
 * Reading one member of an archive means reading everything before it, so whoever needs
 * many members asks for all of them together.
 */
#ifndef VERIFY_VISIT_H
#define VERIFY_VISIT_H

#include "verify/package.h"

/* The content of wishes[which], from its first byte; what is left of it is skipped. 0 to
 * go on, < 0 ends the visit. */
typedef int visit_fn(void *context, size_t which, struct source *content);

/* Calls `each` for every item of `p` that can be read, container by container and there
 * in the container's own order; an item that stands twice among the wishes is visited
 * twice only where it was kept or is a file of a directory. What can no longer be read is
 * left out. Returns 0, or what `each` returned, or our own failure < 0. */
int items_visit(const struct package *p, const struct item *const *wishes, size_t n,
                visit_fn *each, void *context);

/* Bytes of archives and files that such a visit reads again. */
uint64_t items_visit_cost(const struct item *const *wishes, size_t n);

#endif
