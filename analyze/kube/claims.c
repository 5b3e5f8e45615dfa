/* The written timeline against the evidence: supported, contradicted, or neither. */
#include "analyze/events/clocks.h"
#include "analyze/kube/claim_words.h"
#include "analyze/kube/incident.h"

/* People write down when they noticed; machines record when it happened. */
#define CLAIM_NEAR  (60 * NANOSECONDS)
#define CLAIM_SHOWN 8
/* A claim that more evidence fits tells nothing of its writer's clock. */
#define CLAIM_FITS 4
/* Evidence must share the act and the thing, or the thing and its name. */
#define CLAIM_ENOUGH 4

struct claim_state {
    struct incident *in;
    const struct mark *claim;
    unsigned acts;
    const char *resource;
    json_t *supports, *contradicts, *why;
    bool elsewhen; /* it happened, but at another time */
    instant other;
    int64_t shift;                        /* of the writer's clock, where it is known */
    struct clock_moment fits[CLAIM_FITS]; /* what fits, at any time */
    size_t fit_count;                     /* may be more than CLAIM_FITS */
};

/* -- requests ----------------------------------------------------------------------- */

static unsigned acts_of(const struct request *r)
{
    unsigned acts = request_denied(r) ? CLAIMED_DENIED : 0;
    bool change = bytes_is(r->verb, "patch") || bytes_is(r->verb, "update");
    if (bytes_starts(r->verb, BYTES("delete")) || bytes_is(r->subresource, "eviction"))
        acts |= CLAIMED_DELETE;
    if (bytes_is(r->verb, "create"))
        acts |= CLAIMED_CREATE;
    if (bytes_is(r->verb, "list") || bytes_is(r->verb, "watch"))
        acts |= CLAIMED_LIST | CLAIMED_READ;
    if (bytes_is(r->verb, "get"))
        acts |= CLAIMED_READ;
    if (request_enters(r))
        acts |= CLAIMED_ENTER;
    if (bytes_is(r->resource, "networkpolicies") && request_writes(r))
        acts |= CLAIMED_ISOLATE;
    if (bytes_ends(r->resource, BYTES("rolebindings")) && request_writes(r) &&
        !(acts & CLAIMED_DELETE))
        acts |= CLAIMED_BIND;
    if (bytes_is(r->resource, "secrets") && change)
        acts |= CLAIMED_ROTATE;
    if (change && bytes_is(r->resource, "pods") &&
        tree_get(r->request, "metadata/labels"))
        acts |= CLAIMED_LABEL;
    if (change && bytes_is(r->resource, "nodes"))
        acts |= CLAIMED_CORDON;
    if (change)
        acts |= CLAIMED_CHANGE;
    return bytes_is(r->subresource, "scale") ? acts | CLAIMED_SCALE : acts;
}

/* The last part of "system:serviceaccount:ns:name" and of "alice@example". */
static bool names_user(struct bytes text, struct bytes user)
{
    struct bytes namespace, name;
    if (service_account_of(user, &namespace, &name))
        return claim_has_word(text, name);
    return claim_has_word(text, bytes_sub(user, 0, bytes_find_byte(user, '@')));
}

/* People say what was bound to whom; the binding's own name is seldom worth a word. */
static bool names_bound(struct bytes text, const struct request *r)
{
    const json_t *subjects = tree_get(r->request, "subjects");
    if (!bytes_ends(r->resource, BYTES("rolebindings")))
        return false;
    struct bytes role = tree_string(r->request, "roleRef/name");
    bool named = role.n && claim_has_word(text, role);
    for (size_t i = 0; !named && i < json_array_size(subjects); i++) {
        struct bytes subject = tree_string(json_array_get(subjects, i), "name");
        named = subject.n && claim_has_word(text, subject);
    }
    return named;
}

