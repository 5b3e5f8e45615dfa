#include "analyze/kube/exposure/exposure.h"

#include <stdlib.h>

#include "analyze/kube/incident/cloud.h"

/* Kind, namespace, name and audience, with a NUL between two: names of the API hold none,
 * and any other name finds at worst itself. */
static struct bytes key_of(struct text *key, const struct exposed *x)
{
    text_clear(key);
    text_printf(key, "%d", (int)x->kind);
    text_byte(key, '\0');
    text_add(key, x->namespace);
    text_byte(key, '\0');
    text_add(key, x->name);
    text_byte(key, '\0');
    text_add(key, x->audience);
    return text_bytes(key);
}

struct exposed *exposure_find(struct exposures *e, const struct exposed *like)
{
    uint32_t number;
    bool known = intern_find(e->keys, key_of(&e->key, like), &number);
    return known ? e->all.v[number] : NULL;
}

struct exposed *exposure_entry(struct exposures *e, const struct exposed *like)
{
    uint32_t number = intern_put(e->keys, key_of(&e->key, like));
    if (number < e->all.n)
        return e->all.v[number];
    struct exposed *x = arena_new(&e->in->scope->arena, struct exposed);
    *x = (struct exposed){.kind = like->kind,
                          .urgency = URGENCY_CONFIG,
                          .namespace = like->namespace,
                          .name = like->name,
                          .audience = like->audience,
                          .how = json_array(),
                          .consumers = json_array()};
    list_add(&e->all, x);
    return x;
}

void exposure_urge(struct exposed *x, enum urgency u)
{
    if (u < x->urgency)
        x->urgency = u;
}

struct exposed *exposure_add(struct exposures *e, const struct exposed *what,
                             const struct exposure_way *way)
{
    const struct scope *s = e->in->scope;
    struct exposed *x = exposure_entry(e, what);
    json_t *how = json_object();
    exposure_urge(x, what->urgency);
    put_word(how, "via", way->via);
    put_text(how, "by", s, way->by);
    put_text(how, "key", s, way->key);
    put_span(how, s, way->span);
    json_array_append_new(x->how, how);
    if (!x->span.item)
        x->span = way->span;
    return x;
}

/* -- by manifests ------------------------------------------------------------------- */

struct manifest {
    struct exposures *e;
    const struct object *object; /* for spans; NULL: a body of the log */
    struct span span;            /* then this */
    struct bytes namespace, pod, account;
};

static void note_uses(struct exposures *e)
{
    const struct incident *in = e->in;
    const struct scope *s = in->scope;
    e->used = intern_new();
    e->misused = intern_new();
    for (size_t i = 0; i < s->requests.n; i++) {
        struct request *r = s->requests.v[i];
        if (r->folded || !is_attackers(in, r))
            continue;
        if (intern_put(e->used, r->user) == e->uses.n)
            list_add(&e->uses, r);
        if (!journal_is_habit(s, r, in->first_placed))
            intern_put(e->misused, r->user);
    }
}

/* A request with which the attacker used the account of that name; NULL: none is seen. */
static const struct request *use_of(const struct exposures *e, struct bytes user)
{
    uint32_t number;
    return intern_find(e->used, user, &number) ? e->uses.v[number] : NULL;
}

/* Did somebody act with the account in a way that is not its own? */
static bool was_used(const struct exposures *e, struct bytes namespace,
                     struct bytes account)
{
    struct text t = {0};
    uint32_t number;
    text_str(&t, "system:serviceaccount:");
    text_add(&t, namespace);
    text_byte(&t, ':');
    text_add(&t, account);
    bool used = intern_find(e->misused, text_bytes(&t), &number);
    text_release(&t);
    return used;
}

static enum urgency urgency_of(const struct manifest *m, const struct reference *r)
{
    bool token = r->mounted_token || (r->kind == REFERENCE_TOKEN && r->audience.n == 0);
    if (token)
        return was_used(m->e, m->namespace, m->account) ? URGENCY_TAKEN : URGENCY_TOKEN;
    switch (r->kind) {
    case REFERENCE_TOKEN:
        return URGENCY_AUDIENCE;
    case REFERENCE_CONFIGMAP:
        return URGENCY_CONFIG;
    default:
        return r->readable ? URGENCY_HELD : URGENCY_REACHED;
    }
}

