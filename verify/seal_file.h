/* Files that are part of the seal, which no manifest need list. Internal to verify/. */
#ifndef VERIFY_SEAL_FILE_H
#define VERIFY_SEAL_FILE_H

#include "verify/verification.h"

/* Seals are not evidence, and nobody lists them. */
bool seal_file_role(enum role role);

/* NULL when a file of such a role is what its role says. Else why it is a file like any
 * other: whoever adds one must not pass it off as a seal by its name. `record` is that of
 * the manifest that it holds, or NULL. */
const char *seal_file_refusal(const struct verification *v, const struct item *item,
                              const struct manifest_record *record);

#endif
