#include "analyze/kube/network/network.h"

#include <stdlib.h>

#include "analyze/kube/objects/podspec.h"
#include "formats/base/limits.h"

#define KUBERNETES "networking.k8s.io"
#define SIG        "policy.networking.k8s.io"
#define CILIUM     "cilium.io"
#define CALICO     "projectcalico.org"
#define CALICO_CRD "crd.projectcalico.org"

enum family {
    FAMILY_KUBERNETES,
    FAMILY_ADMIN,
    FAMILY_CILIUM,
    FAMILY_CALICO,
    FAMILY_STAGED
};

static const struct {
    enum family family;
    struct object_type type;
} kinds[POLICY_KINDS] = {
    {FAMILY_KUBERNETES,
     {"NetworkPolicy", "networkpolicies", KUBERNETES, NULL, false, false}},
    {FAMILY_ADMIN, {"AdminNetworkPolicy", "adminnetworkpolicies", SIG, NULL, true, true}},
    {FAMILY_ADMIN,
     {"BaselineAdminNetworkPolicy", "baselineadminnetworkpolicies", SIG, NULL, true,
      true}},
    {FAMILY_ADMIN,
     {"ClusterNetworkPolicy", "clusternetworkpolicies", SIG, NULL, true, true}},
    {FAMILY_CILIUM,
     {"CiliumNetworkPolicy", "ciliumnetworkpolicies", CILIUM, NULL, true, false}},
    {FAMILY_CILIUM,
     {"CiliumClusterwideNetworkPolicy", "ciliumclusterwidenetworkpolicies", CILIUM, NULL,
      true, true}},
    {FAMILY_CALICO,
     {"NetworkPolicy", "networkpolicies", CALICO, CALICO_CRD, true, false}},
    {FAMILY_CALICO,
     {"GlobalNetworkPolicy", "globalnetworkpolicies", CALICO, CALICO_CRD, true, true}},
    {FAMILY_STAGED,
     {"StagedNetworkPolicy", "stagednetworkpolicies", CALICO, CALICO_CRD, true, false}},
    {FAMILY_STAGED,
     {"StagedGlobalNetworkPolicy", "stagedglobalnetworkpolicies", CALICO, CALICO_CRD,
      true, true}},
    {FAMILY_STAGED,
     {"StagedKubernetesNetworkPolicy", "stagedkubernetesnetworkpolicies", CALICO,
      CALICO_CRD, true, false}},
};

static const struct object_type tier_type = {"Tier",     "tiers", CALICO,
                                             CALICO_CRD, true,    true};
/* Calico's, then Cilium's. */
#define CALICO_SETS 2
static const struct object_type set_types[SET_TYPES] = {
    {"GlobalNetworkSet", "globalnetworksets", CALICO, CALICO_CRD, true, true},
    {"NetworkSet", "networksets", CALICO, CALICO_CRD, true, false},
    {"CiliumCIDRGroup", "ciliumcidrgroups", CILIUM, NULL, true, true},
};

const char *policy_kind(size_t kind)
{
    return kinds[kind].type.kind;
}

const char *policy_group(size_t kind)
{
    return kinds[kind].type.group;
}

bool policy_is_staged(size_t kind)
{
    return kinds[kind].family == FAMILY_STAGED;
}

/* -- reading ------------------------------------------------------------------------ */

static void read_own(struct incident *in)
{
    const struct scope *s = in->scope;
    const json_t *spec = podspec_of(s->manifest);
    struct peer *own = &in->network->own;
    *own = (struct peer){.kind = PEER_POD,
                         .namespace = s->pod.namespace,
                         .account = s->pod.service_account,
                         .spec = spec,
                         .host_network = tree_true(spec, "hostNetwork")};
    pod_addresses(&in->scope->arena, s->manifest, own);
}

void network_read(struct incident *in)
{
    in->network = arena_new(&in->scope->arena, struct network);
    for (size_t i = 0; i < POLICY_KINDS; i++)
        object_versions(in->scope, &kinds[i].type, &in->network->policies[i]);
    object_versions(in->scope, &tier_type, &in->network->tiers);
    for (size_t i = 0; i < SET_TYPES; i++)
        object_versions(in->scope, &set_types[i], &in->network->sets[i]);
    read_own(in);
    neighbours_read(in);
}

