/* NetworkPolicy and GlobalNetworkPolicy of Calico: rules in order, in tiers, the first
 * that matches decides.
 *
 * Source: projectcalico.org/v3 (policy_common.go, globalnetworkpolicy.go, tier.go) and
 * Calico's documentation of them. What no tier decides, the profile of a pod's namespace
 * lets through. */
#include <math.h>

#include "analyze/kube/network/netplan.h"
#include "formats/document.h"

/* -- labels ------------------------------------------------------------------------- */

static enum truth known(struct bytes told, struct bytes *value)
{
    *value = told;
    return told.n ? TRUTH_TRUE : TRUTH_UNKNOWN;
}

/* What Calico adds to the labels of a pod; "pcns." are those of its namespace. */
static enum truth added_labels(const void *context, struct bytes key, struct bytes *value)
{
    const struct peer *e = context;
    if (bytes_is(key, "projectcalico.org/namespace") ||
        bytes_is(key, "pcns.projectcalico.org/name"))
        return known(e->namespace, value);
    if (bytes_is(key, "projectcalico.org/serviceaccount"))
        return known(e->account, value);
    if (bytes_is(key, "projectcalico.org/orchestrator"))
        return known(BYTES("k8s"), value);
    if (bytes_starts(key, BYTES("pcns.")))
        return labels_get(&e->namespace_labels, bytes_from(key, 5), value);
    return bytes_starts(key, BYTES("pcsa.")) ? TRUTH_UNKNOWN : TRUTH_FALSE;
}

static enum truth added_name(const void *context, struct bytes key, struct bytes *value)
{
    const struct bytes *name = context;
    bool named = bytes_is(key, "projectcalico.org/name") ||
                 bytes_is(key, "kubernetes.io/metadata.name");
    return named ? known(*name, value) : TRUTH_FALSE;
}

static enum truth pod_selected(struct bytes selector, const struct peer *e)
{
    struct labels all = e->labels;
    all.added = added_labels;
    all.context = e;
    return expression_decide(selector, &all);
}

/* Of what is of the cluster itself, the namespace has neither name nor labels. */
static enum truth namespace_selected(struct bytes selector, const struct labels *labels,
                                     const struct bytes *name)
{
    struct labels all = {.of_namespace = true, .global = !name->n};
    if (!all.global) {
        all.v = labels->v;
        all.partial = labels->partial;
        all.added = added_name;
        all.context = name;
    }
    return expression_decide(selector, &all);
}

/* Network sets have the label of their namespace, and inherit those that it has. */
static enum truth added_to_set(const void *context, struct bytes key, struct bytes *value)
{
    const struct address_set *s = context;
    if (!s->namespace.n)
        return TRUTH_FALSE;
    if (bytes_is(key, "projectcalico.org/namespace") ||
        bytes_is(key, "pcns.projectcalico.org/name"))
        return known(s->namespace, value);
    return bytes_starts(key, BYTES("pcns."))
               ? labels_get(&s->namespace_labels, bytes_from(key, 5), value)
               : TRUTH_FALSE;
}

static enum truth set_selected(struct bytes selector, const struct address_set *s)
{
    struct labels all = {.v = s->labels,
                         .partial = s->unknown && !s->labels,
                         .added = added_to_set,
                         .context = s};
    return expression_decide(selector, &all);
}

/* The labels of accounts are not looked up: only their names are known. */
static enum truth account_selected(struct bytes selector, const struct peer *e)
{
    struct labels all = {.partial = true, .added = added_name, .context = &e->account};
    return expression_decide(selector, &all);
}

/* -- one end of a rule -------------------------------------------------------------- */

static enum truth in_nets(const json_t *nets, const struct peer *e)
{
    enum truth any = TRUTH_FALSE;
    for (size_t i = 0; i < json_array_size(nets); i++)
        any = truth_or(any,
                       cidr_matches(tree_string(json_array_get(nets, i), ""), NULL, e));
    return any;
}

/* A pod's namespace; one of which nothing is known may be any. */
struct place {
    struct bytes namespace;
    const struct labels *labels;
    bool of_cluster; /* a set of no namespace */
};

