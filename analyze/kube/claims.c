/* The written timeline against the evidence: supported, contradicted, or neither. */
#include <stdlib.h>

#include "analyze/kube/audit_policy.h"
#include "analyze/kube/claim_evidence.h"
#include "analyze/kube/claim_sentence.h"

/* -- contradictions ----------------------------------------------------------------- */

static void because(struct claim_state *c, const char *why)
{
    json_array_append_new(c->why, json_string(why));
}

/* Said to be deleted, and used afterwards. */
static bool seen_alive(struct claim_state *c)
{
    const struct scope *s = c->in->scope;
    bool alive = false, deleted = false;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->folded || !claim_is_object(c, r) || !request_succeeded(r))
            continue;
        deleted |= bytes_starts(r->verb, BYTES("delete"));
        if (r->time <= c->claim->time + c->shift || deleted || r->code == 0)
            continue;
        claim_show(c->contradicts, render_request(s, r));
        alive = true;
    }
    if (alive)
        because(c, "no request of the log deletes it, and it was there afterwards");
    return alive;
}

static void because_of(struct claim_state *c, struct text *t, const struct request *r)
{
    because(c, text_c(t));
    text_release(t);
    claim_show(c->contradicts, render_request(c->in->scope, r));
}

/* It was asked for and refused, or was said to be refused and was let through. */
static bool ended_otherwise(struct claim_state *c)
{
    const struct request *r = c->otherwise;
    struct text t = {0};
    char when[INSTANT_TEXT];
    if (!r || c->elsewhen)
        return false;
    const char *end = request_succeeded(r) ? "was let through"
                      : request_denied(r)  ? "was refused"
                                           : "failed";
    text_str(&t, "it was asked for at ");
    text_str(&t, instant_format(r->time, PRECISION_MILLISECOND, when));
    text_str(&t, " by ");
    text_add(&t, request_as(r));
    text_printf(&t, ", and %s", end);
    if (r->code)
        text_printf(&t, ": status %lld", (long long)r->code);
    because_of(c, &t, r);
    return true;
}

/* Somebody who did something against the incident, or the cluster itself. */
static bool is_known_other(const struct incident *in, struct bytes user)
{
    bool known = is_control_plane(user);
    for (size_t i = 0; i < in->acts.n && !known; i++) {
        const struct act *a = in->acts.v[i];
        known = a->effective && a->kind < ACT_ENTER && bytes_eq(a->by, user);
    }
    return known;
}

/* What others are said to have done. Who is not known to be the attacker may be all the
 * same, unless it is somebody who worked against the incident. */
static bool done_by_another(struct claim_state *c)
{
    const struct request *r = c->by_another;
    struct text t = {0};
    if (!r)
        return false;
    bool sure =
        c->actor.count || c->actor.cluster || is_known_other(c->in, request_as(r));
    text_str(&t, request_succeeded(r) ? "it was done by " : "it was asked for by ");
    text_add(&t, r->user);
    if (r->as.n)
        text_str(&t, " as ");
    text_add(&t, r->as);
    text_str(&t, sure ? ", and by nobody else that the evidence shows"
                      : ", and nothing else shows that this is the attacker");
    because_of(c, &t, r);
    return sure;
}

/* No contradiction: an attacker may have been there before anything shows it. */
static void before_first_sign(struct claim_state *c)
{
    const struct incident *in = c->in;
    instant claimed = c->claim->time + c->shift;
    if (!claim_blames_attacker(c->claim->message) || in->first_sign == INSTANT_NONE ||
        claimed >= in->first_placed - CLAIM_NEAR)
        return;
    struct text t = {0};
    char when[INSTANT_TEXT];
    text_printf(&t,
                "the claim is %lld seconds before the first sign of the attacker, at %s",
                (long long)((in->first_placed - claimed) / NANOSECONDS),
                instant_format(in->first_sign, PRECISION_MILLISECOND, when));
    because(c, text_c(&t));
    text_release(&t);
}

