/* The database of rpm: where the headers of rpm.h are kept.
 *
 * Source: rpm's lib/backend/{sqlite,ndb,bdb_ro}.c; SQLite's fileformat2.html, section 4
 * (the write-ahead log). The SQLite form is read, in memory and through SQLite; the
 * others are only told apart.
 */
#ifndef FORMATS_RPMDB_H
#define FORMATS_RPMDB_H

#include "formats/packages.h"

enum rpmdb_form { RPMDB_NONE = 0, RPMDB_SQLITE, RPMDB_NDB, RPMDB_BERKELEY };
enum rpmdb_form rpmdb_form_of(struct bytes head);

/* Hands out every package of rpmdb.sqlite; `log` is rpmdb.sqlite-wal, or empty: what was
 * committed there and not yet put into the database. Headers that are none are faults.
 * False when SQLite cannot read the database. */
bool rpmdb_read(struct bytes database, struct bytes log, struct arena *arena,
                const struct package_sink *sink);

#endif