void network_release(struct incident *in)
{
    struct network *n = in->network;
    for (size_t i = 0; n && i < POLICY_KINDS; i++)
        object_versions_release(&n->policies[i]);
    for (size_t i = 0; n && i < PEER_TYPES; i++)
        object_versions_release(&n->peers[i]);
    if (!n)
        return;
    object_versions_release(&n->tiers);
    for (size_t i = 0; i < SET_TYPES; i++)
        object_versions_release(&n->sets[i]);
    object_versions_release(&n->services);
    free(n->neighbours.v);
}

/* -- moments ------------------------------------------------------------------------ */

/* Of the pod's namespace, or of the whole cluster. */
static bool concerns(const struct incident *in, const struct version *v)
{
    return v->namespace.n == 0 || bytes_eq(v->namespace, in->scope->pod.namespace);
}

bool network_has_policies(const struct incident *in)
{
    for (size_t i = 0; i < POLICY_KINDS; i++)
        for (size_t k = 0; !policy_is_staged(i) && k < in->network->policies[i].v.n; k++)
            if (concerns(in, in->network->policies[i].v.v[k]))
                return true;
    return false;
}

size_t network_moments(const struct incident *in)
{
    size_t n = in->network->peers[PEERS_NAMESPACE].v.n;
    for (size_t i = 0; i < POLICY_KINDS; i++)
        n += in->network->policies[i].v.n;
    for (size_t i = 0; i < SET_TYPES; i++)
        n += in->network->sets[i].v.n;
    return 2 * n;
}

static size_t add_version(const struct version *v, instant *times, size_t n)
{
    times[n++] = v->from;
    if (v->until != INT64_MAX)
        times[n++] = v->until;
    return n;
}

/* Also when the labels of the pod's namespace change, where policies select by them. */
static size_t add_namespace(const struct incident *in, instant *times, size_t n)
{
    const struct list *all = &in->network->peers[PEERS_NAMESPACE].v;
    bool wide = false;
    for (size_t i = 0; i < POLICY_KINDS; i++)
        wide |= kinds[i].family != FAMILY_KUBERNETES && in->network->policies[i].v.n;
    for (size_t i = 0; wide && i < all->n; i++) {
        const struct version *v = all->v[i];
        if (bytes_eq(v->name, in->scope->pod.namespace))
            n = add_version(v, times, n);
    }
    return n;
}

size_t network_times(const struct incident *in, instant *times, size_t n)
{
    n = add_namespace(in, times, n);
    for (size_t i = 0; i < POLICY_KINDS; i++)
        for (size_t k = 0; k < in->network->policies[i].v.n; k++) {
            const struct version *v = in->network->policies[i].v.v[k];
            if (policy_is_staged(i) || !concerns(in, v))
                continue;
            n = add_version(v, times, n);
        }
    for (size_t i = 0; i < SET_TYPES; i++)
        for (size_t k = 0; k < in->network->sets[i].v.n; k++)
            n = add_version(in->network->sets[i].v.v[k], times, n);
    return n;
}

/* -- sets of addresses -------------------------------------------------------------- */

static struct address_set set_of(struct incident *in, const struct version *v, bool group,
                                 instant t)
{
    const json_t *spec = tree_get(v->object, "spec");
    struct address_set s = {
        .namespace = v->namespace,
        .name = v->name,
        .labels = tree_get(v->object, "metadata/labels"),
        .blocks = tree_get(spec, group ? "externalCIDRs" : "nets"),
        .names = json_array_size(tree_get(spec, "allowedEgressDomains")) > 0};
    s.unknown = !v->object || json_array_size(s.blocks) > LIMIT_NETWORK_SET;
    if (s.namespace.n)
        s.namespace_labels = namespace_labels(in, s.namespace, t);
    return s;
}

