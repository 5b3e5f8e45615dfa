/* The written timeline against the evidence: supported, contradicted, or neither. */
#include <stdlib.h>

#include "analyze/kube/claims/claim_bound.h"
#include "analyze/kube/claims/claim_contained.h"
#include "analyze/kube/claims/claim_evidence.h"
#include "analyze/kube/claims/claim_mood.h"
#include "analyze/kube/claims/claim_sentence.h"
#include "analyze/kube/incident/grave.h"

/* -- the document ------------------------------------------------------------------- */

static void outside_log(struct claim_state *c)
{
    const struct scope *s = c->in->scope;
    if (c->claim->time != INSTANT_NONE && s->audit_first != INSTANT_NONE &&
        (claim_placed(c) < s->audit_first || claim_placed(c) > s->audit_last))
        claim_because(c, "the audit log does not reach this moment");
}

static struct bytes place_of(struct bytes text, const struct list *namespaces)
{
    for (size_t i = 0; i < namespaces->n; i++) {
        const struct bytes *name = namespaces->v[i];
        if (claim_says_in(text, *name))
            return *name;
    }
    return claim_named_namespace(text);
}

/* "The service account dumped all secrets": it is who did it. */
static bool is_read(unsigned acts)
{
    return acts & (CLAIMED_LIST | CLAIMED_READ) &&
           !(acts & (CLAIMED_CREATE | CLAIMED_DELETE | CLAIMED_BIND | CLAIMED_CHANGE));
}

struct claim_state claim_state_of(struct incident *in, const struct claim_known *known,
                                  const struct mark *m)
{
    struct claim_state c = {.in = in,
                            .known = known,
                            .claim = m,
                            .acts = claim_acts(m->message),
                            .resource = claim_resource(m->message),
                            .name = claim_object_name(m->message),
                            .supports = json_array(),
                            .contradicts = json_array(),
                            .why = json_array(),
                            .actor = claim_actor_of(m->message, &known->users),
                            .place = place_of(m->message, &known->namespaces),
                            .program = claim_program(m->message),
                            .since = INT64_MIN,
                            .until = INT64_MAX};
    if (m->time != INSTANT_NONE)
        c.shift = instant_apart(incident_place(in, EVENT_STATEMENT, &m->span, m->time),
                                m->time);
    if (m->after)
        c.since = claim_placed(&c);
    if (c.actor.count || is_read(c.acts))
        c.resource = claim_resource_beside_account(m->message);
    c.any_time = m->time == INSTANT_NONE ||
                 (claim_reports(m->message) && !claim_is_outside(m->message));
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
    instant until = instant_after(claim_ends(c), CLAIM_NEAR);
    const char *gap = NULL;
    if (!claim_is_timed(c) || m->after)
        return false;
    bool of_node = c->resource && strcmp(c->resource, "nodes") == 0;
    if (c->acts & CLAIMED_EFFECT && !of_node && !claim_is_outside(m->message))
        gap = isolation_gap(c->in, until);
    if (gap)
        claim_because(c, gap);
    return gap != NULL;
}

/* "web-0 is isolated now": so it was, whenever that came about. */
static bool is_so(struct claim_state *c)
{
    const struct mark *m = c->claim;
    const struct bytes pod = c->in->scope->pod.name;
    instant then = instant_after(claim_placed(c), precision_width(m->precision));
    bool another = (c->names_object && !claim_has_word(m->message, pod)) ||
                   (c->resource && strcmp(c->resource, "pods") != 0);
    if (!(c->acts & CLAIMED_EFFECT) || another || !claim_is_timed(c) ||
        !claim_tells_state(m->message) || !isolation_holds(c->in, then))
        return false;
    claim_show_holding(c, then);
    return json_array_size(c->supports) > 0;
}

static bool is_short_of_all(struct claim_state *c)
{
    const struct mark *m = c->claim;
    struct text t = {0};
    bool left =
        c->acts & CLAIMED_EFFECT && claim_says_wholly(m->message) && claim_is_timed(c) &&
        isolation_leaves(
            c->in,
            instant_after(claim_placed(c), precision_width(m->precision) + CLAIM_NEAR),
            &t);
    if (left) {
        struct text why = {0};
        text_str(&why, "it was held back, and stayed open ");
        text_add(&why, text_bytes(&t));
        claim_because(c, text_c(&why));
        text_release(&why);
    }
    text_release(&t);
    return left;
}

static bool has_checkpoint(const struct scope *s)
{
    for (size_t i = 0; i < s->marks.n; i++)
        if (((const struct mark *)s->marks.v[i])->kind == EVENT_CHECKPOINT)
            return true;
    return false;
}

