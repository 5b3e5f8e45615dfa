/* Was it rotated, who uses it, and do they use the new value? */
#include "analyze/kube/exposure/exposure.h"
#include "analyze/kube/incident/cloud.h"

#include <stdlib.h>

/* -- rotation ----------------------------------------------------------------------- */

static bool renews(const struct exposed *x, const struct request *r)
{
    bool here = bytes_eq(r->namespace, x->namespace) && bytes_eq(r->name, x->name);
    switch (x->kind) {
    case REFERENCE_SECRET:
        return here && request_is(r, "secrets", "") && r->written != VALUES_LEFT;
    case REFERENCE_CONFIGMAP:
        return here && request_is(r, "configmaps", "") && r->written != VALUES_LEFT;
    case REFERENCE_TOKEN: /* bound tokens end with their account */
        return here && request_is(r, "serviceaccounts", "") &&
               bytes_starts(r->verb, BYTES("delete"));
    default:
        return false;
    }
}

/* A deletion, by whomever: the pod is gone. */
static const struct request *end_of_pod(const struct incident *in, struct bytes namespace,
                                        struct bytes pod, instant since)
{
    struct history h = incident_history(in, namespace, pod, since);
    for (size_t i = 0; i < h.n; i++) {
        const struct request *r = h.v[i];
        if (request_is(r, "pods", "eviction") ||
            (request_is(r, "pods", "") && bytes_starts(r->verb, BYTES("delete"))))
            return r;
    }
    /* All pods go with their namespace. */
    h = incident_history(in, BYTES_NONE, namespace, since);
    for (size_t i = 0; i < h.n; i++) {
        const struct request *r = h.v[i];
        if (request_of_namespace(r) && bytes_starts(r->verb, BYTES("delete")))
            return r;
    }
    return NULL;
}

static bool is_token_secret(const struct exposed *x, const struct request *r)
{
    return x->kind == REFERENCE_TOKEN &&
           request_of_token_secret(r, x->namespace, x->name);
}

static const struct request *end_of_secret(const struct incident *in,
                                           const struct exposed *x, instant since)
{
    for (size_t i = 0; i < in->write_count; i++) {
        const struct request *r = in->written[i];
        if (r->time >= since && is_token_secret(x, r) &&
            bytes_starts(r->verb, BYTES("delete")) && !is_attackers(in, r))
            return r;
    }
    return NULL;
}

/* The keys of a user of the cloud: an entry to the cluster that is taken is no end of
 * them. */
static void find_end_of_key(const struct incident *in, struct exposed *x)
{
    const struct scope *s = in->scope;
    for (size_t i = 0; i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        bool of_key = bytes_contains(m->action, BYTES("AccessKey")) ||
                      bytes_is(m->action, "DeleteUser");
        if (of_key && cloud_against(in, m) && cloud_names(m, x->name))
            x->ended = m;
    }
}

/* What the attacker did with the account last; its own program goes on in other pods. */
static const struct request *last_use(const struct incident *in, const struct exposed *x)
{
    const struct scope *s = in->scope;
    struct bytes namespace, name;
    for (size_t i = s->requests.n; i-- > 0;) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && service_account_of(r->user, &namespace, &name) &&
            bytes_eq(namespace, x->namespace) && bytes_eq(name, x->name) &&
            is_attackers(in, r) && request_succeeded(r) &&
            !journal_is_habit(s, r, in->first_sign))
            return r;
    }
    return NULL;
}

/* The token of the pod in question ends with it, that of another pod of the same account
 * with that one. */
static const struct request *end_of_holder(const struct incident *in,
                                           const struct exposed *x, instant since)
{
    const struct request *used = last_use(in, x);
    bool other = used && used->from_pod.n && !bytes_eq(used->from_pod, x->holder);
    return other ? end_of_pod(in, x->namespace, used->from_pod, used->time)
                 : end_of_pod(in, x->namespace, x->holder, since);
}

static void find_rotation(struct exposures *e, struct exposed *x)
{
    const struct incident *in = e->in;
    if (x->kind == REFERENCE_USER)
        find_end_of_key(in, x);
    instant since = in->first_placed;
    if (x->last_read && x->last_read->time > since)
        since = x->last_read->time;
    struct history h = incident_history(in, x->namespace, x->name, since);
    for (size_t i = h.n; in->first_sign != INSTANT_NONE && i-- > 0 && !x->rotated;)
        if (renews(x, h.v[i]) && !is_attackers(in, h.v[i]))
            x->rotated = h.v[i];
    if (!x->rotated && x->kind == REFERENCE_TOKEN && x->holder.n && !x->elsewhere &&
        in->first_sign != INSTANT_NONE)
        x->rotated = end_of_holder(in, x, since);
    if (!x->rotated && in->first_sign != INSTANT_NONE)
        x->rotated = end_of_secret(in, x, since);
}

