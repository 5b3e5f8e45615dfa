/* What was done after containment: by whoever holds the credentials still, or by the
 * program of the pod, whose workload goes on elsewhere. */
#include <stdlib.h>

#include "analyze/kube/incident/address.h"
#include "analyze/kube/incident/incident.h"
#include "analyze/kube/network/network.h"
#include "analyze/kube/repeats.h"
#include "formats/base/memory.h"

/* What was done just before the first sign may be the attacker's as well. */
#define WORK_BEFORE (5 * 60 * NANOSECONDS)

/* When others of the same account and client first did the same, from an address inside:
 * the next pod of a workload goes on with its work and has an address of its own.
 * INT64_MAX: never before. */
static instant done_elsewhere_since(const struct scope *s, const struct pattern *now)
{
    instant since = INT64_MAX;
    for (size_t i = 0; i < s->pattern_count; i++) {
        const struct pattern *p = &s->patterns[i];
        if (p->by != now->by || p->user != now->user || p->verb != now->verb ||
            p->resource != now->resource || p->namespace != now->namespace ||
            p->agent != now->agent || p->denied != now->denied ||
            address_is_public(intern_get(s->words, p->source)))
            continue;
        instant first = p->baseline ? INT64_MIN : p->first;
        since = first < since ? first : since;
    }
    return since;
}

/* When the account first did the same with the same client. */
static instant done_since(const struct incident *in, const struct request *r)
{
    const struct scope *s = in->scope;
    const struct pattern *now = journal_pattern(s, r);
    if (!now || journal_is_habit(s, r, instant_after(in->first_placed, -WORK_BEFORE)))
        return now ? INT64_MIN : INT64_MAX;
    instant since = now->first;
    if (!is_tool(r->agent) && !address_is_public(r->source) && since >= in->first_placed)
        since = done_elsewhere_since(s, now);
    return since;
}

/* The program's own work, as far as can be told. Begun only shortly before the first sign
 * it may be the attacker's: then it is doubtful. */
enum work { NOT_WORK, DOUBTFUL_WORK, PROGRAMS_WORK };

static enum work work_of(const struct incident *in, const struct request *r)
{
    instant since = done_since(in, r);
    return since < instant_after(in->first_placed, -WORK_BEFORE) ? PROGRAMS_WORK
           : since < in->first_placed && !is_tool(r->agent)      ? DOUBTFUL_WORK
                                                                 : NOT_WORK;
}

bool incident_is_programs_work(const struct incident *in, const struct request *r)
{
    return work_of(in, r) != NOT_WORK;
}

/* Of the program's own work the first request stands for all. Is this such work? */
static bool tell_after(struct incident *in, const struct repeated *g, bool *work_told)
{
    const struct request *r = g->first;
    enum work work = work_of(in, r);
    struct finding f = kube_finding_of_repeated(in->scope, KUBE_ACTED_AFTER, g);
    if (work == PROGRAMS_WORK)
        f.severity = SEVERITY_LOW;
    else if (work == DOUBTFUL_WORK || request_denied(r))
        f.severity = SEVERITY_MEDIUM;
    if (work != NOT_WORK)
        f.confidence = CONFIDENCE_LOW;
    if (work == DOUBTFUL_WORK)
        finding_argument(&f, "before",
                         BYTES("it was done so shortly before the first sign as well: by "
                               "the program, or by whoever was there already"));
    if (work != PROGRAMS_WORK || !*work_told)
        kube_found(in->scope, &f);
    *work_told |= work == PROGRAMS_WORK;
    return work != NOT_WORK;
}

static const char *what_went_on(bool any, bool only_work)
{
    return !any ? "nothing of the pod or its identities is seen after containment, until "
                  "the logs end"
           : only_work ? "the pod's account went on with what its program did before the "
                         "first sign, and with nothing else that the logs show"
                       : "the pod or its identities went on";
}

