#include "analyze/kube/network/netplan.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/document.h"

const char *direction_name(enum direction d)
{
    return d == DIRECTION_INGRESS ? "ingress" : "egress";
}

unsigned protocol_of(struct bytes name)
{
    static const char *const names[] = {"TCP", "UDP", "SCTP"};
    for (unsigned i = 0; i < 3; i++)
        if (bytes_eq_nocase(name, bytes_str(names[i])))
            return 1U << i;
    return 0;
}

/* -- building ----------------------------------------------------------------------- */

struct policy *netplan_policy(struct netplan *p, const struct policy *as)
{
    struct policy *policy = arena_new(p->arena, struct policy);
    *policy = *as;
    return policy;
}

void netplan_stage(struct netplan *p, struct policy *policy, double order,
                   struct bytes name, bool denies)
{
    struct stage *s = NULL;
    for (size_t i = 0; i < p->n && !s; i++)
        if (bytes_eq(p->stages[i].name, name))
            s = &p->stages[i];
    if (!s) {
        p->stages = memory_grow(p->stages, &p->capacity, p->n + 1, sizeof *p->stages);
        s = &p->stages[p->n++];
        *s = (struct stage){.order = order, .name = name, .denies = denies};
    }
    s->policies = memory_grow(s->policies, &s->capacity, s->n + 1, sizeof *s->policies);
    s->policies[s->n++] = policy;
}

struct rule *netplan_rule(struct netplan *p, struct policy *policy, const struct rule *as)
{
    struct rules *all = &policy->rules[as->direction];
    if (p->rule_count >= LIMIT_NETWORK_RULES) {
        p->cut = true;
        return NULL;
    }
    struct rule *rule = arena_new(p->arena, struct rule);
    *rule = *as;
    rule->policy = policy;
    rule->number = p->rule_count;
    p->rule_count++;
    all->v = memory_grow(all->v, &all->capacity, all->n + 1, sizeof *all->v);
    all->v[all->n++] = rule;
    return rule;
}

void rule_port(struct ports *ports, struct port_range range)
{
    if (ports->n >= LIMIT_NETWORK_PORTS)
        return;
    ports->v = memory_grow(ports->v, &ports->capacity, ports->n + 1, sizeof *ports->v);
    ports->v[ports->n++] = range;
}

void netplan_block(struct netplan *p, struct bytes cidr)
{
    struct block block;
    if (!block_parse(cidr, &block))
        return;
    if (p->block_count >= LIMIT_NETWORK_BLOCKS) {
        p->blocks_left++;
        return;
    }
    p->blocks =
        memory_grow(p->blocks, &p->block_capacity, p->block_count + 1, sizeof *p->blocks);
    p->blocks[p->block_count++] = block;
}

static int by_stage(const void *a, const void *b)
{
    const struct stage *x = a, *y = b;
    if (x->order < y->order || x->order > y->order)
        return x->order < y->order ? -1 : 1;
    return bytes_compare(x->name, y->name);
}

static int by_policy(const void *a, const void *b)
{
    const struct policy *x = *(void *const *)a, *y = *(void *const *)b;
    if (x->order < y->order || x->order > y->order)
        return x->order < y->order ? -1 : 1;
    int names = bytes_compare(x->name, y->name);
    return names ? names : bytes_compare(x->namespace, y->namespace);
}

/* Whether policies apply to a pod on its node's network is left to the plugin. */
static void doubt_host_network(struct policy *policy)
{
    policy->selects = truth_and(policy->selects, TRUTH_UNKNOWN);
    policy->why = "the pod is on its node's network, where most plugins apply no policy";
}

void netplan_settle(struct netplan *p)
{
    for (size_t i = 0; p->own->host_network && i < p->n; i++)
        for (size_t k = 0; k < p->stages[i].n; k++)
            doubt_host_network(p->stages[i].policies[k]);
    if (p->n > 1)
        qsort(p->stages, p->n, sizeof *p->stages, by_stage);
    for (size_t i = 0; i < p->n; i++)
        if (p->stages[i].n > 1)
            qsort(p->stages[i].policies, p->stages[i].n, sizeof *p->stages[i].policies,
                  by_policy);
}

