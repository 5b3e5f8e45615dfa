/* What the network policies really hold back, from moment to moment. */
#include <stdlib.h>

#include "analyze/kube/network/network.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

/* Of a rule as it is written, in the line that tells what stays open. */
#define RULE_SHOWN 240

/* -- the policies at one moment ----------------------------------------------------- */

struct moment {
    instant from, until;
    const struct version *labels;
    struct netplan plan;
    enum truth open[2];
    const struct version *last; /* of the policies that select the pod, by their time */
    size_t selecting, others;   /* policies that select it; that do not */
};

static void count(struct moment *m, const struct policy *policy)
{
    const struct version *v = policy->version;
    m->others += policy->selects == TRUTH_FALSE;
    if (policy->selects != TRUTH_TRUE)
        return;
    m->selecting++;
    if (!m->last || v->from >= m->last->from)
        m->last = v;
}

static void evaluate(struct incident *in, struct moment *m)
{
    m->labels = labels_at(in, m->from);
    network_plan(in, m->from, &m->plan);
    for (size_t i = 0; i < m->plan.n; i++)
        for (size_t k = 0; k < m->plan.stages[i].n; k++)
            if (!bytes_is(m->plan.stages[i].name, "denials")) /* they stand twice */
                count(m, m->plan.stages[i].policies[k]);
    for (int d = DIRECTION_INGRESS; d <= DIRECTION_EGRESS; d++)
        m->open[d] = netplan_is_open(&m->plan, (enum direction)d);
}

/* -- what is open ------------------------------------------------------------------- */

