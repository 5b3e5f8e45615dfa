/* rpm: one package's header, as rpm's database keeps it.
 *
 * Source: rpm's docs/manual/format_v4.md ("Header") and docs/manual/tags.md. The blob is
 * the header structure without its magic.
 */
#ifndef FORMATS_RPM_H
#define FORMATS_RPM_H

#include "formats/packages.h"

/* Calls `package` and then `file` for each of its files; false when it is no header.
 * What is wrong inside is a fault, and what stands is told. */
bool rpm_header_read(struct bytes blob, struct arena *arena,
                     const struct package_sink *sink);

#endif
