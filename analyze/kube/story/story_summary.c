/* The sentences that a manager or a judge reads first, put together from facts and
 * findings, each with the places that prove it. */
#include "analyze/kube/network/network.h"
#include "analyze/kube/story/saying.h"

void saying_begin(struct saying *s, const char *text)
{
    text_clear(&s->text);
    text_str(&s->text, text);
    s->spans = json_array();
    s->steps = NULL;
}

void saying_cite(struct saying *s, struct span span)
{
    json_t *one = render_span(s->y->in->scope, span);
    for (size_t i = 0; i < json_array_size(s->spans); i++)
        if (json_equal(json_array_get(s->spans, i), one)) {
            json_decref(one);
            return;
        }
    json_array_append_new(s->spans, one);
}

/* The same fact by itself, so that each can be shown with its time and its places. */
static void add_step(struct saying *s, const struct fact *f)
{
    const struct scope *scope = s->y->in->scope;
    json_t *step = json_object();
    struct text what = {0};
    fact_what(f, &what);
    put_time(step, "time", f->time, f->precision);
    put_text(step, "who", scope, f->lead);
    put_text(step, "what", scope, text_bytes(&what));
    text_release(&what);
    json_object_set_new(step, "spans", render_spans(scope, f->spans, f->span_count));
    if (!s->steps)
        s->steps = json_array();
    json_array_append_new(s->steps, step);
}

json_t *saying_end(struct saying *s)
{
    json_t *o = json_object();
    put_text(o, s->key, s->y->in->scope, text_bytes(&s->text));
    json_object_set_new(o, "spans", s->spans);
    if (s->steps)
        json_object_set_new(o, "steps", s->steps);
    json_array_append_new(s->array, o);
    return o;
}

static void add_when(struct saying *s, instant t, enum precision p)
{
    char when[INSTANT_TEXT];
    text_str(&s->text, instant_format(t, p, when));
}

static const struct fact *fact_at(const struct story *y, const struct span *span)
{
    for (size_t i = 0; i < y->facts.n; i++) {
        const struct fact *f = y->facts.v[i];
        for (size_t k = 0; k < f->span_count; k++)
            if (f->spans[k].item == span->item && f->spans[k].offset == span->offset)
                return f;
    }
    return NULL;
}

/* Who or what it was is not said twice in a row. */
static void add_fact(struct saying *s, const struct fact *f, struct bytes said)
{
    if (!bytes_eq(f->lead, said)) {
        text_add(&s->text, f->lead);
        text_byte(&s->text, ' ');
    }
    fact_what(f, &s->text);
}

/* -- the summary --------------------------------------------------------------------- */

/* The request that is the first sign; a mere reading, but in other hands, is no fact of
 * the story. */
static const struct request *first_reading(const struct incident *in)
{
    const struct request *r = in->first_request;
    return r && r->spans[0].item == in->first_span.item &&
                   r->spans[0].offset == in->first_span.offset
               ? r
               : NULL;
}

/* The process that is the first sign. */
static const struct mark *first_process(const struct incident *in)
{
    const struct mark *p = in->first_process;
    return p && p->span.item == in->first_span.item &&
                   p->span.offset == in->first_span.offset
               ? p
               : NULL;
}

static void say_process(struct text *t, const struct mark *p)
{
    text_str(t, "a process was started in the pod: ");
    text_add(t, bytes_sub(p->actor, 0, 200));
}

static void say_reading(struct text *t, const struct request *r)
{
    story_who(t, r->user);
    text_byte(t, ' ');
    story_what(t, r);
}

static void first_sign(struct saying *s)
{
    const struct incident *in = s->y->in;
    const struct fact *f = fact_at(s->y, &in->first_span);
    saying_begin(s, in->shown ? "The first sign of the intrusion stands at "
                              : "The first thing out of the ordinary stands at ");
    add_when(s, in->first_sign, f ? f->precision : PRECISION_NANOSECOND);
    const struct request *r = first_reading(in);
    const struct mark *p = first_process(in);
    text_str(&s->text, f || r || p ? ": " : "");
    if (f)
        add_fact(s, f, BYTES_NONE);
    else if (r)
        say_reading(&s->text, r);
    else if (p)
        say_process(&s->text, p);
    text_byte(&s->text, '.');
    saying_cite(s, in->first_span);
    saying_end(s);
}