/* Words by which responders name the namespace, labels or policy that they work from. */
static bool is_responders(struct bytes rule)
{
    static const char *const words[] = {"forensic", "incident",   "dfir",
                                        "respond",  "investigat", "security"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (bytes_contains(rule, bytes_str(words[i])))
            return true;
    return false;
}

static json_t *open_rule(const struct incident *in, const struct moment *m,
                         const struct rule *rule)
{
    const struct version *v = rule->policy->version;
    json_t *o = json_object();
    const char *to = rule_opening(&m->plan, rule);
    char *text = json_dumps(rule->json, JSON_COMPACT);
    put_text(o, "policy", in->scope, rule->policy->name);
    put_word(o, "kind", rule->policy->kind);
    put_word(o, "to", to ? to : "named peers");
    put_text(o, "rule", in->scope, bytes_str(text));
    json_object_set_new(o, "responders_path",
                        json_boolean(!to && is_responders(bytes_str(text))));
    put_span(o, in->scope, v->span);
    free(text);
    return o;
}

/* Rules that let something through; those that hold something back are counted. */
static size_t render_rules(const struct incident *in, const struct moment *m,
                           enum direction d, json_t *open)
{
    size_t denials = 0;
    for (size_t i = 0; i < m->plan.n; i++)
        for (size_t k = 0; k < m->plan.stages[i].n; k++) {
            const struct policy *policy = m->plan.stages[i].policies[k];
            for (size_t r = 0; r < policy->rules[d].n; r++) {
                const struct rule *rule = policy->rules[d].v[r];
                denials += rule->action == ACTION_DENY;
                if (policy->selects != TRUTH_FALSE && rule->action == ACTION_ALLOW &&
                    rule->json)
                    json_array_append_new(open, open_rule(in, m, rule));
            }
        }
    return denials;
}

static void put_state(json_t *o, const struct moment *m, enum direction d, size_t denials)
{
    bool isolated = netplan_isolates(&m->plan, d) == TRUTH_TRUE;
    bool closed = isolated || m->open[d] == TRUTH_FALSE;
    bool rules = json_array_size(json_object_get(o, "open")) > 0;
    const char *state = closed && rules ? "closed but for the rules listed"
                        : closed        ? "closed: nothing is allowed"
                        : denials       ? "open, but for what rules deny"
                                        : "open: no NetworkPolicy governs this direction";
    json_object_set_new(o, "isolated", json_boolean(closed));
    if (m->open[d] == TRUTH_UNKNOWN) {
        const char *doubt = netplan_open_doubt(&m->plan, d);
        json_object_set_new(o, "state", json_sprintf("not decidable: %s", doubt));
    } else {
        put_word(o, "state", state);
    }
}

/* Is every way that is left the responders' own, by its name? */
static void mark_responders(json_t *o)
{
    const json_t *open = json_object_get(o, "open");
    const json_t *line = json_object_get(o, "stays_open");
    bool own = json_array_size(open) > 0 && line;
    for (size_t i = 0; i < json_array_size(open); i++)
        own &= json_is_true(json_object_get(json_array_get(open, i), "responders_path"));
    if (!own)
        return;
    json_object_set_new(o, "responders_only", json_true());
    json_object_set_new(
        o, "stays_open",
        json_sprintf("%s, as responders need it", json_string_value(line)));
}

/* A rule that names peers by their labels lets them through, whether or not the package
 * shows one: the cluster's DNS, above all. A rule without any names nobody. */
static void tell_named(json_t *o)
{
    const json_t *open = json_object_get(o, "open");
    struct text line = {0};
    for (size_t i = 0; i < json_array_size(open); i++) {
        const json_t *rule = json_array_get(open, i);
        struct bytes text = tree_string(rule, "rule");
        if (!bytes_is(tree_string(rule, "to"), "named peers") || bytes_is(text, "{}"))
            continue;
        text_str(&line, line.n ? "; " : "");
        text_add(&line, tree_string(rule, "kind"));
        text_byte(&line, ' ');
        text_add(&line, tree_string(rule, "policy"));
        text_str(&line, " lets through ");
        text_add(&line, bytes_sub(text, 0, RULE_SHOWN));
        text_str(&line, text.n > RULE_SHOWN ? "…" : "");
    }
    if (line.n && bytes_is(tree_string(o, "stays_open"), OPEN_NOWHERE))
        json_object_set_new(o, "stays_open",
                            json_sprintf(OPEN_NOWHERE "; %s", text_c(&line)));
    text_release(&line);
}

static json_t *direction_state(struct incident *in, const struct moment *m,
                               enum direction d)
{
    json_t *o = json_object(), *open = json_array();
    size_t denials = render_rules(in, m, d, open);
    json_object_set_new(o, "open", open);
    put_state(o, m, d, denials);
    bool told = netplan_isolates(&m->plan, d) != TRUTH_FALSE || denials > 0;
    if (told)
        openings_tell(in, &m->plan, (struct stretch){d, m->from, m->until}, o);
    tell_named(o);
    mark_responders(o);
    if (d == DIRECTION_EGRESS && told)
        json_object_set_new(o, "paths", isolation_paths(in, &m->plan, m->from));
    return o;
}

/* -- moments ------------------------------------------------------------------------ */

static int by_time(const void *a, const void *b)
{
    instant x = *(const instant *)a, y = *(const instant *)b;
    return x < y ? -1 : x > y;
}

static size_t add_times(const struct list *list, instant *out, size_t n)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct version *v = list->v[i];
        out[n++] = v->from;
        if (v->until != INT64_MAX)
            out[n++] = v->until;
    }
    return n;
}

static json_t *render_labels(const struct scope *s, const struct version *v)
{
    json_t *labels = json_object();
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)(v ? v->object : NULL), key, value)
        put_text(labels, key, s, tree_string(value, ""));
    return labels;
}

/* Those of Kubernetes by their name, others with their kind. */
static json_t *render_policies(const struct scope *s, const struct moment *m)
{
    json_t *names = json_array();
    struct text t = {0};
    for (size_t i = 0; i < m->plan.n; i++)
        for (size_t k = 0; k < m->plan.stages[i].n; k++) {
            const struct policy *policy = m->plan.stages[i].policies[k];
            text_clear(&t);
            if (strcmp(policy->kind, "NetworkPolicy") != 0)
                text_printf(&t, "%s ", policy->kind);
            text_add(&t, policy->name);
            if (policy->selects == TRUTH_TRUE)
                add_distinct(names, text_bytes(&t), s, 1000);
        }
    text_release(&t);
    return names;
}

