/* What the identities that the attacker held may do by RBAC: from when, by which binding,
 * and whether still when the evidence ends. */
#include <stdlib.h>

#include "analyze/kube/exposure/exposure.h"
#include "formats/base/memory.h"

struct capability {
    const char *what;
    const char *verb, *group, *resource, *subresource;
    bool escalates; /* it leads to rights or credentials beyond itself */
};

#define RBAC_GROUP "rbac.authorization.k8s.io"

static const struct capability capabilities[] = {
    {"everything", "*", "*", "*", "", true},
    {"read secrets by name", "get", "", "secrets", "", true},
    {"list secrets with their content", "list", "", "secrets", "", true},
    {"watch secrets with their content", "watch", "", "secrets", "", true},
    {"change secrets", "update", "", "secrets", "", false},
    {"read config maps", "get", "", "configmaps", "", false},
    {"list config maps", "list", "", "configmaps", "", false},
    {"run commands in pods (SPDY)", "create", "", "pods", "exec", true},
    {"run commands in pods (WebSocket)", "get", "", "pods", "exec", true},
    {"attach to pods", "create", "", "pods", "attach", true},
    {"put containers into running pods", "patch", "", "pods", "ephemeralcontainers",
     true},
    {"create pods, and with them read every secret and use every account of the "
     "namespace",
     "create", "", "pods", "", true},
    {"have pods admitted by constraints that leave them power over their node", "use",
     "security.openshift.io", "securitycontextconstraints", "", true},
    {"create deployments, the same by their pods", "create", "apps", "deployments", "",
     true},
    {"create daemon sets, the same on every node", "create", "apps", "daemonsets", "",
     true},
    {"create jobs, the same by their pods", "create", "batch", "jobs", "", true},
    {"create cron jobs, the same by their pods", "create", "batch", "cronjobs", "", true},
    {"issue tokens of service accounts", "create", "", "serviceaccounts", "token", true},
    {"create service accounts", "create", "", "serviceaccounts", "", false},
    {"impersonate users", "impersonate", "", "users", "", true},
    {"impersonate groups", "impersonate", "", "groups", "", true},
    {"impersonate service accounts", "impersonate", "", "serviceaccounts", "", true},
    {"bind any role", "bind", RBAC_GROUP, "clusterroles", "", true},
    {"give roles rights that it does not have", "escalate", RBAC_GROUP, "clusterroles",
     "", true},
    {"write bindings of the cluster", "create", RBAC_GROUP, "clusterrolebindings", "",
     true},
    {"write bindings of a namespace", "create", RBAC_GROUP, "rolebindings", "", true},
    {"reach kubelets through the API server", "get", "", "nodes", "proxy", true},
    {"approve client certificates", "update", "certificates.k8s.io",
     "certificatesigningrequests", "approval", true},
    {"request client certificates", "create", "certificates.k8s.io",
     "certificatesigningrequests", "", false},
    {"change admission", "create", "admissionregistration.k8s.io",
     "mutatingwebhookconfigurations", "", true},
    {"create volumes on host paths", "create", "", "persistentvolumes", "", true},
    {"delete events", "deletecollection", "", "events", "", false},
};
#define CAPABILITIES (sizeof capabilities / sizeof *capabilities)

/* -- which rights give what --------------------------------------------------------- */

struct held {
    size_t capability;
    struct right right;
    instant since; /* the first moment looked at */
    instant until; /* of the version that held last; INT64_MAX: it still does */
    bool at_end;
};

struct gathering {
    struct list held;
    const struct scope *s;
    json_t *unknown; /* names of roles that nothing in the package tells of */
    struct arena *arena;
    instant t;
    bool last;
};

static bool is_wildcard(const json_t *rule, const char *list)
{
    const json_t *words = tree_get(rule, list);
    for (size_t i = 0; i < json_array_size(words); i++)
        if (bytes_is(tree_string(json_array_get(words, i), ""), "*"))
            return true;
    return false;
}

/* OpenShift's constraints that everybody may use, and their like, leave a pod no power.
 * Other clusters have none: who may do everything is told that. */
static bool lets_use_constraints(const json_t *rule)
{
    const json_t *names = tree_get(rule, "resourceNames");
    bool power = json_array_size(names) == 0;
    for (size_t i = 0; i < json_array_size(names); i++) {
        struct bytes name = tree_string(json_array_get(names, i), "");
        power |= !bytes_starts(name, BYTES("restricted")) &&
                 !bytes_starts(name, BYTES("nonroot"));
    }
    return power && !is_wildcard(rule, "apiGroups");
}

