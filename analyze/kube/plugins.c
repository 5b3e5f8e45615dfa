/* Policies of a network plugin's own kinds (Cilium, Calico, AdminNetworkPolicy, Antrea):
 * that they are there and, where their selector is a label selector, whether they select
 * the pod. What they block is computed only where a policy denies everything.
 *
 * Source: cilium.io/v2 CiliumNetworkPolicy and ClusterwideNetworkPolicy,
 * policy.networking.k8s.io AdminNetworkPolicy, projectcalico.org NetworkPolicy. */
#include <stdlib.h>

#include "analyze/kube/incident.h"
#include "analyze/kube/netpol.h"

enum selects { SELECTS_NO, SELECTS_YES, SELECTS_NOT_TOLD };

struct plugin_policy {
    struct bytes group, name, namespace; /* namespace empty: of the cluster */
    const json_t *object;                /* or NULL */
    instant time;
    struct bytes by;
    struct span span;
};

/* -- does it select the pod? ----------------------------------------------------------
 */

/* "k8s:app" and "any:app" are app; of other sources no label is known. */
static const char *plain_key(const char *key)
{
    const char *colon = strchr(key, ':');
    bool known = strncmp(key, "k8s:", 4) == 0 || strncmp(key, "any:", 4) == 0;
    return colon && known ? colon + 1 : key;
}

/* Cilium's selector with the keys of Kubernetes; a new reference. */
static json_t *plain_selector(const json_t *selector)
{
    json_t *plain = json_object(), *labels = json_object(), *all = json_array();
    const json_t *own = tree_get(selector, "matchExpressions");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)tree_get(selector, "matchLabels"), key,
                        value) json_object_set(labels, plain_key(key), value);
    for (size_t i = 0; i < json_array_size(own); i++) {
        json_t *one = json_copy(json_array_get(own, i));
        const char *word = json_string_value(json_object_get(one, "key"));
        if (word)
            json_object_set_new(one, "key", json_string(plain_key(word)));
        json_array_append_new(all, one);
    }
    json_object_set_new(plain, "matchLabels", labels);
    json_object_set_new(plain, "matchExpressions", all);
    return plain;
}

/* The pod's labels, with that by which Cilium tells its namespace; a new reference. */
static json_t *cilium_labels(const struct incident *in, const json_t *labels)
{
    struct bytes namespace = in->scope->pod.namespace;
    json_t *all = json_copy((json_t *)(uintptr_t)labels);
    json_object_set_new(all, "io.kubernetes.pod.namespace",
                        json_stringn((const char *)namespace.p, namespace.n));
    return all;
}

static enum selects cilium(const struct incident *in, const json_t *object,
                           const json_t *labels)
{
    const json_t *several = tree_get(object, "specs");
    size_t n = several ? json_array_size(several) : 1;
    json_t *of_pod = cilium_labels(in, labels);
    bool selected = false;
    for (size_t i = 0; i < n && !selected; i++) {
        const json_t *spec =
            several ? json_array_get(several, i) : tree_get(object, "spec");
        json_t *selector = plain_selector(tree_get(spec, "endpointSelector"));
        selected = tree_get(spec, "endpointSelector") &&
                   selector_matches(selector, of_pod, NULL);
        json_decref(selector);
    }
    json_decref(of_pod);
    return selected ? SELECTS_YES : SELECTS_NO;
}

/* Without the namespace's object its name is the one label that is known. */
static enum selects namespace_selected(const struct incident *in, const json_t *selector)
{
    const struct scope *s = in->scope;
    const struct object *o = objects_find(s, "Namespace", BYTES_NONE, s->pod.namespace);
    const json_t *labels = o ? tree_get(o->k->object, "metadata/labels") : NULL;
    if (labels)
        return selector_matches(selector, labels, NULL) ? SELECTS_YES : SELECTS_NO;
    json_t *name = json_pack("{ss%}", "kubernetes.io/metadata.name",
                             (const char *)s->pod.namespace.p, s->pod.namespace.n);
    bool matched = selector_matches(selector, name, NULL);
    json_decref(name);
    return matched ? SELECTS_YES : SELECTS_NOT_TOLD;
}

static enum selects admin(const struct incident *in, const json_t *object,
                          const json_t *labels)
{
    const json_t *whole = tree_get(object, "spec/subject/namespaces");
    const json_t *pods = tree_get(object, "spec/subject/pods");
    if (whole)
        return namespace_selected(in, whole);
    if (!pods || !selector_matches(tree_get(pods, "podSelector"), labels, NULL))
        return pods ? SELECTS_NO : SELECTS_NOT_TOLD;
    return namespace_selected(in, tree_get(pods, "namespaceSelector"));
}

static enum selects selects(const struct incident *in, const struct plugin_policy *p)
{
    const struct version *last = in->labels.n ? in->labels.v[in->labels.n - 1] : NULL;
    if (p->namespace.n && !bytes_eq(p->namespace, in->scope->pod.namespace))
        return SELECTS_NO;
    if (!tree_get(p->object, "metadata") || !last)
        return SELECTS_NOT_TOLD;
    if (bytes_is(p->group, "cilium.io"))
        return cilium(in, p->object, last->object);
    if (bytes_is(p->group, "policy.networking.k8s.io"))
        return admin(in, p->object, last->object);
    return SELECTS_NOT_TOLD;
}

/* -- what it blocks, in the forms that leave no doubt ----------------------------------
 */

