/* dpkg: the database of Debian's package manager, and of its relatives.
 *
 * Sources: deb-control(5), dpkg(1) "FILES", deb-conffiles(5); dpkg's lib/dpkg/dump.c and
 * db-fsys-digest.c. Distroless images have one stanza per file in status.d.
 */
#ifndef FORMATS_DPKG_H
#define FORMATS_DPKG_H

#include "formats/packages.h"

/* var/lib/dpkg/status, one file of status.d, opkg's status: stanzas of "Field: value".
 * Calls `package` for each, and `file` for each of its Conffiles, with MD5. A package
 * whose Status does not end in "installed" is `removed`. */
void dpkg_status_read(struct bytes text, const struct package_sink *sink);

/* info/NAME.md5sums: "digest  path", paths relative to the root. Calls `file`. */
void dpkg_md5sums_read(struct bytes text, const struct package_sink *sink);
/* info/NAME.list: one absolute path a line, folders too. Calls `file`. */
void dpkg_list_read(struct bytes text, const struct package_sink *sink);

/* diversions: `from` as every package but `by` names it, `to` where it is then put. */
struct dpkg_diversion {
    struct bytes from, to, by; /* by ":" means the administrator */
};
void dpkg_diversions_read(struct bytes text, void *context,
                          void (*each)(void *context, const struct dpkg_diversion *d));

/* The package of "info/libc6:amd64.md5sums": name and architecture (may be empty); false
 * when the name does not end in `suffix` (".list"). */
bool dpkg_info_name(struct bytes file, const char *suffix, struct bytes *name,
                    struct bytes *architecture);

#endif
