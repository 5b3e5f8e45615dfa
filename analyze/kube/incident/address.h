#ifndef ANALYZE_KUBE_ADDRESS_H
#define ANALYZE_KUBE_ADDRESS_H

#include "analyze/kube/group.h"

/* Tells the addresses from which the cluster itself or a crowd comes; before all below.
 */
void addresses_count(struct scope *s);
/* After group_replay: reaches the accounts that were used from the pod's own address, and
 * from addresses from which tokens of the scope were used outside the cluster; each only
 * for what it did from there. */
void addresses_find(struct scope *s);
/* Neither of a private network nor of a link or a machine itself; false for what is no
 * address. */
bool address_is_public(struct bytes address);
/* A public address from which neither the cluster nor a crowd comes. */
bool address_is_outside(const struct scope *s, struct bytes source);
/* Reaches whoever else worked from the address of that request, for what was done there.
 */
void address_reach_others(struct scope *s, const struct request *r);

/* Reaches accounts whose habits say that somebody else made the pod with them, or did
 * what rules call grave to it, or anywhere when no pod is known (stranger.c). */
void strangers_find(struct scope *s);
/* Reaches persons who entered the pod before anything else was seen of it and then did
 * several grave things (insider.c). */
void insiders_find(struct scope *s);
/* When a person began with what led up to that request: the first telling act of the hour
 * before, from the same address, that was no habit. */
instant person_began(const struct scope *s, const struct request *r);
/* Reaches persons who had the token issued with which grave things were done (issuer.c).
 */
void issuers_find(struct scope *s);

#endif
