/* Sentences of the written timeline that say that something did not happen. What was done
 * all the same, from the first sign on, contradicts them, whichever source has it; its
 * absence supports nothing, since no source shows everything. */
#include "analyze/kube/claims/claim_bound.h"
#include "analyze/kube/claims/claim_evidence.h"
#include "analyze/kube/claims/claim_mood.h"
#include "analyze/kube/group.h"

/* "No secret was read", written down at ten, says nothing of eleven. */
static bool is_later(const struct claim_state *c, instant t)
{
    const struct mark *m = c->claim;
    bool of_its_time = !c->any_time && c->acts && c->until == INT64_MAX &&
                       c->since == INT64_MIN && !claim_denies_always(m->message);
    return of_its_time && t > instant_after(claim_ends(c), CLAIM_NEAR);
}

/* In the time that the denial is of. */
static bool is_denied_time(const struct claim_state *c, struct clock_moment m)
{
    instant t = incident_place(c->in, m.kind, &m.span, m.time);
    return m.time != INSTANT_NONE && t >= c->since && t <= c->until && !is_later(c, t);
}

static bool since_first_sign(const struct claim_state *c, struct clock_moment m)
{
    return is_denied_time(c, m) &&
           incident_place(c->in, m.kind, &m.span, m.time) >= c->in->first_placed;
}

/* -- the API server's log ------------------------------------------------------------ */

/* "No further activity of the attacker": what the attacker did since, to what is named.
 */
static void show_activity(struct claim_state *c)
{
    const struct scope *s = c->in->scope;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && is_attackers(c->in, r) &&
            (!c->resource || (claim_is_resource(c, r) && request_succeeded(r))) &&
            !journal_is_habit(s, r, c->in->first_placed) &&
            is_denied_time(c, incident_moment(r)) &&
            (c->resource || r->time > instant_after(claim_placed(c), CLAIM_NEAR)))
            claim_show(c->contradicts, render_request(s, r));
    }
}

static void show_requests(struct claim_state *c, bool of_attacker)
{
    const struct scope *s = c->in->scope;
    const struct request *r;
    for (size_t at = 0; (r = claim_next_doing(c, &at));) {
        /* What controllers do of themselves nobody means. */
        bool of_cluster = is_control_plane(request_cause(r)->user) && !of_attacker;
        if (claim_request_fits(c, r) && r->time >= c->in->first_placed && !of_cluster &&
            is_denied_time(c, incident_moment(r)) &&
            (!of_attacker || is_attackers(c->in, r)))
            claim_show(c->contradicts, render_request(s, r));
    }
    bool of_access = c->acts == CLAIMED_READ && !c->resource &&
                     claim_has_word(c->claim->message, BYTES("access"));
    if ((c->acts == 0 || of_access) && of_attacker)
        show_activity(c);
}

/* -- the node's journal -------------------------------------------------------------- */

static json_t *render_arrival(const struct scope *s, const struct arrival *a)
{
    struct text name = {0};
    name_object(&name, a->namespace, a->pod);
    const struct mark m = {.kind = EVENT_RUNTIME_EVENT,
                           .time = a->time,
                           .precision = PRECISION_MICROSECOND,
                           .span = a->span,
                           .object = text_bytes(&name),
                           .message = BYTES("the node took the pod in")};
    json_t *o = render_mark(s, &m);
    text_release(&name);
    return o;
}

/* A pod that came to the node; not the one that all is about, and none that a controller
 * made of itself. Where the log does not show who made it, nobody can say the
 * attacker. */
static bool is_denied_pod(const struct claim_state *c, const struct arrival *a,
                          bool of_attacker)
{
    const struct request *cause = a->maker ? request_cause(a->maker) : NULL;
    bool named = c->names_object || c->name.n;
    if (scope_is_pod(c->in->scope, a->namespace, a->pod) ||
        (named && !claim_has_word(c->claim->message, a->pod)) ||
        (c->place.n && !bytes_eq(c->place, a->namespace)))
        return false;
    if (of_attacker)
        return a->maker && is_attackers(c->in, a->maker);
    return cause ? !is_control_plane(cause->user) : !a->told;
}

static void show_arrivals(struct claim_state *c, bool of_attacker)
{
    const struct scope *s = c->in->scope;
    if (!c->resource || strcmp(c->resource, "pods") != 0 || !(c->acts & CLAIMED_CREATE))
        return;
    for (size_t i = 0; i < s->arrivals.n; i++) {
        const struct arrival *a = s->arrivals.v[i];
        const struct clock_moment at = {EVENT_RUNTIME_EVENT, a->time,
                                        PRECISION_MICROSECOND, a->span};
        if (since_first_sign(c, at) && is_denied_pod(c, a, of_attacker))
            claim_show(c->contradicts, render_arrival(s, a));
    }
}

