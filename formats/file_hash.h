/* What PowerShell's Get-FileHash prints and exports: Format-List ("Hash      : 0A1B…"),
 * Format-Table (columns under a line of hyphens) and Export-Csv.
 *
 * Source: Microsoft's reference of Get-FileHash, Format-List, Format-Table and
 * Export-Csv; an object has Algorithm, Hash and Path, of which Select-Object may leave
 * out the first. A list is as wide as the console was: what was too long for a line goes
 * on, indented, in the next. In a table it was cut off there, with "..." or "…" at the
 * end, so that nobody can say which file was meant: a fault.
 *
 * ConvertTo-Json is read as any JSON (json_manifest.h).
 */
#ifndef FORMATS_FILE_HASH_H
#define FORMATS_FILE_HASH_H

#include "formats/manifest.h"

bool file_hash_probe(struct bytes head);
void file_hash_read(struct bytes content, struct arena *arena,
                    const struct manifest_sink *sink);

#endif
