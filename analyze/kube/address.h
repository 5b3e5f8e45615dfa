#ifndef ANALYZE_KUBE_ADDRESS_H
#define ANALYZE_KUBE_ADDRESS_H

#include "analyze/kube/journal.h"

/* After group_replay: reaches the accounts that were used from addresses from which
 * tokens of the scope were used outside the cluster; each only for what it did from
 * there. */
void addresses_find(struct scope *s);

#endif
