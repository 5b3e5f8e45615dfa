/* What archive.c (the stream) and archive_entry.c (what is said of a member) share. */
#ifndef FORMATS_ARCHIVE_PRIVATE_H
#define FORMATS_ARCHIVE_PRIVATE_H

#include <archive.h>
#include <archive_entry.h>

#include "formats/archive.h"
#include "formats/tar_check.h"

/* The content of one member; holes are handed out as blocks of zeros. */
struct content {
    struct source source;
    struct archive_reader *reader;
    struct bytes data; /* libarchive's block that waits behind a hole */
    uint64_t at;       /* logical bytes handed out */
    uint64_t data_at;
    uint64_t size; /* logical, when known */
    bool has_size, data_ended;
};

struct archive_reader {
    struct source *from;
    enum container kind;
    struct archive *archive; /* NULL where our own decompressors do the work */
    struct source *filter;   /* gzip, zstd or xz, or NULL */
    struct source *octets;   /* what a filter reads that stands in text; else NULL */
    bool given;              /* the one member of a filter was handed out */
    bool ended;
    bool input_ended;
    struct bytes block; /* the last block given to libarchive */
    uint64_t block_end; /* its end in the stream */
    struct content content;
    struct faults faults;
    struct tar_check *check; /* of a tar that is read from its first byte on, or NULL */
    /* Of the member before, in the caller's arena: runs of members share them. */
    const struct entry_rare *last_rare;
    const struct entry_traits *last_traits;
};

/* Notes a fault at the place in the stream that libarchive has reached. */
void archive_fault(struct archive_reader *r, enum fault_code code);
/* What the archive says of a member; copies go to `into`. */
void archive_take_entry(struct archive_reader *r, struct archive_entry *e,
                        struct arena *into, struct entry *entry);

/* archive_acl.c. The list of a type (ARCHIVE_ENTRY_ACL_TYPE_ACCESS, _DEFAULT) as the
 * kernel stores it; as text, and not exact, where only names of users are known; nothing
 * where there is none. */
struct bytes archive_acl(struct archive_entry *e, int list, struct arena *into,
                         bool *exact);
/* With a mask in its list, the mode that stat tells has the mask's bits for the group;
 * libarchive gives those of the owning group. */
unsigned archive_acl_mode(struct archive_entry *e, unsigned mode);

#endif
