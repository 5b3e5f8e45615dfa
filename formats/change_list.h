/* Lists of changed paths: what `docker diff`, `podman diff` and `nerdctl diff` print, one
 * "A /path", "C /path" or "D /path" a line, and podman's JSON form of it.
 *
 * Only names are in it: neither type nor content, and a folder counts as changed when
 * something in it did. Names are printed raw, so that one with a newline in it looks like
 * two lines. Sources: docker-diff(1); podman-diff(1), --format json.
 */
#ifndef FORMATS_CHANGE_LIST_H
#define FORMATS_CHANGE_LIST_H

#include "formats/base/bytes.h"
#include "formats/base/fault.h"

enum listed_change { LISTED_ADDED, LISTED_CHANGED, LISTED_DELETED };

struct listed {
    enum listed_change change;
    struct bytes path; /* absolute; valid until the call returns */
    uint64_t offset;   /* of the line, or of the document */
};

/* The first bytes of such a list? */
bool change_list_probe(struct bytes head);

/* Calls back for each entry in its order. A line that is none is a fault (SYNTAX). */
void change_list_read(struct bytes text,
                      void (*each)(void *context, const struct listed *entry),
                      void *context, struct faults *faults);

#endif
