/* apk: the database of installed packages of Alpine Linux.
 *
 * Source: apk-tools, src/database.c and doc/apk-repositories.5; the format of version 2,
 * which version 3 still writes for installed systems.
 */
#ifndef FORMATS_APK_H
#define FORMATS_APK_H

#include "formats/packages.h"

/* lib/apk/db/installed: stanzas of "X:value" lines. Calls `package` for each, and `file`
 * for each of its files. Digests are SHA-1 of the contents (for a symbolic link, of its
 * target), or the first 20 octets of SHA-256 where the package says so ("f:S"). */
void apk_installed_read(struct bytes text, struct arena *arena,
                        const struct package_sink *sink);

#endif
