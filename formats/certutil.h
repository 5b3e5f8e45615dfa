/* What Windows' `certutil -hashfile FILE SHA256` prints, also of several runs:
 *
 *     SHA256 hash of C:\case\a.bin:
 *     0a1b…
 *     CertUtil: -hashfile command completed successfully.
 *
 * Before Windows 10 it wrote "hash of file" and a space after each octet. The sentences
 * are in the language of the system; in each the name stands last, behind one word for
 * "of". What a script's shell echoed between them is passed over.
 */
#ifndef FORMATS_CERTUTIL_H
#define FORMATS_CERTUTIL_H

#include "formats/manifest.h"

bool certutil_probe(struct bytes head);
void certutil_read(struct bytes content, struct arena *arena,
                   const struct manifest_sink *sink);

#endif