static void release_rules(struct rules *all)
{
    for (size_t i = 0; i < all->n; i++) {
        free(all->v[i]->ports.v);
        free(all->v[i]->not_ports.v);
    }
    free(all->v);
}

void netplan_release(struct netplan *p)
{
    for (size_t i = 0; i < p->n; i++) {
        struct stage *s = &p->stages[i];
        for (size_t k = 0; k < s->n; k++) {
            release_rules(&s->policies[k]->rules[0]);
            release_rules(&s->policies[k]->rules[1]);
        }
        free(s->policies);
    }
    free(p->stages);
    free(p->blocks);
    *p = (struct netplan){0};
}

/* -- the order of things ------------------------------------------------------------ */

/* What each rule says of a peer, whatever the port: asked once. */
static enum truth *ask_rules(const struct netplan *p, enum direction d,
                             const struct peer *e)
{
    enum truth *said = memory_new(p->rule_count + 1, sizeof *said);
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->stages[i].n; k++) {
            const struct policy *policy = p->stages[i].policies[k];
            for (size_t r = 0; r < policy->rules[d].n; r++) {
                const struct rule *rule = policy->rules[d].v[r];
                said[rule->number] = truth_and(policy->selects, rule->matches(rule, e));
            }
        }
    return said;
}

static enum truth stage_governs(const struct stage *s, enum direction d)
{
    enum truth any = TRUTH_FALSE;
    for (size_t i = 0; i < s->n; i++)
        any =
            truth_or(any, truth_and(s->policies[i]->selects, s->policies[i]->governs[d]));
    return any;
}

struct question {
    const struct netplan *plan;
    enum direction direction;
    const struct peer *peer;
    const enum truth *said;
    struct traffic traffic;
};

/* What the stage makes of it, where the stages behind it give `next`. */
static unsigned stage_decide(const struct question *q, const struct stage *s,
                             unsigned next)
{
    unsigned outcome = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct rules *rules = &s->policies[i]->rules[q->direction];
        for (size_t k = 0; k < rules->n; k++) {
            const struct rule *r = rules->v[k];
            enum truth t = q->said[r->number];
            if (t != TRUTH_FALSE)
                t = truth_and(t, rule_has_port(q->plan, r, q->peer, q->traffic));
            if (t == TRUTH_FALSE)
                continue;
            outcome |= r->action == ACTION_ALLOW  ? OUTCOME_ALLOW
                       : r->action == ACTION_DENY ? OUTCOME_DENY
                                                  : next;
            if (t == TRUTH_TRUE)
                return outcome;
        }
    }
    enum truth denies = truth_and(truth_of(s->denies), stage_governs(s, q->direction));
    if (denies != TRUTH_FALSE)
        outcome |= OUTCOME_DENY;
    return denies == TRUTH_TRUE ? outcome : outcome | next;
}

static unsigned decide(const struct question *q)
{
    unsigned next = OUTCOME_ALLOW;
    for (size_t i = q->plan->n; i > 0; i--)
        next = stage_decide(q, &q->plan->stages[i - 1], next);
    return q->plan->cut ? OUTCOME_ALLOW | OUTCOME_DENY : next;
}

unsigned netplan_decide(const struct netplan *p, enum direction d, const struct peer *e,
                        struct traffic t)
{
    enum truth *said = ask_rules(p, d, e);
    struct question q = {p, d, e, said, t};
    unsigned outcome = decide(&q);
    free(said);
    return outcome;
}

enum truth netplan_isolates(const struct netplan *p, enum direction d)
{
    enum truth any = TRUTH_FALSE;
    for (size_t i = 0; i < p->n; i++)
        if (p->stages[i].denies)
            any = truth_or(any, stage_governs(&p->stages[i], d));
    return any;
}

