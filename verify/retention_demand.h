/* What is demanded of locks, against what the captured answers state of them. Internal to
 * verify/. */
#ifndef VERIFY_RETENTION_DEMAND_H
#define VERIFY_RETENTION_DEMAND_H

#include "verify/check.h"

/* Until when objects must be locked, by option and policy; or INSTANT_NONE. */
instant retention_required_until(const struct check *c);

/* After each statement was judged: lists the files that no lock is stated for, and says
 * what is short of the demand. */
void retention_demand_judge(struct check *c, instant required);

#endif
