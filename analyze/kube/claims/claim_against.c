/* What in the evidence speaks against a sentence of the written timeline. */
#include "analyze/kube/audit_policy.h"
#include "analyze/kube/claims/claim_bound.h"
#include "analyze/kube/claims/claim_evidence.h"
#include "analyze/kube/claims/claim_mood.h"

/* -- contradictions ----------------------------------------------------------------- */

void claim_because(struct claim_state *c, const char *why)
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
        if (r->time <= claim_placed(c) || deleted || r->code == 0)
            continue;
        claim_show(c->contradicts, render_request(s, r));
        alive = true;
    }
    if (alive)
        claim_because(c, "no request of the log deletes it, and it was there afterwards");
    return alive;
}

static void because_of(struct claim_state *c, struct text *t, const struct request *r)
{
    claim_because(c, text_c(t));
    text_release(t);
    claim_show(c->contradicts, render_request(c->in->scope, r));
}

/* It was asked for and refused, or was said to be refused and was let through. */
static bool ended_otherwise(struct claim_state *c)
{
    const struct request *r = c->otherwise;
    struct text t = {0};
    char when[INSTANT_TEXT];
    if (!r || (c->elsewhen && !claim_is_near(c, r->time)))
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

/* The cluster itself, by its own client. In another's client a component's name is a
 * credential that anybody may hold; and a kubelet makes no pod but the mirror of what
 * somebody laid into its node's folder. */
static bool is_cluster_itself(const struct request *r)
{
    bool mirrors = bytes_starts(request_as(r), BYTES("system:node:")) &&
                   bytes_is(r->verb, "create") && request_is(r, "pods", "");
    return is_control_plane(request_as(r)) && !is_tool(r->agent) && !mirrors;
}

/* Somebody who did something against the incident, or the cluster itself. */
static bool is_known_other(const struct incident *in, const struct request *r)
{
    struct bytes user = request_as(r);
    bool known = is_cluster_itself(r);
    for (size_t i = 0; i < in->acts.n && !known; i++) {
        const struct act *a = in->acts.v[i];
        known = a->effective && a->kind < ACT_ENTER && bytes_eq(a->by, user);
    }
    return known;
}

/* What others are said to have done. Who is not known to be the attacker may be all the
 * same, unless it is somebody who worked against the incident. */
static bool is_sure_of_another(const struct claim_state *c)
{
    return c->by_another &&
           (c->actor.count || c->actor.cluster || is_known_other(c->in, c->by_another));
}

static bool done_by_another(struct claim_state *c)
{
    const struct request *r = c->by_another;
    struct text t = {0};
    if (!r)
        return false;
    bool sure = is_sure_of_another(c);
    text_str(&t, request_succeeded(r) ? "it was done by " : "it was asked for by ");
    text_add(&t, r->user);
    if (r->known_as.n)
        text_printf(&t, " (%.*s)", (int)r->known_as.n, (const char *)r->known_as.p);
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
    instant claimed = claim_placed(c);
    if (!claim_blames_attacker(c->claim->message) || in->first_sign == INSTANT_NONE ||
        claimed >= instant_after(in->first_placed, -CLAIM_NEAR))
        return;
    struct text t = {0};
    char when[INSTANT_TEXT];
    text_printf(&t,
                "the claim is %lld seconds before the first sign of the attacker, at %s",
                (long long)(instant_apart(in->first_placed, claimed) / NANOSECONDS),
                instant_format(in->first_sign, PRECISION_MILLISECOND, when));
    claim_because(c, text_c(&t));
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

/* Acts of the claim that leave a request. What is run in a pod need not come through the
 * API. */
static bool leaves_request(const struct claim_state *c)
{
    /* Only pods and nodes are entered. */
    bool enters = !c->resource || strcmp(c->resource, "pods") == 0 ||
                  strcmp(c->resource, "nodes") == 0 || !(c->acts & CLAIMED_ENTER);
    if (!enters && !(c->acts & CLAIMED_API & ~(unsigned)CLAIMED_ENTER))
        return reads_are_logged(c);
    unsigned acts = c->program.n ? c->acts & ~(unsigned)CLAIMED_ENTER : c->acts;
    return acts & CLAIMED_API || reads_are_logged(c);
}

/* What servers beside the API server serve stands in their own logs: does one of them lie
 * here? */
static bool has_log_of(const struct claim_state *c)
{
    static const char *const others[] = {"deploymentconfigs", "routes",
                                         "imagestreams",      "imagestreamtags",
                                         "buildconfigs",      NULL};
    uint32_t word;
    return !word_is_one_of(bytes_str(c->resource), others) ||
           intern_find(c->in->scope->words, bytes_str(c->resource), &word);
}

/* Cloud Logging's Admin Activity and Azure's kube-audit-admin have what was written, and
 * nothing that was read; a log that has no read at all says nothing of one. */
static bool has_no_reads(const struct claim_state *c)
{
    static const char *const verbs[] = {"get", "list", "watch", NULL};
    const struct scope *s = c->in->scope;
    unsigned reads = CLAIMED_LIST | CLAIMED_READ;
    if (!(c->acts & reads) || c->acts & CLAIMED_API & ~reads)
        return false;
    for (size_t i = 0; i < s->pattern_count; i++)
        if (word_is_one_of(intern_get(s->words, s->patterns[i].verb), verbs))
            return false;
    return true;
}

/* What goes to a kubelet's own port, to the runtime or into the folder of static pods
 * goes past the API server. Through its proxy to a node it would not: then the log has
 * it. */
static bool goes_past_api(const struct claim_state *c)
{
    static const char *const ways[] = {
        "kubelet",    "10250",   "kubeletctl", "crictl",  "nerdctl",
        "containerd", "docker",  "podman",     "nsenter", "chroot",
        "static pod", "etcdctl", "on the host"};
    struct bytes text = c->claim->message;
    if (c->actor.cluster || claim_find(text, BYTES("prox"), 0) <= text.n)
        return false;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (claim_find(text, bytes_str(ways[i]), 0) <= text.n)
            return true;
    return false;
}

/* Is one of those that are counted alone of the kind that is claimed? */
static bool may_be_left_out(const struct claim_state *c)
{
    const struct scope *s = c->in->scope;
    for (size_t i = 0; i < s->pattern_count; i++) {
        const struct pattern *p = &s->patterns[i];
        if (!p->left)
            continue;
        struct request r = {.verb = intern_get(s->words, p->verb),
                            .resource = intern_get(s->words, p->resource),
                            .user = intern_get(s->words, p->user)};
        size_t slash = bytes_find_byte(r.resource, '/');
        r.subresource = bytes_from(r.resource, slash + (slash < r.resource.n));
        r.resource = bytes_sub(r.resource, 0, slash);
        if (claim_acts_of(&r) & c->acts && claim_is_resource(c, &r))
            return true;
    }
    return s->left_unknown > 0;
}

/* The log covers the moment and would have the request. */
static bool covered_and_absent(struct claim_state *c)
{
    const struct scope *s = c->in->scope;
    if (!leaves_request(c) || !c->resource || c->any_time || !claim_is_timed(c) ||
        c->claim->before || c->claim->after || c->otherwise || c->by_another ||
        s->audit_first == INSTANT_NONE || claim_placed(c) < s->audit_first ||
        claim_placed(c) > s->audit_last)
        return false;
    if (!has_log_of(c))
        return false;
    if (may_be_left_out(c)) {
        claim_because(c, "the audit log has more requests of that kind than were kept "
                         "one by one");
        return false;
    }
    if (has_no_reads(c)) {
        claim_because(c,
                      "the audit log has nothing that was read, only what was written");
        return false;
    }
    if (goes_past_api(c)) {
        claim_because(c, "what goes past the API server, to a kubelet, the runtime or a "
                         "node's files, leaves no request in its log");
        return false;
    }
    if (kube_audit_leaves_out(s, bytes_str(c->resource))) {
        claim_because(c, "the audit policy leaves such requests out of the log");
        return false;
    }
    claim_because(c, "the audit log covers this moment and holds no such request");
    return true;
}

/* Whoever wrote the local time down without its zone said nothing false. */
static bool in_another_zone(struct claim_state *c)
{
    struct text t = {0};
    char when[INSTANT_TEXT];
    if (!c->zoned)
        return false;
    text_printf(&t, "the claim names no time zone, and the same stands at %s",
                instant_format(c->zoned->time, PRECISION_MILLISECOND, when));
    claim_because(c, text_c(&t));
    text_release(&t);
    return true;
}

/* Nothing was found of it, and it may be about something else. */
static bool is_about_something_else(struct claim_state *c)
{
    if (!claim_is_outside(c->claim->message))
        return false;
    claim_because(c, "it speaks of things that are no part of the cluster");
    return true;
}

/* "Deletion of the pod was postponed". Of a part the object may stand in another. */
static bool tells_nothing_done(struct claim_state *c)
{
    if (c->goes_on || claim_tells_done(c->claim->message))
        return false;
    if (c->acts & CLAIMED_API)
        claim_because(c, "it does not say plainly what was done to what");
    return true;
}

/* About then, it says, or does not say when. */
static bool is_told_loosely(struct claim_state *c)
{
    if (claim_is_timed(c))
        return false;
    if (c->elsewhen && c->claim->time != INSTANT_NONE)
        claim_because(c,
                      "its time is not told plainly, and the same was done at another");
    return true;
}

/* It was done, where the same names mean something else. */
static bool in_another_cluster(struct claim_state *c)
{
    const struct list *left_out = &c->in->scope->left_out;
    for (size_t i = 0; i < left_out->n; i++) {
        const struct request *r = left_out->v[i];
        if (!claim_is_near(c, r->time) || !claim_is_by_actor(c, r) ||
            !claim_request_fits(c, r))
            continue;
        claim_because(c, "it stands in the log of another cluster than the pod's");
        claim_show(c->contradicts, render_request(c->in->scope, r));
        return true;
    }
    return false;
}

/* What somebody tells others of may have been long before. */
static bool is_told_later(const struct claim_state *c)
{
    return c->claim->said && c->elsewhen &&
           c->elsewhen->time <= instant_after(claim_placed(c), CLAIM_NEAR);
}

bool claim_is_contradicted(struct claim_state *c)
{
    bool contradicted = false;
    if (in_another_zone(c) || is_about_something_else(c) || in_another_cluster(c))
        return false;
    if (tells_nothing_done(c))
        return done_by_another(c);
    bool loosely = is_told_loosely(c) || is_told_later(c);
    bool refused = c->otherwise && claim_is_near(c, c->otherwise->time);
    /* What somebody did at that moment who may be the attacker is what is claimed. */
    if (c->elsewhen && !loosely && !refused &&
        (!c->by_another || is_sure_of_another(c))) {
        struct text t = {0};
        char when[INSTANT_TEXT];
        text_printf(&t, "it happened at another time: %s",
                    instant_format(c->elsewhen->time, PRECISION_MILLISECOND, when));
        because_of(c, &t, c->elsewhen);
        contradicted = true;
    }
    if (c->acts & CLAIMED_DELETE && !loosely)
        contradicted |= seen_alive(c);
    if (!loosely)
        before_first_sign(c);
    contradicted |= ended_otherwise(c);
    contradicted |= done_by_another(c);
    return (!is_told_later(c) && covered_and_absent(c)) || contradicted;
}
