/* Logs and findings of other tools, which are known by sight and not read: so that a
 * package can be told to hold them. */
#ifndef FORMATS_FOREIGN_H
#define FORMATS_FOREIGN_H

#include "formats/base/bytes.h"

/* What it looks like by its first octets, in words; NULL for anything else. Texts are
 * told by how they begin, objects by the names of their members, others by their magic
 * number. */
const char *foreign_log(struct bytes head);

#endif
