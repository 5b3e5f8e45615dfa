/* Python distributions: what pip and its relatives write beside installed code.
 *
 * Source: PyPA specifications, "Recording installed projects" (METADATA, RECORD) and
 * "Core metadata"; setuptools' installed-files.txt.
 */
#ifndef FORMATS_PYTHON_DIST_H
#define FORMATS_PYTHON_DIST_H

#include "formats/packages.h"

/* METADATA or PKG-INFO: name and version of its header. False without a name. */
bool python_metadata_read(struct bytes text, struct package_record *out);

/* RECORD: "path,sha256=…,size" as CSV; paths are relative to the folder that the
 * .dist-info folder lies in. Calls `file`. */
void python_record_read(struct bytes text, struct arena *arena,
                        const struct package_sink *sink);

#endif