/* Reads are often left out of logs: those of secrets are not where the log has one. */
static bool reads_are_logged(const struct claim_state *c)
{
    const struct scope *s = c->in->scope;
    uint32_t get, resource;
    bool logged = false;
    if (!(c->acts & CLAIMED_READ) || !c->resource ||
        strcmp(c->resource, "secrets") != 0 ||
        !intern_find(s->words, BYTES("get"), &get) ||
        !intern_find(s->words, bytes_str(c->resource), &resource))
        return false;
    for (size_t i = 0; i < s->pattern_count && !logged; i++)
        logged = s->patterns[i].verb == get && s->patterns[i].resource == resource;
    return logged;
}

/* The log covers the moment and would have the request. */
static bool covered_and_absent(struct claim_state *c)
{
    const struct scope *s = c->in->scope;
    if ((!(c->acts & CLAIMED_API) && !reads_are_logged(c)) || !c->resource ||
        c->any_time || c->otherwise || c->by_another || s->not_kept ||
        s->audit_first == INSTANT_NONE || c->claim->time + c->shift < s->audit_first ||
        c->claim->time + c->shift > s->audit_last)
        return false;
    if (kube_audit_leaves_out(s, bytes_str(c->resource))) {
        because(c, "the audit policy leaves such requests out of the log");
        return false;
    }
    because(c, "the audit log covers this moment and holds no such request");
    return true;
}

static bool is_contradicted(struct claim_state *c)
{
    bool contradicted = false;
    if (c->elsewhen) {
        struct text t = {0};
        char when[INSTANT_TEXT];
        text_printf(&t, "it happened at another time: %s",
                    instant_format(c->elsewhen->time, PRECISION_MILLISECOND, when));
        because_of(c, &t, c->elsewhen);
        contradicted = true;
    }
    if (c->acts & CLAIMED_DELETE)
        contradicted |= seen_alive(c);
    before_first_sign(c);
    contradicted |= ended_otherwise(c);
    contradicted |= done_by_another(c);
    return covered_and_absent(c) || contradicted;
}

/* -- claims that something did not happen ------------------------------------------- */

/* In the time that the denial is of. */
static bool is_denied_time(const struct claim_state *c, const struct request *r)
{
    instant t = incident_place(c->in, EVENT_API_REQUEST, &r->spans[0], r->time);
    return t >= c->since && t <= c->until;
}

/* "No further activity of the attacker": what the attacker did since. */
static void show_activity(struct claim_state *c)
{
    const struct scope *s = c->in->scope;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && is_attackers(c->in, r) &&
            r->time > c->claim->time + c->shift + CLAIM_NEAR && is_denied_time(c, r))
            claim_show(c->contradicts, render_request(s, r));
    }
}

/* What was done all the same, from the first sign on, contradicts; its absence supports
 * nothing, since no source shows everything. */
static bool denial_is_refuted(struct claim_state *c)
{
    const struct scope *s = c->in->scope;
    bool of_attacker = claim_blames_attacker(c->claim->message);
    json_array_clear(c->supports);
    json_array_clear(c->contradicts);
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (claim_request_fits(c, r) && r->time >= c->in->first_placed &&
            is_denied_time(c, r) && (!of_attacker || is_attackers(c->in, r)))
            claim_show(c->contradicts, render_request(s, r));
    }
    if (c->acts == 0 && of_attacker)
        show_activity(c);
    bool refuted = json_array_size(c->contradicts) > 0;
    because(c, refuted ? "it says that this was not done, and it was"
                       : "it says that something was not done: nothing in the evidence "
                         "speaks against it, and no evidence can show it");
    return refuted;
}

/* -- the document ------------------------------------------------------------------- */

static void outside_log(struct claim_state *c)
{
    const struct scope *s = c->in->scope;
    if (s->audit_first != INSTANT_NONE && (c->claim->time + c->shift < s->audit_first ||
                                           c->claim->time + c->shift > s->audit_last))
        because(c, "the audit log does not reach this moment");
}