/* Of the namespaces that the rule means: those selected, else the policy's own. */
static enum truth in_namespaces(const struct rule *r, struct bytes selector,
                                const struct place *at)
{
    if (!at->of_cluster && !at->namespace.n)
        return selector.n || r->policy->namespace.n ? TRUTH_UNKNOWN : TRUTH_TRUE;
    if (selector.n)
        return namespace_selected(selector, at->labels, &at->namespace);
    if (r->policy->namespace.n == 0)
        return TRUTH_TRUE;
    return truth_of(bytes_eq(at->namespace, r->policy->namespace));
}

static enum truth has_account(const json_t *accounts, const struct peer *e)
{
    const json_t *names = tree_get(accounts, "names");
    enum truth t = account_selected(tree_string(accounts, "selector"), e);
    enum truth named = truth_of(json_array_size(names) == 0);
    for (size_t i = 0; i < json_array_size(names); i++)
        named = truth_or(
            named, e->account.n
                       ? truth_of(bytes_eq(tree_string(json_array_get(names, i), ""),
                                           e->account))
                       : TRUTH_UNKNOWN);
    return truth_and(t, named);
}

/* Do the selectors of a rule's end mean that set? */
static enum truth means_set(const struct rule *r, const json_t *end,
                            const struct address_set *s)
{
    const struct place at = {s->namespace, &s->namespace_labels, !s->namespace.n};
    return truth_and(in_namespaces(r, tree_string(end, "namespaceSelector"), &at),
                     set_selected(tree_string(end, "selector"), s));
}

/* Names of domains count where an egress rule allows; which addresses they have is not
 * known. */
static enum truth in_set(const struct rule *r, const struct address_set *s,
                         const struct peer *e)
{
    bool names = s->names && r->direction == DIRECTION_EGRESS &&
                 r->action == ACTION_ALLOW && e->kind == PEER_ADDRESS;
    return truth_or(set_matches(s, NULL, e), names ? TRUTH_UNKNOWN : TRUTH_FALSE);
}

static enum truth in_sets(const struct rule *r, const json_t *end, const struct peer *e)
{
    const struct netplan *plan = r->more;
    enum truth any = TRUTH_FALSE;
    for (size_t i = 0; i < plan->sets.n; i++) {
        const struct address_set *s = &plan->sets.v[i];
        any = truth_or(any, truth_and(means_set(r, end, s), in_set(r, s, e)));
    }
    return any;
}

/* Selectors mean pods, and the addresses of network sets: together one set of addresses.
 * In a policy of a namespace notSelector alone means the namespace as well. */
static enum truth is_selected(const struct rule *r, const json_t *end,
                              const struct peer *e)
{
    struct bytes selector = tree_string(end, "selector");
    struct bytes namespaces = tree_string(end, "namespaceSelector");
    const json_t *accounts = tree_get(end, "serviceAccounts");
    bool own = r->policy->namespace.n && tree_string(end, "notSelector").n;
    const struct place at = {e->namespace, &e->namespace_labels, false};
    enum truth t = TRUTH_FALSE;
    if (!selector.n && !namespaces.n && !accounts && !own)
        return TRUTH_TRUE;
    if (e->kind == PEER_POD)
        t = truth_and(in_namespaces(r, namespaces, &at), pod_selected(selector, e));
    if (accounts)
        t = truth_and(t, has_account(accounts, e));
    if (e->host_network)
        t = truth_and(t, TRUTH_UNKNOWN);
    return accounts ? t : truth_or(t, in_sets(r, end, e));
}

/* notSelector is asked of all pods and sets, whatever their namespace. */
static enum truth is_excluded(const struct rule *r, const json_t *end,
                              const struct peer *e)
{
    const struct netplan *plan = r->more;
    struct bytes none_of = tree_string(end, "notSelector");
    enum truth any = TRUTH_FALSE;
    if (!none_of.n)
        return TRUTH_FALSE;
    if (e->kind == PEER_POD)
        any = pod_selected(none_of, e);
    if (e->host_network)
        any = truth_and(any, TRUTH_UNKNOWN);
    for (size_t i = 0; i < plan->sets.n; i++)
        any = truth_or(any, truth_and(set_selected(none_of, &plan->sets.v[i]),
                                      set_matches(&plan->sets.v[i], NULL, e)));
    return any;
}

