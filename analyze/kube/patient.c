/* Patient zero: the first event that breaks the container's pattern, and what every other
 * source shows in the minutes around it. */
#include <stdlib.h>

#include "analyze/events/clocks.h"
#include "analyze/kube/incident/grave.h"
#include "analyze/kube/incident/incident.h"
#include "analyze/kube/incident/injection.h"
#include "formats/base/memory.h"

/* Sources are looked at so long before and after. */
#define AROUND (5 * 60 * NANOSECONDS)
/* An injection in the log belongs to the alert when it came this shortly before it. */
#define LEADS_TO     (10 * 60 * NANOSECONDS)
#define AROUND_SHOWN 40
/* Pods of one workload start, and are probed, at about the same time. */
#define SIBLINGS_APART     (60 * NANOSECONDS)
#define SIBLINGS_LOOKED_AT 8

/* -- pattern of alerts -------------------------------------------------------------- */

/* `grave`: a rule of ours calls it grave; only the very command is the same then, as
 * every probe and every intruder starts a shell. */
static bool same_alert(const struct alert *a, const struct alert *b, bool grave)
{
    return bytes_eq(a->rule, b->rule) && bytes_eq(a->process, b->process) &&
           bytes_eq(a->parent, b->parent) && (!grave || bytes_eq(a->command, b->command));
}

/* A container of the same image in another pod does the same. */
static bool is_sibling(const struct alert *a, const struct alert *b)
{
    return !b->in_scope && a->image.n && bytes_eq(a->image, b->image);
}

/* A grave alert of the same container stands beside it: that sibling was attacked, too.
 */
static bool is_of_attack(const struct scope *s, const struct alert *b)
{
    for (size_t i = 0; i < s->alerts.n; i++) {
        const struct alert *other = s->alerts.v[i];
        if (other->priority <= FALCO_CRITICAL &&
            other->time >= instant_after(b->time, -AROUND) &&
            other->time <= instant_after(b->time, AROUND) &&
            bytes_eq(other->pod, b->pod) &&
            bytes_eq(other->container_id, b->container_id))
            return true;
    }
    return false;
}

/* What siblings did before is the image's own, and not what comes to them afterwards: who
 * attacks one pod of a Deployment attacks the next as well. */
static bool is_of_siblings(const struct scope *s, const struct alert *a, bool grave)
{
    size_t count = 0, looked_at = 0;
    instant first = INT64_MAX, last = INT64_MIN;
    for (size_t i = 0; i < s->alerts.n; i++) {
        const struct alert *b = s->alerts.v[i];
        if (!is_sibling(a, b) || !same_alert(a, b, grave) || b->time == INSTANT_NONE)
            continue;
        first = b->time < first ? b->time : first;
        last = b->time > last ? b->time : last;
        count++;
        if (b->time <= instant_after(a->time, SIBLINGS_APART) &&
            looked_at++ < SIBLINGS_LOOKED_AT && !is_of_attack(s, b))
            return true;
    }
    return count >= ORDINARY_COUNT && instant_apart(last, first) >= ORDINARY_TIME &&
           first <= instant_after(a->time, SIBLINGS_APART);
}

static bool is_ordinary(const struct scope *s, const struct alert *a, bool grave)
{
    size_t count = 0;
    instant first = a->time;
    if (is_of_siblings(s, a, grave))
        return true;
    for (size_t i = 0; i < s->alerts.n; i++) {
        const struct alert *b = s->alerts.v[i];
        if (!same_alert(a, b, grave))
            continue;
        if (b->in_scope && b->time < first)
            first = b->time;
        count += b->in_scope;
    }
    const struct alert *last = s->alerts.v[s->alerts.n - 1];
    return count >= ORDINARY_COUNT && instant_apart(last->time, first) >= ORDINARY_TIME &&
           a->priority >= FALCO_NOTICE;
}

static uint32_t kind_of_alert(struct intern *kinds, const struct alert *a, bool grave)
{
    struct text key = {0};
    text_printf(&key, "%zu:%zu:%zu:%zu:%d:%d:", a->rule.n, a->process.n, a->parent.n,
                a->image.n, a->priority >= FALCO_NOTICE, grave);
    text_add(&key, a->rule);
    text_add(&key, a->process);
    text_add(&key, a->parent);
    text_add(&key, a->image);
    if (grave)
        text_add(&key, a->command);
    uint32_t number = intern_put(kinds, text_bytes(&key));
    text_release(&key);
    return number;
}