static json_t *render_reference(const struct manifest *m, const struct reference *r)
{
    const struct scope *s = m->e->in->scope;
    json_t *o = json_object();
    put_word(o, "via", r->via);
    put_text(o, "pod", s, m->pod);
    put_text(o, "container", s, r->container);
    put_text(o, "where", s, r->where);
    put_text(o, "key", s, r->key);
    if (r->lifetime)
        json_object_set_new(o, "lifetime_seconds", json_integer(r->lifetime));
    if (r->optional)
        json_object_set_new(o, "optional", json_true());
    json_object_set_new(o, "readable_in_pod", json_boolean(r->readable));
    put_span(o, s, m->object ? object_span(m->object, r->node) : m->span);
    return o;
}

static void tell_value(const struct manifest *m, const struct reference *r)
{
    struct scope *s = m->e->in->scope;
    struct span span = m->object ? object_span(m->object, r->node) : m->span;
    struct finding f = kube_finding(KUBE_PLAIN_CREDENTIAL, r->name, span);
    finding_argument(&f, "container", r->container);
    finding_argument(&f, "looks like", bytes_str(r->value_kind));
    kube_found(s, &f);
}

/* A token of a pod ends with the pod, if no other holds one. */
static void hold(struct exposed *x, struct bytes pod)
{
    x->elsewhere |= x->holder.n && !bytes_eq(x->holder, pod);
    x->holder = pod;
}

/* automountServiceAccountToken of the account, which a pod's own word overrules. */
static bool account_refuses(const struct manifest *m)
{
    const struct object *o =
        objects_find(m->e->in->scope, "ServiceAccount", m->namespace, m->account);
    return o && json_is_false(tree_get(o->k->object, "automountServiceAccountToken"));
}

static void expose(void *context, const struct reference *r)
{
    struct manifest *m = context;
    bool token = r->kind == REFERENCE_TOKEN;
    if (r->by_default && account_refuses(m))
        return;
    const struct exposed like = {.kind = r->kind,
                                 .namespace = m->namespace,
                                 .name = token ? m->account : r->name,
                                 .audience = token ? r->audience : BYTES_NONE};
    struct exposed *x = exposure_entry(m->e, &like);
    exposure_urge(x, urgency_of(m, r));
    if (token)
        hold(x, m->pod);
    json_array_append_new(x->how, render_reference(m, r));
    if (!x->span.item)
        x->span = m->object ? object_span(m->object, r->node) : m->span;
    if (r->kind != REFERENCE_VALUE)
        return;
    x->value = r->value;
    x->value_kind = r->value_kind;
    tell_value(m, r);
}

static void by_manifest(struct exposures *e, const struct object *o)
{
    struct manifest m = {.e = e,
                         .object = o,
                         .namespace = e->in->scope->pod.namespace,
                         .pod = e->in->scope->pod.name,
                         .account = e->in->scope->pod.service_account};
    podspec_references(o->k->object, expose, &m);
}

static void by_description(struct exposures *e)
{
    struct scope *s = e->in->scope;
    struct manifest m = {.e = e,
                         .span = description_span(s),
                         .namespace = s->pod.namespace,
                         .pod = s->pod.name,
                         .account = s->pod.service_account};
    description_references(s, expose, &m);
}

static void by_body(struct exposures *e, const struct request *r, const json_t *body)
{
    struct manifest m = {.e = e,
                         .span = r->spans[0],
                         .namespace = r->namespace,
                         .pod = r->name,
                         .account = podspec_account(body)};
    podspec_references(body, expose, &m);
}

/* The pod, as a document or an answer shows it, else as what made or changed it does. */
static void by_entered(struct exposures *e, const struct request *entered)
{
    const struct scope *s = e->in->scope;
    const struct object *o = objects_find(s, "Pod", entered->namespace, entered->name);
    struct history h =
        incident_history(e->in, entered->namespace, entered->name, INT64_MIN);
    if (o && podspec_of(o->k->object)) {
        struct manifest m = {.e = e,
                             .object = o,
                             .namespace = entered->namespace,
                             .pod = entered->name,
                             .account = podspec_account(o->k->object)};
        podspec_references(o->k->object, expose, &m);
        return;
    }
    for (size_t i = 0; i < h.n; i++) {
        const struct request *r = h.v[i];
        const json_t *body = podspec_of(r->response) ? r->response : r->request;
        if (request_is(r, "pods", "") && request_succeeded(r) && podspec_of(body)) {
            by_body(e, r, body);
            return;
        }
    }
}

