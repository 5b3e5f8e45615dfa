/* Accounts with which clouds and distributions run the control plane themselves. Their
 * credentials never lie in the cluster, and none of these names can be given to a
 * customer's account: Kubernetes reserves "system:", Amazon EKS "eks:". */
#include "formats/audit.h"

bool audit_is_operator(struct bytes user)
{
    static const char *const names[] = {"aksService",
                                        "hcpService",
                                        "acsService", /* Azure Kubernetes Service */
                                        "k3s-cloud-controller-manager",
                                        "rke2-cloud-controller-manager",
                                        NULL};
    static const char *const parts[] = {
        "k3s-", "rke2-", "cloud-", "konnectivity-",
        /* Google Kubernetes Engine */
        "gke-", "gcp-", "addon-manager", "clustermetrics", "cluster-autoscaler", "glbc",
        "l7-lb-controller", "managed-certificate-controller", "vpa-", "hpa-controller",
        "kubestore-collector", "maintenance-controller", "resource-tracker",
        "snapshot-controller", "pdcsi-", "storageversionmigrator", NULL};
    struct bytes system = BYTES("system:");
    for (size_t i = 0; names[i]; i++)
        if (bytes_is(user, names[i]))
            return true;
    if (!bytes_starts(user, system))
        return bytes_starts(user, BYTES("eks:"));
    struct bytes part = bytes_from(user, system.n);
    for (size_t i = 0; parts[i]; i++)
        if (part.n && part.p[0] == (uint8_t)parts[i][0] &&
            bytes_starts(part, bytes_str(parts[i])))
            return true;
    return false;
}

/* Namespaces whose names OpenShift keeps from everybody else's projects, and in which its
 * own components run; not those that stand there for a person's session or tools. */
bool audit_is_distribution(struct bytes user)
{
    static const char *const parts[] = {
        "infra:",     "apiserver",       "authentication",
        "cloud-",     "cluster-",        "config",
        "console",    "controller-",     "dns",
        "etcd",       "ingress",         "image-",
        "insights",   "kube-",           "machine-",
        "monitoring", "marketplace",     "multus",
        "network-",   "oauth-apiserver", "operator-lifecycle-manager",
        "ovn-",       "route-",          "sdn",
        "service-ca"};
    struct bytes openshift = BYTES("system:serviceaccount:openshift-");
    if (!bytes_starts(user, openshift))
        return false;
    struct bytes part = bytes_from(user, openshift.n);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (bytes_starts(part, bytes_str(parts[i])))
            return true;
    return false;
}

/* By what their charts and installers name them. A user of Rancher has an account of his
 * own there, which may impersonate nobody else. */
bool audit_is_gateway(struct bytes user)
{
    static const struct {
        const char *namespace, *name; /* as they begin */
    } known[] = {{"cattle-impersonation-system:", "cattle-impersonation-"},
                 {"teleport", "teleport"},
                 {"pinniped-concierge:", ""},
                 {"gke-connect:", "connect-agent"},
                 {"azure-arc:", "azure-arc-kube-aad-proxy"},
                 {"kube-oidc-proxy:", ""}};
    struct bytes account = BYTES("system:serviceaccount:");
    if (!bytes_starts(user, account))
        return false;
    struct bytes namespace = bytes_from(user, account.n);
    struct bytes name = bytes_from(namespace, bytes_find_byte(namespace, ':') + 1);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (bytes_starts(namespace, bytes_str(known[i].namespace)) &&
            bytes_starts(name, bytes_str(known[i].name)))
            return true;
    return false;
}

bool audit_is_dry_run(const struct audit_event *e)
{
    struct bytes uri = e->request_uri;
    size_t query = bytes_find_byte(uri, '?');
    return query < uri.n && bytes_contains(bytes_from(uri, query), BYTES("dryRun=All"));
}