static int score_request(const struct claim_state *c, const struct request *r)
{
    struct bytes text = c->claim->message;
    /* What was refused did not happen, unless the claim says that it was refused. */
    if (request_denied(r) && !(c->acts & CLAIMED_DENIED))
        return 0;
    if (!(acts_of(r) & c->acts))
        return 0;
    int score = 2;
    if (c->resource)
        score += bytes_is(r->resource, c->resource) ? 2 : -2;
    if ((r->name.n && claim_has_word(text, r->name)) || names_bound(text, r))
        score += 2;
    else if (acts_of(r) & c->acts & (CLAIMED_LABEL | CLAIMED_CORDON | CLAIMED_ISOLATE))
        score += 1;
    if (names_user(text, request_as(r)))
        score += 1;
    return score;
}

static bool is_near(const struct claim_state *c, instant t)
{
    const struct mark *m = c->claim;
    instant end = m->end > m->time ? m->end : m->time;
    return t >= m->time + c->shift - CLAIM_NEAR &&
           t <= end + c->shift + precision_width(m->precision) + CLAIM_NEAR;
}

static void add_shown(json_t *array, json_t *o)
{
    if (json_array_size(array) < CLAIM_SHOWN)
        json_array_append_new(array, o);
    else
        json_decref(o);
}

static void add_fit(struct claim_state *c, struct clock_moment m)
{
    if (c->fit_count < CLAIM_FITS)
        c->fits[c->fit_count] = m;
    c->fit_count++;
}

/* Only the same thing, done at another time, contradicts. */
static bool is_same_object(const struct claim_state *c, const struct request *r)
{
    return r->name.n == 0 || claim_has_word(c->claim->message, r->name);
}

static bool request_fits(const struct claim_state *c, const struct request *r)
{
    return !r->folded && r->time != INSTANT_NONE && score_request(c, r) >= CLAIM_ENOUGH;
}

/* Does the claim name who did what fits at that time? Then nobody else's act supports it.
 */
static bool names_actor(const struct claim_state *c)
{
    const struct scope *s = c->in->scope;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (names_user(c->claim->message, request_as(r)) && request_fits(c, r) &&
            is_near(c, r->time))
            return true;
    }
    return false;
}

static void try_requests(struct claim_state *c)
{
    const struct scope *s = c->in->scope;
    bool named = names_actor(c);
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!request_fits(c, r) ||
            (named && !names_user(c->claim->message, request_as(r))))
            continue;
        add_fit(c, (struct clock_moment){EVENT_API_REQUEST, r->time, r->precision,
                                         r->spans[0]});
        if (is_near(c, r->time)) {
            add_shown(c->supports, render_request(s, r));
        } else if (!c->elsewhen && is_same_object(c, r)) {
            c->elsewhen = true;
            c->other = r->time;
            add_shown(c->contradicts, render_request(s, r));
        }
    }
}

/* -- alerts, log lines, checkpoints ------------------------------------------------- */

static int shared_words(struct bytes text, struct bytes evidence)
{
    int shared = 0;
    size_t from = 0;
    while (from < text.n) {
        size_t end = from;
        while (end < text.n && !is_blank(text.p[end]))
            end++;
        struct bytes word = bytes_sub(text, from, end - from);
        while (word.n && (word.p[word.n - 1] == '.' || word.p[word.n - 1] == ','))
            word.n--;
        /* Long words and addresses tell; short ones stand everywhere. */
        bool address = word.n > 6 && bytes_find_byte(word, ':') < word.n;
        if (word.n >= 5 && bytes_contains(evidence, word))
            shared += address ? 4 : 1;
        from = end + 1;
    }
    return shared;
}

static bool alert_fits(const struct claim_state *c, const struct alert *a)
{
    struct bytes text = c->claim->message;
    if (shared_words(text, a->output) + shared_words(text, a->command) +
            shared_words(text, a->rule) + shared_words(text, a->file) >=
        4)
        return true;
    if (c->acts & CLAIMED_INJECTION && a == c->in->first_alert)
        return true;
    if (c->acts & CLAIMED_DOWNLOAD)
        return bytes_contains(a->rule, BYTES("Remote File Copy"));
    return c->acts & CLAIMED_SHELL &&
           (bytes_contains(a->rule, BYTES("shell")) ||
            bytes_contains(a->rule, BYTES("Redirect STDOUT/STDIN")));
}

