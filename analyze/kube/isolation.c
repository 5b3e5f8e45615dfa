/* What the network policies really hold back, from moment to moment. */
#include <stdlib.h>

#include "analyze/kube/incident.h"
#include "analyze/kube/netpol.h"
#include "formats/base/memory.h"

/* -- the policies at one moment ----------------------------------------------------- */

static const struct version *version_at(const struct list *list, instant t)
{
    for (size_t i = list->n; i > 0; i--) {
        const struct version *v = list->v[i - 1];
        if (v->from <= t && t < v->until)
            return v;
    }
    return NULL;
}

struct moment {
    instant from, until;
    const struct version *labels;
    const struct version **selecting; /* versions that select the pod */
    const json_t **policies;          /* their objects */
    struct netpol_set set;
    size_t others;  /* policies of the namespace that do not select it */
    size_t unknown; /* those whose content is not in the evidence */
};

static void evaluate(struct incident *in, struct moment *m)
{
    size_t n = in->policies.n + 1;
    m->selecting = arena_array(&in->scope->arena, const struct version *, n);
    m->policies = arena_array(&in->scope->arena, const json_t *, n);
    m->labels = version_at(&in->labels, m->from);
    m->set.namespace = in->scope->pod.namespace;
    m->set.policies = m->policies;
    for (size_t i = 0; i < in->policies.n; i++) {
        const struct version *v = in->policies.v[i];
        if (v->from > m->from || m->from >= v->until)
            continue;
        m->unknown += !v->object;
        if (!v->object)
            continue;
        bool selects =
            m->labels && netpol_selects(v->object, m->set.namespace, m->labels->object);
        m->others += !selects;
        if (!selects)
            continue;
        m->selecting[m->set.n] = v;
        m->policies[m->set.n++] = v->object;
    }
}

/* -- what is open ------------------------------------------------------------------- */

/* Words by which responders name the namespace, labels or policy that they work from. */
static bool is_responders(const json_t *rule)
{
    static const char *const words[] = {"forensic", "incident",   "dfir",
                                        "respond",  "investigat", "security"};
    char *text = json_dumps(rule, JSON_COMPACT);
    struct bytes b = bytes_str(text);
    bool found = false;
    for (size_t i = 0; i < sizeof words / sizeof *words && !found; i++)
        found = bytes_contains(b, bytes_str(words[i]));
    free(text);
    return found;
}

static const char *opening_text(enum opening o)
{
    static const char *const texts[] = {
        "everybody, every port", "everybody, some ports",
        "all pods of the cluster or namespace, or a wide block of addresses",
        "named peers"};
    return texts[o];
}

static json_t *open_rule(const struct incident *in, const struct version *v,
                         const json_t *rule, enum direction d)
{
    json_t *o = json_object();
    enum opening opening = netpol_opening(rule, d);
    char *text = json_dumps(rule, JSON_COMPACT);
    put_text(o, "policy", in->scope, v->name);
    put_word(o, "to", opening_text(opening));
    put_text(o, "rule", in->scope, bytes_str(text));
    json_object_set_new(o, "responders_path",
                        json_boolean(opening == OPENING_SOME && is_responders(rule)));
    put_span(o, in->scope, v->span);
    free(text);
    return o;
}

