/* Node and cluster: do the kubelet's credentials, what etcd holds, and the certificates
 * count as lost? Each answer is yes, no, or not decidable, with its reason. */
#include "analyze/kube/exposure/exposure.h"
#include "analyze/kube/group.h"

/* -- the node ----------------------------------------------------------------------- */

struct near_node {
    const struct incident *in;
    const struct object *object;
    struct span span;
    json_t *reasons;
    bool whole;
};

static void add_reason(void *context, const struct host_access *h)
{
    struct near_node *n = context;
    const struct scope *s = n->in->scope;
    json_t *o = json_object();
    put_word(o, "what", h->what);
    put_text(o, "container", s, h->container);
    put_text(o, "detail", s, h->detail);
    json_object_set_new(o, "enough_alone", json_boolean(h->whole));
    put_span(o, s, n->object ? object_span(n->object, h->node) : n->span);
    json_array_append_new(n->reasons, o);
    n->whole |= h->whole;
}

static bool is_binding_of(const struct request *r, const struct request *pod)
{
    return request_is(r, "pods", "binding") && bytes_eq(r->namespace, pod->namespace) &&
           bytes_eq(r->name, pod->name) && request_succeeded(r);
}

static struct bytes bound_to(const struct request *binding)
{
    return binding->node.n ? binding->node : BYTES("a node that the log does not name");
}

/* Which node the pod came to: its own spec, or the scheduler's binding. */
static struct bytes node_of(const struct incident *in, const struct request *pod)
{
    const struct scope *s = in->scope;
    const json_t *body = pod->response ? pod->response : pod->request;
    struct bytes node = tree_string(body, "spec/nodeName");
    for (size_t i = 0; node.n == 0 && i < s->requests.n; i++)
        if (is_binding_of(s->requests.v[i], pod))
            node = bound_to(s->requests.v[i]);
    return node;
}

static json_t *render_near(struct near_node *n, struct bytes pod, struct bytes node)
{
    const struct scope *s = n->in->scope;
    json_t *o = json_object();
    put_text(o, "pod", s, pod);
    put_text(o, "node", s, node);
    put_word(o, "ran",
             node.n ? "yes"
                    : "not decidable: nothing shows that it was "
                      "scheduled to a node");
    json_object_set_new(o, "root_on_the_node",
                        n->whole ? json_string(node.n ? "yes" : "if it ran")
                                 : json_string("not by the manifest alone"));
    json_object_set_new(o, "reasons", n->reasons);
    return o;
}

static void of_scope_pod(struct incident *in, json_t *array)
{
    struct scope *s = in->scope;
    struct near_node n = {.in = in, .object = &s->manifest_object};
    if (!s->manifest)
        return;
    n.reasons = json_array();
    podspec_host_access(s->manifest, add_reason, &n);
    if (n.whole) {
        struct finding f = kube_finding(KUBE_HOST_ACCESS, s->pod.name,
                                        object_span(n.object, podspec_of(s->manifest)));
        kube_found(s, &f);
    }
    json_array_append_new(array, render_near(&n, s->pod.name, s->pod.node));
}

/* Did a controller make pods of it? They are told, each with its node. */
static bool has_pods(const struct scope *s, const struct request *workload)
{
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && r->caused && request_is(r, "pods", "") &&
            request_cause(r) == workload)
            return true;
    }
    return false;
}

static bool makes_pod(const struct incident *in, const struct request *r)
{
    bool of_pod = request_is(r, "pods", "");
    if (r->folded || !bytes_is(r->verb, "create") || r->subresource.n ||
        !request_succeeded(r) || !is_attackers(in, request_cause(r)))
        return false;
    bool told =
        of_pod && scope_is_pod(in->scope, r->namespace, r->name) && in->scope->manifest;
    return !told && (of_pod || (!r->caused && !has_pods(in->scope, r)));
}

static void of_made_pods(struct incident *in, json_t *array)
{
    const struct scope *s = in->scope;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i], *cause = request_cause(r);
        const json_t *body = r->response ? r->response : r->request;
        if (!podspec_of(body))
            body = cause->response ? cause->response : cause->request;
        if (!makes_pod(in, r) || !podspec_of(body))
            continue;
        struct near_node n = {.in = in, .span = r->spans[0], .reasons = json_array()};
        podspec_host_access(body, add_reason, &n);
        json_array_append_new(array, render_near(&n, r->name, node_of(in, r)));
    }
}

static void of_proxy(const struct incident *in, json_t *array)
{
    const struct scope *s = in->scope;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && is_attackers(in, r) && request_is(r, "nodes", "proxy") &&
            request_succeeded(r))
            json_array_append_new(array, render_request(s, r));
    }
}

