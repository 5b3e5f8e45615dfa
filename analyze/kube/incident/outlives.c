/* What the attacker holds and no containment of the pod ends: the certificate of a
 * node's kubelet, which no API server revokes, and accounts that were used by the
 * attacker and have lost neither their rights nor what vouches for them. */
#include <stdlib.h>

#include "analyze/kube/incident/address.h"
#include "analyze/kube/incident/incident.h"
#include "analyze/kube/incident/node.h"
#include "formats/base/memory.h"

static void outlives(struct incident *in, struct bytes what, const char *why,
                     struct span span)
{
    const struct scope *s = in->scope;
    json_t *o = json_object();
    put_text(o, "what", s, what);
    put_word(o, "why", why);
    put_span(o, s, span);
    json_array_append_new(in->outlives, o);
    if (in->contained == INSTANT_NONE)
        return;
    struct finding f = kube_finding(KUBE_OUTLIVES, what, span);
    f.confidence = CONFIDENCE_MEDIUM;
    finding_argument(&f, "why", bytes_str(why));
    kube_found(in->scope, &f);
}

/* -- nodes --------------------------------------------------------------------------- */

static bool was_done_to(const struct incident *in, struct bytes node, enum act_kind kind)
{
    bool done = false;
    for (size_t i = 0; i < in->acts.n; i++) {
        const struct act *a = in->acts.v[i];
        bool about = a->effective && a->request && request_is(a->request, "nodes", "") &&
                     bytes_eq(a->request->name, node);
        if (about && a->kind == kind)
            done = true;
        else if (about && kind == ACT_CORDON && a->kind == ACT_UNCORDON)
            done = false;
    }
    return done;
}

#define VALID_NODE                                                                       \
    "valid until it expires: no API server revokes a certificate, and a pod that is "    \
    "held back or gone leaves it as it is; as far as the log shows the node was "

static const char *why_node_valid(const struct incident *in, struct bytes node)
{
    return was_done_to(in, node, ACT_CORDON)
               ? VALID_NODE "only closed to new pods, and not taken out of the cluster"
               : VALID_NODE "neither closed to new pods nor taken out of the cluster";
}

/* Its account was used, or the way out to it was taken. */
static void of_node(struct incident *in, struct bytes node, struct span span)
{
    struct text t = {0};
    if (was_done_to(in, node, ACT_DELETE))
        return;
    text_str(&t, "the certificate of node ");
    text_add(&t, node);
    text_str(&t, "'s kubelet (system:node:");
    text_add(&t, node);
    text_str(&t, ")");
    outlives(in, text_bytes(&t), why_node_valid(in, node), span);
    text_release(&t);
}

static void of_nodes(struct incident *in)
{
    const struct scope *s = in->scope;
    struct span left;
    bool pods_node = s->pod.node.n && node_left_container(s, &left);
    if (pods_node)
        of_node(in, s->pod.node, left);
    for (size_t i = 0; i < s->reached.n; i++) {
        const struct reached *r = s->reached.v[i];
        struct bytes node = node_of_user(r->what);
        if (r->identity && node.n && !(pods_node && bytes_eq(node, s->pod.node)) &&
            scope_reached(s, r->what, true) == r)
            of_node(in, node, r->span);
    }
}

/* -- static pods --------------------------------------------------------------------- */

/* What a kubelet that was started again announces anew: the control plane's own, and
 * whatever it had announced before. */
static bool was_there(const struct incident *in, const struct request *r)
{
    static const char *const own[] = {"kube-", "etcd-", "cloud-controller-manager-"};
    bool there = false;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        there |= bytes_is(r->namespace, "kube-system") &&
                 bytes_starts(r->name, bytes_str(own[i]));
    struct history h = incident_history(in, r->namespace, r->name, INSTANT_NONE);
    return there || (h.n && h.v[0]->time < r->time);
}

/* A kubelet makes no pod but the mirror of one in its node's folder. */
static bool is_mirror(const struct request *r, struct bytes node)
{
    return !r->folded && node.n && request_is(r, "pods", "") &&
           bytes_is(r->verb, "create") && request_succeeded(r);
}