static struct address_sets sets_at(struct incident *in, size_t first, size_t end,
                                   instant t)
{
    size_t n = 0, blocks = 0;
    for (size_t i = first; i < end; i++)
        n += in->network->sets[i].v.n;
    struct address_set *all = arena_array(&in->scope->arena, struct address_set, n + 1);
    n = 0;
    for (size_t i = first; i < end; i++)
        for (size_t k = 0; k < in->network->sets[i].v.n; k++) {
            const struct version *v = in->network->sets[i].v.v[k];
            if (v->from > t || t >= v->until)
                continue;
            all[n] = set_of(in, v, first == CALICO_SETS, t);
            blocks += json_array_size(all[n].blocks);
            all[n++].unknown |= blocks > LIMIT_NETWORK_BLOCKS / 2;
        }
    return (struct address_sets){all, n};
}

/* -- plans -------------------------------------------------------------------------- */

static const struct version *version_named(const struct object_versions *all,
                                           struct bytes name, instant t)
{
    for (size_t i = all->v.n; i > 0; i--) {
        const struct version *v = all->v.v[i - 1];
        if (v->from <= t && t < v->until && bytes_eq(v->name, name))
            return v;
    }
    return NULL;
}

static bool has_equal(const struct incident *in, size_t kind, const struct version *v)
{
    int64_t own = -1, other = -1;
    const struct list *all = &in->network->policies[kind].v;
    tree_integer(v->object, "spec/priority", &own);
    for (size_t i = 0; own >= 0 && i < all->n; i++) {
        const struct version *o = all->v[i];
        if (!bytes_eq(o->name, v->name) && o->from < v->until && o->until > v->from &&
            tree_integer(o->object, "spec/priority", &other) && other == own &&
            bytes_eq(tree_string(o->object, "spec/tier"),
                     tree_string(v->object, "spec/tier")))
            return true;
    }
    return false;
}

const char *policy_note(const struct incident *in, size_t kind, const struct version *v)
{
    struct bytes tier = tree_string(v->object, "spec/tier");
    bool calico = kinds[kind].family == FAMILY_CALICO;
    if (calico && tier.n && !bytes_is(tier, "default") &&
        !version_named(&in->network->tiers, tier, v->from))
        return "the order of its tier is not in the evidence: it is taken to be asked "
               "before "
               "the default tier";
    if (kinds[kind].family == FAMILY_ADMIN && has_equal(in, kind, v))
        return "another has the same priority: which is asked first is not defined, and "
               "is "
               "taken by name";
    return NULL;
}

/* A tier that the evidence does not have is asked before the default one, as tiers that
 * somebody makes mostly are. */
static void add_calico(struct incident *in, struct netplan *p, struct policy as,
                       instant t)
{
    struct bytes tier = tree_string(as.object, "spec/tier");
    const struct version *v = version_named(&in->network->tiers, tier, t);
    const json_t *order = v ? tree_get(v->object, "spec/order") : NULL;
    bool passes =
        bytes_is(tree_string(v ? v->object : NULL, "spec/defaultAction"), "Pass");
    calico_add(p, as,
               json_is_number(order) ? json_number_value(order) : STAGE_DEFAULT - 1,
               passes);
}

static void add_policy(struct incident *in, struct netplan *p, size_t kind,
                       const struct version *v, instant t)
{
    struct policy as = {.kind = policy_kind(kind),
                        .namespace = v->namespace,
                        .name = v->name,
                        .object = v->object,
                        .version = v};
    switch (kinds[kind].family) {
    case FAMILY_KUBERNETES:
        netpol_add(p, as);
        break;
    case FAMILY_ADMIN:
        admin_add(p, as);
        break;
    case FAMILY_CILIUM:
        cilium_add(p, as);
        break;
    case FAMILY_CALICO:
    case FAMILY_STAGED:
        add_calico(in, p, as, t);
    }
}

static bool has_cilium(const struct network *n)
{
    for (size_t i = 0; i < POLICY_KINDS; i++)
        if (kinds[i].family == FAMILY_CILIUM && n->policies[i].v.n)
            return true;
    return false;
}

