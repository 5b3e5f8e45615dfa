/* From a record to a note, on the decoder's thread: nothing here changes the scope. */
#include "analyze/kube/note.h"

#include "analyze/kube/incident/address.h"
#include "analyze/kube/objects/answer.h"
#include "analyze/kube/orders.h"
#include "formats/base/limits.h"

static bool one_of(struct bytes word, const char *const *words)
{
    for (; *words; words++)
        if (bytes_is(word, *words))
            return true;
    return false;
}

/* -- does it matter? ---------------------------------------------------------------- */

/* What components write all the time and what says nothing about people. */
static bool is_chatter(const struct audit_object *o)
{
    static const char *const resources[] = {"leases",
                                            "endpoints",
                                            "endpointslices",
                                            "events",
                                            "tokenreviews",
                                            "subjectaccessreviews",
                                            "apiservices",
                                            "csinodes",
                                            "csistoragecapacities",
                                            "ipaddresses",
                                            NULL};
    return one_of(o->resource, resources) || bytes_is(o->subresource, "status");
}

static bool reads(struct bytes verb)
{
    static const char *const verbs[] = {"get", "list", "watch", NULL};
    return one_of(verb, verbs);
}

static bool enters(const struct audit_object *o)
{
    static const char *const subresources[] = {
        "exec", "attach", "portforward", "proxy", "ephemeralcontainers", NULL};
    return one_of(o->subresource, subresources);
}

static bool denied(const struct audit_event *e)
{
    return bytes_is(e->decision, "forbid") || e->response.code == 401 ||
           e->response.code == 403;
}

/* A kubelet that reports its node's state through a public address: which addresses are
 * the cluster's own is told by little else (inside.c). */
static bool tells_home(const struct audit_event *e)
{
    const struct audit_list *ips = &e->source_ips;
    return bytes_is(e->object.resource, "nodes") &&
           bytes_is(e->object.subresource, "status") &&
           bytes_starts(e->user.username, BYTES("system:node:")) &&
           bytes_starts(e->user_agent, BYTES("kubelet")) && ips->n && !ips->more &&
           address_is_public(ips->v[ips->n - 1]);
}

/* The routine of the cluster's own components. A component's name with the client of a
 * person is no routine: that is how a stolen token looks. */
static bool is_routine(const struct scope *s, const struct audit_event *e)
{
    const struct audit_object *o = &e->object;
    struct bytes user = audit_effective_user(e)->username;
    bool tool = is_tool(e->user_agent) && !audit_is_operator(user);
    if (!is_control_plane(user) || e->has_impersonated || tool)
        return false;
    if (denied(e) || enters(o) || scope_is_pod(s, o->namespace, o->name))
        return false;
    return reads(e->verb) || (is_chatter(o) && !tells_home(e));
}

bool kube_wants_audit(const struct scope *s, const struct audit_event *e)
{
    if (!s || e->shape == AUDIT_SHAPE_UNKNOWN || e->verb.n == 0)
        return false;
    return !is_routine(s, e);
}

/* -- what is kept ------------------------------------------------------------------- */

/* Kinds whose bodies are evaluated; never those that hold secret values. */
static bool needs_body(const struct audit_event *e)
{
    static const char *const resources[] = {"pods",
                                            "roles",
                                            "clusterroles",
                                            "rolebindings",
                                            "clusterrolebindings",
                                            "networkpolicies",
                                            "ciliumnetworkpolicies",
                                            "ciliumclusterwidenetworkpolicies",
                                            "adminnetworkpolicies",
                                            "baselineadminnetworkpolicies",
                                            "clusternetworkpolicies",
                                            "globalnetworkpolicies",
                                            "stagednetworkpolicies",
                                            "stagedglobalnetworkpolicies",
                                            "tiers",
                                            "globalnetworksets",
                                            "networksets",
                                            "ciliumcidrgroups",
                                            "namespaces",
                                            "nodes",
                                            "serviceaccounts",
                                            "deployments",
                                            "daemonsets",
                                            "statefulsets",
                                            "replicasets",
                                            "jobs",
                                            "cronjobs",
                                            "replicationcontrollers",
                                            "deploymentconfigs",
                                            "securitycontextconstraints",
                                            "certificatesigningrequests",
                                            NULL};
    const struct audit_object *o = &e->object;
    if (reads(e->verb) || !one_of(o->resource, resources))
        return false;
    /* The outcome of status updates, bindings and issued tokens is not asked for. */
    return o->subresource.n == 0 || bytes_is(o->subresource, "scale") ||
           bytes_is(o->subresource, "ephemeralcontainers") ||
           bytes_is(o->subresource, "approval");
}