/* Those that came since power was had over the node. */
static void of_static_pods(struct incident *in)
{
    const struct scope *s = in->scope;
    struct nodes_had had = {0};
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        struct bytes node = node_of_user(r->user);
        struct text t = {0};
        if (!is_mirror(r, node) || r->time < in->first_placed)
            continue;
        instant since = node_had_since(&had, s, node);
        if (since == INSTANT_NONE || since > r->time || was_there(in, r) ||
            was_done_to(in, node, ACT_DELETE))
            continue;
        text_str(&t, "static pod ");
        name_object(&t, r->namespace, r->name);
        outlives(in, text_bytes(&t),
                 "its kubelet read it from a file on the node, after power had been had "
                 "over that node: it starts again until the file is gone, whatever is "
                 "deleted through the API; who laid the file there is not in its log",
                 r->spans[0]);
        text_release(&t);
    }
    nodes_had_release(&had);
}

/* -- accounts ------------------------------------------------------------------------ */

/* What the attacker did with it last, from anywhere or from outside only. */
static const struct request *last_use(const struct incident *in, struct bytes who,
                                      bool outside)
{
    const struct scope *s = in->scope;
    for (size_t i = s->requests.n; i-- > 0;) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && bytes_eq(r->user, who) && request_succeeded(r) &&
            is_attackers(in, r) && (!outside || address_is_outside(s, r->source)))
            return r;
    }
    return NULL;
}

static bool names(const json_t *subjects, struct bytes namespace, struct bytes who)
{
    const struct subject of = {who, BYTES_NONE};
    for (size_t i = 0; i < json_array_size(subjects); i++)
        if (rbac_subject_matches(json_array_get(subjects, i), namespace, &of))
            return true;
    return false;
}

/* A binding of its own was taken away, or written so that it names it no more; where the
 * record does not tell what was written, that is taken to have been so. The role of one
 * was written. Whether all its rights went with that is told under exposure. */
static bool takes_rights(const struct incident *in, const struct request *r,
                         struct bytes who)
{
    bool role = bytes_ends(r->resource, BYTES("roles")), had = false, has = false;
    bool told = r->request || r->response || bytes_starts(r->verb, BYTES("delete"));
    for (size_t i = 0; i < in->rbac.bindings.n; i++) {
        const struct rbac_binding *b = in->rbac.bindings.v[i];
        if (!bytes_eq(role ? b->role : b->name, r->name) ||
            !names(b->subjects, b->namespace, who))
            continue;
        had |= b->from <= r->time;
        has |= !role && b->from <= r->end && b->until > r->end;
    }
    return had && (!has || !told);
}

/* The same of one that no document or body of a record shows. */
static bool takes_binding(const struct request *r, const struct request *used)
{
    return bytes_starts(r->verb, BYTES("delete")) && request_let_through(r, used);
}

/* The server holds an old-style token against the secret that it lies in. */
static bool ends_secret(const struct request *r)
{
    bool wrote = bytes_is(r->verb, "update") || bytes_is(r->verb, "patch");
    return bytes_is(r->resource, "secrets") &&
           (bytes_starts(r->verb, BYTES("delete")) ||
            (wrote && is_person(r->user) && r->written != VALUES_LEFT));
}

/* The account itself, the pod that its token is bound to, or the secret that holds it;
 * with the namespace all of them. */
static bool ends_token(const struct request *r, const struct request *used)
{
    struct bytes namespace, name;
    if (!service_account_of(used->user, &namespace, &name) ||
        !(bytes_starts(r->verb, BYTES("delete")) || ends_secret(r)))
        return false;
    if (request_of_namespace(r))
        return bytes_eq(r->name, namespace);
    if (r->subresource.n || !bytes_eq(r->namespace, namespace))
        return false;
    return bytes_is(r->resource, "serviceaccounts") ? bytes_eq(r->name, name)
           : bytes_is(r->resource, "secrets")
               ? request_of_token_secret(r, namespace, name)
               : bytes_is(r->resource, "pods") && used->from_pod.n &&
                     bytes_eq(r->name, used->from_pod);
}