static struct bytes place_of(struct bytes text, const struct list *namespaces)
{
    for (size_t i = 0; i < namespaces->n; i++) {
        const struct bytes *name = namespaces->v[i];
        if (claim_says_in(text, *name))
            return *name;
    }
    return BYTES_NONE;
}

struct claim_state claim_state_of(struct incident *in, const struct claim_known *known,
                                  const struct mark *m)
{
    struct claim_state c = {
        .in = in,
        .claim = m,
        .acts = claim_acts(m->message),
        .resource = claim_resource(m->message),
        .name = claim_object_name(m->message),
        .supports = json_array(),
        .contradicts = json_array(),
        .why = json_array(),
        .actor = claim_actor_of(m->message, &known->users),
        .place = place_of(m->message, &known->namespaces),
        .since = INT64_MIN,
        .until = INT64_MAX,
        .shift = incident_place(in, EVENT_STATEMENT, &m->span, m->time) - m->time};
    if (c.actor.count)
        c.resource = claim_resource_beside_account(m->message);
    c.names_object = claim_names_object(&c);
    return c;
}

void claim_release(struct claim_state *c)
{
    json_decref(c->supports);
    json_decref(c->contradicts);
    json_decref(c->why);
}

/* A policy may be written and select nothing, or leave a way. */
static bool effect_is_refuted(struct claim_state *c)
{
    const struct mark *m = c->claim;
    instant until = (m->end > m->time ? m->end : m->time) + c->shift +
                    precision_width(m->precision) + CLAIM_NEAR;
    const char *gap = NULL;
    bool of_node = c->resource && strcmp(c->resource, "nodes") == 0;
    if (c->acts & CLAIMED_EFFECT && !of_node)
        gap = isolation_gap(c->in, until);
    if (gap)
        because(c, gap);
    return gap != NULL;
}

static bool has_checkpoint(const struct scope *s)
{
    for (size_t i = 0; i < s->marks.n; i++)
        if (((const struct mark *)s->marks.v[i])->kind == EVENT_CHECKPOINT)
            return true;
    return false;
}

/* A claim that little else fits, wherever it stands, tells of the writer's clock. */
static void tell_clocks(struct incident *in, const struct claim_known *known,
                        const struct mark *m)
{
    struct claim_state c = claim_state_of(in, known, m);
    if (claim_is_of_other_times(m->message)) {
        claim_release(&c);
        return;
    }
    claim_try_requests(&c);
    claim_try_others(&c);
    const struct clock_moment said = {EVENT_STATEMENT, m->time, m->precision, m->span};
    if (c.fit_count <= CLAIM_FITS && m->precision <= PRECISION_SECOND)
        for (size_t i = 0; i < c.fit_count; i++)
            clocks_pair(in->scope->analysis->clocks, &said, &c.fits[i]);
    claim_release(&c);
}

const char *claim_verdict_name(enum claim_verdict v)
{
    static const char *const names[] = {"neither", "supported", "contradicted", "partly"};
    return names[v];
}

/* One act, or a sentence that tells of one. */
enum claim_verdict claim_judge_act(struct claim_state *c)
{
    claim_try_requests(c);
    claim_try_others(c);
    bool denies = claim_denies(c->claim->message);
    bool refuted = !denies && effect_is_refuted(c);
    bool supported = !denies && !refuted && json_array_size(c->supports) > 0;
    bool contradicted = denies    ? denial_is_refuted(c)
                        : refuted ? true
                                  : !supported && is_contradicted(c);
    if (supported)
        json_array_clear(c->contradicts);
    else
        outside_log(c);
    if (!supported && !contradicted && c->acts == 0 && !denies)
        because(c, "no act that leaves records is named in it");
    if (!supported && c->acts & CLAIMED_CHECKPOINT && !has_checkpoint(c->in->scope))
        because(c, "the package holds no checkpoint");
    return supported      ? CLAIM_SUPPORTED
           : contradicted ? CLAIM_CONTRADICTED
                          : CLAIM_NEITHER;
}

