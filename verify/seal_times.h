/* Times of seals that cannot all be true. Internal to verify/. */
#ifndef VERIFY_SEAL_TIMES_H
#define VERIFY_SEAL_TIMES_H

#include "verify/check.h"

/* What the signer says of the time, against what is proven of it: a finding for each
 * contradiction. The verdict does not rest on what he says. After the time-stamps. */
void seal_times_tell(struct check *c, const struct signature_record *s);

#endif