/* A line of a log that stands in several files is one line. */
static bool same_line(const struct mark *a, const struct mark *b)
{
    return a->kind == EVENT_LOG_LINE && b->kind == EVENT_LOG_LINE && a->time == b->time &&
           bytes_eq(a->message, b->message) && bytes_eq(a->object, b->object);
}

static bool is_copy(const struct scope *s, size_t number)
{
    for (size_t i = 0; i < number; i++)
        if (same_line(s->marks.v[i], s->marks.v[number]))
            return true;
    return false;
}

/* The record, with the places of its copies. */
static json_t *render_line(const struct scope *s, size_t number)
{
    json_t *o = render_mark(s, s->marks.v[number]);
    json_t *spans = json_object_get(o, "spans");
    for (size_t i = number + 1; i < s->marks.n; i++) {
        const struct mark *copy = s->marks.v[i];
        if (same_line(s->marks.v[number], copy))
            json_array_append_new(spans, render_span(s, copy->span));
    }
    return o;
}

static void try_others(struct claim_state *c)
{
    const struct scope *s = c->in->scope;
    for (size_t i = 0; i < s->alerts.n; i++) {
        const struct alert *a = s->alerts.v[i];
        if (!a->in_scope || !alert_fits(c, a))
            continue;
        add_fit(c, (struct clock_moment){EVENT_RUNTIME_ALERT, a->time, a->precision,
                                         a->span});
        if (is_near(c, a->time))
            add_shown(c->supports, render_alert(s, a));
    }
    for (size_t i = 0; i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        bool fits = (m->kind == EVENT_LOG_LINE &&
                     c->acts & (CLAIMED_INJECTION | CLAIMED_SHELL)) ||
                    (m->kind == EVENT_CHECKPOINT && c->acts & CLAIMED_CHECKPOINT);
        if (fits && m->time != INSTANT_NONE && is_near(c, m->time) && !is_copy(s, i))
            add_shown(c->supports, render_line(s, i));
    }
}

/* -- contradictions ----------------------------------------------------------------- */

static void because(struct claim_state *c, const char *why)
{
    json_array_append_new(c->why, json_string(why));
}

static bool is_claimed_object(const struct claim_state *c, const struct request *r)
{
    return c->resource && bytes_is(r->resource, c->resource) && r->name.n &&
           claim_has_word(c->claim->message, r->name);
}

/* Said to be deleted, and used afterwards. */
static bool seen_alive(struct claim_state *c)
{
    const struct scope *s = c->in->scope;
    bool alive = false, deleted = false;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->folded || !is_claimed_object(c, r) || !request_succeeded(r))
            continue;
        deleted |= bytes_starts(r->verb, BYTES("delete"));
        if (r->time <= c->claim->time + c->shift || deleted || r->code == 0)
            continue;
        add_shown(c->contradicts, render_request(s, r));
        alive = true;
    }
    if (alive)
        because(c, "no request of the log deletes it, and it was there afterwards");
    return alive;
}

static bool before_first_sign(struct claim_state *c)
{
    const struct incident *in = c->in;
    instant claimed = c->claim->time + c->shift;
    if (!claim_blames_attacker(c->claim->message) || in->first_sign == INSTANT_NONE ||
        claimed >= in->first_placed - CLAIM_NEAR)
        return false;
    struct text t = {0};
    char when[INSTANT_TEXT];
    text_printf(&t,
                "the claim is %lld seconds before the first sign of the attacker, at %s",
                (long long)((in->first_placed - claimed) / NANOSECONDS),
                instant_format(in->first_sign, PRECISION_MILLISECOND, when));
    because(c, text_c(&t));
    text_release(&t);
    return true;
}