bool netplan_governs(const struct netplan *p, enum direction d)
{
    for (size_t i = 0; i < p->n; i++)
        if (stage_governs(&p->stages[i], d) != TRUTH_FALSE)
            return true;
    return false;
}

const char *netplan_doubt(const struct netplan *p, enum direction d)
{
    if (p->cut)
        return "there are more rules than are computed";
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->stages[i].n; k++) {
            const struct policy *policy = p->stages[i].policies[k];
            if (truth_and(policy->selects, policy->governs[d]) == TRUTH_UNKNOWN)
                return policy->why ? policy->why
                                   : "whether a policy selects the pod is not known";
        }
    return NULL;
}

static bool has_rules(const struct netplan *p, enum direction d)
{
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->stages[i].n; k++)
            if (p->stages[i].policies[k]->rules[d].n)
                return true;
    return false;
}

const char *netplan_open_doubt(const struct netplan *p, enum direction d)
{
    const char *doubt = netplan_doubt(p, d);
    return doubt                               ? doubt
           : p->blocks_left && has_rules(p, d) ? "rules name more blocks of addresses "
                                                 "than are looked at"
                                               : NULL;
}

const char *netplan_why(const struct netplan *p, enum direction d, const struct peer *e)
{
    const char *doubt = netplan_doubt(p, d);
    if (doubt)
        return doubt;
    bool namespaces = e->kind == PEER_POD && e->namespace_labels.partial;
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->stages[i].n; k++) {
            const struct rules *rules = &p->stages[i].policies[k]->rules[d];
            for (size_t r = 0; r < rules->n; r++)
                if (rules->v[r]->why &&
                    (rules->v[r]->partly ||
                     rules->v[r]->matches(rules->v[r], e) == TRUTH_UNKNOWN))
                    return rules->v[r]->why;
        }
    return namespaces          ? "the labels of its namespace are not in the evidence"
           : e->labels.partial ? "its labels are not in the evidence"
           : e->host_network   ? "it is on its node's network"
           : !e->address_count ? "its address is not in the evidence"
           : e->kind == PEER_POD && !e->spec ? "its ports are not in the evidence"
                                             : "the evidence does not tell";
}

/* -- every port at once ------------------------------------------------------------- */

static void add_cut(int64_t *cuts, size_t *n, int64_t port)
{
    if (port > 0 && port <= UINT16_MAX)
        cuts[(*n)++] = port;
}

/* Container ports of whichever pod is called: where names may mean something. */
static size_t spec_cuts(const struct peer *at, int64_t *cuts, size_t room)
{
    static const char *const lists[] = {"containers", "initContainers"};
    size_t n = 0;
    for (size_t l = 0; at && l < 2; l++) {
        const json_t *list = tree_get(at->spec, lists[l]);
        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *ports = tree_get(json_array_get(list, i), "ports");
            for (size_t k = 0; k < json_array_size(ports) && n + 2 <= room; k++) {
                int64_t number;
                if (!tree_integer(json_array_get(ports, k), "containerPort", &number))
                    continue;
                add_cut(cuts, &n, number);
                add_cut(cuts, &n, number + 1);
            }
        }
    }
    return n;
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* Container ports that are looked at for names. */
#define MOST_NAMED_PORTS 512

/* Calls back for the rules of the direction that may match the peer. */
static void each_rule(const struct question *q, void (*each)(void *, const struct rule *),
                      void *context)
{
    for (size_t i = 0; i < q->plan->n; i++)
        for (size_t k = 0; k < q->plan->stages[i].n; k++) {
            const struct rules *rules =
                &q->plan->stages[i].policies[k]->rules[q->direction];
            for (size_t r = 0; r < rules->n; r++)
                if (q->said[rules->v[r]->number] != TRUTH_FALSE)
                    each(context, rules->v[r]);
        }
}

struct cuts {
    int64_t *v;
    size_t n, count;
};

