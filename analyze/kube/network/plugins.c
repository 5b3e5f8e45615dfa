/* Policies of other kinds than NetworkPolicy: whether they select the pod and what they
 * do by themselves; and those of plugins whose kinds are not computed. */
#include <stdlib.h>

#include "analyze/kube/network/network.h"

/* -- what is computed --------------------------------------------------------------- */

static enum truth selects(const struct netplan *p)
{
    enum truth any = TRUTH_FALSE;
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->stages[i].n; k++)
            any = truth_or(any, p->stages[i].policies[k]->selects);
    return any;
}

static void count_rules(const struct netplan *p, enum direction d, size_t out[3])
{
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->stages[i].n; k++) {
            const struct rules *rules = &p->stages[i].policies[k]->rules[d];
            for (size_t r = 0; r < rules->n; r++)
                out[rules->v[r]->action]++;
        }
}

static void say_count(struct text *t, size_t n, const char *what)
{
    if (n)
        text_printf(t, ", %zu %s", n, what);
}

/* "closes egress but for 2 rules, 1 denies": alone, without the others. */
static void say_direction(const struct netplan *p, enum direction d, struct text *t)
{
    static const char *const states[] = {"leaves", "closes", "may close"};
    size_t n[3] = {0};
    enum truth open = netplan_is_open(p, d), isolates = netplan_isolates(p, d);
    bool closes = isolates == TRUTH_TRUE || open == TRUTH_FALSE;
    count_rules(p, d, n);
    if (t->n)
        text_str(t, "; ");
    text_printf(t, "%s %s",
                closes                  ? states[1]
                : open == TRUTH_UNKNOWN ? states[2]
                                        : states[0],
                direction_name(d));
    text_str(t, closes || open == TRUTH_UNKNOWN ? "" : " open");
    say_count(t, n[ACTION_ALLOW], n[ACTION_ALLOW] == 1 ? "rule allows" : "rules allow");
    say_count(t, n[ACTION_DENY], n[ACTION_DENY] == 1 ? "rule denies" : "rules deny");
    say_count(t, n[ACTION_PASS], n[ACTION_PASS] == 1 ? "rule passes" : "rules pass");
}

static void say_effect(const struct netplan *p, size_t kind, struct text *t)
{
    enum truth selected = selects(p);
    if (policy_is_staged(kind))
        text_str(t, "staged: it enforces nothing");
    else if (selected != TRUTH_TRUE)
        text_str(t, selected == TRUTH_FALSE ? "none on this pod" : "not decidable");
    if (t->n)
        return;
    say_direction(p, DIRECTION_INGRESS, t);
    say_direction(p, DIRECTION_EGRESS, t);
}

static void render(struct incident *in, size_t kind, const struct version *v,
                   json_t *array)
{
    static const char *const texts[] = {
        [TRUTH_FALSE] = "no", [TRUTH_UNKNOWN] = "not decidable", [TRUTH_TRUE] = "yes"};
    const struct scope *s = in->scope;
    json_t *o = json_object();
    struct netplan p;
    struct text effect = {0};
    network_plan_of(in, v, kind, &p);
    say_effect(&p, kind, &effect);
    put_word(o, "group", policy_group(kind));
    put_word(o, "kind", policy_kind(kind));
    put_text(o, "name", s, v->name);
    put_text(o, "namespace", s, v->namespace);
    if (v->from != INT64_MIN)
        put_time(o, "time", v->from, PRECISION_MICROSECOND);
    put_text(o, "by", s, v->by);
    put_word(o, "selects_the_pod", texts[selects(&p)]);
    put_text(o, "effect", s, text_bytes(&effect));
    put_word(o, "note", policy_note(in, kind, v));
    put_span(o, s, v->span);
    json_array_append_new(array, o);
    text_release(&effect);
    netplan_release(&p);
}

/* -- what is not -------------------------------------------------------------------- */

static bool is_computed(struct bytes group)
{
    static const char *const groups[] = {"networking.k8s.io", "extensions", "policy",
                                         "crd.projectcalico.org"};
    bool known = group.n == 0;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        known |= bytes_is(group, groups[i]);
    for (size_t i = 0; i < POLICY_KINDS; i++)
        known |= bytes_is(group, policy_group(i));
    return known;
}

/* Of the pod's namespace, or of the cluster. */
static bool may_concern(const struct scope *s, struct bytes namespace)
{
    return namespace.n == 0 || bytes_eq(namespace, s->pod.namespace);
}

static void render_other(const struct scope *s, struct bytes group,
                         const struct version *v, json_t *array)
{
    json_t *o = json_object();
    put_text(o, "group", s, group);
    put_text(o, "name", s, v->name);
    put_text(o, "namespace", s, v->namespace);
    if (v->from != INT64_MIN && v->from != INSTANT_NONE)
        put_time(o, "time", v->from, PRECISION_MICROSECOND);
    put_text(o, "by", s, v->by);
    put_word(o, "selects_the_pod", "not decidable");
    put_word(o, "effect", "not computed");
    put_span(o, s, v->span);
    json_array_append_new(array, o);
}

/* Counts them; renders them where there is an array. */
static size_t others(const struct incident *in, json_t *array)
{
    const struct scope *s = in->scope;
    size_t n = 0;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        struct version v = {.namespace = r->namespace,
                            .name = r->name,
                            .from = r->time,
                            .by = request_as(r),
                            .span = r->spans[0]};
        if (r->folded || !r->in_scope || !request_writes(r) || !request_succeeded(r) ||
            bytes_starts(r->verb, BYTES("delete")) || !request_of_policy(r) ||
            is_computed(r->group) || !may_concern(s, r->namespace))
            continue;
        n++;
        if (array)
            render_other(s, r->group, &v, array);
    }
    for (size_t i = 0; i < s->objects.n; i++) {
        const struct object *o = s->objects.v[i];
        struct bytes version = tree_string(o->k->object, "apiVersion");
        struct bytes group = bytes_sub(version, 0, bytes_find_byte(version, '/'));
        struct version v = {.namespace = o->k->namespace,
                            .name = o->k->name,
                            .from = o->k->created,
                            .span = object_span(o, NULL)};
        bool policy = bytes_ends(o->k->kind, BYTES("NetworkPolicy")) ||
                      bytes_is(o->k->kind, "EgressFirewall");
        if (!policy || is_computed(group) || !may_concern(s, o->k->namespace))
            continue;
        n++;
        if (array)
            render_other(s, group, &v, array);
    }
    return n;
}

json_t *plugin_policies(struct incident *in)
{
    json_t *array = json_array();
    for (size_t kind = 1; kind < POLICY_KINDS; kind++)
        for (size_t i = 0; i < in->network->policies[kind].v.n; i++)
            render(in, kind, in->network->policies[kind].v.v[i], array);
    others(in, array);
    return array;
}

bool incident_other_policies(const struct incident *in)
{
    return others(in, NULL) > 0;
}
