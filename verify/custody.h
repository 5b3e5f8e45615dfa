/* Custody: the log of examinations that verify keeps with --custody, and those that lie
 * in packages (format: formats/custody.h). */
#ifndef VERIFY_CUSTODY_H
#define VERIFY_CUSTODY_H

#include "verify/verification.h"

struct custody;

/* Opens or creates the log, with its head file beside it ("FILE.head"), before the
 * sandbox. `who` names the examiner. 0, or 1 with a sentence in *why: it cannot be
 * written, or its chain is broken (then nothing is appended to it). */
int custody_open(const char *path, const char *who, struct custody **out,
                 const char **why);
/* One entry about this verification. 0 or < 0. */
int custody_append(struct custody *c, const struct verification *v);
void custody_close(struct custody *c);

/* SHA-256 of the running program, in hex ("" when it cannot be read); static, computed at
 * the first call. Call it before the sandbox. */
const char *tool_sha256(void);

#endif