/* The name in: RBAC: allowed by ClusterRoleBinding "NAME" of …, RoleBinding "NAME/NS" */
static struct bytes binding_in(struct bytes reason)
{
    struct bytes mark = BYTES("Binding \"");
    size_t at = bytes_find(reason, mark);
    struct bytes name = at < reason.n ? bytes_from(reason, at + mark.n) : BYTES_NONE;
    name = bytes_sub(name, 0, bytes_find_byte(name, '"'));
    return bytes_sub(name, 0, bytes_find_byte(name, '/'));
}

/* Who had written the binding by which the attacker's first request was let through. */
static const struct request *opened_by(const struct incident *in)
{
    const struct scope *s = in->scope;
    const struct request *first = in->first_request, *found = NULL;
    struct bytes name = first ? binding_in(first->reason) : BYTES_NONE;
    for (size_t i = 0; name.n && i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && r->time < first->time && bytes_eq(r->name, name) &&
            bytes_ends(r->resource, BYTES("rolebindings")) && request_writes(r) &&
            request_succeeded(r) && !is_attackers(in, r) &&
            !bytes_starts(r->verb, BYTES("delete")))
            found = r;
    }
    return found;
}

static void let_in(struct saying *s)
{
    const struct request *r = opened_by(s->y->in);
    if (!r)
        return;
    saying_begin(s, "The right that let it through had been given before: ");
    story_who(&s->text, r->user);
    text_byte(&s->text, ' ');
    story_what(&s->text, r);
    text_str(&s->text, " at ");
    add_when(s, r->time, r->precision);
    text_byte(&s->text, '.');
    saying_cite(s, r->spans[0]);
    saying_end(s);
}

/* Whose session it was, and that nothing goes beyond it. */
static void doubt(struct saying *s)
{
    const struct incident *in = s->y->in;
    if (in->entered) {
        saying_begin(s, "It follows what was done through the API at ");
        add_when(s, in->entered->time, in->entered->precision);
        text_str(&s->text, ": ");
        story_who(&s->text, in->entered->user);
        story_known_as(&s->text, in->entered);
        text_byte(&s->text, ' ');
        story_what(&s->text, in->entered);
        text_byte(&s->text, '.');
        saying_cite(s, in->entered->spans[0]);
        saying_end(s);
    }
    if (in->shown)
        return;
    saying_begin(s,
                 "Nothing in the evidence shows an intrusion: what is told here can be "
                 "ordinary work.");
    saying_cite(s, in->first_span);
    saying_end(s);
}

/* A step is told when a grave finding rests on it, or when it destroyed something; a
 * session, when an intrusion that it leads to is shown (else doubt() speaks of it). */
static bool is_grave(const struct story *y, const struct fact *f)
{
    bool destroys = f->kind == EVENT_API_REQUEST && strcmp(f->phase, "impact") == 0;
    if ((f->leads_in || destroys) && y->in->shown)
        return true;
    for (size_t i = 0; i < f->finding_count; i++)
        if (f->findings[i]->severity >= SEVERITY_HIGH)
            return true;
    return false;
}

/* Was the same told already, by an earlier step of the sentence? */
static bool is_repeated(const struct story *y, size_t number,
                        bool (*is_of)(const struct fact *f))
{
    const struct fact *f = y->facts.v[number];
    for (size_t i = 0; i < number; i++) {
        const struct fact *before = y->facts.v[i];
        if (strcmp(before->phase, "response") != 0 && is_grave(y, before) &&
            is_of(before) && bytes_eq(before->lead, f->lead) &&
            bytes_eq(before->sentence, f->sentence))
            return true;
    }
    return false;
}

static void begin_steps(struct saying *s, const char *lead)
{
    saying_begin(s, lead);
    text_str(&s->text, ": ");
}

/* The grave steps of one kind of record, in one sentence. */
static void acts(struct saying *s, const char *lead, bool (*is_of)(const struct fact *f))
{
    size_t n = 0, more = 0;
    struct bytes said = BYTES_NONE;
    for (size_t i = 0; i < s->y->facts.n; i++) {
        const struct fact *f = s->y->facts.v[i];
        if (strcmp(f->phase, "response") == 0 || !is_grave(s->y, f) || !is_of(f))
            continue;
        if (is_repeated(s->y, i, is_of)) {
            saying_cite(s, f->spans[0]);
            continue;
        }
        if (n == SUMMARY_ACTS) {
            more++;
            continue;
        }
        if (n++ == 0)
            begin_steps(s, lead);
        else
            text_str(&s->text, "; ");
        add_step(s, f);
        add_fact(s, f, said);
        said = f->lead;
        saying_cite(s, f->spans[0]);
    }
    if (more)
        text_printf(&s->text, "; and %zu more steps", more);
    if (n) {
        text_byte(&s->text, '.');
        json_t *whole = saying_end(s);
        json_object_set_new(whole, "lead", json_string(lead));
        json_object_set_new(whole, "more_steps", json_integer((json_int_t)more));
    }
}