json_t *node_section(struct incident *in)
{
    json_t *o = json_object(), *pods = json_array(), *proxied = json_array();
    static const char *const lost[] = {
        "the kubelet's client certificate and key",
        "service account tokens and secrets of every pod on the node",
        "image pull credentials of the node", "the cloud identity of the node"};
    json_t *credentials = json_array();
    of_scope_pod(in, pods);
    of_made_pods(in, pods);
    of_proxy(in, proxied);
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++)
        json_array_append_new(credentials, json_string(lost[i]));
    json_object_set_new(o, "pods", pods);
    json_object_set_new(o, "kubelet_by_proxy", proxied);
    json_object_set_new(o, "lost_with_root_on_a_node", credentials);
    return o;
}

/* -- the cluster -------------------------------------------------------------------- */

struct facts {
    const struct request *listed, *host_pod, *certificate, *everything, *kubelet;
    const struct request *etcd; /* a session in etcd's own pod */
    /* A pod with power over its node, commands to a kubelet: on the control plane. */
    const struct request *controls;
    bool ran;
};

static bool has_control_label(const json_t *labels)
{
    static const char *const keys[] = {
        "node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master",
        "node-role.kubernetes.io/etcd", "node-role.kubernetes.io/controlplane"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (json_object_get(labels, keys[i]))
            return true;
    return false;
}

/* "etcd-cp1" in kube-system: the kubelet names the pods of its manifests after its node.
 */
static bool is_mirror_pod(struct bytes namespace, struct bytes name, struct bytes node)
{
    static const char *const programs[] = {"etcd-", "kube-apiserver-"};
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        struct bytes program = bytes_str(programs[i]);
        if (bytes_starts(name, program) && bytes_eq(bytes_from(name, program.n), node))
            return bytes_is(namespace, "kube-system");
    }
    return false;
}

/* Is it known that the node belongs to the control plane? */
static bool is_control_node(const struct scope *s, struct bytes node)
{
    const struct object *o = objects_find(s, "Node", BYTES_NONE, node);
    if (!node.n)
        return false;
    if (o && has_control_label(tree_get(o->k->object, "metadata/labels")))
        return true;
    for (size_t i = 0; i < s->objects.n; i++) {
        const struct object *pod = s->objects.v[i];
        const struct kobject *k = pod->k;
        if (bytes_is(k->kind, "Pod") && is_mirror_pod(k->namespace, k->name, node))
            return true;
    }
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (bytes_is(r->resource, "pods") && is_mirror_pod(r->namespace, r->name, node))
            return true;
    }
    return false;
}

/* kubeadm, kops, Rancher: the pod of etcd itself, whose files and keys a session reads.
 */
static bool enters_etcd(const struct request *r)
{
    bool session = request_is(r, "pods", "exec") || request_is(r, "pods", "attach");
    return session && bytes_is(r->namespace, "kube-system") &&
           (bytes_starts(r->name, BYTES("etcd-")) || bytes_is(r->name, "etcd"));
}

static void whole(void *context, const struct host_access *h)
{
    *(bool *)context |= h->whole;
}

static bool gives_everything(const struct request *r)
{
    const json_t *rules = tree_get(r->response, "rules");
    struct attributes a = {.verb = BYTES("escalate"),
                           .group = BYTES("rbac.authorization.k8s.io"),
                           .resource = BYTES("clusterroles")};
    if (bytes_is(tree_string(r->request, "roleRef/name"), "cluster-admin"))
        return true;
    for (size_t i = 0; i < json_array_size(rules); i++)
        if (rbac_rule_allows(json_array_get(rules, i), &a))
            return true;
    return false;
}

static void see(const struct incident *in, const struct request *r, struct facts *f)
{
    bool host = false, reads = !request_writes(r);
    const json_t *body = r->response ? r->response : r->request;
    if (bytes_is(r->resource, "secrets") && reads && r->name.n == 0 &&
        r->namespace.n == 0 && !f->listed)
        f->listed = r;
    if (bytes_starts(r->resource, BYTES("certificatesigningrequests")) && !reads)
        f->certificate = r;
    if (enters_etcd(r) && !f->etcd)
        f->etcd = r;
    if (request_is(r, "nodes", "proxy") && !reads && !f->kubelet)
        f->kubelet = r; /* to read of a kubelet is no command in its pods */
    if (request_is(r, "nodes", "proxy") && !reads && !f->controls &&
        is_control_node(in->scope, r->name))
        f->controls = r;
    if (!reads && bytes_starts(r->resource, BYTES("clusterrole")) &&
        gives_everything(r) && !f->everything)
        f->everything = r;
    if (!bytes_is(r->verb, "create") || r->subresource.n || !podspec_of(body))
        return;
    podspec_host_access(body, whole, &host);
    if (host && !f->controls && is_control_node(in->scope, node_of(in, r)))
        f->controls = r;
    if (host && !f->host_pod) {
        f->host_pod = r;
        f->ran = node_of(in, r).n > 0;
    }
}