/* Nothing contains it, at least when the evidence ends. */
static json_t *not_contained(const struct incident *in)
{
    char from[INSTANT_TEXT], until[INSTANT_TEXT];
    if (incident_other_policies(in))
        return json_string(
            "not decidable: a policy of the network plugin's own kind was written, "
            "and what it blocks is not computed");
    if (network_has_policies(in) && !in->labels.n)
        return json_string(
            "not decidable: no evidence tells the pod's labels, so that no policy "
            "can be shown to select it");
    if (in->opened == INSTANT_NONE)
        return json_string("nothing contained the pod");
    instant_format(in->was_isolated, PRECISION_MILLISECOND, from);
    instant_format(in->opened, PRECISION_MILLISECOND, until);
    return json_sprintf("the pod was isolated from %s until %s, and then opened again: "
                        "nothing contains it any more",
                        from, until);
}

/* The attacker's requests since, each repeated one once. Is there nothing but the
 * program's work? */
static bool requests_after(struct incident *in, json_t *array)
{
    const struct scope *s = in->scope;
    bool only_work = true, work_told = false;
    struct repeats repeats = {0};
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && r->time > in->contained && is_attackers(in, r))
            repeats_add(&repeats, r);
    }
    for (size_t i = 0; i < repeats.n; i++) {
        json_array_append_new(array, render_repeated(s, &repeats.v[i]));
        only_work &= tell_after(in, &repeats.v[i], &work_told);
    }
    repeats_release(&repeats);
    return only_work;
}

/* Alerts that are the same but for their time; when there are too many different ones, of
 * the same program. */
#define ALERTS_TOLD 500

struct echoes {
    struct intern *keys;
    struct echo {
        const struct alert *first, *last;
        size_t times;
    } * v;
    size_t n, capacity;
};

static uint32_t echo_number(const struct echoes *all, const struct alert *a)
{
    const struct bytes parts[] = {a->rule,    a->container_id, a->process,
                                  a->command, a->file,         a->peer};
    struct text key = {0};
    size_t of_program = 0;
    uint32_t number;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        text_add(&key, parts[i]);
        text_byte(&key, '\n');
        of_program = i == 2 ? key.n : of_program;
    }
    if (all->n >= ALERTS_TOLD && !intern_find(all->keys, text_bytes(&key), &number))
        key.n = of_program;
    number = intern_put(all->keys, text_bytes(&key));
    text_release(&key);
    return number;
}

static void echo_add(struct echoes *all, const struct alert *a)
{
    uint32_t number = echo_number(all, a);
    if (number == all->n) {
        all->v = memory_grow(all->v, &all->capacity, all->n + 1, sizeof *all->v);
        all->v[all->n++] = (struct echo){.first = a};
    }
    all->v[number].times++;
    all->v[number].last = a;
}

static json_t *render_echo(const struct scope *s, const struct echo *e)
{
    json_t *o = render_alert(s, e->first);
    if (e->times > 1) {
        json_object_set_new(o, "times", json_integer((json_int_t)e->times));
        put_time(o, "last", e->last->time, e->last->precision);
    }
    return o;
}

static json_t *alerts_after(const struct incident *in)
{
    const struct scope *s = in->scope;
    json_t *array = json_array();
    struct echoes all = {.keys = intern_new()};
    for (size_t i = 0; in->contained != INSTANT_NONE && i < s->alerts.n; i++) {
        const struct alert *a = s->alerts.v[i];
        if (a->in_scope && a->time > in->contained)
            echo_add(&all, a);
    }
    for (size_t i = 0; i < all.n; i++)
        json_array_append_new(array, render_echo(s, &all.v[i]));
    intern_free(all.keys);
    free(all.v);
    return array;
}

json_t *after_section(struct incident *in)
{
    const struct scope *s = in->scope;
    json_t *o = json_object(), *requests = json_array(), *alerts = alerts_after(in);
    instant t = in->contained;
    put_time(o, "since", t, PRECISION_MICROSECOND);
    put_time(o, "log_until", s->audit_last, PRECISION_MICROSECOND);
    bool only_work = t == INSTANT_NONE || requests_after(in, requests);
    bool any = json_array_size(requests) || json_array_size(alerts);
    only_work &= !json_array_size(alerts);
    json_object_set_new(o, "said",
                        t == INSTANT_NONE ? not_contained(in)
                                          : json_string(what_went_on(any, only_work)));
    json_object_set_new(o, "requests", requests);
    json_object_set_new(o, "alerts", alerts);
    return o;
}