/* The log covers the moment and would have the request. */
static bool covered_and_absent(struct claim_state *c)
{
    const struct scope *s = c->in->scope;
    if (!(c->acts & CLAIMED_API) || !c->resource || s->not_kept ||
        s->audit_first == INSTANT_NONE || c->claim->time + c->shift < s->audit_first ||
        c->claim->time + c->shift > s->audit_last)
        return false;
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
                    instant_format(c->other, PRECISION_MILLISECOND, when));
        because(c, text_c(&t));
        text_release(&t);
        contradicted = true;
    }
    if (c->acts & CLAIMED_DELETE)
        contradicted |= seen_alive(c);
    contradicted |= before_first_sign(c);
    return covered_and_absent(c) || contradicted;
}

/* -- the document ------------------------------------------------------------------- */

static void outside_log(struct claim_state *c)
{
    const struct scope *s = c->in->scope;
    if (s->audit_first != INSTANT_NONE && (c->claim->time + c->shift < s->audit_first ||
                                           c->claim->time + c->shift > s->audit_last))
        because(c, "the audit log does not reach this moment");
}

static void tell_contradicted(struct claim_state *c)
{
    struct scope *s = c->in->scope;
    struct finding f =
        kube_finding(KUBE_CLAIM_CONTRADICTED, c->claim->message, c->claim->span);
    f.time = c->claim->time;
    json_t *first = json_array_get(c->why, 0);
    if (first)
        finding_argument(&f, "because",
                         bytes_of(json_string_value(first), json_string_length(first)));
    kube_found(s, &f);
}

static struct claim_state state_of(struct incident *in, const struct mark *m)
{
    return (struct claim_state){
        .in = in,
        .claim = m,
        .acts = claim_acts(m->message),
        .resource = claim_resource(m->message),
        .supports = json_array(),
        .contradicts = json_array(),
        .why = json_array(),
        .shift = incident_place(in, EVENT_STATEMENT, &m->span, m->time) - m->time};
}

/* A claim that little else fits, wherever it stands, tells of the writer's clock. */
static void tell_clocks(struct incident *in, const struct mark *m)
{
    struct claim_state c = state_of(in, m);
    try_requests(&c);
    try_others(&c);
    const struct clock_moment said = {EVENT_STATEMENT, m->time, m->precision, m->span};
    if (c.fit_count <= CLAIM_FITS && m->precision <= PRECISION_SECOND)
        for (size_t i = 0; i < c.fit_count; i++)
            clocks_pair(in->scope->analysis->clocks, &said, &c.fits[i]);
    json_decref(c.supports);
    json_decref(c.contradicts);
    json_decref(c.why);
}

static json_t *judge(struct incident *in, const struct mark *m)
{
    struct claim_state c = state_of(in, m);
    json_t *o = json_object();
    try_requests(&c);
    try_others(&c);
    bool supported = json_array_size(c.supports) > 0;
    bool contradicted = !supported && is_contradicted(&c);
    if (supported)
        json_array_clear(c.contradicts);
    else
        outside_log(&c);
    json_object_set_new(o, "time", render_time(m->time, m->precision));
    if (c.shift)
        put_time(o, "by_reference_clock", m->time + c.shift, m->precision);
    json_object_set_new(o, "claim", render_text(in->scope, m->message));
    put_word(o, "verdict",
             supported      ? "supported"
             : contradicted ? "contradicted"
                            : "neither");
    if (contradicted)
        tell_contradicted(&c);
    json_object_set_new(o, "why", c.why);
    json_object_set_new(o, "supports", c.supports);
    json_object_set_new(o, "contradicts", c.contradicts);
    put_span(o, in->scope, m->span);
    return o;
}

json_t *claims_document(struct incident *in)
{
    const struct scope *s = in->scope;
    json_t *o = json_object(), *array = json_array();
    for (int judging = 0; judging < 2; judging++) {
        for (size_t i = 0; i < s->marks.n; i++) {
            const struct mark *m = s->marks.v[i];
            if (m->kind != EVENT_STATEMENT || m->time == INSTANT_NONE)
                continue;
            if (judging)
                json_array_append_new(array, judge(in, m));
            else
                tell_clocks(in, m);
        }
        if (!judging)
            clocks_estimate(s->analysis->clocks);
    }
    put_word(o, "schema", "exhibit/claims/1");
    json_object_set_new(o, "claims", array);
    return o;
}