static bool of_api(const struct fact *f)
{
    return f->kind == EVENT_API_REQUEST;
}

static bool of_cloud(const struct fact *f)
{
    return f->kind == EVENT_CLOUD_REQUEST;
}

static bool of_sensor(const struct fact *f)
{
    return f->kind == EVENT_RUNTIME_ALERT || f->kind == EVENT_RUNTIME_EVENT;
}

static bool of_remains(const struct fact *f)
{
    return f->kind == EVENT_FILE_TIME || f->kind == EVENT_CHECKPOINT;
}

/* A policy that was changed later left something else open before. */
static void say_left_open(struct saying *s, enum direction d, const char *lead)
{
    const struct incident *in = s->y->in;
    const json_t *line = in->left_open[d];
    const json_t *then = in->contained == in->isolated ? in->left_then[d] : NULL;
    if (!line)
        return;
    text_str(&s->text, lead);
    if (then && !json_equal(then, line)) {
        text_str(&s->text, json_string_value(then));
        text_str(&s->text, "; when the evidence ends: ");
    }
    text_str(&s->text, json_string_value(line));
    text_byte(&s->text, '.');
}

/* Nothing held the pod back, but an account lost its rights, or was deleted. */
static void rights_taken(struct saying *s)
{
    const struct incident *in = s->y->in;
    size_t n = 0;
    for (size_t i = 0; i < in->acts.n; i++) {
        const struct act *a = in->acts.v[i];
        if (a->kind != ACT_REVOKE || !a->effective || n == SUMMARY_ACTS)
            continue;
        if (n++ == 0)
            saying_begin(s, "Nothing held the pod back; rights were taken: ");
        else
            text_str(&s->text, "; ");
        story_who(&s->text, a->by);
        story_known_as(&s->text, a->request);
        text_byte(&s->text, ' ');
        if (a->request)
            story_what(&s->text, a->request);
        else
            story_cloud(&s->text, a->mark);
        text_str(&s->text, " at ");
        add_when(s, a->time, a->precision);
        saying_cite(s, a->span);
    }
    if (n == 0)
        return;
    text_byte(&s->text, '.');
    saying_end(s);
}

/* An end of the pod is not one of what was taken from it. */
static void say_used_after(struct saying *s)
{
    const struct incident *in = s->y->in;
    const struct request *last = NULL;
    size_t n = 0;
    for (size_t i = 0; i < in->scope->requests.n; i++) {
        const struct request *r = in->scope->requests.v[i];
        if (r->folded || r->time <= in->contained || !is_attackers(in, r) ||
            incident_is_programs_work(in, r))
            continue;
        last = r;
        n++;
    }
    if (!last)
        return;
    text_str(&s->text, " What the attacker held was used afterwards as well, ");
    text_str(&s->text, n > 1 ? "the last time at " : "at ");
    add_when(s, last->time, last->precision);
    text_str(&s->text, ": ");
    story_who(&s->text, request_as(last));
    text_byte(&s->text, ' ');
    story_what(&s->text, last);
    story_outcome(&s->text, last);
    text_byte(&s->text, '.');
    saying_cite(s, last->spans[0]);
}

/* What the pod's end does not end. */
static void say_outlives(struct saying *s)
{
    const json_t *all = s->y->in->outlives;
    size_t n = json_array_size(all);
    for (size_t i = 0; i < n && i < SUMMARY_ACTS; i++) {
        text_str(&s->text, i ? "; " : " What outlives that: ");
        text_add(&s->text, tree_string(json_array_get(all, i), "what"));
    }
    if (n > SUMMARY_ACTS)
        text_printf(&s->text, "; and %zu more", n - SUMMARY_ACTS);
    text_str(&s->text, n ? "." : "");
}