/* "ingressDeny: [{fromEntities: [all]}]": Cilium's denials come before all that allows.
 */
static bool denies_all(const json_t *spec, enum direction d)
{
    bool in = d == DIRECTION_INGRESS;
    const json_t *rules = tree_get(spec, in ? "ingressDeny" : "egressDeny");
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        const json_t *entities = tree_get(rule, in ? "fromEntities" : "toEntities");
        for (size_t k = 0; k < json_array_size(entities); k++)
            if (bytes_is(tree_string(json_array_get(entities, k), ""), "all") &&
                !tree_get(rule, "toPorts") && !tree_get(rule, "icmps"))
                return true;
    }
    return false;
}

static bool blocks(const struct plugin_policy *p, enum direction d)
{
    const json_t *spec = tree_get(p->object, "spec");
    return bytes_is(p->group, "cilium.io") && spec && denies_all(spec, d);
}

static const char *effect(const struct plugin_policy *p)
{
    bool in = blocks(p, DIRECTION_INGRESS), out = blocks(p, DIRECTION_EGRESS);
    return in && out ? "blocks all ingress and egress"
           : in      ? "blocks all ingress; the rest is not computed"
           : out     ? "blocks all egress; the rest is not computed"
                     : "not computed";
}

/* -- all of them ----------------------------------------------------------------------
 */

static struct bytes group_of(const json_t *object)
{
    struct bytes version = tree_string(object, "apiVersion");
    return bytes_sub(version, 0, bytes_find_byte(version, '/'));
}

static bool is_kubernetes_group(struct bytes group)
{
    return group.n == 0 || bytes_is(group, "networking.k8s.io") ||
           bytes_is(group, "extensions");
}

static bool from_request(const struct request *r, struct plugin_policy *out)
{
    if (r->folded || !r->in_scope || !request_writes(r) || !request_succeeded(r) ||
        bytes_starts(r->verb, BYTES("delete")) ||
        !bytes_ends(r->resource, BYTES("networkpolicies")) ||
        (is_kubernetes_group(r->group) && bytes_is(r->resource, "networkpolicies")))
        return false;
    *out = (struct plugin_policy){.group = r->group,
                                  .name = r->name,
                                  .namespace = r->namespace,
                                  .object = r->response ? r->response : r->request,
                                  .time = r->time,
                                  .by = request_as(r),
                                  .span = r->spans[0]};
    return true;
}

static bool from_document(const struct object *o, struct plugin_policy *out)
{
    struct bytes group = group_of(o->k->object);
    if (!bytes_ends(o->k->kind, BYTES("NetworkPolicy")) || is_kubernetes_group(group))
        return false;
    *out = (struct plugin_policy){.group = group,
                                  .name = o->k->name,
                                  .namespace = o->k->namespace,
                                  .object = o->k->object,
                                  .time = o->k->created,
                                  .span = object_span(o, NULL)};
    return true;
}

static void each_policy(const struct incident *in,
                        void (*each)(void *context, const struct incident *in,
                                     const struct plugin_policy *p),
                        void *context)
{
    const struct scope *s = in->scope;
    struct plugin_policy p;
    for (size_t i = 0; i < s->requests.n; i++)
        if (from_request(s->requests.v[i], &p))
            each(context, in, &p);
    for (size_t i = 0; i < s->objects.n; i++)
        if (from_document(s->objects.v[i], &p))
            each(context, in, &p);
}

static void render(void *array, const struct incident *in, const struct plugin_policy *p)
{
    static const char *const texts[] = {"no", "yes", "not decidable"};
    const struct scope *s = in->scope;
    json_t *o = json_object();
    put_text(o, "group", s, p->group);
    put_text(o, "name", s, p->name);
    put_text(o, "namespace", s, p->namespace);
    put_time(o, "time", p->time, PRECISION_MICROSECOND);
    put_text(o, "by", s, p->by);
    put_word(o, "selects_the_pod", texts[selects(in, p)]);
    put_word(o, "effect", effect(p));
    put_span(o, s, p->span);
    json_array_append_new(array, o);
}

json_t *plugin_policies(struct incident *in)
{
    json_t *array = json_array();
    each_policy(in, render, array);
    return array;
}

static void count(void *context, const struct incident *in, const struct plugin_policy *p)
{
    *(bool *)context |= selects(in, p) != SELECTS_NO;
}

bool incident_other_policies(const struct incident *in)
{
    bool any = false;
    each_policy(in, count, &any);
    return any;
}

/* Was a policy of that name taken away again? */
static bool was_deleted(const struct scope *s, const struct plugin_policy *p)
{
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && request_succeeded(r) && r->time >= p->time &&
            bytes_starts(r->verb, BYTES("delete")) && bytes_eq(r->group, p->group) &&
            bytes_eq(r->namespace, p->namespace) &&
            (r->name.n == 0 || bytes_eq(r->name, p->name)))
            return true;
    }
    return false;
}

static void note_block(void *context, const struct incident *in,
                       const struct plugin_policy *p)
{
    instant *since = context;
    if (selects(in, p) == SELECTS_YES && p->time != INSTANT_NONE &&
        blocks(p, DIRECTION_INGRESS) && blocks(p, DIRECTION_EGRESS) &&
        !was_deleted(in->scope, p) && (*since == INSTANT_NONE || p->time < *since))
        *since = p->time;
}

instant plugin_isolation(const struct incident *in)
{
    instant since = INSTANT_NONE;
    each_policy(in, note_block, &since);
    return since;
}
