/* Evidence records (RFC 4998): every archive time-stamp of every chain, by the rules of
 * section 5.3. Internal to verify/. */
#ifndef VERIFY_ARCHIVE_TIMESTAMP_H
#define VERIFY_ARCHIVE_TIMESTAMP_H

#include "verify/cms.h"

/* As timestamp_judge (timestamp.h). The time is that of the first archive time-stamp:
 * what the later ones do is keep it provable. */
void evidence_record_judge(struct check *c, struct bytes record,
                           struct signed_bytes *over, struct timestamp_record *r);

#endif