/* -- consumers ---------------------------------------------------------------------- */

/* A pod is restarted when it is deleted or made anew; a workload when its template is
 * written (kubectl rollout restart does that). */
static bool was_restarted(const struct exposures *e, const struct exposed *x,
                          struct bytes name)
{
    struct history h = incident_history(e->in, x->namespace, name, x->rotated->time);
    for (size_t i = 0; i < h.n; i++) {
        const struct request *r = h.v[i];
        if (!bytes_is(r->resource, "secrets") &&
            (bytes_is(r->verb, "create") || bytes_starts(r->verb, BYTES("delete")) ||
             tree_get(r->request, "spec/template") ||
             bytes_is(r->subresource, "eviction")))
            return true;
    }
    return false;
}

/* By itself, by its owner, or by the Deployment behind its replica set, whose name is the
 * Deployment's and a hash. */
static bool consumer_restarted(const struct exposures *e, const struct exposed *x,
                               const json_t *manifest, struct bytes name)
{
    struct bytes owner = tree_string(manifest, "metadata/ownerReferences/0/name");
    struct bytes behind = bytes_sub(owner, 0, bytes_rfind_byte(owner, '-'));
    return was_restarted(e, x, name) || (owner.n && was_restarted(e, x, owner)) ||
           (behind.n < owner.n && was_restarted(e, x, behind));
}

/* One object that runs pods, and what it is told by. */
struct consumer {
    struct exposures *e;
    const json_t *manifest;
    struct bytes kind, namespace, name, account;
    struct span span;
};

static void add_consumer(const struct consumer *c, struct exposed *x)
{
    const struct scope *s = c->e->in->scope;
    json_t *o = json_object();
    put_text(o, "kind", s, c->kind);
    put_text(o, "name", s, c->name);
    if (x->rotated) {
        bool restarted = consumer_restarted(c->e, x, c->manifest, c->name);
        json_object_set_new(o, "restarted_since", json_boolean(restarted));
        /* A token that has ended is of no use to whoever still has it. */
        x->consumers_old |= !restarted && x->kind != REFERENCE_TOKEN;
    }
    put_span(o, s, c->span);
    json_array_append_new(x->consumers, o);
    x->last_consumer = c->manifest;
}

static void consume(void *context, const struct reference *r)
{
    const struct consumer *c = context;
    bool token = r->kind == REFERENCE_TOKEN;
    struct exposed like = {.kind = r->kind,
                           .namespace = c->namespace,
                           .name = token ? c->account : r->name,
                           .audience = token ? r->audience : BYTES_NONE};
    if (r->kind != REFERENCE_SECRET && r->kind != REFERENCE_CONFIGMAP && !token)
        return;
    struct exposed *x = exposure_find(c->e, &like);
    if (x && x->last_consumer != c->manifest)
        add_consumer(c, x);
}

static void consumers_in_documents(struct exposures *e)
{
    const struct scope *s = e->in->scope;
    for (size_t i = 0; i < s->objects.n; i++) {
        const struct object *o = s->objects.v[i];
        struct consumer c = {.e = e,
                             .manifest = o->k->object,
                             .kind = o->k->kind,
                             .namespace =
                                 o->k->namespace.n ? o->k->namespace : BYTES("default"),
                             .name = o->k->name,
                             .account = podspec_account(o->k->object),
                             .span = object_span(o, NULL)};
        if (podspec_of(c.manifest))
            podspec_references(c.manifest, consume, &c);
    }
}

/* Pods come and go; one that was deleted since reads nothing any more. */
static bool is_gone(const struct exposures *e, const struct request *made)
{
    struct history h = incident_history(e->in, made->namespace, made->name, made->time);
    for (size_t i = 0; i < h.n; i++) {
        const struct request *r = h.v[i];
        if (bytes_is(r->verb, "delete") && !r->subresource.n &&
            bytes_eq(r->resource, made->resource))
            return true;
    }
    return false;
}

/* Those that no document of the package shows. */
static void consumers_in_log(struct exposures *e)
{
    struct scope *s = e->in->scope;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        const json_t *body = r->response ? r->response : r->request;
        if (r->folded || !bytes_is(r->verb, "create") || r->subresource.n ||
            !request_succeeded(r) || !podspec_of(body) || is_gone(e, r))
            continue;
        struct consumer c = {.e = e,
                             .manifest = body,
                             .kind = tree_string(body, "kind"),
                             .namespace = r->namespace,
                             .name = r->name,
                             .account = podspec_account(body),
                             .span = r->spans[0]};
        if (!objects_find(s, c.kind.n ? arena_string(&s->arena, c.kind) : "Pod",
                          r->namespace, r->name))
            podspec_references(body, consume, &c);
    }
}