static bool gives(const json_t *rule, const struct capability *c)
{
    if (strcmp(c->verb, "use") == 0 && !lets_use_constraints(rule))
        return false;
    if (c->verb[0] == '*')
        return is_wildcard(rule, "verbs") && is_wildcard(rule, "resources") &&
               is_wildcard(rule, "apiGroups");
    struct attributes a = {.verb = bytes_str(c->verb),
                           .group = bytes_str(c->group),
                           .resource = bytes_str(c->resource),
                           .subresource = bytes_str(c->subresource),
                           .name = tree_string(rule, "resourceNames/0")};
    /* A list cannot be asked for by name but with a field selector; create has no name.
     */
    if (a.name.n && (bytes_is(a.verb, "create") || bytes_is(a.verb, "deletecollection")))
        return false;
    return rbac_rule_allows(rule, &a);
}

/* The same names, or none on either side. */
static bool same_names(const json_t *a, const json_t *b)
{
    const json_t *x = tree_get(a, "resourceNames"), *y = tree_get(b, "resourceNames");
    return (json_array_size(x) == 0 && json_array_size(y) == 0) || json_equal(x, y);
}

static struct held *find_held(const struct gathering *g, size_t capability,
                              const struct right *right)
{
    for (size_t i = 0; i < g->held.n; i++) {
        struct held *h = g->held.v[i];
        if (h->capability == capability &&
            bytes_eq(h->right.namespace, right->namespace) &&
            same_names(h->right.rule, right->rule))
            return h;
    }
    return NULL;
}

static instant ends(const struct right *right)
{
    instant binding = right->binding->until, role = right->role->until;
    return binding < role ? binding : role;
}

static void gather(void *context, const struct right *right)
{
    struct gathering *g = context;
    if (!right->role) {
        add_distinct(g->unknown, right->binding->role, g->s, 1000);
        return;
    }
    for (size_t c = 0; c < CAPABILITIES; c++) {
        if (!gives(right->rule, &capabilities[c]))
            continue;
        struct held *h = find_held(g, c, right);
        if (!h) {
            h = arena_new(g->arena, struct held);
            *h = (struct held){c, *right, g->t, INT64_MIN, false};
            list_add(&g->held, h);
        }
        h->until = ends(right) > h->until ? ends(right) : h->until;
        h->at_end |= g->last;
    }
}

/* -- when --------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
    instant x = *(const instant *)a, y = *(const instant *)b;
    return x < y ? -1 : x > y;
}

/* The first sign, the end, and every change of rights between them. */
static size_t moments(const struct incident *in, instant *out)
{
    size_t n = 0;
    instant end = in->scope->audit_last > in->first_placed ? in->scope->audit_last
                                                           : in->first_placed;
    out[n++] = in->first_placed;
    for (size_t i = 0; i < in->rbac.roles.n; i++) {
        const struct rbac_role *r = in->rbac.roles.v[i];
        if (r->from > in->first_placed && r->from < end)
            out[n++] = r->from;
    }
    for (size_t i = 0; i < in->rbac.bindings.n; i++) {
        const struct rbac_binding *b = in->rbac.bindings.v[i];
        if (b->from > in->first_placed && b->from < end)
            out[n++] = b->from;
    }
    out[n++] = end;
    qsort(out, n, sizeof *out, by_time);
    return n;
}

/* -- rendering ---------------------------------------------------------------------- */