/* Nor does it end what the attacker runs elsewhere. */
static void say_running(struct saying *s)
{
    const struct list *all = &s->y->in->left_running;
    for (size_t i = 0; i < all->n && i < SUMMARY_ACTS; i++) {
        const struct request *r = all->v[i];
        text_str(&s->text, i ? ", " : " What the attacker made and nobody deleted: ");
        text_add(&s->text, r->resource);
        text_byte(&s->text, ' ');
        name_object(&s->text, r->namespace, r->name);
        saying_cite(s, r->spans[0]);
    }
    if (all->n > SUMMARY_ACTS)
        text_printf(&s->text, " and %zu more", all->n - SUMMARY_ACTS);
    text_str(&s->text, all->n ? "." : "");
}

/* The last policy or label before the pod was open again. */
static void opened_again(struct saying *s)
{
    const struct incident *in = s->y->in;
    const struct act *last = NULL;
    for (size_t i = 0; i < in->acts.n; i++) {
        const struct act *a = in->acts.v[i];
        bool opens = a->kind == ACT_POLICY_REMOVED || a->kind == ACT_POLICY ||
                     a->kind == ACT_LABEL;
        if (opens && a->request && a->effective && a->time <= in->opened)
            last = a;
    }
    if (!last)
        return;
    saying_begin(s, "The pod was held back from ");
    add_when(s, in->was_isolated, PRECISION_MICROSECOND);
    text_str(&s->text, " until ");
    add_when(s, in->opened, PRECISION_MICROSECOND);
    text_str(&s->text, " only, when ");
    story_who(&s->text, last->by);
    text_byte(&s->text, ' ');
    story_what(&s->text, last->request);
    text_byte(&s->text, '.');
    saying_cite(s, last->span);
    saying_end(s);
}

static void containment(struct saying *s)
{
    const struct incident *in = s->y->in;
    const struct act *first = NULL;
    for (size_t i = 0; i < in->acts.n && !first; i++) {
        const struct act *a = in->acts.v[i];
        /* A policy, or the label by which one takes hold. */
        bool holds = a->kind == ACT_POLICY || a->kind == ACT_LABEL || (a->ends && a->own);
        if (a->request && holds && a->effective && a->request->end >= in->contained)
            first = a;
    }
    if (in->contained == INSTANT_NONE && in->opened != INSTANT_NONE)
        opened_again(s);
    if (in->contained == INSTANT_NONE)
        rights_taken(s);
    if (in->contained == INSTANT_NONE || !first)
        return;
    saying_begin(s, first->ends ? "The pod was ended at " : "The pod was held back at ");
    add_when(s, in->contained, PRECISION_MICROSECOND);
    text_str(&s->text, ": ");
    story_who(&s->text, first->by);
    story_known_as(&s->text, first->request);
    text_byte(&s->text, ' ');
    story_what(&s->text, first->request);
    text_str(&s->text, first->kind == ACT_LABEL ? " (its labels)." : ".");
    if (!first->ends) {
        say_left_open(s, DIRECTION_INGRESS, " From then on it could be reached from: ");
        say_left_open(s, DIRECTION_EGRESS, " It could reach: ");
    }
    say_used_after(s);
    say_outlives(s);
    say_running(s);
    text_str(&s->text, " More stands under Containment.");
    saying_cite(s, first->span);
    saying_end(s);
}

json_t *story_first_sentence(const struct story *y)
{
    const struct fact *f = fact_at(y, &y->in->first_span);
    const struct request *r = first_reading(y->in);
    struct text t = {0};
    if (f) {
        text_add(&t, f->lead);
        text_byte(&t, ' ');
        text_add(&t, f->sentence);
    } else if (r) {
        say_reading(&t, r);
    }
    json_t *sentence = t.n ? render_text(y->in->scope, text_bytes(&t)) : NULL;
    text_release(&t);
    return sentence;
}

json_t *story_summary(const struct story *y)
{
    struct saying s = {.y = y, .array = json_array(), .key = "text"};
    if (y->in->first_sign != INSTANT_NONE) {
        first_sign(&s);
        let_in(&s);
        doubt(&s);
        acts(&s, "In the container", of_sensor);
        acts(&s, "Through the cloud", of_cloud);
        acts(&s, "Through the API", of_api);
        acts(&s, "What remained", of_remains);
        containment(&s);
    }
    say_other_clusters(&s);
    say_contradicted(&s);
    text_release(&s.text);
    return s.array;
}