void exposure_rotations(struct exposures *e)
{
    for (size_t i = 0; i < e->all.n; i++)
        find_rotation(e, e->all.v[i]);
    consumers_in_documents(e);
    consumers_in_log(e);
}

/* -- what is missing ---------------------------------------------------------------- */

/* NULL: the log would show it. */
static const char *rotation_doubt(const struct incident *in)
{
    const struct scope *s = in->scope;
    if (s->audit_first == INSTANT_NONE)
        return "the package has no audit log";
    return s->audit_last < in->first_placed ? "the audit log ends before the first sign"
                                            : NULL;
}

void exposure_tell_rotation(struct exposures *e, const struct exposed *x)
{
    struct scope *s = e->in->scope;
    struct text t = {0};
    struct span span = x->listed      ? x->listed->spans[0]
                       : x->span.item ? x->span
                                      : s->pod.span;
    name_object(&t, x->namespace, x->name);
    struct bytes subject = arena_copy(&s->arena, text_bytes(&t));
    text_release(&t);
    if (x->first_read)
        span = x->first_read->spans[0];
    if (x->rotated && x->consumers_old) {
        struct finding f =
            kube_finding(KUBE_CONSUMERS_OLD, subject, x->rotated->spans[0]);
        kube_found(s, &f);
    }
    bool urgent = x->urgency <= URGENCY_HELD && x->kind != REFERENCE_CONFIGMAP;
    if (x->rotated || x->ended || !urgent)
        return;
    struct finding f = kube_finding(KUBE_NOT_ROTATED, subject, span);
    const char *doubt = rotation_doubt(e->in);
    f.confidence = CONFIDENCE_MEDIUM;
    f.not_decidable = doubt != NULL;
    if (doubt)
        finding_argument(&f, "why", bytes_str(doubt));
    finding_argument(&f, "kind", bytes_str(reference_kind_name(x->kind)));
    finding_argument(&f, "exposed", bytes_str(urgency_text(x->urgency)));
    kube_found(s, &f);
}

/* -- how to ------------------------------------------------------------------------- */

static const char *remedy(const struct exposed *x)
{
    switch (x->kind) {
    case REFERENCE_SECRET:
        return "change the credential where it is issued, write the secret, restart its "
               "consumers; an account's old-style token ends when its secret is deleted";
    case REFERENCE_TOKEN:
        return "delete the pod that holds it, or the account; other audiences: revoke at "
               "the service that trusts them";
    case REFERENCE_VALUE:
        return "change the credential where it is issued and take it out of the manifest";
    case REFERENCE_EXTERNAL:
        return "rotate in the external store";
    case REFERENCE_CERTIFICATE:
        return "have its signer no longer trusted, or wait until it expires: it is not "
               "revoked with the pod";
    case REFERENCE_CLOUD:
        return "revoke the sessions of the role at the cloud, and look at its own log "
               "for "
               "what was done with them";
    case REFERENCE_USER:
        return "take the rights of the name away; a client certificate cannot be revoked "
               "before it expires, a login or token can, where it is issued";
    default:
        return "look for credentials in it";
    }
}

/* NULL: the log says it. */
static const char *how_sure(const struct exposed *x)
{
    const struct request *r = x->rotated;
    if (r && is_token_secret(x, r))
        return "an old-style token of the account was deleted; others of it go on";
    bool valued = x->kind == REFERENCE_SECRET || x->kind == REFERENCE_CONFIGMAP;
    if (!r || !valued || r->written == VALUES_SENT ||
        bytes_starts(r->verb, BYTES("delete")))
        return NULL;
    return "it was written; the log does not tell whether its values changed";
}

json_t *render_rotation(struct exposures *e, const struct exposed *x)
{
    const struct scope *s = e->in->scope;
    json_t *o = json_object();
    json_object_set_new(o, "seen", json_boolean(x->rotated || x->ended));
    put_word(o, "how_sure", how_sure(x));
    if (x->rotated)
        json_object_set_new(o, "by", render_request(s, x->rotated));
    else if (x->ended)
        json_object_set_new(o, "by", render_mark(s, x->ended));
    else
        put_time(o, "not_until", s->audit_last, PRECISION_MICROSECOND);
    put_word(o, "remedy", remedy(x));
    json_object_set_new(o, "consumers", x->consumers);
    return o;
}