/* -- sensors ------------------------------------------------------------------------- */

/* Somebody else than the attacker had entered the pod just then. */
static bool is_anothers_session(const struct claim_state *c, struct clock_moment m)
{
    const struct scope *s = c->in->scope;
    instant seen = incident_place(c->in, m.kind, &m.span, m.time);
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && request_enters_pod(r) && !is_attackers(c->in, r) &&
            scope_is_pod(s, r->namespace, r->name) && incident_opens_at(c->in, r, seen))
            return true;
    }
    return false;
}

/* It names the secret, or a namespace, and that is not what the sensor saw: the path of a
 * mounted secret seldom has its name. */
static bool is_other_secret(const struct claim_state *c, const struct alert *a)
{
    struct bytes pods = c->in->scope->pod.namespace;
    bool elsewhere = c->place.n && pods.n && !bytes_eq(c->place, pods);
    bool seen = claim_has_word(a->file, c->name) || claim_has_word(a->command, c->name);
    return elsewhere || ((c->name.n || c->names_object) && !seen);
}

/* A file of a mounted secret or token, in the places where pods have them. */
static bool reads_secret(const struct alert *a)
{
    return bytes_starts(a->file, BYTES("/var/run/secrets/")) ||
           bytes_starts(a->file, BYTES("/run/secrets/")) ||
           bytes_contains(a->command, BYTES("/run/secrets/"));
}

static bool alert_refutes(const struct claim_state *c, const struct alert *a)
{
    const char *resource = c->resource ? c->resource : "";
    if (strcmp(resource, "nodes") == 0) /* ATT&CK: escape to host */
        return !(c->acts & ~(unsigned)(CLAIMED_INSIDE | CLAIMED_READ | CLAIMED_ESCAPE)) &&
               (bytes_contains(a->tags, BYTES("T1611")) || claim_alert_does(c, a));
    if (strcmp(resource, "secrets") == 0)
        return c->acts & CLAIMED_READ && reads_secret(a) && !is_other_secret(c, a);
    return claim_alert_does(c, a);
}

static void show_alerts(struct claim_state *c, bool of_attacker)
{
    const struct scope *s = c->in->scope;
    for (size_t i = 0; i < s->alerts.n; i++) {
        const struct alert *a = s->alerts.v[i];
        const struct clock_moment at = {EVENT_RUNTIME_ALERT, a->time, a->precision,
                                        a->span};
        if (a->in_scope && !a->drop_notice && alert_refutes(c, a) &&
            since_first_sign(c, at) &&
            !(of_attacker && (!c->in->shown || is_anothers_session(c, at))))
            claim_show(c->contradicts, render_alert(s, a));
    }
    for (size_t i = 0; i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        const struct clock_moment at = {m->kind, m->time, m->precision, m->span};
        if (claim_process_does(c, m) && since_first_sign(c, at) &&
            !(of_attacker && (!c->in->shown || is_anothers_session(c, at))))
            claim_show(c->contradicts, render_mark(s, m));
    }
}

/* "No other pod was created on the node": the node is where, and the pod what. */
static void find_what(struct claim_state *c)
{
    struct bytes text = c->claim->message;
    if (c->resource && strcmp(c->resource, "nodes") == 0 && c->acts & CLAIMED_CREATE &&
        claim_find(text, BYTES("pod"), 0) <= text.n)
        c->resource = "pods";
}

/* "No alert for the deleted pod" does not deny that it was deleted. */
static bool is_of_act(const struct claim_state *c)
{
    struct bytes text = c->claim->message;
    if (claim_reports(text) || claim_is_outside(text))
        return false;
    return c->acts ? c->goes_on || claim_denies_act(text) : !claim_says_unable(text);
}

bool claim_denial_is_refuted(struct claim_state *c)
{
    bool of_attacker = claim_blames_attacker(c->claim->message);
    json_array_clear(c->supports);
    json_array_clear(c->contradicts);
    if (!is_of_act(c)) {
        claim_because(c, "it denies something else than an act that leaves records");
        return false;
    }
    find_what(c);
    show_requests(c, of_attacker);
    show_arrivals(c, of_attacker);
    show_alerts(c, of_attacker);
    bool refuted = json_array_size(c->contradicts) > 0;
    claim_because(c, refuted
                         ? "it says that this was not done, and it was"
                         : "it says that something was not done: nothing in the evidence "
                           "speaks against it, and no evidence can show it");
    return refuted;
}
