/* Package: the evidence, opened read-only. The only place that opens evidence.
 *
 * A package is a directory or an archive of any kind that archive.h reads. Nothing is
 * followed out of it (openat2 with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS), nothing is
 * unpacked to disk, and nothing is ever written to it.
 */
#ifndef VERIFY_PACKAGE_H
#define VERIFY_PACKAGE_H

#include "formats/base/mask.h"
#include "verify/item.h"

struct package;

/* 0, or -errno when `path` cannot be opened or is neither a directory nor a file; *why
 * then says in words (static) what was wrong. */
int package_open(const char *path, struct package **out, const char **why);
void package_close(struct package *p);

/* The base name of the path that was opened. */
const char *package_name(const struct package *p);
bool package_is_archive(const struct package *p);
/* The package itself; its children are there after walk_package. */
struct item *package_root(const struct package *p);

/* The package-level files, in the order of the listing (bytewise by path): the files of a
 * directory with all its subdirectories, or the members of an archive, whose single
 * top-level directory, if it has just one, is the root. Valid after walk_package; the
 * first call makes the list, so it must not come from two threads at once. */
struct item *const *package_files(const struct package *p, size_t *count);
/* The path of a package-level file in the listing: relative to the package's root. */
void package_file_path(const struct package *p, const struct item *file, struct text *t);
/* What the short hashes of masked values are keyed with: the files of the package and
 * their sizes, so that the same input gives the same output. After the walk. */
struct mask package_mask(const struct package *p, bool reveal);

/* The container whose members are the package-level files: the directory, or the archive
 * behind its compression. */
struct item *package_content(const struct package *p);
/* What holds the bytes of a member: itself, or for a hard link of an archive the member
 * that it names. */
const struct item *package_linked(const struct item *file);

/* SHA-256 of the lines "DIGEST  PATH\n", sorted bytewise by path, over every
 * package-level file (DESIGN 7). False when a file could not be read. */
bool package_listing(const struct package *p, struct digest *out);

/* A fresh source at the first byte of the item's content, for a second reading; for
 * members of archives the container is read again up to the member. NULL when it can no
 * longer be read; free with item_source_close. Several may be open, on any thread. */
struct source *item_source_open(const struct package *p, const struct item *item);
void item_source_close(struct source *s);
/* The same for one item after the other. `s` (may be NULL) is one of item_source_open and
 * is used up: an archive that it reads is read on, and not again from its beginning, when
 * the item comes behind the one that `s` was opened for. */
struct source *item_source_move(const struct package *p, struct source *s,
                                const struct item *to);
/* Calls back with the blocks of [offset, offset+length), clipped to what is there.
 * 0 or < 0. */
int item_read(const struct package *p, struct span span,
              void (*each)(void *context, struct bytes block), void *context);

/* The same into memory, which has room for span.length: what is there, less than asked
 * for where the item ends or can no longer be read. */
struct bytes item_copy(const struct package *p, struct span span, uint8_t *into);

/* "3", "audit.log", "checkpoint.tar.zst//checkpoint/core-1.img": the item, or NULL. */
struct item *package_find(const struct package *p, struct bytes which);

#endif
