/* Spool: bytes of a stream that must be sought in and are too many for memory, such as a
 * large zip inside a tar.zst. They lie in one file without a name, which nobody else can
 * open and which is gone when the process ends, in $TMPDIR, /var/tmp or /tmp; what is no
 * longer needed is given back to the file system at once. Internal to verify/.
 */
#ifndef VERIFY_SPOOL_H
#define VERIFY_SPOOL_H

#include "formats/base/source.h"

/* Opens the file, once per process. sandbox_enter() does, because afterwards nothing can
 * be opened for writing; without a sandbox the first spool does. */
void spool_prepare(void);

struct spool;
/* Never NULL. Any thread; each spool is used by one at a time. */
struct spool *spool_new(void);
/* False when there is no file, or no room in it: LIMIT_SPOOL, or the file system would be
 * left with less than LIMIT_SPOOL_RESERVE. Nothing can be added after that. */
bool spool_add(struct spool *s, struct bytes b);
/* What was added, from its first byte. Seeks. Lives as long as the spool. */
struct source *spool_source(struct spool *s);
/* NULL is fine. */
void spool_free(struct spool *s);

#endif
