/* Identity: what the outcome of a case depends on besides the package. */
#ifndef ANALYZE_BATCH_IDENTITY_H
#define ANALYZE_BATCH_IDENTITY_H

#include "formats/base/text.h"

/* Our version, the command ("analyze") and a digest over the program, the options (NULL-
 * terminated) and the content of the files and directories that they name: a new
 * certificate under an old name is a new question. Appends; 0 or -errno. */
int identity_of(const char *command, const char *const *options, struct text *t);

#endif
