/* Archives and compressed streams, through libarchive.
 *
 * Sources: POSIX.1-2017 pax, GNU tar manual, APPNOTE.TXT (zip), the 7z and xz formats;
 * libarchive(3). What an archive is, container.h decides from its first bytes, and
 * libarchive is told: its own bidding runs external programs, stacks filters and takes
 * plain text for archives. gzip, zstd and xz are read by gzip.h, zstd_frames.h and xz.h.
 */
#ifndef FORMATS_ARCHIVE_H
#define FORMATS_ARCHIVE_H

#include "formats/base/arena.h"
#include "formats/base/instant.h"
#include "formats/base/source.h"
#include "formats/container.h"

enum entry_type {
    ENTRY_FILE = 0,
    ENTRY_DIRECTORY,
    ENTRY_SYMLINK,
    ENTRY_HARDLINK,
    ENTRY_CHARACTER,
    ENTRY_BLOCK,
    ENTRY_FIFO,
    ENTRY_SOCKET,
};
const char *entry_type_name(enum entry_type t);

struct xattr {
    struct bytes name, value;
    struct xattr *next; /* sorted by name */
};

/* What many members have in common: one for a run of them. */
struct entry_traits {
    instant birthtime; /* INSTANT_NONE where absent */
    uint32_t rdev_major, rdev_minor;
    uint64_t dev, ino; /* files of a directory: for hard-link identity; else 0 */
    uint32_t nlink;
    struct xattr *xattrs;
};
extern const struct entry_traits entry_traits_none;

/* What few members have; most share one that is empty. Tars that keep these times have
 * others for every member: nothing else stands beside them. */
struct entry_rare {
    instant atime, ctime;              /* INSTANT_NONE where absent */
    const struct entry_traits *traits; /* never NULL */
};
extern const struct entry_rare entry_rare_none;

/* What a container says about a member, or the file system about a file. A package can
 * have millions: what is rare stands apart. */
struct entry {
    enum entry_type type : 8;
    bool has_size : 1;
    bool sparse : 1;
    bool encrypted : 1;
    uint32_t mode : 16; /* permission bits with setuid, setgid, sticky: 07777 */
    uint32_t uid, gid;
    uint32_t link_length;
    const uint8_t *link;           /* target of a symbolic or hard link: entry_link() */
    uint64_t size;                 /* claimed, logical (sparse files: with holes) */
    instant mtime;                 /* INSTANT_NONE where absent */
    const struct entry_rare *rare; /* never NULL */
};
/* The target of a link, raw. */
static inline struct bytes entry_link(const struct entry *e)
{
    return bytes_of(e->link, e->link_length);
}
/* Borrowed. A longer target than any system has is cut. */
static inline void entry_set_link(struct entry *e, struct bytes target)
{
    e->link = target.p;
    e->link_length = target.n < UINT32_MAX ? (uint32_t)target.n : UINT32_MAX;
}

/* Loads what the names in a 7z are read with. Once, before other threads and before a
 * sandbox that closes the file system; without it only names in ASCII are read. */
void archive_prepare(void);

struct archive_reader;

/* Reads `from` as `kind` (not DIRECTORY, not NONE). `from` must outlive the reader; 7z
 * needs one that seeks, and zip is read more exactly with one. */
struct archive_reader *archive_open(struct source *from, enum container kind);

/* The next member: 1, with *name and *entry borrowed from `into`, which must outlive the
 * reader and be the same for all its members; 0 at the end; < 0 our
 * failure. What is wrong with the archive is in archive_faults(); reading ends where
 * libarchive cannot go on. A filter has one member, whose name is empty. */
int archive_next(struct archive_reader *r, struct arena *into, struct bytes *name,
                 struct entry *entry);

/* Moves on like archive_next, but tells nothing of the member. */
int archive_skip(struct archive_reader *r);

/* How many bytes of `from` were used so far. Of the filters, only gzip and zstd tell. */
uint64_t archive_taken(const struct archive_reader *r);

/* Where in `from` the header of the current member stands, with its extensions. False
 * where the format has none in front of it (7z), or it was not found. */
bool archive_header(const struct archive_reader *r, uint64_t *offset, uint64_t *length);

/* The content of the current member with holes filled by zeros; borrowed, valid until the
 * next archive_next. */
struct source *archive_content(struct archive_reader *r);

const struct faults *archive_faults(const struct archive_reader *r);
void archive_close(struct archive_reader *r);

#endif