/* Alerts are many and of few kinds: a kind that was ordinary once is so again. */
static const struct alert *first_breaking(const struct scope *s)
{
    const struct alert *found = NULL;
    struct intern *kinds = intern_new(), *places = grave_alerts(s, false);
    for (size_t i = 0; i < s->alerts.n && !found; i++) {
        const struct alert *a = s->alerts.v[i];
        if (!a->in_scope || a->time == INSTANT_NONE || a->drop_notice)
            continue;
        uint32_t known = intern_count(kinds);
        bool grave = grave_is_alert(places, a);
        if (kind_of_alert(kinds, a, grave) == known && !is_ordinary(s, a, grave))
            found = a;
    }
    intern_free(places);
    intern_free(kinds);
    return found;
}

/* What an account did over and over since the log begins is its work, however telling it
 * would be of another: a build service makes jobs. What begins later is none, also when
 * it is repeated: implants poll. */
static bool is_routine(struct scope *s, const struct request *r)
{
    const struct pattern *p = journal_pattern(s, r);
    int64_t quarter = instant_apart(s->audit_last, s->audit_first) / 4;
    return p && p->count >= ORDINARY_COUNT &&
           p->first <= instant_after(s->audit_first, quarter) &&
           instant_apart(p->last, p->first) >= quarter;
}

/* A request of the pod's own identity that a program does not make. */
static bool tells(struct scope *s, const struct request *r)
{
    const struct reached *who = scope_holds(s, r);
    /* From the attacker's own address everything tells. */
    return !r->folded && r->time != INSTANT_NONE && who && r->time >= who->since &&
           ((telling(r) && !is_routine(s, r)) || who->from.n);
}

/* -- the first sign ----------------------------------------------------------------- */

instant incident_place(const struct incident *in, enum event_kind kind,
                       const struct span *span, instant time)
{
    return clocks_place(in->scope->analysis->clocks, kind, span->item, time);
}

struct clock_moment incident_moment(const struct request *r)
{
    return (struct clock_moment){EVENT_API_REQUEST, r->time, r->precision, r->spans[0]};
}

static instant request_placed(const struct incident *in, const struct request *r)
{
    return incident_place(in, EVENT_API_REQUEST, &r->spans[0], r->time);
}

bool incident_opens_at(const struct incident *in, const struct request *r, instant seen)
{
    instant asked = request_placed(in, r);
    return asked >= instant_after(seen, -SESSION_OPENS) &&
           asked <= instant_after(seen, SESSION_OPENS);
}

static void earlier(struct incident *in, enum event_kind kind, instant t,
                    struct span span)
{
    instant placed = incident_place(in, kind, &span, t);
    if (in->first_sign != INSTANT_NONE && placed >= in->first_placed)
        return;
    in->first_sign = t;
    in->first_placed = placed;
    in->first_span = span;
}

/* What an account did long before the container's first sign is its own matter, unless a
 * rule calls it grave. */
static bool counts(const struct incident *in, const struct intern *grave,
                   const struct request *r)
{
    return in->first_sign == INSTANT_NONE || scope_holds(in->scope, r)->from.n ||
           request_placed(in, r) >= instant_after(in->first_placed, -AROUND) ||
           grave_is(grave, r);
}

static const struct request *first_telling(const struct incident *in,
                                           const struct intern *grave)
{
    struct scope *s = in->scope;
    const struct request *first = NULL;
    for (size_t i = 0; i < s->requests.n && !first; i++) {
        const struct request *r = s->requests.v[i];
        if (tells(s, r) && counts(in, grave, r))
            first = r;
    }
    return first;
}

/* The first suspicious line that belongs to the alert, or else to the first request:
 * services in reach of scanners have such lines every day. Where there is neither, it may
 * be any: INSTANT_NONE is before all times. */