/* A claim that little else fits, wherever it stands, tells of the writer's clock. True
 * where something fits it at the time that it states. */
static bool tell_clocks(struct incident *in, const struct claim_known *known,
                        const struct mark *m)
{
    struct claim_state c = claim_state_of(in, known, m);
    if (m->loose || m->before || m->after || claim_is_of_other_times(m->message) ||
        claim_reports(m->message) || claim_intends(m->message)) {
        claim_release(&c);
        return false;
    }
    claim_try_requests(&c);
    claim_try_others(&c);
    const struct clock_moment said = {EVENT_STATEMENT, m->time, m->precision, m->span};
    if (c.fit_count <= CLAIM_FITS && m->precision <= PRECISION_SECOND)
        for (size_t i = 0; i < c.fit_count; i++)
            clocks_pair(in->scope->analysis->clocks, &said, &c.fits[i]);
    bool fits = json_array_size(c.supports) > 0;
    claim_release(&c);
    return fits;
}

const char *claim_verdict_name(enum claim_verdict v)
{
    static const char *const names[] = {"neither", "supported", "contradicted", "partly"};
    return names[v];
}

/* It happened; that an attacker did it is shown by nothing. */
static bool is_doubtful(struct claim_state *c)
{
    const struct request *entered = c->in->entered;
    struct text t = {0};
    if (!claim_blames_attacker(c->claim->message) || c->in->shown)
        return false;
    text_str(&t,
             "it happened, and nothing in the evidence shows that it was an attacker");
    text_str(&t, entered ? ": it follows what was done through the API by " : "");
    text_add(&t, entered ? entered->user : BYTES_NONE);
    claim_because(c, text_c(&t));
    text_release(&t);
    return true;
}

/* Somebody is named who did it, and the log has no such account. */
static bool is_by_unknown(struct claim_state *c)
{
    struct bytes name = claim_unknown_actor(c->claim->message);
    struct text t = {0};
    if (!name.n || c->actor.count || c->actor.attacker)
        return false;
    text_str(&t, "it happened, and the log knows nobody by the name ");
    text_add(&t, name);
    claim_because(c, text_c(&t));
    text_release(&t);
    return true;
}

static void tell_what_is_missing(struct claim_state *c)
{
    if (c->other_program)
        claim_because(c, "the session of that moment ran something else");
    if (c->untold_program)
        claim_because(c,
                      "a session of that moment is in the log, which does not tell what "
                      "it ran");
    if (c->acts & CLAIMED_CHECKPOINT && !has_checkpoint(c->in->scope))
        claim_because(c, "the package holds no checkpoint");
}

/* "Could not read": refused at that moment. */
static bool was_refused(struct claim_state *c)
{
    unsigned acts = c->acts;
    if (!claim_says_unable(c->claim->message))
        return false;
    c->acts |= CLAIMED_DENIED;
    claim_try_requests(c);
    if (json_array_size(c->supports))
        return true;
    c->acts = acts & ~(unsigned)CLAIMED_DENIED;
    c->elsewhen = c->otherwise = c->by_another = NULL;
    return false;
}

static enum claim_verdict judge_denial(struct claim_state *c)
{
    if (was_refused(c))
        return CLAIM_SUPPORTED;
    claim_try_requests(c);
    claim_try_others(c);
    outside_log(c);
    bool refuted = claim_denial_is_refuted(c);
    /* Of which time it was denied is not told. */
    return refuted && c->claim->time != INSTANT_NONE ? CLAIM_CONTRADICTED : CLAIM_NEITHER;
}

/* Nothing that fits: is it known to be otherwise? */
static enum claim_verdict judge_unsupported(struct claim_state *c, bool refuted)
{
    bool contradicted = refuted || claim_is_contradicted(c);
    outside_log(c);
    if (!contradicted && c->acts == 0)
        claim_because(c, "no act that leaves records is named in it");
    tell_what_is_missing(c);
    if (!contradicted || !claim_hedges(c->claim->message))
        return contradicted ? CLAIM_CONTRADICTED : CLAIM_NEITHER;
    claim_because(c, "it is told as what may have been");
    return CLAIM_NEITHER;
}

