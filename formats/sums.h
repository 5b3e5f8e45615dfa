/* Check files of sha256sum, b2sum, md5sum, cksum and the BSD digest commands.
 *
 * Source: GNU coreutils, "cksum general options" and "md5sum invocation"; the BSD form is
 * that of OpenBSD's cksum(1) -p; openssl dgst prints nearly the same. The grammar is read
 * exactly as coreutils reads it, except where that hides a file from the check:
 *  - a NUL in a line makes it malformed (coreutils verifies the name before the NUL);
 *  - a tagged line may name any algorithm, so that lists can be mixed;
 *  - whether untagged lines have one or two characters between digest and name is
 *    decided per file, and a mixture is a fault.
 */
#ifndef FORMATS_SUMS_H
#define FORMATS_SUMS_H

#include "formats/manifest.h"

/* Does it begin like a check file? The first line that is neither empty nor a comment
 * must be a check line. */
bool sums_probe(struct bytes head, struct bytes name);

/* `name`: the manifest's own file name, which tells b2sum's and sha512sum's lines apart,
 * and what a bare digest or one of standard input is about ("a.tar.sha256").
 */
void sums_read(struct bytes content, struct bytes name, struct arena *arena,
               const struct manifest_sink *sink);

#endif
