/* Split archives: one archive in several files, as split(1), 7-Zip and others name them:
 * "x.tar.zst.001", "x.part1", "x.part01", "x.tar.gz.aa"; and the volumes of `zip -s`
 * (APPNOTE.TXT 8.3), "x.z01", "x.z02", … of which the last is "x.zip".
 * Here those of a folder; those in another archive: member_join.h.
 */
#ifndef VERIFY_SPLIT_H
#define VERIFY_SPLIT_H

#include "formats/base/source.h"
#include "formats/base/text.h"

/* Can the name be that of a first part? *stem is then what the whole would be called. */
bool split_first(struct bytes name, struct bytes *stem);
/* Turns the name of a part into that of the next; false behind the last that there can
 * be. */
bool split_next(struct text *name);

/* Are there parts behind the one that is missing, which `is_there` knows by name? */
bool split_has_gap(struct bytes missing, bool (*is_there)(void *, const struct text *),
                   void *context);

/* The names of zip's volumes: of the last, by that of any other, and of the first, by
 * that of the last. False when the name is of no such form. */
bool split_zip_last(struct bytes volume, struct text *last);
bool split_zip_first(struct bytes last, struct text *first);

/* True when `path` below `folder` (or AT_FDCWD) is the last of zip's volumes, and the
 * first one lies beside it. */
bool split_is_zip_last(int folder, struct bytes path);
/* True when `path` below `folder` (or AT_FDCWD) is the first of at least two parts of an
 * archive: it begins like one, and the second does not begin another. */
bool split_is_archive(int folder, struct bytes path);
/* True when the file begins no archive itself, and the first part of one to which it
 * would belong lies beside it; *first is its name. */
bool split_is_later(int folder, struct bytes path, struct text *first);
/* All parts as one source, given the first, or zip's last; free with storage_close. Where
 * one is missing between others, the source ends there with FAULT_PART. */
struct source *split_open(int folder, struct bytes part);

#endif