static enum claim_verdict judge_head(struct claim_state *c)
{
    if (c->intended || claim_intends(c->claim->message)) {
        claim_because(c, "it tells of what was meant, asked, wondered or turned down, "
                         "and not that it was done");
        return CLAIM_NEITHER;
    }
    if (claim_denies(c->claim->message) || claim_says_unable(c->claim->message))
        return judge_denial(c);
    if (!c->acts && claim_is_of_containment(c->claim->message))
        return claim_judge_contained(c);
    claim_try_requests(c);
    claim_try_others(c);
    bool refuted = effect_is_refuted(c);
    refuted =
        refuted && (c->goes_on || claim_tells_done(c->claim->message) || !c->resource);
    if (!refuted && !json_array_size(c->supports) && is_so(c))
        return is_short_of_all(c) ? CLAIM_PARTLY : CLAIM_SUPPORTED;
    if (refuted || !json_array_size(c->supports))
        return judge_unsupported(c, refuted);
    json_array_clear(c->contradicts);
    if (is_doubtful(c) || is_by_unknown(c) || is_short_of_all(c))
        return CLAIM_PARTLY;
    enum claim_verdict v = claim_judge_count(c);
    /* "Pod deleted, incident contained" */
    if (v == CLAIM_SUPPORTED && claim_is_of_containment(c->claim->message))
        v = claim_judge_contained(c) == CLAIM_SUPPORTED ? v : CLAIM_PARTLY;
    return v;
}

/* One act, or a sentence that tells of one: by what it says was done. */
enum claim_verdict claim_judge_act(struct claim_state *c)
{
    const struct mark *whole = c->claim;
    struct mark head = *whole;
    head.message = claim_head(whole->message);
    c->claim = &head;
    enum claim_verdict v = judge_head(c);
    c->claim = whole;
    return v;
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
        put_time(o, "by_reference_clock", claim_placed(&c), m->precision);
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

static bool is_new(struct intern *seen, struct bytes name)
{
    uint32_t before = intern_count(seen);
    return name.n && intern_put(seen, name) == before;
}

static void know_user(struct scope *s, struct list *all, struct bytes user,
                      struct bytes name)
{
    struct claim_user *kept = arena_new(&s->arena, struct claim_user);
    *kept = (struct claim_user){user, name};
    list_add(all, kept);
}

static void know_namespace(struct scope *s, struct list *all, struct bytes name)
{
    struct bytes *kept = arena_new(&s->arena, struct bytes);
    *kept = name;
    list_add(all, kept);
}

/* Every account and namespace of the log once, accounts again by what people call them;
 * and where ways out of a container are told. */
static struct claim_known known_of(struct incident *in)
{
    struct scope *s = in->scope;
    struct claim_known known = {.requests = claim_requests_of(in),
                                .ways_out = grave_ways_out(s)};
    struct intern *users = intern_new(), *namespaces = intern_new(),
                  *called = intern_new();
    for (size_t i = 0; i < s->pattern_count; i++) {
        struct bytes user = intern_get(s->words, s->patterns[i].user);
        struct bytes namespace = intern_get(s->words, s->patterns[i].namespace);
        if (is_new(users, user))
            know_user(s, &known.users, user, user);
        if (is_new(namespaces, namespace))
            know_namespace(s, &known.namespaces, namespace);
    }
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (is_new(users, r->login))
            know_user(s, &known.users, r->login, r->login);
        if (is_new(called, r->known_as))
            know_user(s, &known.users, r->user, r->known_as);
    }
    intern_free(called);
    intern_free(users);
    intern_free(namespaces);
    return known;
}

static void release(struct claim_known *known)
{
    claim_requests_release(&known->requests);
    intern_free(known->ways_out);
    free(known->users.v);
    free(known->namespaces.v);
}

/* The document's times are those of the evidence: then no claim of it is in another
 * zone. */
static void zone_is_plain(struct scope *s, const struct item *document)
{
    for (size_t i = 0; i < s->marks.n; i++) {
        struct mark *m = s->marks.v[i];
        if (m->kind == EVENT_STATEMENT && m->span.item == document)
            m->zone_assumed = false;
    }
}

json_t *claims_document(struct incident *in)
{
    struct scope *s = in->scope;
    struct claim_known known = known_of(in);
    json_t *o = json_object(), *array = json_array(), *undated = json_array();
    for (int judging = 0; judging < 2; judging++) {
        for (size_t i = 0; i < s->marks.n; i++) {
            const struct mark *m = s->marks.v[i];
            bool dated = m->time != INSTANT_NONE;
            if (m->kind != EVENT_STATEMENT || (!dated && !claim_acts(m->message)))
                continue;
            if (judging)
                json_array_append_new(dated ? array : undated, judge(in, &known, m));
            else if (!dated)
                continue;
            else if (tell_clocks(in, &known, m))
                zone_is_plain(s, m->span.item);
        }
        if (!judging)
            clocks_estimate(s->analysis->clocks);
    }
    release(&known);
    put_word(o, "schema", "exhibit/claims/1");
    json_object_set_new(o, "claims", array);
    json_object_set_new(o, "undated", undated);
    return o;
}