static enum truth end_matches(const struct rule *r, const json_t *end,
                              const struct peer *e)
{
    const json_t *nets = tree_get(end, "nets");
    enum truth t = is_selected(r, end, e);
    if (json_array_size(nets) > 0)
        t = truth_and(t, in_nets(nets, e));
    t = truth_and(t, truth_not(in_nets(tree_get(end, "notNets"), e)));
    t = truth_and(t, truth_not(is_excluded(r, end, e)));
    if (tree_get(end, "services"))
        t = truth_and(t, TRUTH_UNKNOWN);
    if (json_array_size(tree_get(end, "domains")))
        t = truth_and(t, e->kind == PEER_ADDRESS ? TRUTH_UNKNOWN : TRUTH_FALSE);
    return t;
}

/* Rules of one family of addresses. */
static enum truth has_version(const struct rule *r, const struct peer *e)
{
    int64_t version;
    enum truth any = TRUTH_FALSE;
    if (!tree_integer(r->json, "ipVersion", &version))
        return TRUTH_TRUE;
    for (size_t i = 0; i < e->address_count; i++)
        any = truth_or(any, truth_of((e->addresses[i].n == 4) == (version == 4)));
    return e->address_count ? any : TRUTH_UNKNOWN;
}

static const json_t *end_of(const struct rule *r, bool peer)
{
    bool source = (r->direction == DIRECTION_INGRESS) == peer;
    return tree_get(r->json, source ? "source" : "destination");
}

static enum truth matches(const struct rule *r, const struct peer *e)
{
    const struct netplan *plan = r->more;
    enum truth t = truth_and(has_version(r, e), end_matches(r, end_of(r, true), e));
    return truth_and(t, end_matches(r, end_of(r, false), plan->own));
}

/* -- ports -------------------------------------------------------------------------- */

/* A name, or a number of IP's; 0: none of the three that have ports. */
static unsigned protocols_of(const json_t *told)
{
    int64_t number;
    if (!tree_integer(told, "", &number))
        return protocol_of(tree_string(told, ""));
    return number == 6     ? PROTOCOL_TCP
           : number == 17  ? PROTOCOL_UDP
           : number == 132 ? PROTOCOL_SCTP
                           : 0;
}

/* 80, "8000:8999", "http". */
static void add_port(struct ports *ports, unsigned protocols, const json_t *port)
{
    struct bytes text = tree_string(port, "");
    size_t colon = bytes_find_byte(text, ':');
    struct port_range range = {protocols, 0, 0, BYTES_NONE};
    uint64_t first, last;
    if (tree_integer(port, "", &range.first)) {
        range.last = range.first;
    } else if (bytes_to_u64(bytes_sub(text, 0, colon), &first) && first <= UINT16_MAX) {
        range.first = range.last = (int64_t)first;
        if (bytes_to_u64(bytes_from(text, colon + 1), &last) && last <= UINT16_MAX)
            range.last = (int64_t)last;
    } else {
        range.name = text;
    }
    rule_port(ports, range);
}

static void add_ports(struct rule *rule)
{
    const json_t *told = tree_get(rule->json, "protocol");
    const json_t *not_told = tree_get(rule->json, "notProtocol");
    const json_t *ports = tree_get(rule->json, "destination/ports");
    const json_t *not_ports = tree_get(rule->json, "destination/notPorts");
    unsigned protocols = told ? protocols_of(told) : PROTOCOL_ALL;
    struct port_range all = {protocols, 0, UINT16_MAX, BYTES_NONE};
    if (not_told)
        all.protocols &= ~protocols_of(not_told) & PROTOCOL_ALL;
    rule->some_ports = told || not_told || json_array_size(ports) > 0;
    if (json_array_size(ports) == 0 && rule->some_ports)
        rule_port(&rule->ports, all);
    for (size_t i = 0; i < json_array_size(ports); i++)
        add_port(&rule->ports, all.protocols, json_array_get(ports, i));
    for (size_t i = 0; i < json_array_size(not_ports); i++)
        add_port(&rule->not_ports, PROTOCOL_ALL, json_array_get(not_ports, i));
}

static void add_blocks(struct netplan *p, const json_t *end)
{
    static const char *const lists[] = {"nets", "notNets"};
    for (size_t l = 0; l < 2; l++) {
        const json_t *list = tree_get(end, lists[l]);
        for (size_t i = 0; i < json_array_size(list); i++)
            netplan_block(p, tree_string(json_array_get(list, i), ""));
    }
}

/* -- policies ----------------------------------------------------------------------- */

