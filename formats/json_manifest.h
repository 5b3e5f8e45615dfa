/* Manifests in JSON: {path: digest}, lists of {path, digest}, and in-toto Statements.
 *
 * Sources: in-toto attestation framework, Statement v0.1 and v1 (subject[].name and
 * .digest{algorithm: hex}). The plain forms have no standard: what is taken is an object
 * whose members are all paths with digests ("sha256:…" or bare hex of a known length),
 * or a list of objects with a name ("path", "name", "file", "filename"; PowerShell writes
 * "Path") and digests under their algorithm's name, under "digest"/"hash", or in an
 * object of such. `Get-FileHash x | ConvertTo-Json` is one such object alone.
 */
#ifndef FORMATS_JSON_MANIFEST_H
#define FORMATS_JSON_MANIFEST_H

#include "formats/manifest.h"

bool json_manifest_is_statement(struct bytes head);
bool json_manifest_probe(struct bytes head);
void json_manifest_read(struct bytes content, struct arena *arena,
                        const struct manifest_sink *sink);

#endif
