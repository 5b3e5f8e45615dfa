/* Index store: the directory in which the records of base images are kept (--index DIR).
 *
 * Nothing is kept unless it is asked for, never inside evidence. The directory and the
 * key in it belong to the user and are closed to others; a record that was changed, or
 * was written under another key, is passed over and written anew (verify/blob_index.h).
 * What it cannot guard against is somebody who may act as the user: they could as well
 * replace exhibit.
 */
#ifndef ANALYZE_LAYER_INDEX_STORE_H
#define ANALYZE_LAYER_INDEX_STORE_H

#include "verify/walk.h"

struct index_store;

/* Opens the directory, made where it is missing. NULL when it cannot be used; *why then
 * says why (static). */
struct index_store *index_store_open(const char *path, const char **why);
void index_store_close(struct index_store *s);
/* For walk_options; borrowed. */
struct blob_memory *index_store_memory(struct index_store *s);
/* Writes a record of each layer of a walked package that has none. What cannot be written
 * is left out: the next run is only slower. */
void index_store_keep(struct index_store *s, const struct package *p);

#endif
