/* The part of the scope that grows: what a request in scope opens to the attacker. */
#include <stdlib.h>

#include "analyze/kube/incident/node.h"
#include "analyze/kube/objects/podspec.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/csr.h"

/* -- by name ------------------------------------------------------------------------- */

static struct reached *first_of(const struct scope *s, struct bytes what)
{
    const struct reached_index *index = &s->reached_by;
    uint32_t number;
    return what.n && index->names && intern_find(index->names, what, &number)
               ? index->first[number]
               : NULL;
}

static void index_reached(struct reached_index *index, struct reached *r)
{
    if (!index->names)
        index->names = intern_new();
    uint32_t known = intern_count(index->names),
             number = intern_put(index->names, r->what);
    index->first = memory_grow(index->first, &index->capacity, (size_t)number + 1,
                               sizeof(struct reached *));
    if (number == known)
        index->first[number] = NULL;
    struct reached **at = &index->first[number];
    while (*at)
        at = &(*at)->next;
    *at = r;
    r->next = NULL;
    index->objects += !r->identity;
}

void reached_index_release(struct reached_index *index)
{
    intern_free(index->names);
    free(index->first);
    *index = (struct reached_index){0};
}

void scope_reached_keep(struct scope *s, size_t kept, size_t from)
{
    struct list *all = &s->reached;
    size_t more = all->n - from;
    if (more)
        memmove(all->v + kept, all->v + from, more * sizeof *all->v);
    all->n = kept + more;
    reached_index_release(&s->reached_by);
    for (size_t i = 0; i < all->n; i++)
        index_reached(&s->reached_by, all->v[i]);
}

const struct reached *scope_reached(const struct scope *s, struct bytes what,
                                    bool identity)
{
    const struct reached *r = first_of(s, what);
    while (r && r->identity != identity)
        r = r->next;
    return r;
}

/* The entry of an identity that counts for requests from that address. `made`: that very
 * request; NULL: any. */
static const struct reached *holds_from(const struct scope *s, struct bytes what,
                                        struct bytes address, const struct request *made)
{
    for (const struct reached *r = first_of(s, what); r; r = r->next)
        if (r->identity && !r->borrowed &&
            (r->from.n == 0 || bytes_eq(r->from, address)) &&
            !(r->node && made && (made->time < r->since || node_kubelet_asks(made))))
            return r;
    return NULL;
}

/* An account that the attacker got at goes on with its own work: what it did in the same
 * way before counts as that. The pod's own account has no such time before. */
const struct reached *scope_holds(const struct scope *s, const struct request *r)
{
    const struct reached *who = holds_from(s, request_as(r), r->source, r);
    if (!who && r->as.n)
        who = holds_from(s, r->user, r->source, r);
    bool own_work = who && who->since != INT64_MIN && !who->from.n &&
                    journal_is_habit(s, r, who->since);
    return own_work ? NULL : who;
}

void scope_reach(struct scope *s, const struct reached *r)
{
    const struct reached *known = scope_reached(s, r->what, r->identity);
    /* What was held for one address only may be held for another, or wholly. */
    if (r->what.n == 0 || s->reached.n >= LIMIT_KUBE_REACHED ||
        (known && (!known->from.n || holds_from(s, r->what, r->from, NULL))))
        return;
    struct reached *kept = arena_new(&s->arena, struct reached);
    *kept = *r;
    kept->what = arena_copy(&s->arena, r->what);
    list_add(&s->reached, kept);
    index_reached(&s->reached_by, kept);
}

static struct bytes write_key(struct text *t, struct bytes resource,
                              struct bytes namespace, struct bytes name)
{
    text_add(t, resource);
    text_byte(t, ' ');
    text_add(t, namespace);
    text_byte(t, '/');
    text_add(t, name);
    return text_bytes(t);
}

static struct bytes key_of(struct arena *arena, struct bytes resource,
                           struct bytes namespace, struct bytes name)
{
    struct text t = {0};
    struct bytes key = arena_copy(arena, write_key(&t, resource, namespace, name));
    text_release(&t);
    return key;
}