static void find_window_line(struct incident *in)
{
    const struct scope *s = in->scope;
    const struct alert *a = in->first_alert;
    const struct request *r = in->first_request;
    instant from = a   ? incident_place(in, EVENT_RUNTIME_ALERT, &a->span, a->time)
                   : r ? request_placed(in, r)
                       : INSTANT_NONE;
    from = instant_after(from, -LEADS_TO);
    in->first_line = NULL;
    for (size_t i = 0; !in->first_line && i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        if (m->kind == EVENT_LOG_LINE && m->suspicious && m->time != INSTANT_NONE &&
            incident_place(in, m->kind, &m->span, m->time) >= from)
            in->first_line = m;
    }
}

/* How often the same program did the same, and from when until when. */
struct habit {
    size_t count;
    instant first, last;
};

struct habits {
    struct intern *keys; /* program and act */
    struct habit *v;
};

static uint32_t habit_of(struct habits *all, const struct mark *m)
{
    struct text key = {0};
    text_add(&key, m->actor);
    text_byte(&key, '\0');
    text_add(&key, m->action);
    uint32_t number = intern_put(all->keys, text_bytes(&key));
    text_release(&key);
    return number;
}

static struct habits habits_of(const struct scope *s)
{
    struct habits all = {intern_new(), memory_new(s->marks.n + 1, sizeof *all.v)};
    for (size_t i = 0; i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        if (m->kind != EVENT_RUNTIME_EVENT || m->time == INSTANT_NONE)
            continue;
        struct habit *h = &all.v[habit_of(&all, m)];
        h->first = h->count ? h->first : m->time; /* marks are in order of time */
        h->last = m->time;
        h->count++;
    }
    return all;
}

/* The same command over and over is the container's own: a probe, a job. What a process
 * does later is no new start of it: implants call home. */
static bool is_repeated(struct habits *all, const struct mark *m)
{
    const struct habit *h = &all->v[habit_of(all, m)];
    return h->count >= ORDINARY_COUNT &&
           instant_apart(h->last, h->first) >= ORDINARY_TIME;
}

/* The first process of the container that a grave rule finds. */
static void find_process(struct incident *in)
{
    const struct scope *s = in->scope;
    struct habits habits = habits_of(s);
    in->first_process = NULL;
    for (size_t i = 0; !in->first_process && i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        if (m->kind == EVENT_RUNTIME_EVENT && m->suspicious && m->in_scope &&
            !is_repeated(&habits, m))
            in->first_process = m;
    }
    intern_free(habits.keys);
    free(habits.v);
}

void incident_first_sign(struct incident *in)
{
    struct scope *s = in->scope;
    struct intern *grave = grave_places(s);
    in->first_sign = INSTANT_NONE;
    in->first_alert = s->alerts.n ? first_breaking(s) : NULL;
    in->first_request = first_telling(in, grave);
    find_window_line(in);
    find_process(in);
    if (in->first_process)
        earlier(in, EVENT_RUNTIME_EVENT, in->first_process->time,
                in->first_process->span);
    if (in->first_alert)
        earlier(in, EVENT_RUNTIME_ALERT, in->first_alert->time, in->first_alert->span);
    if (in->first_line)
        earlier(in, EVENT_LOG_LINE, in->first_line->time, in->first_line->span);
    in->first_request = first_telling(in, grave);
    intern_free(grave);
    if (in->first_request)
        earlier(in, EVENT_API_REQUEST, in->first_request->time,
                in->first_request->spans[0]);
    if (in->login)
        earlier(in, EVENT_API_REQUEST, in->login->time, in->login->spans[0]);
}

bool is_attackers(const struct incident *in, const struct request *r)
{
    if (r->ordered)
        r = r->caused;
    const struct reached *who = scope_holds(in->scope, r);
    return who && !r->others && r->time >= who->since && in->first_sign != INSTANT_NONE &&
           request_placed(in, r) >= in->first_placed;
}

/* -- the document ------------------------------------------------------------------- */

static bool near(const struct incident *in, enum event_kind kind, const struct span *span,
                 instant t)
{
    instant placed = incident_place(in, kind, span, t);
    return t != INSTANT_NONE && placed >= instant_after(in->first_placed, -AROUND) &&
           placed <= instant_after(in->first_placed, AROUND);
}

static void add_shown(json_t *array, json_t *element)
{
    if (json_array_size(array) < AROUND_SHOWN)
        json_array_append_new(array, element);
    else
        json_decref(element);
}

