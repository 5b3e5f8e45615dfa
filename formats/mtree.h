/* mtree specifications: what a tree of files must be.
 *
 * Source: mtree(5) of NetBSD and libarchive. One entry a line, keywords after the name;
 * `/set` gives defaults, `/unset` takes them back; a name without '/' stands in the
 * current folder, a folder's line enters it, ".." leaves it; a name with '/' is a full
 * path. Bytes are written as \ooo or as strvis(3) does. A '\' at the end of a line joins
 * the next one. Digests and sizes of files are read; modes and owners are not evidence's
 * integrity and are left alone.
 *
 * Names that stand in folders are handed out as paths. All of them together take
 * LIMIT_MANIFEST bytes at most; an entry beyond is FAULT_LIMIT and not handed out.
 */
#ifndef FORMATS_MTREE_H
#define FORMATS_MTREE_H

#include "formats/manifest.h"

bool mtree_probe(struct bytes head);
void mtree_read(struct bytes content, struct arena *arena,
                const struct manifest_sink *sink);

#endif