/* What controllers make by the thousand: their owner's template tells what is in it. */
static bool has_template_elsewhere(const struct scope *s, const struct audit_event *e)
{
    static const char *const resources[] = {"pods", "replicasets", "jobs", NULL};
    struct bytes user = audit_effective_user(e)->username;
    return one_of(e->object.resource, resources) && is_control_plane(user) &&
           !is_tool(e->user_agent) && !bytes_eq(e->object.namespace, s->pod.namespace);
}

/* The object that is responsible for this one: its controller, else its first owner. */
static void find_owner(struct jsonl_value metadata, struct arena *arena,
                       struct request *r)
{
    struct jsonl_value owner;
    struct bytes key;
    struct jsonl_walk w = jsonl_members(jsonl_get(metadata, "ownerReferences"));
    for (bool first = true; jsonl_next(&w, &key, &owner); first = false) {
        if (!first && !jsonl_true(jsonl_get(owner, "controller")))
            continue;
        r->owner_kind = arena_copy(arena, jsonl_string(jsonl_get(owner, "kind")));
        r->owner_name = arena_copy(arena, jsonl_string(jsonl_get(owner, "name")));
    }
}

static void copy_order(const struct audit_event *e, struct arena *arena,
                       struct request *r)
{
    struct bytes namespace, account;
    if (!reads(e->verb) && service_account_of(r->user, &namespace, &account) &&
        !order_of(jsonl_get(e->response_object, "metadata"), arena, &r->order))
        order_of(jsonl_get(e->request_object, "metadata"), arena, &r->order);
}

static void copy_bodies(const struct scope *s, const struct audit_event *e,
                        struct arena *arena, struct request *r)
{
    copy_order(e, arena, r);
    if (!needs_body(e))
        return;
    struct jsonl_value answered = jsonl_get(e->response_object, "metadata");
    find_owner(answered, arena, r);
    if (r->owner_kind.n == 0)
        find_owner(jsonl_get(e->request_object, "metadata"), arena, r);
    if (r->name.n == 0)
        r->name = arena_copy(arena, jsonl_string(jsonl_get(answered, "name")));
    if (r->owner_name.n && has_template_elsewhere(s, e))
        return;
    r->request = note_body(e->request_object, &r->values);
    r->response = note_body(e->response_object, &r->values);
}

/* What an object is for, beside its name and marks. */
static bool holds_values(struct bytes resource, struct bytes member)
{
    if (bytes_is(resource, "secrets") || bytes_is(resource, "configmaps"))
        return bytes_is(member, "data") || bytes_is(member, "stringData") ||
               bytes_is(member, "binaryData");
    return !bytes_is(member, "metadata") && !bytes_is(member, "apiVersion") &&
           !bytes_is(member, "kind");
}

/* The member of the object that an operation of a JSON patch changes. */
static struct bytes changed_member(struct jsonl_value operation)
{
    struct bytes path = jsonl_string(jsonl_get(operation, "path"));
    path = bytes_from(path, path.n > 0);
    return bytes_sub(path, 0, bytes_find_byte(path, '/'));
}