static void begin_plan(struct incident *in, instant t, const struct version *labels,
                       struct netplan *out)
{
    struct peer *own = arena_new(&in->scope->arena, struct peer);
    *own = in->network->own;
    own->labels.v = labels ? labels->object : NULL;
    own->labels.partial = !labels;
    own->namespace_labels = namespace_labels(in, own->namespace, t);
    *out = (struct netplan){.arena = &in->scope->arena,
                            .own = own,
                            .cilium = has_cilium(in->network),
                            .sets = sets_at(in, 0, CALICO_SETS, t),
                            .groups = sets_at(in, CALICO_SETS, SET_TYPES, t),
                            .steps = &in->network->steps};
    netplan_set_blocks(out, &out->sets);
    netplan_set_blocks(out, &out->groups);
}

void network_plan(struct incident *in, instant t, struct netplan *out)
{
    begin_plan(in, t, labels_at(in, t), out);
    for (size_t i = 0; i < POLICY_KINDS; i++)
        for (size_t k = 0; !policy_is_staged(i) && k < in->network->policies[i].v.n;
             k++) {
            const struct version *v = in->network->policies[i].v.v[k];
            if (v->from <= t && t < v->until && concerns(in, v))
                add_policy(in, out, i, v, t);
        }
    netplan_settle(out);
}

void network_plan_of(struct incident *in, const struct version *v, size_t kind,
                     struct netplan *out)
{
    begin_plan(in, v->from, labels_during(in, v->from, v->until), out);
    add_policy(in, out, kind, v, v->from);
    netplan_settle(out);
}

/* -- how open ----------------------------------------------------------------------- */

static bool some_port(const struct port_answers *a, unsigned outcome)
{
    for (size_t i = 0; i < a->n; i++)
        if (a->v[i].outcome == outcome)
            return true;
    return false;
}

/* Pods of which nothing is known: of any namespace, of the pod's own. */
static struct openness {
    bool any_pod, own_pod, addresses;
} openness(const struct netplan *p, enum direction d)
{
    struct peer anybody = {
        .kind = PEER_POD, .labels.partial = true, .namespace_labels.partial = true};
    struct peer of_own = anybody;
    struct port_answers answers = {0};
    struct address_ranges ranges = {0};
    struct openness o;
    of_own.namespace = p->own->namespace;
    of_own.namespace_labels = p->own->namespace_labels;
    netplan_ports(p, d, &anybody, &answers);
    o.any_pod = some_port(&answers, OUTCOME_ALLOW);
    netplan_ports(p, d, &of_own, &answers);
    o.own_pod = some_port(&answers, OUTCOME_ALLOW);
    netplan_addresses(p, d, &ranges);
    o.addresses = addresses_are_wide(&ranges);
    free(answers.v);
    free(ranges.v);
    return o;
}

enum truth netplan_is_open(const struct netplan *p, enum direction d)
{
    struct openness o = openness(p, d);
    if (o.any_pod || o.own_pod || o.addresses)
        return TRUTH_TRUE;
    return netplan_open_doubt(p, d) ? TRUTH_UNKNOWN : TRUTH_FALSE;
}

/* As if it were the only one. */
const char *rule_opening(const struct netplan *p, const struct rule *r)
{
    struct rule *rules[1] = {(struct rule *)(uintptr_t)r};
    struct policy alone = *r->policy;
    struct policy *policies[1] = {&alone};
    struct stage stage = {.denies = true, .policies = policies, .n = 1};
    struct netplan solo = *p;
    memset(alone.rules, 0, sizeof alone.rules);
    alone.rules[r->direction] = (struct rules){rules, 1, 1};
    alone.selects = alone.governs[r->direction] = TRUTH_TRUE;
    solo.stages = &stage;
    solo.n = 1;
    struct openness o = openness(&solo, r->direction);
    if (o.any_pod && o.addresses)
        return r->some_ports ? "everybody, some ports" : "everybody, every port";
    return o.any_pod || o.own_pod || o.addresses
               ? "all pods of the cluster or namespace, or a wide block of addresses"
               : NULL;
}