static bool read_action(struct bytes word, enum action *out)
{
    static const char *const words[] = {"allow", "deny", "pass"};
    for (int i = ACTION_ALLOW; i <= ACTION_PASS; i++)
        if (bytes_eq_nocase(word, bytes_str(words[i]))) {
            *out = (enum action)i;
            return true;
        }
    return false; /* "Log": the next rule is asked */
}

static const char *why_of(const struct rule *as, const struct netplan *p)
{
    const json_t *peer = end_of(as, true);
    if (as->partly)
        return "it lets through part of what is said on a port";
    if (tree_get(peer, "services"))
        return "what stands behind its service is not known";
    if (tree_get(peer, "domains"))
        return "which addresses its domain names have is not known";
    if (tree_get(peer, "serviceAccounts/selector"))
        return "the labels of accounts are not looked up";
    for (size_t i = 0; i < p->sets.n; i++)
        if (p->sets.v[i].names)
            return "which addresses the domain names of a network set have is not known";
    return p->sets.n ? "what a network set of Calico holds is not known" : NULL;
}

static void add_rules(struct netplan *p, struct policy *policy, enum direction d)
{
    const json_t *rules =
        tree_get(policy->object, d == DIRECTION_INGRESS ? "spec/ingress" : "spec/egress");
    for (size_t i = 0; i < json_array_size(rules); i++) {
        struct rule as = {.json = json_array_get(rules, i),
                          .direction = d,
                          .matches = matches,
                          .more = p};
        if (!read_action(tree_string(as.json, "action"), &as.action))
            continue;
        as.partly = tree_get(as.json, "http") ||
                    json_array_size(tree_get(as.json, "source/ports")) +
                            json_array_size(tree_get(as.json, "source/notPorts")) >
                        0;
        as.why = why_of(&as, p);
        struct rule *rule = netplan_rule(p, policy, &as);
        if (!rule)
            return;
        add_ports(rule);
        add_blocks(p, tree_get(as.json, "source"));
        add_blocks(p, tree_get(as.json, "destination"));
    }
}

static bool governs(const json_t *object, enum direction d)
{
    const json_t *types = tree_get(object, "spec/types");
    bool ingress = json_array_size(tree_get(object, "spec/ingress")) > 0;
    bool egress = json_array_size(tree_get(object, "spec/egress")) > 0;
    if (json_array_size(types) == 0)
        return d == DIRECTION_INGRESS ? ingress || !egress : egress;
    return json_names(types, d == DIRECTION_INGRESS ? "Ingress" : "Egress");
}

/* Policies before address translation or without tracking are of hosts alone. */
static enum truth selects(const struct netplan *p, const struct policy *policy)
{
    const json_t *spec = tree_get(policy->object, "spec");
    if (tree_true(spec, "preDNAT") || tree_true(spec, "doNotTrack"))
        return TRUTH_FALSE;
    enum truth t = pod_selected(tree_string(spec, "selector"), p->own);
    t = truth_and(t, namespace_selected(tree_string(spec, "namespaceSelector"),
                                        &p->own->namespace_labels, &p->own->namespace));
    return truth_and(
        t, account_selected(tree_string(spec, "serviceAccountSelector"), p->own));
}

void calico_add(struct netplan *p, struct policy as, double order, bool tier_passes)
{
    struct bytes tier = tree_string(as.object, "spec/tier");
    bool of_default = tier.n == 0 || bytes_is(tier, "default");
    const json_t *told = tree_get(as.object, "spec/order");
    if (as.namespace.n && !bytes_eq(as.namespace, p->own->namespace))
        return;
    struct policy *policy = netplan_policy(p, &as);
    const char *stage =
        arena_printf(p->arena, "tier %.*s", (int)tier.n, (const char *)tier.p);
    netplan_stage(p, policy, of_default ? STAGE_DEFAULT : order,
                  of_default ? BYTES("default") : bytes_str(stage), !tier_passes);
    if (!tree_get(as.object, "spec")) {
        netplan_unknown(p, policy);
        return;
    }
    policy->order = json_is_number(told) ? json_number_value(told) : (double)INFINITY;
    policy->why = "whether a policy of Calico selects the pod is not known";
    policy->selects = selects(p, policy);
    for (int d = DIRECTION_INGRESS;
         policy->selects != TRUTH_FALSE && d <= DIRECTION_EGRESS; d++) {
        policy->governs[d] = truth_of(governs(as.object, (enum direction)d));
        if (policy->governs[d] == TRUTH_TRUE)
            add_rules(p, policy, (enum direction)d);
    }
}