static enum written_values written_values(const struct audit_event *e)
{
    bool list = jsonl_is(e->request_object, JSONL_ARRAY), any = false, sent = false;
    struct jsonl_walk w = jsonl_members(e->request_object);
    struct jsonl_value member;
    struct bytes key;
    for (; jsonl_next(&w, &key, &member); any = true)
        sent |= holds_values(e->object.resource, list ? changed_member(member) : key);
    bool left = any && !sent && bytes_is(e->verb, "patch");
    return sent ? VALUES_SENT : left ? VALUES_LEFT : VALUES_NOT_TOLD;
}

static struct bytes join_groups(const struct audit_list *groups, struct arena *arena)
{
    struct text t = {0};
    for (size_t i = 0; i < groups->n; i++) {
        if (i)
            text_byte(&t, ',');
        text_add(&t, groups->v[i]);
    }
    struct bytes joined = arena_copy(arena, text_bytes(&t));
    text_release(&t);
    return joined;
}

/* Whom OpenShift's OAuth server let in: until then the request is nobody's. */
static struct bytes logged_in(const struct audit_event *e)
{
    return bytes_is(audit_annotation(e, "authentication.openshift.io/decision"), "allow")
               ? audit_annotation(e, "authentication.openshift.io/username")
               : BYTES_NONE;
}

static void copy_identity(const struct audit_event *e, struct arena *arena,
                          struct request *r)
{
    const struct audit_list *ips = &e->source_ips;
    const struct audit_user *who = audit_actor(e);
    r->user = arena_copy(arena, who->username);
    r->login = arena_copy(arena, logged_in(e));
    if (who != &e->user)
        r->via = arena_copy(arena, e->user.username);
    else if (e->has_impersonated)
        r->as = arena_copy(arena, e->impersonated.username);
    /* Rancher's users are called "u-4kd2v", and this beside it. */
    r->known_as = arena_copy(arena, audit_extra(who, "username"));
    r->groups = join_groups(&audit_effective_user(e)->groups, arena);
    r->agent = arena_copy(arena, e->user_agent);
    r->hops = ips->n + (size_t)ips->more;
    /* More addresses than are kept: the peer is among those that are not. */
    if (ips->n && ips->more == 0)
        r->source = arena_copy(arena, ips->v[ips->n - 1]);
    r->credential =
        arena_copy(arena, audit_extra(who, "authentication.kubernetes.io/credential-id"));
    r->from_pod =
        arena_copy(arena, audit_extra(who, "authentication.kubernetes.io/pod-name"));
    r->issued = arena_copy(
        arena, audit_annotation(e, "authentication.kubernetes.io/issued-credential-id"));
}

/* {"configuration":"NAME","webhook":"…","mutated":true}, one for each webhook that was
 * asked (k8s.io/apiserver pkg/admission/plugin/webhook/mutating). */
static void copy_hooks(const struct audit_event *e, struct arena *arena,
                       struct request *r)
{
    struct jsonl_walk w = jsonl_members(e->annotations);
    struct jsonl_value value;
    struct text t = {0};
    struct bytes key;
    while (!reads(e->verb) && jsonl_next(&w, &key, &value)) {
        struct bytes told = jsonl_string(value), mark = BYTES("\"configuration\":\"");
        size_t at = bytes_find(told, mark);
        if (!bytes_starts(key, BYTES("mutation.webhook.admission.k8s.io/")) ||
            at == told.n || !bytes_contains(told, BYTES("\"mutated\":true")))
            continue;
        struct bytes name = bytes_from(told, at + mark.n);
        text_str(&t, t.n ? "\n" : "");
        text_add(&t, bytes_sub(name, 0, bytes_find_byte(name, '"')));
    }
    r->hooks = arena_copy(arena, text_bytes(&t));
    text_release(&t);
}

static void copy_command(const struct audit_event *e, struct arena *arena,
                         struct request *r)
{
    struct text line = {0};
    if (enters(&e->object) && audit_command_line(e, &line))
        r->command = arena_copy(arena, text_bytes(&line));
    text_release(&line);
}

