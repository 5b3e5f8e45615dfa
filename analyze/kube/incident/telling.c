/* What a request tells when it comes from an identity that should not make it. */
#include "analyze/kube/incident/incident.h"

static bool any(struct bytes word, const char *const *words)
{
    for (; *words; words++)
        if (bytes_is(word, *words))
            return true;
    return false;
}

static bool is_rbac(const struct request *r)
{
    static const char *const resources[] = {"roles", "clusterroles", "rolebindings",
                                            "clusterrolebindings", NULL};
    return any(r->resource, resources);
}

static const char *telling_read(const struct request *r)
{
    static const char *const reviews[] = {"selfsubjectrulesreviews",
                                          "selfsubjectaccessreviews", NULL};
    if (any(r->resource, reviews))
        return "asked what it may do";
    if (bytes_is(r->resource, "secrets"))
        return r->name.n ? "read a secret" : "listed secrets";
    if (is_rbac(r) && !request_writes(r) && r->name.n == 0)
        return "listed roles and bindings";
    return NULL;
}

static const char *telling_write(const struct request *r)
{
    static const char *const workloads[] = {"deployments",
                                            "daemonsets",
                                            "statefulsets",
                                            "replicasets",
                                            "jobs",
                                            "cronjobs",
                                            "pods",
                                            "deploymentconfigs",
                                            "replicationcontrollers",
                                            NULL};
    bool deletes = bytes_starts(r->verb, BYTES("delete"));
    if (is_rbac(r))
        return deletes ? "deleted a role or binding" : "wrote a role or binding";
    if (bytes_is(r->resource, "serviceaccounts"))
        return r->subresource.n ? "had a token issued"
               : deletes        ? "deleted a service account"
                                : "created or changed a service account";
    if (any(r->resource, workloads) && r->subresource.n == 0)
        return deletes                         ? "deleted a workload"
               : bytes_is(r->resource, "pods") ? "created or changed a pod"
                                               : "created or changed a workload";
    if (bytes_is(r->resource, "certificatesigningrequests"))
        return "asked for or approved a client certificate";
    if (bytes_is(r->resource, "events") && deletes)
        return "deleted events";
    if (bytes_contains(r->resource, BYTES("webhookconfigurations")) ||
        bytes_is(r->resource, "securitycontextconstraints"))
        return "changed admission";
    return NULL;
}

const char *telling(const struct request *r)
{
    static const char *const workloads[] = {"exec", "attach", "portforward", NULL};
    const char *what = telling_read(r);
    if (what)
        return what;
    if (any(r->subresource, workloads))
        return "entered a pod";
    if (bytes_is(r->subresource, "ephemeralcontainers"))
        return "put a container into a running pod";
    if (bytes_is(r->subresource, "proxy"))
        return "went through the API server to a node, pod or service";
    what = request_writes(r) ? telling_write(r) : NULL;
    if (!what && request_denied(r))
        return "was refused";
    return what;
}