static bool is_of_rights(const struct request *r)
{
    return bytes_is(r->group, "rbac.authorization.k8s.io");
}

/* Writes of others since the incident began that may end anybody's credentials. */
struct ending {
    const struct request **v;
    size_t n;
};

static struct ending find_ending(const struct incident *in)
{
    struct ending e = {.v = memory_new(in->write_count + 1, sizeof *e.v)};
    for (size_t i = 0; i < in->write_count; i++) {
        const struct request *r = in->written[i];
        if (r->time >= in->first_placed &&
            (is_of_rights(r) || bytes_starts(r->verb, BYTES("delete")) ||
             ends_secret(r)) &&
            !is_attackers(in, r))
            e.v[e.n++] = r;
    }
    return e;
}

static bool is_ended_by_write(const struct incident *in, const struct ending *ending,
                              const struct request *used)
{
    for (size_t i = 0; i < ending->n; i++) {
        const struct request *r = ending->v[i];
        if (is_of_rights(r) ? takes_rights(in, r, used->user) || takes_binding(r, used)
                            : ends_token(r, used))
            return true;
    }
    return false;
}

/* By the pod's end, where it is the pod's own; by the cloud's own interface. */
static bool is_ended(const struct incident *in, const struct ending *ending,
                     const struct request *used)
{
    bool own = bytes_eq(used->user, in->scope->pod.username);
    for (size_t i = 0; i < in->acts.n; i++) {
        const struct act *a = in->acts.v[i];
        bool revoked = !a->request && a->kind == ACT_REVOKE;
        if (a->effective && (revoked || (own && a->ends && a->own)))
            return true;
    }
    return is_ended_by_write(in, ending, used);
}

static bool is_master(const struct request *r)
{
    struct bytes rest = r->groups, group;
    while (bytes_split(&rest, ',', &group))
        if (bytes_is(group, "system:masters"))
            return true;
    return false;
}

static bool by_certificate(const struct reached *who)
{
    return strcmp(who->how, CERTIFICATE_ASKED) == 0;
}

static const char *why_valid(const struct reached *who, const struct request *used,
                             bool own)
{
    if (by_certificate(who) && is_master(used))
        return "valid until it expires, and of system:masters: no change of rights takes "
               "them away, only another authority of the cluster does";
    if (by_certificate(who))
        return "valid until it expires: no API server revokes a certificate, and no "
               "right of its name was taken away as far as the log shows";
    if (own)
        return "the token was used from outside the cluster, and neither the pod that it "
               "is bound to nor its account or rights were taken away as far as the log "
               "shows";
    return "they were in the attacker's hands, and neither the account nor its rights, "
           "nor what its token hangs on, were taken away as far as the log shows";
}

static void of_account(struct incident *in, const struct ending *ending,
                       const struct reached *who)
{
    bool own = bytes_eq(who->what, in->scope->pod.username);
    const struct request *used = last_use(in, who->what, own);
    struct text t = {0};
    if (!used || is_ended(in, ending, used))
        return;
    text_str(&t, by_certificate(who) ? "the certificate of " : "the credentials of ");
    text_add(&t, who->what);
    outlives(in, text_bytes(&t), why_valid(who, used, own), used->spans[0]);
    text_release(&t);
}

static bool may_outlive(const struct scope *s, const struct reached *r)
{
    return r->identity && !r->borrowed && !r->anonymous && !node_of_user(r->what).n &&
           scope_reached(s, r->what, true) == r;
}

void incident_outlives(struct incident *in)
{
    const struct scope *s = in->scope;
    in->outlives = json_array();
    list_add(&in->owned, in->outlives);
    if (!in->shown)
        return;
    of_nodes(in);
    of_static_pods(in);
    struct ending ending = find_ending(in);
    for (size_t i = 0; i < s->reached.n; i++)
        if (may_outlive(s, s->reached.v[i]))
            of_account(in, &ending, s->reached.v[i]);
    free(ending.v);
}