static json_t *direction_state(const struct incident *in, const struct moment *m,
                               enum direction d)
{
    json_t *o = json_object(), *open = json_array();
    bool isolated = netpol_isolates(&m->set, d);
    for (size_t i = 0; i < m->set.n; i++) {
        const json_t *rules = netpol_rules(m->policies[i], d);
        for (size_t r = 0;
             netpol_governs(m->policies[i], d) && r < json_array_size(rules); r++)
            json_array_append_new(
                open, open_rule(in, m->selecting[i], json_array_get(rules, r), d));
    }
    json_object_set_new(o, "isolated", json_boolean(isolated));
    const char *state =
        m->unknown  ? "not decidable: the content of a policy of the namespace is not in "
                      "the evidence"
        : !isolated ? "open: no NetworkPolicy governs this direction"
        : json_array_size(open) ? "closed but for the rules listed"
                                : "closed: nothing is allowed";
    put_word(o, "state", state);
    json_object_set_new(o, "open", open);
    if (d == DIRECTION_EGRESS && isolated && !m->unknown)
        json_object_set_new(o, "paths", isolation_paths(in, &m->set));
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

static json_t *render_moment(struct incident *in, const struct moment *m)
{
    const struct scope *s = in->scope;
    json_t *o = json_object(), *names = json_array();
    json_object_set_new(
        o, "from",
        m->from == INT64_MIN ? json_null() : render_time(m->from, PRECISION_MICROSECOND));
    json_object_set_new(o, "until", render_time(m->until, PRECISION_MICROSECOND));
    json_t *labels = json_object();
    const char *key;
    json_t *value;
    if (m->labels)
        json_object_foreach((json_t *)(uintptr_t)m->labels->object, key, value)
            put_text(labels, key, s, tree_string(value, ""));
    json_object_set_new(o, "labels", labels);
    for (size_t i = 0; i < m->set.n; i++)
        add_distinct(names, m->selecting[i]->name, s, 1000);
    json_object_set_new(o, "policies", names);
    json_object_set_new(o, "policies_not_selecting", json_integer((json_int_t)m->others));
    json_object_set_new(o, "ingress", direction_state(in, m, DIRECTION_INGRESS));
    json_object_set_new(o, "egress", direction_state(in, m, DIRECTION_EGRESS));
    struct span spans[2];
    size_t n = 0;
    if (m->labels && m->labels->span.item)
        spans[n++] = m->labels->span;
    if (m->set.n)
        spans[n++] = m->selecting[m->set.n - 1]->span;
    json_object_set_new(o, "spans", render_spans(s, spans, n));
    return o;
}

static bool is_open(const struct moment *m, enum direction d)
{
    if (m->unknown || !netpol_isolates(&m->set, d))
        return true;
    for (size_t i = 0; i < m->set.n; i++) {
        const json_t *rules = netpol_rules(m->policies[i], d);
        for (size_t r = 0;
             netpol_governs(m->policies[i], d) && r < json_array_size(rules); r++)
            if (netpol_opening(json_array_get(rules, r), d) != OPENING_SOME)
                return true;
    }
    return false;
}

const char *isolation_gap(struct incident *in, instant t)
{
    struct moment m = {.from = t};
    evaluate(in, &m);
    instant plugin = plugin_isolation(in);
    if (plugin != INSTANT_NONE && plugin <= t)
        return NULL;
    if (!m.labels || m.unknown || incident_other_policies(in))
        return NULL;
    bool in_open = is_open(&m, DIRECTION_INGRESS), out = is_open(&m, DIRECTION_EGRESS);
    return m.set.n == 0     ? "no network policy selected the pod then"
           : in_open && out ? "the network policies left ingress and egress open then"
           : in_open        ? "the network policies left ingress open then"
           : out            ? "the network policies left egress open then"
                            : NULL;
}

static void note_isolation(struct incident *in, const struct moment *m)
{
    bool both = !is_open(m, DIRECTION_INGRESS) && !is_open(m, DIRECTION_EGRESS);
    if (!both)
        in->isolated = INSTANT_NONE;
    else if (in->isolated == INSTANT_NONE)
        in->isolated = m->from;
}

/* The last word about the network: what is open when the evidence ends. */
/* Policies from before the first sign are no answer to it. */
static bool was_answered(const struct incident *in, const struct moment *m)
{
    for (size_t i = 0; i < m->set.n; i++)
        if (m->selecting[i]->from >= in->first_placed)
            return true;
    return false;
}

static void tell_last(struct incident *in, const struct moment *m)
{
    struct scope *s = in->scope;
    struct span span = m->set.n ? m->selecting[m->set.n - 1]->span : s->pod.span;
    bool open = is_open(m, DIRECTION_INGRESS) || is_open(m, DIRECTION_EGRESS);
    if (m->set.n == 0 || (open && !was_answered(in, m))) {
        struct finding f = kube_finding(KUBE_NOT_ISOLATED, s->pod.name, span);
        f.confidence = CONFIDENCE_MEDIUM;
        f.not_decidable = incident_other_policies(in);
        if (f.not_decidable)
            finding_argument(&f, "why",
                             BYTES("a policy of the network plugin's own kind was "
                                   "written, and what it blocks is not computed"));
        if (m->unknown) {
            f.not_decidable = true;
            finding_argument(&f, "why",
                             BYTES("the content of a policy of the namespace is not in "
                                   "the evidence"));
        }
        finding_argument(&f, "policies of the namespace that do not select it",
                         in->policies.n ? BYTES("some")
                                        : BYTES("none is in the package"));
        kube_found(s, &f);
        return;
    }
    for (int d = DIRECTION_INGRESS; d <= DIRECTION_EGRESS; d++) {
        if (!is_open(m, (enum direction)d))
            continue;
        struct finding f = kube_finding(KUBE_POLICY_OPEN, s->pod.name, span);
        f.time = m->from;
        finding_argument(&f, "direction", bytes_str(direction_name((enum direction)d)));
        kube_found(s, &f);
    }
}

json_t *isolation_section(struct incident *in)
{
    json_t *array = json_array();
    size_t capacity = 2 * (in->labels.n + in->policies.n) + 1;
    instant *times = memory_new(capacity, sizeof *times);
    size_t n = add_times(&in->labels, times, 0);
    struct moment last = {0};
    n = add_times(&in->policies, times, n);
    qsort(times, n, sizeof *times, by_time);
    in->isolated = INSTANT_NONE;
    for (size_t i = 0; i < n; i++) {
        if (i + 1 < n && times[i + 1] == times[i])
            continue;
        struct moment m = {.from = times[i],
                           .until = i + 1 < n ? times[i + 1] : INT64_MAX};
        evaluate(in, &m);
        if (!m.labels)
            continue; /* the pod is not there */
        note_isolation(in, &m);
        json_array_append_new(array, render_moment(in, &m));
        last = m;
    }
    instant plugin = plugin_isolation(in);
    if (plugin != INSTANT_NONE && (in->isolated == INSTANT_NONE || plugin < in->isolated))
        in->isolated = plugin;
    else if (last.labels && in->shown)
        tell_last(in, &last);
    free(times);
    return array;
}