/* A project is asked for under one name and deleted under another. */
static struct bytes key_resource(const struct request *r)
{
    return request_of_namespace(r) ? BYTES("namespaces") : r->resource;
}

struct bytes scope_object_key(struct scope *s, const struct request *r)
{
    return r->name.n ? key_of(&s->arena, key_resource(r), r->namespace, r->name)
                     : BYTES_NONE;
}

/* -- does it concern the scope? ----------------------------------------------------- */

static bool touches_reached(const struct scope *s, const struct request *r)
{
    struct text t = {0};
    if (!r->name.n || !s->reached_by.objects)
        return false;
    bool reached =
        scope_reached(s, write_key(&t, key_resource(r), r->namespace, r->name), false);
    text_release(&t);
    return reached;
}

/* Is the pod's own secret or config written or read by somebody? */
static bool names_secret_of_pod(const struct scope *s, const struct request *r)
{
    if (!bytes_eq(r->namespace, s->pod.namespace) || r->name.n == 0)
        return false;
    if (!bytes_is(r->resource, "secrets") && !bytes_is(r->resource, "configmaps"))
        return false;
    for (size_t i = 0; i < s->references.n; i++)
        if (bytes_eq(*(const struct bytes *)s->references.v[i], r->name))
            return true;
    return false;
}

/* The workload that owns the pod, or what stands behind it: the Deployment behind a
 * replica set, whose name is the Deployment's and a hash; OpenShift's DeploymentConfig
 * behind a replication controller, whose name is the DeploymentConfig's and a number. */
bool scope_owns_pod(const struct scope *s, const struct request *r)
{
    struct bytes kind = s->pod.owner_kind, owner = s->pod.owner_name;
    bool same = r->resource.n == kind.n + 1 && r->resource.p[kind.n] == 's' &&
                bytes_eq_nocase(kind, bytes_sub(r->resource, 0, kind.n));
    if (!s->pod.namespace.n || !bytes_eq(r->namespace, s->pod.namespace))
        return false;
    if (same)
        return bytes_eq(r->name, owner);
    bool behind = bytes_is(kind, "ReplicaSet")
                      ? bytes_is(r->resource, "deployments")
                      : bytes_is(kind, "ReplicationController") &&
                            bytes_is(r->resource, "deploymentconfigs");
    return behind && r->name.n &&
           bytes_eq(r->name, bytes_sub(owner, 0, bytes_rfind_byte(owner, '-')));
}

bool request_of_namespace(const struct request *r)
{
    return bytes_is(r->resource, "namespaces") ||
           (bytes_is(r->group, "project.openshift.io") && r->subresource.n == 0);
}

/* The namespace itself, or all pods in it at once. */
static bool takes_namespace(const struct scope *s, const struct request *r)
{
    if (request_of_namespace(r))
        return s->pod.namespace.n && bytes_eq(r->name, s->pod.namespace);
    return request_is(r, "pods", "") && bytes_is(r->verb, "deletecollection") &&
           s->pod.namespace.n && bytes_eq(r->namespace, s->pod.namespace);
}

static bool touches_pod(const struct scope *s, const struct request *r)
{
    if (bytes_is(r->resource, "pods") && !takes_namespace(s, r))
        return scope_is_pod(s, r->namespace, r->name) &&
               !(is_control_plane(request_as(r)) && bytes_is(r->subresource, "status"));
    bool own_namespace = s->pod.namespace.n && bytes_eq(r->namespace, s->pod.namespace);
    /* Also Cilium's and Calico's, and those of the whole cluster. */
    if (request_of_policy(r))
        return (own_namespace || (r->namespace.n == 0 && request_writes(r))) &&
               (request_writes(r) || (r->name.n && !is_control_plane(request_as(r))));
    if (bytes_is(r->resource, "serviceaccounts"))
        return own_namespace && bytes_eq(r->name, s->pod.service_account) &&
               request_writes(r);
    if (scope_owns_pod(s, r) || takes_namespace(s, r))
        return request_writes(r) && !is_control_plane(request_as(r));
    if (bytes_is(r->resource, "nodes"))
        return s->pod.node.n && bytes_eq(r->name, s->pod.node) && request_writes(r) &&
               !is_control_plane(request_as(r));
    return false;
}