static json_t *render_held(const struct incident *in, const struct held *h)
{
    const struct scope *s = in->scope;
    const struct capability *c = &capabilities[h->capability];
    const struct rbac_binding *b = h->right.binding;
    const json_t *names = tree_get(h->right.rule, "resourceNames");
    json_t *o = json_object(), *only = json_array();
    put_word(o, "may", c->what);
    put_text(o, "where", s,
             h->right.namespace.n ? h->right.namespace : BYTES("the whole cluster"));
    for (size_t i = 0; i < json_array_size(names); i++)
        add_distinct(only, tree_string(json_array_get(names, i), ""), s, 1000);
    if (json_array_size(only))
        json_object_set_new(o, "only_names", only);
    else
        json_decref(only);
    json_object_set_new(o, "escalates", json_boolean(c->escalates));
    put_word(o, "binding_kind",
             b->kind      ? b->kind
             : b->cluster ? "ClusterRoleBinding"
                          : "RoleBinding");
    put_text(o, "binding", s, b->name);
    put_text(o, "role", s, h->right.role->name);
    bool before = h->since <= in->first_placed;
    json_object_set_new(o, "before_the_incident", json_boolean(before));
    if (!before)
        put_time(o, "since", h->since, PRECISION_MICROSECOND);
    json_object_set_new(o, "at_the_end", json_boolean(h->at_end));
    if (!h->at_end)
        put_time(o, "until", h->until, PRECISION_MICROSECOND);
    if (!h->right.role->span.item)
        put_word(
            o, "assumed",
            b->kind
                ? "the policy is the cloud's: these are the rules that its "
                  "documentation has"
                : "the role is not in the package: these are the rules that Kubernetes "
                  "brings by that name");
    put_text(o, "granted_by", s,
             before                            ? BYTES_NONE
             : h->right.role->from == h->since ? h->right.role->by
                                               : b->by);
    struct span spans[2] = {b->span, h->right.role->span};
    json_object_set_new(o, "spans", render_spans(s, spans, spans[1].item ? 2 : 1));
    return o;
}

/* A request of the identity, which tells its groups; NULL when it made none. */
static const struct request *request_of(const struct scope *s, struct bytes identity)
{
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (bytes_eq(request_as(r), identity) && r->groups.n)
            return r;
    }
    return NULL;
}

static bool is_master(struct bytes groups)
{
    struct bytes one;
    while (bytes_split(&groups, ',', &one))
        if (bytes_is(one, "system:masters"))
            return true;
    return false;
}

/* Members of this group pass the authorizer without any binding, and none takes it from
 * them but another certificate authority. */
static json_t *render_master(const struct scope *s, const struct request *r)
{
    json_t *o = json_object();
    put_word(o, "may", capabilities[0].what);
    put_word(o, "where", "the whole cluster");
    json_object_set_new(o, "escalates", json_true());
    put_word(o, "binding_kind", "none: members of system:masters pass every check");
    json_object_set_new(o, "before_the_incident", json_true());
    json_object_set_new(o, "at_the_end", json_true());
    json_object_set_new(o, "spans", render_spans(s, r->spans, 1));
    return o;
}

static json_t *render_identity(struct incident *in, const struct reached *who,
                               const instant *times, size_t n)
{
    json_t *o = json_object(), *array = json_array();
    struct gathering g = {
        .arena = &in->scope->arena, .s = in->scope, .unknown = json_array()};
    const struct request *made = request_of(in->scope, who->what);
    struct subject subject = {who->what, made ? made->groups : BYTES_NONE};
    struct list own = rbac_bindings_of(&in->rbac, &subject);
    for (size_t i = 0; i < n; i++) {
        g.t = times[i];
        g.last = i + 1 == n;
        rbac_rights(&in->rbac, &own, g.t, gather, &g);
    }
    free(own.v);
    if (is_master(subject.groups))
        json_array_append_new(array, render_master(in->scope, made));
    for (size_t i = 0; i < g.held.n; i++)
        json_array_append_new(array, render_held(in, g.held.v[i]));
    put_text(o, "identity", in->scope, who->what);
    put_word(o, "how", who->how);
    put_text(o, "by", in->scope, who->by);
    json_object_set_new(o, "capabilities", array);
    if (json_array_size(g.unknown))
        json_object_set(o, "roles_not_in_the_package", g.unknown);
    json_decref(g.unknown);
    put_span(o, in->scope, who->span);
    free(g.held.v);
    return o;
}

json_t *reach_section(struct incident *in)
{
    json_t *o = json_object(), *array = json_array();
    size_t room = in->rbac.roles.n + in->rbac.bindings.n + 2;
    if (in->first_sign == INSTANT_NONE) {
        put_word(o, "not_decidable", "there is no first sign to count from");
        json_object_set_new(o, "identities", array);
        return o;
    }
    if (!in->rbac.any)
        put_word(o, "not_decidable", "the package has no roles and bindings");
    instant *times = memory_new(room, sizeof *times);
    size_t n = moments(in, times);
    for (size_t i = 0; i < in->scope->reached.n; i++) {
        const struct reached *r = in->scope->reached.v[i];
        if (r->identity)
            json_array_append_new(array, render_identity(in, r, times, n));
    }
    json_object_set_new(o, "identities", array);
    free(times);
    return o;
}
