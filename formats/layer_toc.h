/* Tables of contents of layers that are fetched piece by piece.
 *
 * Who starts a container from such a layer takes names, modes and digests from its table
 * and fetches the bytes of a file when they are asked for: what the table says is then
 * what runs, whatever the tar beside it says.
 *
 * eStargz (stargz-snapshotter, docs/estargz.md): a tar of gzip members; the table is its
 * member "stargz.index.json", and the last 51 bytes of the blob say where that begins.
 * zstd:chunked (containers/storage, pkg/chunked): the table is zstd in a skippable frame;
 * its place is an annotation of the layer, "offset:length:inflated length:type", and
 * stands in the skippable frame that ends the blob as well.
 */
#ifndef FORMATS_LAYER_TOC_H
#define FORMATS_LAYER_TOC_H

#include "formats/archive.h"
#include "formats/document.h"

#define STARGZ_FOOTER 51
#define STARGZ_MEMBER "stargz.index.json"

/* Where the gzip member of the table begins; false when `tail`, the end of a blob, ends
 * with no such footer. */
bool stargz_footer_read(struct bytes tail, uint64_t *offset);

struct toc_place {
    uint64_t offset, length; /* compressed, in the blob */
    uint64_t inflated;
};
/* False for another type of table than 1, which is all that there is. */
bool zstd_chunked_place_read(struct bytes annotation, struct toc_place *out);
/* The same from the last bytes of the blob, ZSTD_CHUNKED_FOOTER of them or as many as
 * there are; false when they end with no such footer. */
#define ZSTD_CHUNKED_FOOTER 72
bool zstd_chunked_footer_read(struct bytes tail, struct toc_place *out);

/* The table as JSON, from the compressed bytes where it stands, of which eStargz's may
 * have others behind them. In the arena; empty when they hold none, or one larger than
 * LIMIT_DOCUMENT: then *large is set. */
struct bytes stargz_toc_inflate(struct bytes compressed, struct arena *arena,
                                bool *large);
struct bytes zstd_toc_inflate(struct bytes compressed, struct arena *arena, bool *large);

struct toc_entry {
    struct bytes name;         /* normalised: no "./" before it and no "/" behind */
    struct bytes link, digest; /* "sha256:…", empty where not stated */
    enum entry_type type;
    uint64_t size, offset;   /* offset: of its bytes in the blob */
    uint32_t mode, uid, gid; /* mode: as in struct entry */
    uint32_t order;          /* in the table */
    struct xattr *xattrs;    /* not sorted */
};

struct toc {
    struct toc_entry *v; /* bytewise by name; of one name as they stand */
    size_t n;
};

/* The entries of a table, without the pieces ("chunk") that follow a large file. Views
 * are borrowed from `root` or the arena. False when it is no such table. */
bool toc_read(const json_t *root, struct arena *arena, struct toc *out);
/* The last one of that name, which is the one that counts; or NULL. */
const struct toc_entry *toc_find(const struct toc *t, struct bytes name);

#endif
