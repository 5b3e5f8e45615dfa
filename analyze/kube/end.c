/* The end of the stream: everything in order of time, then the documents. */
#include <stdlib.h>

#include "analyze/kube/clusters.h"
#include "analyze/kube/incident/cloud.h"
#include "analyze/kube/network/network.h"
#include "analyze/kube/objects/objects.h"
#include "analyze/kube/objects/podspec.h"
#include "analyze/kube/objects/shown.h"
#include "analyze/kube/repeats.h"
#include "analyze/kube/room.h"
#include "formats/base/memory.h"
#include "formats/base/workers.h"

/* Pods that are looked at for a proposal. */
#define MOST_NAMED 256

/* In this order: later documents use what earlier ones found out. */
static const struct {
    const char *name;
    json_t *(*document)(struct incident *in);
} documents[] = {
    {"patient_zero", patient_document},    {"identities", identities_document},
    {"slices", slices_document},           {"baseline", baseline_document},
    {"containment", containment_document}, {"exposure", exposure_document},
    {"claims", claims_document},           {"story", story_document},
};

/* -- findings about what was done --------------------------------------------------- */

static bool writes_rights(const struct request *r)
{
    static const char *const resources[] = {"roles", "clusterroles", "rolebindings",
                                            "clusterrolebindings"};
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
        if (bytes_is(r->resource, resources[i]))
            return request_writes(r);
    return false;
}

static void any_host_access(void *context, const struct host_access *h)
{
    *(bool *)context |= h->whole;
}

/* Pods, what makes them from a template, and containers put into one that runs. */
static bool is_host_pod(const struct request *r)
{
    bool whole = false;
    bool of_spec =
        r->subresource.n == 0 || bytes_is(r->subresource, "ephemeralcontainers");
    if (!of_spec || !request_writes(r) || bytes_starts(r->verb, BYTES("delete")))
        return false;
    podspec_host_access(r->response ? r->response : r->request, any_host_access, &whole);
    return whole;
}

static void tell(struct incident *in, enum kube_finding which, const struct request *r)
{
    struct finding f = kube_finding_of_request(in->scope, which, r);
    kube_found(in->scope, &f);
}

static void tell_request(struct incident *in, const struct request *r)
{
    bool succeeded = request_succeeded(r);
    if (writes_rights(r) && request_denied(r))
        tell(in, KUBE_RIGHTS_DENIED, r);
    else if (writes_rights(r) && succeeded)
        tell(in, KUBE_RIGHTS_CHANGED, r);
    if (is_host_pod(r) && succeeded)
        tell(in, KUBE_HOST_POD, r);
    if (request_is(r, "serviceaccounts", "") && bytes_is(r->verb, "create") && succeeded)
        tell(in, KUBE_ACCOUNT_CREATED, r);
}

static bool reads_secrets(const struct request *r)
{
    return bytes_is(r->resource, "secrets") && !request_writes(r) && request_succeeded(r);
}

static void tell_requests(struct incident *in)
{
    struct scope *s = in->scope;
    struct repeats reads = {0};
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->folded || !is_attackers(in, r))
            continue;
        tell_request(in, r);
        if (reads_secrets(r))
            repeats_add(&reads, r);
    }
    for (size_t i = 0; i < reads.n; i++) {
        struct finding f = kube_finding_of_repeated(s, KUBE_SECRETS_READ, &reads.v[i]);
        kube_found(s, &f);
    }
    repeats_release(&reads);
}

/* An account that worked from the attacker's address: all that it did from there. */
static void tell_address(struct incident *in, const struct reached *who)
{
    struct scope *s = in->scope;
    enum kube_finding kind = who->anonymous  ? KUBE_ANONYMOUS
                             : who->node     ? KUBE_NODES_ACCOUNT
                             : who->stranger ? KUBE_AT_NEW_PLACE
                                             : KUBE_FROM_ADDRESS;
    struct finding f = kube_finding(kind, who->what, who->span);
    f.confidence = CONFIDENCE_MEDIUM;
    f.time = who->since;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && bytes_eq(r->user, who->what) &&
            bytes_eq(r->source, who->from) && r->time > who->since &&
            (!who->node || scope_holds(s, r)))
            finding_span(&f, r->spans[0]);
    }
    finding_argument(&f, "address", who->from);
    finding_argument(&f, "like", who->by);
    kube_found(s, &f);
}

