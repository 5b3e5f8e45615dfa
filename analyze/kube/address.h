#ifndef ANALYZE_KUBE_ADDRESS_H
#define ANALYZE_KUBE_ADDRESS_H

#include "analyze/kube/group.h"

/* After group_replay: reaches the accounts that were used from addresses from which
 * tokens of the scope were used outside the cluster; each only for what it did from
 * there. */
void addresses_find(struct scope *s);
/* A public address from which neither the cluster nor a crowd comes. */
bool address_is_outside(const struct scope *s, struct bytes source);
/* Reaches whoever else worked from the address of that request, for what was done there.
 */
void address_reach_others(struct scope *s, const struct request *r);

/* Reaches whoever made the pod when that account's habits say that it was not its owner
 * (maker.c). */
void maker_find(struct scope *s);

#endif
