/* OpenTimestamps proofs, as far as they can be checked offline. Internal to verify/. */
#ifndef VERIFY_OPENTIMESTAMPS_H
#define VERIFY_OPENTIMESTAMPS_H

#include "verify/cms.h"

/* As timestamp_judge (timestamp.h). */
void opentimestamps_judge(struct check *c, struct bytes proof, struct signed_bytes *over,
                          struct timestamp_record *record);

#endif