static void tell_person(struct incident *in, const struct reached *who)
{
    struct scope *s = in->scope;
    enum kube_finding kind = who->issuer            ? KUBE_TOKEN_ISSUED
                             : is_person(who->what) ? KUBE_INSIDER
                                                    : KUBE_WORKLOAD_ENTERED;
    struct finding f = kube_finding(kind, who->what, who->span);
    f.confidence = CONFIDENCE_MEDIUM;
    f.time = who->since;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && bytes_eq(r->user, who->what) && r->time > who->since &&
            is_attackers(in, r))
            finding_span(&f, r->spans[0]);
    }
    kube_found(s, &f);
}

/* Accounts of components that were taken: one finding each, with all that they did. */
static void tell_stolen(struct incident *in)
{
    struct scope *s = in->scope;
    for (size_t i = 0; i < s->reached.n; i++) {
        const struct reached *r = s->reached.v[i];
        if (r->insider || r->issuer)
            tell_person(in, r);
        if (!r->identity || !(r->taken || r->from.n))
            continue;
        if (r->from.n) {
            tell_address(in, r);
            continue;
        }
        struct finding f = kube_finding(KUBE_TOKEN_STOLEN, r->what, r->span);
        f.confidence = CONFIDENCE_MEDIUM;
        f.time = r->since;
        for (size_t j = 0; j < s->requests.n; j++) {
            const struct request *made = s->requests.v[j];
            if (!made->folded && bytes_eq(made->user, r->what) && is_tool(made->agent) &&
                made->time > r->since)
                finding_span(&f, made->spans[0]);
        }
        finding_argument(&f, "like", r->by);
        kube_found(s, &f);
    }
}

static void tell_no_pod(struct scope *s)
{
    struct item *root = package_root(s->analysis->package);
    if (s->pod.how || !item_more(root)->child)
        return;
    struct finding f = kube_finding(KUBE_NO_POD, BYTES("package"),
                                    (struct span){item_more(root)->child, 0, 0});
    f.not_decidable = true;
    kube_found(s, &f);
}

/* -- the scope as a document -------------------------------------------------------- */

static json_t *containers(const struct scope *s)
{
    static const char *const roles[] = {"container", "init container",
                                        "ephemeral container"};
    json_t *array = json_array();
    for (size_t i = 0; i < s->pod.container_count; i++) {
        const struct scope_container *c = &s->pod.containers[i];
        json_t *o = json_object();
        put_text(o, "name", s, c->name);
        put_word(o, "role", roles[c->role]);
        put_text(o, "id", s, c->id);
        put_text(o, "short_id", s, bytes_sub(c->id, 0, 12));
        put_text(o, "image", s, c->image);
        put_text(o, "image_id", s, c->image_id);
        json_array_append_new(array, o);
    }
    return array;
}

static json_t *reached_list(const struct scope *s, bool identities)
{
    json_t *array = json_array();
    for (size_t i = 0; i < s->reached.n; i++) {
        const struct reached *r = s->reached.v[i];
        if (r->identity != identities || bytes_starts(r->what, BYTES("client ")))
            continue;
        json_t *o = json_object();
        put_text(o, "what", s, r->what);
        put_word(o, "how", r->how);
        put_text(o, "by", s, r->by);
        put_text(o, "only_from", s, r->from);
        if (r->since != INT64_MIN)
            put_time(o, "since", r->since, PRECISION_MICROSECOND);
        put_span(o, s, r->span);
        json_array_append_new(array, o);
    }
    return array;
}

static json_t *credentials(const struct scope *s)
{
    json_t *array = json_array();
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->in_scope && scope_holds(s, r)) {
            add_distinct(array, r->credential, s, 200);
            add_distinct(array, r->issued, s, 200);
        }
    }
    return array;
}

