#ifndef ANALYZE_KUBE_NODE_H
#define ANALYZE_KUBE_NODE_H

#include "analyze/kube/journal.h"

/* "n1" of "system:node:n1"; empty: it is no node's account. */
struct bytes node_of_user(struct bytes user);
/* Is it what a kubelet asks for, and no tool of people's that asks it? */
bool node_kubelet_asks(const struct request *r);
/* Did a sensor see somebody leave the pod's container for its node? Then where. */
bool node_left_container(const struct scope *s, struct span *span);
/* When power was first had over nodes, by a way out of the pod or by a pod of the
 * attacker's: each is looked for once, however many records ask. Zero-initialise. */
struct nodes_had {
    struct intern *names;
    instant *since; /* by the name's number */
    size_t capacity;
};
/* INSTANT_NONE: nothing shows it. */
instant node_had_since(struct nodes_had *h, const struct scope *s, struct bytes node);
void nodes_had_release(struct nodes_had *h);

/* Reaches the accounts of nodes over which the attacker had power, for what was done with
 * them on the node itself and not by its kubelet. */
void nodes_find(struct scope *s);

#endif