static json_t *around(const struct incident *in)
{
    const struct scope *s = in->scope;
    json_t *all = json_object(), *alerts = json_array(), *lines = json_array(),
           *requests = json_array(), *others = json_array();
    for (size_t i = 0; i < s->alerts.n; i++) {
        const struct alert *a = s->alerts.v[i];
        if (a->in_scope && near(in, EVENT_RUNTIME_ALERT, &a->span, a->time))
            add_shown(alerts, render_alert(s, a));
    }
    for (size_t i = 0; i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        if (near(in, m->kind, &m->span, m->time) && m->kind != EVENT_STATEMENT)
            add_shown(m->kind == EVENT_LOG_LINE ? lines : others, render_mark(s, m));
    }
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && r->in_scope &&
            near(in, EVENT_API_REQUEST, &r->spans[0], r->time))
            add_shown(requests, render_request(s, r));
    }
    json_object_set_new(all, "alerts", alerts);
    json_object_set_new(all, "log_lines", lines);
    json_object_set_new(all, "requests", requests);
    json_object_set_new(all, "others", others);
    return all;
}

static bool is_first(const struct incident *in, const struct span *span)
{
    return span->item == in->first_span.item && span->offset == in->first_span.offset;
}

static enum kube_finding first_kind(const struct incident *in)
{
    const struct request *r = in->login ? in->login : in->first_request;
    const struct mark *m = in->first_cloud;
    bool account = (r && is_first(in, &r->spans[0])) || (m && is_first(in, &m->span));
    return !in->shown ? KUBE_FIRST_UNUSUAL
           : account  ? KUBE_PATIENT_ZERO_ACCOUNT
                      : KUBE_PATIENT_ZERO;
}

static void tell_finding(struct incident *in)
{
    struct scope *s = in->scope;
    struct bytes who = in->first_request ? request_as(in->first_request) : BYTES_NONE;
    struct finding f =
        kube_finding(first_kind(in), s->pod.name.n ? s->pod.name : who, in->first_span);
    f.time = in->first_sign;
    if (in->first_line) {
        finding_span(&f, in->first_line->span);
        const char *what = injection_in(in->first_line->message);
        finding_argument(&f, "log line", bytes_str(what ? what : "injection"));
    }
    if (in->first_alert) {
        finding_span(&f, in->first_alert->span);
        finding_argument(&f, "alert", in->first_alert->rule);
    }
    if (in->first_process) {
        finding_span(&f, in->first_process->span);
        finding_argument(&f, "process", in->first_process->actor);
    }
    if (in->first_request)
        finding_span(&f, in->first_request->spans[0]);
    if (in->entered)
        finding_span(&f, in->entered->spans[0]);
    if (in->login)
        finding_argument(&f, "login", in->guessed->subject);
    if (!in->shown || (!in->first_alert && !in->first_line && !in->first_process))
        f.confidence = CONFIDENCE_MEDIUM;
    kube_found(s, &f);
}

json_t *patient_document(struct incident *in)
{
    struct scope *s = in->scope;
    json_t *o = json_object();
    put_word(o, "schema", "exhibit/patient-zero/1");
    if (in->first_sign == INSTANT_NONE) {
        put_word(o, "why", "no alert, log line or request of the pod breaks a pattern");
        return o;
    }
    tell_finding(in);
    put_time(o, "time", in->first_sign, PRECISION_NANOSECOND);
    json_object_set_new(o, "intrusion_shown", json_boolean(in->shown));
    put_span(o, s, in->first_span);
    if (in->first_line)
        json_object_set_new(o, "log_line", render_mark(s, in->first_line));
    if (in->first_process)
        json_object_set_new(o, "process", render_mark(s, in->first_process));
    if (in->first_alert)
        json_object_set_new(o, "alert", render_alert(s, in->first_alert));
    if (in->first_cloud)
        json_object_set_new(o, "cloud", render_mark(s, in->first_cloud));
    if (in->first_request)
        json_object_set_new(o, "request", render_request(s, in->first_request));
    if (in->login)
        json_object_set_new(o, "login", render_request(s, in->login));
    if (in->entered)
        json_object_set_new(o, "entered_by", render_request(s, in->entered));
    json_object_set_new(o, "around", around(in));
    return o;
}