static json_t *answer(const struct incident *in, const char *lost, const char *why,
                      const struct request *proof)
{
    json_t *o = json_object();
    put_word(o, "lost", lost);
    put_word(o, "why", why);
    json_object_set_new(o, "spans",
                        proof ? render_spans(in->scope, proof->spans, 1) : json_array());
    return o;
}

/* What only the audit log can show is not shown by its absence. */
static json_t *no_sign(const struct incident *in, const char *why)
{
    if (in->scope->audit_first == INSTANT_NONE)
        return answer(in, "not decidable", "the package has no audit log that was read",
                      NULL);
    return answer(in, "no sign", why, NULL);
}

/* The pod itself, by its manifest, on a node of the control plane. */
static bool pod_controls(const struct incident *in)
{
    const struct scope *s = in->scope;
    bool host = false;
    if (!s->manifest || !is_control_node(s, s->pod.node))
        return false;
    podspec_host_access(s->manifest, whole, &host);
    return host;
}

static const char etcd_reached[] =
    "power over a node of the control plane was had: etcd's files, its client key and "
    "the "
    "key that encrypts secrets, where there is one, lie there";

static json_t *etcd(const struct incident *in, const struct facts *f)
{
    if (f->etcd)
        return answer(in, "yes",
                      "the attacker had a session in the pod of etcd: all that it holds "
                      "and its keys were in reach",
                      f->etcd);
    if (f->controls || pod_controls(in))
        return answer(in, "yes", etcd_reached, f->controls);
    if (f->listed)
        return answer(in, "yes, as far as secrets go",
                      "the secrets of all namespaces were handed out through the API: "
                      "what etcd holds of them counts as read",
                      f->listed);
    if (f->host_pod)
        return answer(
            in, "not decidable",
            "a pod with power over its node was created; on a control plane "
            "node it reads etcd's files and keys, and where it ran is not shown",
            f->host_pod);
    if (f->everything)
        return answer(
            in, "not decidable",
            "the attacker held every right; no list of all secrets is in the log",
            f->everything);
    return no_sign(in, "nothing in the log reads etcd or all secrets");
}

static json_t *authority(const struct incident *in, const struct facts *f)
{
    if (f->controls || pod_controls(in))
        return answer(in, "yes",
                      "power over a node of the control plane was had: the keys of the "
                      "cluster's authorities lie in /etc/kubernetes/pki there",
                      f->controls);
    if (f->etcd)
        return answer(in, "not decidable",
                      "the attacker had a session in the pod of etcd, which has the key "
                      "of etcd's own authority where the node keeps it with etcd's files",
                      f->etcd);
    if (f->host_pod)
        return answer(in, "not decidable",
                      f->ran
                          ? "a pod with power over its node ran; if that was a control "
                            "plane node, the keys of the cluster's authorities are lost"
                          : "a pod with power over its node was created, and nothing "
                            "shows whether and where it ran: the keys of the "
                            "authorities are lost if that was a control plane node",
                      f->host_pod);
    if (f->kubelet)
        return answer(
            in, "not decidable",
            "commands were sent to a kubelet through the API server: if its node "
            "is one of the control plane, the keys of the cluster's authorities "
            "were in reach",
            f->kubelet);
    return no_sign(in, "the keys of the authorities are on control plane nodes only, and "
                       "nothing in the log reaches one");
}

static json_t *client_certificates(const struct incident *in, const struct facts *f)
{
    if (f->certificate)
        return answer(in, "yes",
                      "the attacker asked for or approved a client certificate: it is "
                      "valid until it expires, and cannot be revoked",
                      f->certificate);
    if (f->everything)
        return answer(in, "no sign",
                      "the attacker held every right, and the log shows no certificate "
                      "signing request of its own",
                      f->everything);
    return no_sign(in, "the log shows no certificate signing request");
}

json_t *cluster_section(struct incident *in)
{
    const struct scope *s = in->scope;
    struct facts f = {0};
    json_t *o = json_object();
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && is_attackers(in, r) && request_succeeded(r))
            see(in, r, &f);
    }
    json_object_set_new(o, "etcd", etcd(in, &f));
    json_object_set_new(o, "certificate_authorities", authority(in, &f));
    json_object_set_new(o, "client_certificates", client_certificates(in, &f));
    return o;
}
