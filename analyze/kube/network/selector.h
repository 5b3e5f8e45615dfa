/* Selectors: label selectors of Kubernetes and selector expressions of Calico, against
 * labels of which perhaps not all are known.
 *
 * Source: meta/v1 LabelSelector; Calico's GlobalNetworkPolicy, "selector". */
#ifndef ANALYZE_KUBE_NETWORK_SELECTOR_H
#define ANALYZE_KUBE_NETWORK_SELECTOR_H

#include <jansson.h>

#include "analyze/truth.h"
#include "formats/base/bytes.h"

struct labels {
    const json_t *v; /* an object of strings; NULL: none */
    bool partial;    /* there may be others */
    /* Labels that a plugin adds by itself; NULL: none. Asked where `v` has no such key:
     * TRUTH_TRUE with *value, TRUTH_FALSE: it is no such label. */
    enum truth (*added)(const void *context, struct bytes key, struct bytes *value);
    const void *context;
    /* Of a namespace, for an expression that selects such: then all() means what is of
     * any namespace, and global() what is of none. */
    bool of_namespace, global;
};

/* Of keys with a source before a colon, as Cilium writes them ("k8s:app", "any:app"),
 * only what follows counts. */
enum selector_keys { SELECTOR_PLAIN, SELECTOR_CILIUM };

/* An empty selector matches everything; an absent one nothing. An operator that the API
 * does not have decides nothing. */
enum truth selector_decide(const json_t *selector, const struct labels *labels,
                           enum selector_keys keys);

/* The same with labels that are all known. *unknown (may be NULL) is set when an operator
 * is not one of the four of the API: then it matches nothing. */
bool selector_matches(const json_t *selector, const json_t *labels, bool *unknown);

/* "app == 'db' && !has(old)". Empty text and all() match everything. What does not parse
 * decides nothing. */
enum truth expression_decide(struct bytes text, const struct labels *labels);

/* Those of a namespace: its object's (NULL: not known), and its name, which the API
 * server sets by itself. `name` must outlive them; empty: not known. */
struct labels labels_of_namespace(const json_t *object, const struct bytes *name);

/* The value of one label, with what the plugin adds. */
enum truth labels_get(const struct labels *l, struct bytes key, struct bytes *value);

#endif