/* Pods and workloads that the attacker made, and other pods that he entered, read what
 * their manifests name. */
static void by_made_and_entered(struct exposures *e)
{
    const struct scope *s = e->in->scope;
    struct intern *told = intern_new();
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        const json_t *body = r->response ? r->response : r->request;
        if (r->folded || !is_attackers(e->in, r) || !request_succeeded(r))
            continue;
        bool made = !r->subresource.n && bytes_is(r->verb, "create") && podspec_of(body);
        bool entered = request_enters_pod(r) && !scope_is_pod(s, r->namespace, r->name);
        size_t known = intern_count(told);
        if (made)
            by_body(e, r, body);
        if ((made || entered) &&
            intern_put(told, scope_object_key(e->in->scope, r)) == known && !made)
            by_entered(e, r);
    }
    intern_free(told);
}

/* What the account itself names: its old-style token, its pull secrets. */
static void by_account(struct exposures *e)
{
    static const char *const lists[] = {"secrets", "imagePullSecrets"};
    const struct scope_pod *p = &e->in->scope->pod;
    const struct object *o =
        objects_find(e->in->scope, "ServiceAccount", p->namespace, p->service_account);
    for (int l = 0; o && l < 2; l++) {
        const json_t *list = tree_get(o->k->object, lists[l]);
        for (size_t i = 0; i < json_array_size(list); i++) {
            struct manifest m = {e, o, {0}, p->namespace, p->name, p->service_account};
            struct reference r = {.kind = REFERENCE_SECRET,
                                  .name = tree_string(json_array_get(list, i), "name"),
                                  .via = l ? "pull secret of the service account"
                                           : "secret of the service account",
                                  .readable = l == 0,
                                  .node = json_array_get(list, i)};
            if (r.name.n)
                expose(&m, &r);
        }
    }
}

/* -- by reads ----------------------------------------------------------------------- */

bool exposure_is_read(const struct request *r)
{
    return !r->folded && !request_writes(r) && request_succeeded(r) &&
           (bytes_is(r->resource, "secrets") || bytes_is(r->resource, "configmaps"));
}

static void read_one(struct exposures *e, const struct request *r)
{
    bool secret = bytes_is(r->resource, "secrets");
    const struct exposed like = {.kind = secret ? REFERENCE_SECRET : REFERENCE_CONFIGMAP,
                                 .namespace = r->namespace,
                                 .name = r->name};
    struct exposed *x = exposure_entry(e, &like);
    exposure_urge(x, secret ? URGENCY_READ : URGENCY_CONFIG);
    x->first_read = x->first_read ? x->first_read : r;
    x->last_read = r;
    x->reads++;
}

static void by_reads(struct exposures *e)
{
    const struct scope *s = e->in->scope;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (exposure_is_read(r) && r->name.n && is_attackers(e->in, r))
            read_one(e, r);
    }
    exposure_by_lists(e);
}

/* The credentials of a person, or of the name in a certificate that was asked for. */
static void by_user(struct exposures *e, const struct reached *r)
{
    const struct request *used = use_of(e, r->what);
    bool certificate = bytes_contains(bytes_str(r->how), BYTES("certificate"));
    struct exposed what = {
        .kind = REFERENCE_USER, .name = r->what, .urgency = URGENCY_TAKEN};
    struct exposure_way way = {r->how, r->by, used ? used->credential : BYTES_NONE,
                               r->span};
    struct bytes of_pod = cloud_account_of_pod(e->in->scope, r->what);
    if (of_pod.n) {
        what.kind = REFERENCE_CLOUD;
        what.namespace = e->in->scope->pod.namespace;
        what.name = of_pod;
    }
    /* Who has no account has nothing to rotate: its rights are to be taken. */
    if ((used || certificate) && !r->borrowed && !bytes_is(r->what, "system:anonymous"))
        exposure_add(e, &what, &way);
}

/* Credentials of accounts that the attacker reached, other than the pod's own. */
static void by_accounts_reached(struct exposures *e)
{
    const struct scope *s = e->in->scope;
    for (size_t i = 1; i < s->reached.n; i++) {
        const struct reached *r = s->reached.v[i];
        struct exposed what = {.kind = REFERENCE_TOKEN};
        struct exposure_way way = {r->how, r->by, BYTES_NONE, r->span};
        if (!r->identity)
            continue;
        if (!service_account_of(r->what, &what.namespace, &what.name)) {
            by_user(e, r);
            continue;
        }
        bool used = r->taken || was_used(e, what.namespace, what.name);
        what.urgency = used ? URGENCY_TAKEN : URGENCY_TOKEN;
        exposure_add(e, &what, &way)->elsewhere |= !r->of_pod;
    }
}