/* Which act or order is the false one, and why. */
static const json_t *why_false(const json_t *part)
{
    const json_t *order = json_object_get(part, "order");
    const char *name = claim_verdict_name(CLAIM_CONTRADICTED);
    return bytes_is(tree_string(part, "verdict"), name)    ? json_object_get(part, "why")
           : bytes_is(tree_string(order, "verdict"), name) ? json_object_get(order, "why")
                                                           : NULL;
}

static void tell_contradicted(const struct claim_state *c, const json_t *parts)
{
    struct finding f =
        kube_finding(KUBE_CLAIM_CONTRADICTED, c->claim->message, c->claim->span);
    const json_t *why = c->why;
    for (size_t i = 0; i < json_array_size(parts); i++) {
        const json_t *part = json_array_get(parts, i);
        if (!why_false(part))
            continue;
        why = why_false(part);
        finding_argument(&f, "part", tree_string(part, "claim"));
        break;
    }
    f.time = c->claim->time;
    json_t *first = json_array_get(why, 0);
    if (first)
        finding_argument(&f, "because",
                         bytes_of(json_string_value(first), json_string_length(first)));
    kube_found(c->in->scope, &f);
}

static json_t *judge(struct incident *in, const struct claim_known *known,
                     const struct mark *m)
{
    struct claim_state c = claim_state_of(in, known, m);
    struct claim_sentence told = {&c, known, json_array()};
    json_t *o = json_object();
    enum claim_verdict v = claim_judge_sentence(&told);
    json_object_set_new(o, "time", render_time(m->time, m->precision));
    if (c.shift)
        put_time(o, "by_reference_clock", m->time + c.shift, m->precision);
    json_object_set_new(o, "claim", render_text(in->scope, m->message));
    put_word(o, "verdict", claim_verdict_name(v));
    if (v == CLAIM_CONTRADICTED)
        tell_contradicted(&c, told.parts);
    json_object_set(o, "why", c.why);
    if (json_array_size(told.parts))
        json_object_set(o, "parts", told.parts);
    json_object_set(o, "supports", c.supports);
    json_object_set(o, "contradicts", c.contradicts);
    put_span(o, in->scope, m->span);
    json_decref(told.parts);
    claim_release(&c);
    return o;
}

static void know(struct scope *s, struct intern *seen, uint32_t word, struct list *all)
{
    struct bytes name = intern_get(s->words, word);
    uint32_t before = intern_count(seen);
    if (!name.n || intern_put(seen, name) < before)
        return;
    struct bytes *kept = arena_new(&s->arena, struct bytes);
    *kept = name;
    list_add(all, kept);
}

/* Every account and namespace of the log, once. */
static struct claim_known known_of(struct scope *s)
{
    struct claim_known known = {0};
    struct intern *users = intern_new(), *namespaces = intern_new();
    for (size_t i = 0; i < s->pattern_count; i++) {
        know(s, users, s->patterns[i].user, &known.users);
        know(s, namespaces, s->patterns[i].namespace, &known.namespaces);
    }
    intern_free(users);
    intern_free(namespaces);
    return known;
}

json_t *claims_document(struct incident *in)
{
    struct scope *s = in->scope;
    struct claim_known known = known_of(s);
    json_t *o = json_object(), *array = json_array();
    for (size_t i = 0; i < s->requests.n; i++) {
        struct request *r = s->requests.v[i];
        r->acts = claim_acts_of(r);
    }
    for (int judging = 0; judging < 2; judging++) {
        for (size_t i = 0; i < s->marks.n; i++) {
            const struct mark *m = s->marks.v[i];
            if (m->kind != EVENT_STATEMENT || m->time == INSTANT_NONE)
                continue;
            if (judging)
                json_array_append_new(array, judge(in, &known, m));
            else
                tell_clocks(in, &known, m);
        }
        if (!judging)
            clocks_estimate(s->analysis->clocks);
    }
    free(known.users.v);
    free(known.namespaces.v);
    put_word(o, "schema", "exhibit/claims/1");
    json_object_set_new(o, "claims", array);
    return o;
}