static json_t *render_moment(struct incident *in, const struct moment *m)
{
    const struct scope *s = in->scope;
    json_t *o = json_object();
    json_object_set_new(
        o, "from",
        m->from == INT64_MIN ? json_null() : render_time(m->from, PRECISION_MICROSECOND));
    json_object_set_new(o, "until", render_time(m->until, PRECISION_MICROSECOND));
    json_object_set_new(o, "labels", render_labels(s, m->labels));
    json_object_set_new(o, "policies", render_policies(s, m));
    json_object_set_new(o, "policies_not_selecting", json_integer((json_int_t)m->others));
    json_object_set_new(o, "ingress", direction_state(in, m, DIRECTION_INGRESS));
    json_object_set_new(o, "egress", direction_state(in, m, DIRECTION_EGRESS));
    struct span spans[2];
    size_t n = 0;
    if (m->labels && m->labels->span.item)
        spans[n++] = m->labels->span;
    if (m->last)
        spans[n++] = m->last->span;
    json_object_set_new(o, "spans", render_spans(s, spans, n));
    return o;
}

const char *isolation_gap(struct incident *in, instant t)
{
    struct moment m = {.from = t};
    evaluate(in, &m);
    enum truth in_open = m.open[DIRECTION_INGRESS], out = m.open[DIRECTION_EGRESS];
    netplan_release(&m.plan);
    if (!m.labels || in_open == TRUTH_UNKNOWN || out == TRUTH_UNKNOWN ||
        incident_other_policies(in))
        return NULL;
    return m.selecting == 0 ? "no network policy selected the pod then"
           : in_open && out ? "the network policies left ingress and egress open then"
           : in_open        ? "the network policies left ingress open then"
           : out            ? "the network policies left egress open then"
                            : NULL;
}

static bool is_closed(const struct moment *m)
{
    return m->open[DIRECTION_INGRESS] == TRUTH_FALSE &&
           m->open[DIRECTION_EGRESS] == TRUTH_FALSE;
}

bool isolation_holds(struct incident *in, instant t)
{
    struct moment m = {.from = t};
    evaluate(in, &m);
    netplan_release(&m.plan);
    return m.labels && m.selecting > 0 && is_closed(&m) && !incident_other_policies(in);
}

bool isolation_leaves(struct incident *in, instant t, struct text *out)
{
    static const char *const ways[] = {"from ", "to "};
    struct moment m = {.from = t, .until = t};
    evaluate(in, &m);
    for (int d = DIRECTION_INGRESS; d <= DIRECTION_EGRESS; d++) {
        json_t *o = direction_state(in, &m, (enum direction)d);
        struct bytes line = tree_string(o, "stays_open");
        bool own = json_is_true(json_object_get(o, "responders_only"));
        if (line.n && !own && !bytes_is(line, OPEN_NOWHERE)) {
            text_str(out, out->n ? "; " : "");
            text_str(out, ways[d]);
            text_add(out, line);
        }
        json_decref(o);
    }
    netplan_release(&m.plan);
    return out->n > 0;
}

static void note_isolation(struct incident *in, const struct moment *m)
{
    if (!is_closed(m) && in->isolated != INSTANT_NONE && m->labels) {
        in->was_isolated = in->isolated;
        in->opened = m->from;
    }
    if (!is_closed(m))
        in->isolated = INSTANT_NONE;
    else if (in->isolated == INSTANT_NONE)
        in->isolated = m->from;
}

/* -- the last word: what is open when the evidence ends ------------------------------ */

static const char *doubt_of(const struct incident *in, const struct moment *m)
{
    if (incident_other_policies(in))
        return "a policy of the network plugin's own kind was written, and what it "
               "blocks "
               "is not computed";
    if (in->scope->audit_first == INSTANT_NONE && !m->last && !m->others)
        return "the package has neither network policies nor an audit log";
    for (int d = DIRECTION_INGRESS; d <= DIRECTION_EGRESS; d++)
        if (m->open[d] == TRUTH_UNKNOWN)
            return netplan_open_doubt(&m->plan, (enum direction)d);
    return NULL;
}

