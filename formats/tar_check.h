/* What a tar says twice: headers and their extensions, read beside libarchive to find
 * where other readers would see another archive in the same bytes.
 *
 * Sources: POSIX.1-2017 pax ("ustar Interchange Format", "pax Extended Header"); GNU tar
 * manual, "Basic Tar Format"; what GNU tar 1.34, libarchive 3.6 and Python's tarfile do.
 */
#ifndef FORMATS_TAR_CHECK_H
#define FORMATS_TAR_CHECK_H

#include "formats/base/bytes.h"
#include "formats/base/fault.h"

struct tar_check;

/* Faults go to `faults`, which must outlive it:
 *   TWO_SIZES     a size is stated twice and differs
 *   NO_DATA       an entry of a kind that has no data announces some
 *   BAD_SIZE      a size is no number, negative or beyond 63 bits
 *   INCONSISTENT  a name is stated twice and differs
 *   VALUE         a name with a NUL, or a name or size for all entries that follow
 *   SYNTAX        an extension that is malformed
 *   MISSING_FIELD the end of the archive is not marked */
struct tar_check *tar_check_new(struct faults *faults);
/* The next bytes of the archive. */
void tar_check_feed(struct tar_check *t, struct bytes block);
/* After the last byte. */
void tar_check_end(struct tar_check *t);
void tar_check_free(struct tar_check *t);

#endif