/* -- the document ------------------------------------------------------------------- */

static int by_urgency(const void *a, const void *b)
{
    const struct exposed *x = *(void *const *)a, *y = *(void *const *)b;
    if (x->urgency != y->urgency)
        return x->urgency < y->urgency ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    int order = bytes_compare(x->namespace, y->namespace);
    if (!order)
        order = bytes_compare(x->name, y->name);
    return order ? order : bytes_compare(x->audience, y->audience);
}

const char *urgency_text(enum urgency u)
{
    static const char *const texts[] = {
        "seen in use by the attacker",
        "a token opens the API by itself",
        "a token for another service: it opens what trusts its audience",
        "read by name through the API",
        "handed out by the cloud to the attacker",
        "in the environment or files of a pod that the attacker held",
        "handed out by a list of secrets",
        ("held by the kubelet for the pod; readable with power over the node or the "
         "namespace"),
        "no secret by its kind; read it for credentials"};
    return texts[u];
}

static void put_reads(json_t *o, const struct scope *s, const struct exposed *x)
{
    json_t *reads = json_array();
    if (x->first_read)
        json_array_append_new(reads, render_request(s, x->first_read));
    if (x->last_read && x->last_read != x->first_read)
        json_array_append_new(reads, render_request(s, x->last_read));
    json_object_set_new(o, "read", json_boolean(x->reads > 0));
    json_object_set_new(o, "reads", json_integer((json_int_t)x->reads));
    json_object_set_new(o, "read_by", reads);
    if (x->listed)
        json_object_set_new(o, "listed_by", render_request(s, x->listed));
}

static json_t *render_exposed(struct exposures *e, const struct exposed *x, size_t order)
{
    const struct scope *s = e->in->scope;
    json_t *o = json_object();
    json_object_set_new(o, "order", json_integer((json_int_t)order));
    put_word(o, "kind", reference_kind_name(x->kind));
    put_text(o, "namespace", s, x->namespace);
    put_text(o, "name", s, x->name);
    if (x->kind == REFERENCE_TOKEN)
        json_object_set_new(
            o, "audience",
            render_text(s, x->audience.n ? x->audience : BYTES("the API server")));
    put_word(o, "why", urgency_text(x->urgency));
    if (x->value.n) {
        json_object_set_new(o, "value", render_secret(s, x->value_kind, x->value));
        put_word(o, "looks_like", x->value_kind);
    }
    json_object_set_new(o, "exposed", x->how);
    put_reads(o, s, x);
    json_object_set_new(o, "rotation", render_rotation(e, x));
    return o;
}

json_t *exposure_document(struct incident *in)
{
    struct exposures e = {.in = in, .keys = intern_new()};
    json_t *o = json_object(), *array = json_array();
    note_uses(&e);
    if (in->scope->manifest)
        by_manifest(&e, &in->scope->manifest_object);
    else
        by_description(&e);
    by_account(&e);
    exposure_by_objects(&e);
    by_made_and_entered(&e);
    by_reads(&e);
    by_accounts_reached(&e);
    exposure_by_cloud(&e);
    exposure_rotations(&e); /* before the sort: keys are numbers in this order */
    if (e.all.n > 1)
        qsort(e.all.v, e.all.n, sizeof *e.all.v, by_urgency);
    for (size_t i = 0; i < e.all.n; i++) {
        struct exposed *x = e.all.v[i];
        if (in->shown)
            exposure_tell_rotation(&e, x);
        json_array_append_new(array, render_exposed(&e, x, i + 1));
    }
    put_word(o, "schema", "exhibit/exposure/1");
    json_object_set_new(o, "secrets", array);
    json_object_set_new(o, "held", exposure_held(&e));
    json_object_set_new(o, "reach", reach_section(in));
    json_object_set_new(o, "node", node_section(in));
    json_object_set_new(o, "cluster", cluster_section(in));
    free(e.all.v);
    free(e.uses.v);
    intern_free(e.used);
    intern_free(e.misused);
    intern_free(e.keys);
    text_release(&e.key);
    return o;
}
