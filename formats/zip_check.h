/* What a zip says twice: its index at the end and the header before each member, which
 * readers that seek and readers that stream believe in turn.
 *
 * Source: APPNOTE.TXT 6.3.9, sections 4.3.7, 4.3.12 and 4.3.14 to 4.3.16.
 */
#ifndef FORMATS_ZIP_CHECK_H
#define FORMATS_ZIP_CHECK_H

#include "formats/base/source.h"

/* Reads index and headers of a source that seeks, and leaves it anywhere. Faults:
 *   INCONSISTENT  name, method, size or checksum differ; members lie over each other, or
 *                 bytes between them belong to none; the index has another number of
 *                 members than stated
 *   LEADING       data stands before the archive (one that extracts itself); `have` says
 *                 how much
 *   PART          it is the last of several volumes, and the first is not there
 *   TRAILING      data follows after the end
 *   REFERENCE     the index points to where no header is
 * Of the volumes of a split zip, joined, the index tells places within each: there the
 * members must follow each other.
 * Nothing is said of a zip without an index: it is read as a stream. */
void zip_check(struct source *from, struct faults *faults);

/* Whether a source that seeks ends with the index of a zip, whatever it begins with.
 * Leaves it anywhere. */
bool zip_stands_at_end(struct source *from);

#endif