struct tally {
    struct intern *names;
    size_t counts[MOST_NAMED], most;
};

static void tally_pod(struct tally *t, struct bytes namespace, struct bytes pod)
{
    struct text name = {0};
    if (!pod.n || !namespace.n)
        return;
    name_object(&name, namespace, pod);
    uint32_t n = intern_put(t->names, text_bytes(&name));
    if (n < MOST_NAMED && ++t->counts[n] > t->counts[t->most])
        t->most = n;
    text_release(&name);
}

/* Who was refused from inside a pod, and into which somebody went. */
static void tally_request(struct tally *t, const struct request *r)
{
    struct bytes namespace, account;
    if (request_denied(r) && service_account_of(r->user, &namespace, &account))
        tally_pod(t, namespace, r->from_pod);
    if (request_enters(r) && bytes_is(r->resource, "pods"))
        tally_pod(t, r->namespace, r->name);
}

/* A proposal for the analyst, where nothing says whose the case is. */
static void put_most_named(json_t *o, const struct scope *s)
{
    struct tally t = {.names = intern_new()};
    for (size_t i = 0; i < s->alerts.n; i++) {
        const struct alert *a = s->alerts.v[i];
        tally_pod(&t, a->namespace, a->pod);
    }
    bool by_alerts = intern_count(t.names) > 0;
    for (size_t i = 0; !by_alerts && i < s->requests.n; i++)
        tally_request(&t, s->requests.v[i]);
    if (intern_count(t.names) > 0) {
        put_text(o, "most_named", s, intern_get(t.names, (uint32_t)t.most));
        put_word(o, "most_named_by",
                 by_alerts ? "most alerts name it"
                           : "most refused requests and sessions are of it");
    }
    intern_free(t.names);
}

static json_t *scope_document(const struct scope *s)
{
    const struct scope_pod *p = &s->pod;
    json_t *o = json_object();
    put_word(o, "schema", "exhibit/scope/1");
    put_word(o, "how", p->how ? p->how : "the package does not make it plain: --pod");
    if (!p->name.n)
        put_most_named(o, s);
    put_text(o, "namespace", s, p->namespace);
    put_text(o, "pod", s, p->name);
    put_text(o, "uid", s, p->uid);
    put_text(o, "node", s, p->node);
    put_text(o, "service_account", s, p->username);
    put_text(o, "owner_kind", s, p->owner_kind);
    put_text(o, "owner_name", s, p->owner_name);
    json_object_set_new(o, "containers", containers(s));
    json_object_set_new(o, "identities", reached_list(s, true));
    json_object_set_new(o, "objects", reached_list(s, false));
    json_object_set_new(o, "credentials", credentials(s));
    put_span(o, s, p->span);
    return o;
}

/* -- all ---------------------------------------------------------------------------- */

/* A document is stored while the next one is made. */
struct storing {
    struct job job;
    struct store *of;
    const char *name;
    json_t *document;
};

struct store {
    struct casefile *casefile; /* nothing else of kube_end writes to it */
    struct workers *workers;
    int failure;
};

static void store_run(struct job *job)
{
    struct storing *s = (struct storing *)job;
    if (s->of->failure == 0)
        s->of->failure = case_document(s->of->casefile, s->name, s->document);
}

static void store_finish(struct job *job)
{
    struct storing *s = (struct storing *)job;
    json_decref(s->document);
    free(s);
}

static void store_document(struct store *d, const char *name, json_t *document)
{
    struct storing *s = memory_new(1, sizeof *s);
    *s = (struct storing){{store_run, store_finish}, d, name, document};
    workers_submit(d->workers, &s->job);
}

/* One at a time, in this order. */
static int make_documents(struct incident *in)
{
    struct analysis *a = in->scope->analysis;
    size_t n = 1 + sizeof documents / sizeof *documents;
    struct workers *workers =
        a->options->threads > 1 ? workers_beside(n) : workers_new(1, n);
    struct store d = {a->casefile, workers, 0};
    store_document(&d, "scope", scope_document(in->scope));
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        store_document(&d, documents[i].name, documents[i].document(in));
    workers_wait(d.workers);
    workers_free(d.workers);
    return d.failure;
}