static void copy_what(const struct audit_event *e, struct arena *arena, struct request *r)
{
    const struct audit_object *o = &e->object;
    r->audit_id = arena_copy(arena, e->audit_id);
    r->verb = arena_copy(arena, e->verb);
    r->uri = arena_copy(arena, e->request_uri);
    r->decision = arena_copy(arena, e->decision);
    r->reason = arena_copy(arena, e->reason);
    r->message = arena_copy(arena, bytes_sub(e->response.message, 0, 512));
    if (!e->has_object)
        return;
    r->group = arena_copy(arena, o->api_group);
    r->resource = arena_copy(arena, o->resource);
    r->subresource = arena_copy(arena, o->subresource);
    r->namespace = arena_copy(arena, o->namespace);
    r->name = arena_copy(arena, o->name);
    /* Requests for a namespace itself carry its name in both fields. */
    if (bytes_is(o->resource, "namespaces"))
        r->namespace = BYTES_NONE;
}

struct handing {
    struct text names;
    bool left; /* more than one record may leave behind */
};

static void hand_out(void *context, struct jsonl_value secret, struct jsonl_value row)
{
    struct handing *h = context;
    struct jsonl_value metadata = jsonl_get(secret, "metadata");
    struct bytes namespace = jsonl_string(jsonl_get(metadata, "namespace"));
    struct bytes name = jsonl_string(jsonl_get(metadata, "name"));
    (void)row;
    h->left |= !name.n || h->names.n + namespace.n + name.n + 2 > LIMIT_HANDED_RECORD;
    if (h->left)
        return;
    text_add(&h->names, namespace);
    text_byte(&h->names, '/');
    text_add(&h->names, name);
    text_byte(&h->names, '\n');
}

/* The names alone of what a list of secrets answered: their values are not kept. */
static void copy_handed(const struct audit_event *e, struct arena *arena,
                        struct request *r)
{
    struct handing h = {0};
    if (!request_is(r, "secrets", "") || !bytes_is(r->verb, "list") ||
        !jsonl_is(e->response_object, JSONL_OBJECT))
        return;
    answer_objects(e->response_object, hand_out, &h);
    r->handed = arena_copy(arena, text_bytes(&h.names));
    r->handed_whole = request_succeeded(r) && !h.left && !r->truncated && !r->partial;
    text_release(&h.names);
}

static bool is_weighty(const struct audit_event *e)
{
    return !reads(e->verb) || denied(e) || enters(&e->object) ||
           (e->has_impersonated && audit_actor(e) == &e->user) ||
           bytes_is(e->object.resource, "secrets") ||
           bytes_is(e->object.subresource, "log");
}

struct kube_note *kube_note_audit(const struct scope *s, const struct audit_event *e,
                                  struct span span, struct arena *arena)
{
    struct shown_pods shown = {0};
    if (s && shown_in(e))
        shown = shown_note(s, e, span, arena);
    bool wanted = kube_wants_audit(s, e);
    struct cluster_mark cluster = s ? clusters_mark(s, e) : (struct cluster_mark){0};
    bool tells_cluster = cluster.home && bytes_is(e->object.resource, "nodes");
    if (!wanted && !shown.first && !tells_cluster)
        return NULL;
    struct kube_note *note = arena_new(arena, struct kube_note);
    struct request *r = &note->request;
    note->shown = shown;
    note->cluster.home = cluster.home;
    note->type = NOTE_SHOWN;
    r->time = e->received != INSTANT_NONE ? e->received : audit_time(e);
    r->spans[0] = span;
    r->span_count = r->parts = 1;
    if (!wanted)
        return note;
    note->type = NOTE_REQUEST;
    note->cluster.uid = arena_copy(arena, cluster.uid);
    r->end = e->stage_time != INSTANT_NONE ? e->stage_time : r->time;
    r->precision = e->precision;
    r->only_counted = tells_home(e) && !denied(e) && !e->has_impersonated;
    r->code = e->response.code;
    r->level = e->level;
    r->stage = e->stage;
    r->truncated = e->truncated;
    r->partial = e->partial;
    r->weighty = is_weighty(e);
    r->dry_run = audit_is_dry_run(e);
    copy_identity(e, arena, r);
    copy_what(e, arena, r);
    r->hash = journal_hash(r);
    copy_command(e, arena, r);
    copy_hooks(e, arena, r);
    copy_bodies(s, e, arena, r);
    copy_handed(e, arena, r);
    r->written = written_values(e);
    note_images(s, e, arena, note);
    if (bytes_is(e->object.subresource, "binding"))
        r->node = arena_copy(arena, jsonl_string(jsonl_get(
                                        jsonl_get(e->request_object, "target"), "name")));
    return note;
}

