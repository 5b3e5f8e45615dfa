/* What calls an API server, by the head of its user agent: people's and scripts' tools,
 * and the parts of Kubernetes. */
#include "formats/audit.h"

bool audit_is_tool(struct bytes agent)
{
    static const char *const names[] = {
        "kubectl",  "oc/",         "helm/",       "k9s",         "lens",
        "headlamp", "octant",      "kustomize/",  "curl",        "wget",
        "httpie",   "python",      "aiohttp",     "libwww-perl", "perl",
        "ruby",     "php",         "java/",       "node-fetch",  "node/",
        "axios",    "undici",      "powershell",  "mozilla",     "go-http-client",
        "go-resty", "postman",     "insomnia",    "nmap",        "kali",
        "peirates", "kube-hunter", "kubeletctl",  "kdigger",     "access_matrix",
        "rakkess",  "kubehound",   "stratus-red", "event-gen",
    };
    for (size_t i = 0; agent.n && i < sizeof names / sizeof *names; i++) {
        if (to_lower(agent.p[0]) != (uint8_t)names[i][0]) /* as most do */
            continue;
        struct bytes name = bytes_str(names[i]);
        /* What begins alike, as kube…, mostly differs where the name ends. */
        if (agent.n >= name.n && to_lower(agent.p[name.n - 1]) == name.p[name.n - 1] &&
            bytes_eq_nocase(bytes_sub(agent, 0, name.n), name))
            return true;
    }
    return false;
}

static bool is_one_of(struct bytes agent, const char *const *names)
{
    for (; *names; names++)
        if (agent.n && agent.p[0] == (uint8_t)(*names)[0] &&
            bytes_starts(agent, bytes_str(*names)))
            return true;
    return false;
}

/* Distributions that run all parts in one program, by whose name they all go: k3s,
 * MicroK8s, and Kubernetes' own hyperkube until 1.18. */
static bool is_whole_cluster(struct bytes agent)
{
    static const char *const names[] = {"k3s/",      "k3s-server/", "k3s-agent/",
                                        "kubelite/", "hyperkube/",  NULL};
    return is_one_of(agent, names);
}

bool audit_is_control_plane_agent(struct bytes agent)
{
    static const char *const names[] = {"kube-controller-manager/", "kube-scheduler/",
                                        "kube-apiserver/", "cloud-controller-manager/",
                                        NULL};
    return is_one_of(agent, names) || is_whole_cluster(agent);
}

/* Windows' kubelet calls itself kubelet.exe. */
bool audit_is_kubelet_agent(struct bytes agent)
{
    return bytes_starts(agent, BYTES("kubelet")) || is_whole_cluster(agent);
}
