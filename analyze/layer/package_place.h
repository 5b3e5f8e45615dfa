/* Package place: where in a root the databases of package managers are. */
#ifndef ANALYZE_LAYER_PACKAGE_PLACE_H
#define ANALYZE_LAYER_PACKAGE_PLACE_H

#include "formats/base/bytes.h"

/* The file of a database that packages.h reads, by its path in a root or in an archive:
 * worth keeping when it is read for the first time. */
bool packages_is_database(struct bytes path);

#endif
