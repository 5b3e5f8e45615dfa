/* Containers: formats that hold other items, told apart by their magic numbers alone.
 *
 * Sources: POSIX.1-2017 pax (ustar header), RFC 1952 (gzip), RFC 8878 (zstd), the xz file
 * format 1.1.0, lz4 frame format 1.6.2, APPNOTE.TXT 6.3.9 (zip), 7zFormat.txt, cpio(5).
 */
#ifndef FORMATS_CONTAINER_H
#define FORMATS_CONTAINER_H

#include "formats/base/bytes.h"

enum container {
    CONTAINER_NONE = 0,
    CONTAINER_DIRECTORY,
    CONTAINER_TAR,
    CONTAINER_ZIP,
    CONTAINER_7Z,
    CONTAINER_CPIO,
    CONTAINER_SPLIT, /* the first of the files of a split archive: it has the whole */
    CONTAINER_GZIP,  /* one compressed stream: one member */
    CONTAINER_ZSTD,
    CONTAINER_XZ,
    CONTAINER_BZIP2,
    CONTAINER_LZ4,
    CONTAINER_AWSLOGS, /* gzip in base64 in JSON: awslogs.h */
    CONTAINER_UTF16,   /* text: what PowerShell's > writes. Never sniffed */
    CONTAINER_COUNT,
};
const char *container_name(enum container c);
static inline bool container_is_filter(enum container c)
{
    return c >= CONTAINER_SPLIT;
}

/* By magic numbers alone. `head` is the first bytes; `whole` says that it is all there
 * is. */
enum container container_sniff(struct bytes head);

/* A compressed stream's content is named like it, without the suffix that says how it is
 * compressed: "a.tar.zst" holds "a.tar", "a.tgz" too. A view of `name`, and the suffix to
 * put after it (static, may be empty). */
struct bytes container_inner_name(struct bytes name, const char **suffix);

#endif