/* -- Falco -------------------------------------------------------------------------- */

static struct bytes join_tags(const struct falco_alert *a, struct arena *arena)
{
    struct text t = {0};
    struct jsonl_walk w = jsonl_members(a->tags);
    struct bytes key;
    struct jsonl_value tag;
    while (jsonl_next(&w, &key, &tag)) {
        if (t.n)
            text_byte(&t, ',');
        text_add(&t, jsonl_string(tag));
    }
    struct bytes joined = arena_copy(arena, text_bytes(&t));
    text_release(&t);
    return joined;
}

static struct bytes first_field(const struct falco_alert *a, const char *const *names)
{
    struct bytes value = BYTES_NONE;
    for (; *names && value.n == 0; names++)
        value = falco_field(a, *names);
    return value;
}

static void copy_process(const struct falco_alert *a, struct arena *arena,
                         struct alert *out)
{
    static const char *const files[] = {"fd.name", "evt.arg.filename", "evt.arg.path",
                                        "fs.path.name", NULL};
    static const char *const users[] = {"user.name", "ka.user.name", NULL};
    static const char *const peers[] = {"fd.rip", "fd.sip", NULL};
    static const char *const ports[] = {"fd.rport", "fd.sport", NULL};
    out->peer = arena_copy(arena, first_field(a, peers));
    out->peer_port = arena_copy(arena, first_field(a, ports));
    out->peer_protocol = arena_copy(arena, falco_field(a, "fd.l4proto"));
    out->process = arena_copy(arena, falco_field(a, "proc.name"));
    out->parent = arena_copy(arena, falco_field(a, "proc.pname"));
    out->command = arena_copy(arena, falco_field(a, "proc.cmdline"));
    out->file = arena_copy(arena, first_field(a, files));
    out->user = arena_copy(arena, first_field(a, users));
}

/* Alerts of a busy cluster are kept only for the pod, its siblings of the same image, and
 * notices of loss; the image decides in the journal, so all in containers are noted. */
struct kube_note *kube_note_falco(const struct scope *s, const struct falco_alert *a,
                                  struct span span, struct arena *arena)
{
    if (!s)
        return NULL;
    struct falco_place place = falco_place(a);
    struct kube_note *note = arena_new(arena, struct kube_note);
    struct alert *out = &note->alert;
    note->type = NOTE_ALERT;
    out->time = a->time;
    out->precision = a->precision;
    out->priority = a->priority;
    out->span = span;
    out->drop_notice = a->drop_notice;
    out->rule = arena_copy(arena, a->rule);
    out->container_id = arena_copy(arena, place.container_id);
    out->container = arena_copy(arena, place.container_name);
    out->image = arena_copy(arena, place.image);
    out->namespace = arena_copy(arena, place.namespace);
    out->pod = arena_copy(arena, place.pod);
    out->node = arena_copy(arena, place.node);
    out->output = arena_copy(arena, bytes_sub(a->output, 0, 1024));
    out->tags = join_tags(a, arena);
    copy_process(a, arena, out);
    return note;
}