static void release(struct incident *in)
{
    for (size_t i = 0; i < in->owned.n; i++)
        json_decref(in->owned.v[i]);
    free(in->owned.v);
    free(in->writes);
    free(in->written);
    free(in->labels.v);
    free(in->left_running.v);
    network_release(in);
    json_decref(in->left_open[DIRECTION_INGRESS]);
    json_decref(in->left_open[DIRECTION_EGRESS]);
    json_decref(in->left_then[DIRECTION_INGRESS]);
    json_decref(in->left_then[DIRECTION_EGRESS]);
    free(in->acts.v);
    rbac_release(&in->rbac);
}

/* Without a manifest the request that made the pod tells its owner. */
static void learn_owner(struct scope *s)
{
    for (size_t i = 0; i < s->requests.n && !s->pod.owner_name.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!request_is(r, "pods", "") || !bytes_is(r->verb, "create") ||
            !scope_is_pod(s, r->namespace, r->name))
            continue;
        s->pod.owner_kind = r->owner_kind;
        s->pod.owner_name = r->owner_name;
    }
}

static void learn_from(struct scope *s, const struct object *o)
{
    pod_from_manifest(s, o);
    scope_refer(s);
    if (!s->pod.span.item)
        s->pod.span = object_span(o, NULL);
}

/* Where nobody asked for it and nothing describes it: what the API server answered to
 * whoever made or changed it. */
static void learn_from_writes(struct scope *s)
{
    bool described = description_span(s).item != NULL;
    for (size_t i = 0; i < s->requests.n && !s->manifest && !described; i++) {
        const struct request *r = s->requests.v[i];
        if (!request_is(r, "pods", "") || !request_succeeded(r) ||
            !podspec_of(r->response) || !scope_is_pod(s, r->namespace, r->name))
            continue;
        struct kobject *k = arena_new(&s->arena, struct kobject);
        *k = kobject_of(r->response);
        k->offset = r->spans[0].offset;
        k->length = r->spans[0].length;
        if (bytes_eq(k->name, r->name))
            learn_from(s, &(struct object){.item = r->spans[0].item, .k = k});
    }
}

/* The pod itself, where no document shows it: as it was when it was first asked for. */
static void learn_manifest(struct scope *s)
{
    for (size_t i = 0; i < s->shown.n && !s->manifest; i++) {
        const struct object *o = s->shown.v[i];
        bool whole = json_object_get(o->k->object, "spec") != NULL;
        if (whole && scope_is_pod(s, o->k->namespace, o->k->name))
            learn_from(s, o);
    }
    learn_from_writes(s);
}

int kube_end(struct analysis *a)
{
    struct scope *s = a->scope;
    if (!s)
        return 0;
    struct incident in = {.scope = s,
                          .isolated = INSTANT_NONE,
                          .contained = INSTANT_NONE,
                          .was_isolated = INSTANT_NONE,
                          .opened = INSTANT_NONE};
    for (size_t i = 0; i < s->learnt.n; i++) {
        const struct scope_container *c = s->learnt.v[i];
        if (c->name.n) /* a sandbox has none */
            pod_add_container(s, c);
    }
    clusters_part(s);
    journal_sort(s);
    shown_read(s);
    learn_manifest(s);
    group_requests(s);
    learn_owner(s);
    group_replay(s);
    rbac_build(s, &in.rbac);
    incident_writes(&in);
    incident_bounds(&in);
    incident_login(&in);
    incident_first_sign(&in);
    incident_others(&in);
    incident_routine(&in);
    incident_inside(&in);
    incident_doubt(&in);
    incident_cloud(&in);
    incident_versions(&in);
    tell_no_pod(s);
    room_tell(s);
    tell_requests(&in);
    incident_hooks(&in);
    tell_stolen(&in);
    incident_arrivals(&in);
    int r = make_documents(&in);
    release(&in);
    return r;
}
