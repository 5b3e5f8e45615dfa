/* xz: streams of blocks, decompressed block by block.
 *
 * Source: "The .xz File Format" 1.1.0; the filters and checks are liblzma's. A block
 * whose header says its sizes, as those of `xz -T` do, is decompressed on another thread
 * while it is small enough to be held; others are decompressed as they are read. A
 * stream's index must agree with its blocks, and streams may follow each other, with
 * padding between.
 *
 * Bytes, faults and their places do not depend on the number of threads. Faults, with
 * offsets in the compressed stream: MAGIC, TRUNCATED, CHECKSUM, VALUE (broken data, or an
 * index that does not agree), UNSUPPORTED (a filter that liblzma has not), LIMIT (a
 * dictionary over LIMIT_XZ_MEMORY) and TRAILING.
 */
#ifndef FORMATS_XZ_H
#define FORMATS_XZ_H

#include "formats/base/source.h"

/* `from` must outlive it. Free with xz_source_free. */
struct source *xz_source_new(struct source *from, size_t threads);
void xz_source_free(struct source *s);

#endif