/* A component's account with the client of the attacker, after the attacker could read
 * that account's token: the token was taken. Gives the client's first use, or NULL. */
static const struct reached *stolen_token(struct scope *s, const struct request *r)
{
    struct bytes namespace, name;
    if (!s->secrets_listed || !is_tool(r->agent) ||
        !service_account_of(r->user, &namespace, &name))
        return NULL;
    struct arena scratch = ARENA_INIT;
    struct bytes client = key_of(&scratch, BYTES("client"), r->agent, r->source);
    const struct reached *known = scope_reached(s, client, false);
    arena_release(&scratch);
    return known && known->since <= r->time ? known : NULL;
}

/* A bound token tells the pod that it was made for, and so the pod its account. */
static bool is_pods_token(const struct scope *s, const struct request *r)
{
    struct bytes namespace, name;
    return r->from_pod.n && service_account_of(r->user, &namespace, &name) &&
           scope_is_pod(s, namespace, r->from_pod);
}

bool scope_concerns(struct scope *s, const struct request *r)
{
    if (scope_holds(s, r) || is_pods_token(s, r))
        return true;
    if (touches_pod(s, r) || touches_reached(s, r))
        return true;
    if (names_secret_of_pod(s, r))
        return request_writes(r) || !is_control_plane(request_as(r));
    return stolen_token(s, r) != NULL;
}

/* -- what it opens ------------------------------------------------------------------ */

static struct reached reached_by(const struct request *r, const char *how)
{
    return (struct reached){
        .since = r->time, .how = how, .by = request_as(r), .span = r->spans[0]};
}

static void reach_account(struct scope *s, struct bytes namespace, struct bytes name,
                          struct reached as)
{
    struct text t = {0};
    text_printf(&t, "system:serviceaccount:%.*s:%.*s", (int)namespace.n,
                (const char *)namespace.p, (int)name.n, (const char *)name.p);
    as.identity = true;
    as.what = text_bytes(&t);
    if (name.n && namespace.n)
        scope_reach(s, &as);
    text_release(&t);
}

static void reach_subjects(struct scope *s, const struct request *r, const json_t *body)
{
    const json_t *subjects = tree_get(body, "subjects");
    size_t i;
    json_t *subject;
    json_array_foreach(subjects, i, subject)
    {
        struct bytes name = tree_string(subject, "name");
        struct bytes namespace = tree_string(subject, "namespace");
        struct reached as = reached_by(r, "was given rights by");
        as.identity = true;
        as.what = name;
        if (bytes_is(tree_string(subject, "kind"), "ServiceAccount"))
            reach_account(s, namespace.n ? namespace : r->namespace, name, as);
        else if (bytes_is(tree_string(subject, "kind"), "User"))
            scope_reach(s, &as);
    }
}

static const json_t *body_of(const struct request *r)
{
    const json_t *created = tree_get(r->response, "metadata") ? r->response : r->request;
    return bytes_is(tree_string(r->response, "kind"), "Status") ? r->request : created;
}

/* Is it written what pods run, and by which account? A patch names no account: the answer
 * does. */
static bool writes_pods(const struct request *r)
{
    if (r->subresource.n)
        return false;
    return bytes_is(r->verb, "create")
               ? podspec_of(body_of(r)) || bytes_is(r->resource, "pods")
               : podspec_of(r->request) && podspec_of(r->response);
}

/* Also of a workload: its pods run what the attacker wrote into the template. */
static void reach_pod_account(struct scope *s, const struct request *r)
{
    struct reached as = reached_by(r, "runs a pod created by");
    as.of_pod = true;
    reach_account(s, r->namespace, podspec_account(body_of(r)), as);
}

static void reach_object(struct scope *s, const struct request *r)
{
    struct reached as = reached_by(r, "written by");
    as.what = scope_object_key(s, r);
    scope_reach(s, &as);
}