static void tell_not_isolated(struct incident *in, const struct moment *m)
{
    struct scope *s = in->scope;
    struct finding f = kube_finding(KUBE_NOT_ISOLATED, s->pod.name,
                                    m->last ? m->last->span : s->pod.span);
    const char *doubt = doubt_of(in, m);
    f.confidence = CONFIDENCE_MEDIUM;
    f.not_decidable = doubt != NULL;
    if (doubt)
        finding_argument(&f, "why", bytes_str(doubt));
    finding_argument(&f, "policies of the namespace that do not select it",
                     m->others ? BYTES("some") : BYTES("none is in the package"));
    kube_found(s, &f);
}

/* Policies from before the first sign are no answer to it, but what they keep closed is
 * closed all the same: only where none governs a direction the pod is as open as can be.
 */
static void tell_last(struct incident *in, const struct moment *m)
{
    struct scope *s = in->scope;
    bool answered = m->last && m->last->from >= in->first_placed;
    bool governed = netplan_isolates(&m->plan, DIRECTION_INGRESS) != TRUTH_FALSE &&
                    netplan_isolates(&m->plan, DIRECTION_EGRESS) != TRUTH_FALSE;
    if (m->selecting == 0 || (!is_closed(m) && !answered && !governed)) {
        tell_not_isolated(in, m);
        return;
    }
    for (int d = DIRECTION_INGRESS; d <= DIRECTION_EGRESS; d++) {
        if (m->open[d] == TRUTH_FALSE)
            continue;
        struct finding f = kube_finding(KUBE_POLICY_OPEN, s->pod.name, m->last->span);
        f.time = m->from;
        f.not_decidable = m->open[d] == TRUTH_UNKNOWN;
        finding_argument(&f, "direction", bytes_str(direction_name((enum direction)d)));
        if (f.not_decidable)
            finding_argument(&f, "why",
                             bytes_str(netplan_open_doubt(&m->plan, (enum direction)d)));
        else if (in->left_open[d])
            finding_argument(
                &f, "stays open",
                arena_copy(&s->arena, bytes_str(json_string_value(in->left_open[d]))));
        kube_found(s, &f);
    }
}

static void keep_line(json_t **kept, json_t *line)
{
    json_decref(*kept);
    *kept = json_incref(line);
}

static void keep_left_open(struct incident *in, const json_t *moment, instant from)
{
    for (int d = DIRECTION_INGRESS; d <= DIRECTION_EGRESS; d++) {
        const char *name = direction_name((enum direction)d);
        const json_t *state = json_object_get(moment, name);
        json_t *line = json_object_get(state, "stays_open");
        keep_line(&in->left_open[d], line);
        if (in->isolated == from)
            keep_line(&in->left_then[d], line);
    }
}

json_t *isolation_section(struct incident *in)
{
    json_t *array = json_array();
    size_t capacity = 2 * in->labels.n + network_moments(in) + 1;
    instant *times = memory_new(capacity, sizeof *times);
    size_t n = add_times(&in->labels, times, 0);
    n = network_times(in, times, n);
    qsort(times, n, sizeof *times, by_time);
    in->isolated = INSTANT_NONE;
    in->network->share = LIMIT_NETWORK_STEPS / (2 * n + 1);
    struct moment last = {0};
    for (size_t i = 0; i < n; i++) {
        if (i + 1 < n && times[i + 1] == times[i])
            continue;
        struct moment m = {.from = times[i],
                           .until = i + 1 < n ? times[i + 1] : INT64_MAX};
        evaluate(in, &m);
        if (!m.labels) { /* the pod is not there */
            netplan_release(&m.plan);
            continue;
        }
        note_isolation(in, &m);
        json_array_append_new(array, render_moment(in, &m));
        keep_left_open(in, json_array_get(array, json_array_size(array) - 1), m.from);
        netplan_release(&last.plan);
        last = m;
    }
    if (last.labels && in->shown)
        tell_last(in, &last);
    netplan_release(&last.plan);
    free(times);
    return array;
}