static void count_ports(void *context, const struct rule *r)
{
    ((struct cuts *)context)->count += r->ports.n + r->not_ports.n;
}

static void cut_ports(void *context, const struct rule *r)
{
    struct cuts *cuts = context;
    const struct ports *both[2] = {&r->ports, &r->not_ports};
    for (size_t b = 0; b < 2; b++)
        for (size_t i = 0; i < both[b]->n; i++) {
            add_cut(cuts->v, &cuts->n, both[b]->v[i].first);
            add_cut(cuts->v, &cuts->n, both[b]->v[i].last + 1);
        }
}

/* Where the answer may change: each first port of a range, and each after a last. */
static size_t port_cuts(const struct question *q, int64_t **out)
{
    struct cuts cuts = {0};
    const struct peer *at = q->direction == DIRECTION_INGRESS ? q->plan->own : q->peer;
    each_rule(q, count_ports, &cuts);
    cuts.v = memory_new(2 * (cuts.count + MOST_NAMED_PORTS) + 1, sizeof *cuts.v);
    each_rule(q, cut_ports, &cuts);
    cuts.n += spec_cuts(at, cuts.v + cuts.n, MOST_NAMED_PORTS);
    cuts.v[cuts.n++] = 1; /* nobody is called at port 0 */
    qsort(cuts.v, cuts.n, sizeof *cuts.v, by_number);
    *out = cuts.v;
    return cuts.n;
}

static void add_answer(struct port_answers *out, struct port_answer a)
{
    struct port_answer *last = out->n ? &out->v[out->n - 1] : NULL;
    if (last && last->protocol == a.protocol && last->outcome == a.outcome) {
        last->last = a.last;
        return;
    }
    out->v = memory_grow(out->v, &out->capacity, out->n + 1, sizeof *out->v);
    out->v[out->n++] = a;
}

void netplan_ports(const struct netplan *p, enum direction d, const struct peer *e,
                   struct port_answers *out)
{
    int64_t *cuts;
    enum truth *said = ask_rules(p, d, e);
    struct question all = {.plan = p, .direction = d, .peer = e, .said = said};
    size_t n = port_cuts(&all, &cuts);
    if (p->steps)
        *p->steps += 3 * n * (p->rule_count + 1);
    out->n = 0;
    for (unsigned protocol = PROTOCOL_TCP; protocol <= PROTOCOL_SCTP; protocol <<= 1)
        for (size_t i = 0; i < n; i++) {
            if (i + 1 < n && cuts[i + 1] == cuts[i])
                continue;
            struct question q = {p, d, e, said, {protocol, cuts[i]}};
            add_answer(out,
                       (struct port_answer){protocol, decide(&q), cuts[i],
                                            i + 1 < n ? cuts[i + 1] - 1 : UINT16_MAX});
        }
    free(said);
    free(cuts);
}

static bool is_whole(const struct port_answers *a, unsigned outcome)
{
    for (size_t i = 0; i < a->n; i++)
        if (a->v[i].outcome != outcome)
            return false;
    return a->n > 0;
}

bool port_answers_text(const struct port_answers *a, unsigned outcome, struct text *out)
{
    static const char *const names[] = {"", "TCP", "UDP", "", "SCTP"};
    unsigned protocol = 0;
    if (is_whole(a, outcome)) {
        text_str(out, "every port");
        return true;
    }
    for (size_t i = 0; i < a->n; i++) {
        const struct port_answer *one = &a->v[i];
        if (one->outcome != outcome)
            continue;
        if (one->protocol != protocol)
            text_printf(out, "%s%s ", protocol ? "; " : "", names[one->protocol]);
        else
            text_str(out, ", ");
        protocol = one->protocol;
        if (one->first == 1 && one->last == UINT16_MAX)
            text_str(out, "every port");
        else if (one->first == one->last)
            text_printf(out, "%lld", (long long)one->first);
        else
            text_printf(out, "%lld-%lld", (long long)one->first, (long long)one->last);
    }
    return protocol != 0;
}
