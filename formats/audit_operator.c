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
    static const char *const prefixes[] = {
        "eks:", "system:k3s-", "system:rke2-", "system:cloud-", "system:konnectivity-",
        /* Google Kubernetes Engine */
        "system:gke-", "system:gcp-", "system:addon-manager", "system:clustermetrics",
        "system:cluster-autoscaler", "system:glbc", "system:l7-lb-controller",
        "system:managed-certificate-controller", "system:vpa-", "system:hpa-controller",
        "system:kubestore-collector", "system:maintenance-controller",
        "system:resource-tracker", "system:snapshot-controller", "system:pdcsi-",
        "system:storageversionmigrator", NULL};
    /* Most requests are of these, which no prefix below begins. */
    if (bytes_starts(user, BYTES("system:node:")) ||
        bytes_starts(user, BYTES("system:serviceaccount:")))
        return false;
    for (size_t i = 0; names[i]; i++)
        if (bytes_is(user, names[i]))
            return true;
    for (size_t i = 0; prefixes[i]; i++)
        if (bytes_starts(user, bytes_str(prefixes[i])))
            return true;
    return false;
}