/* The address and client that the attacker's requests come with. */
static void reach_client(struct scope *s, const struct request *r)
{
    struct reached as = reached_by(r, "client of");
    as.what = key_of(&s->arena, BYTES("client"), r->agent, r->source);
    scope_reach(s, &as);
}

/* Did that user act before? Somebody who did has credentials of their own. */
static bool was_known(const struct scope *s, struct bytes user, instant until)
{
    uint32_t number;
    bool known = false;
    if (!intern_find(s->words, user, &number))
        return false;
    for (size_t i = 0; i < s->pattern_count && !known; i++)
        known = s->patterns[i].by == number && s->patterns[i].first < until;
    return known;
}

static void reach_certificate(struct scope *s, const struct request *r)
{
    struct arena scratch = ARENA_INIT;
    struct csr_names names;
    struct csr_name name;
    bool read = csr_open(tree_string(body_of(r), "spec/request"), &scratch, &names);
    while (read && csr_next(&names, &name)) {
        struct reached as = reached_by(r, CERTIFICATE_ASKED);
        as.identity = true;
        as.what = name.value;
        as.borrowed = was_known(s, name.value, r->time);
        if (strcmp(name.attribute, "CN") == 0 && utf8_valid(name.value))
            scope_reach(s, &as);
    }
    arena_release(&scratch);
}

static void grow_by_write(struct scope *s, const struct request *r)
{
    bool creates = bytes_is(r->verb, "create");
    if (writes_pods(r))
        reach_pod_account(s, r);
    if (bytes_is(r->resource, "serviceaccounts"))
        reach_account(s, r->namespace, r->name,
                      reached_by(r, r->subresource.n ? "had a token issued by"
                                                     : "was created or changed by"));
    if (bytes_is(r->resource, "rolebindings") ||
        bytes_is(r->resource, "clusterrolebindings"))
        reach_subjects(s, r, body_of(r));
    if (request_is(r, "certificatesigningrequests", "") && creates)
        reach_certificate(s, r);
    reach_object(s, r);
}

static void grow_by_identity(struct scope *s, const struct request *r)
{
    struct reached as = reached_by(r, "was impersonated by");
    as.by = r->user;
    as.identity = true;
    as.what = r->as;
    as.borrowed = true; /* the impersonator's own credentials do it */
    if (r->as.n && scope_reached(s, r->user, true))
        scope_reach(s, &as);
    as = reached_by(r,
                    "was used with the attacker's client after its token could be read");
    as.identity = true;
    as.what = r->user;
    as.taken = true;
    const struct reached *client = stolen_token(s, r);
    if (!client || scope_reached(s, r->user, true))
        return;
    as.by = client->by;
    scope_reach(s, &as);
}

/* Without a manifest the log's own copy of the pod tells its account. */
static void learn_account(struct scope *s, const struct request *r)
{
    struct bytes account = tree_string(body_of(r), "spec/serviceAccountName");
    struct reached as = {.since = INT64_MIN,
                         .how = "is the account of",
                         .by = s->pod.name,
                         .span = r->spans[0]};
    if (!s->manifest && request_is(r, "pods", "") && account.n &&
        scope_is_pod(s, r->namespace, r->name))
        reach_account(s, r->namespace, account, as);
    as.identity = true;
    as.what = r->user;
    if (!s->manifest && is_pods_token(s, r))
        scope_reach(s, &as);
}

void scope_grow(struct scope *s, const struct request *r)
{
    if (!request_succeeded(r))
        return;
    learn_account(s, r);
    grow_by_identity(s, r);
    if (!scope_holds(s, r))
        return; /* somebody else's work on what is in scope */
    bool reads_all = bytes_is(r->resource, "secrets") && r->namespace.n == 0 &&
                     (bytes_is(r->verb, "list") || bytes_is(r->verb, "watch"));
    if (reads_all || bytes_is(r->resource, "secrets")) {
        s->secrets_listed = true;
        reach_client(s, r);
    }
    if (request_enters(r))
        reach_object(s, r);
    else if (request_writes(r) && r->name.n)
        grow_by_write(s, r);
}
