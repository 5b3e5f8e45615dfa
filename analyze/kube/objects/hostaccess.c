/* What brings a pod close to its node. Source: Pod Security Standards, core/v1. */
#include "analyze/kube/objects/podspec.h"
#include "formats/document.h"

struct looking {
    void (*each)(void *context, const struct host_access *h);
    void *context;
};

static void tell(const struct looking *l, struct host_access h)
{
    l->each(l->context, &h);
}

/* Capabilities that lead to root on the node without any bug of the kernel's. */
static bool is_escape_capability(struct bytes name)
{
    static const char *const names[] = {"SYS_ADMIN", "SYS_MODULE",      "SYS_PTRACE",
                                        "SYS_RAWIO", "DAC_READ_SEARCH", "BPF",
                                        "ALL"};
    if (bytes_starts(name, BYTES("CAP_")))
        name = bytes_from(name, 4);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bytes_eq_nocase(name, bytes_str(names[i])))
            return true;
    return false;
}

static void of_container(void *context, const json_t *container, const char *list)
{
    const struct looking *l = context;
    const json_t *security = tree_get(container, "securityContext");
    const json_t *added = tree_get(security, "capabilities/add");
    struct host_access h = {.container = tree_string(container, "name"),
                            .node = container};
    (void)list;
    if (tree_true(security, "privileged")) {
        h.what = "privileged container";
        h.whole = true;
        tell(l, h);
    }
    for (size_t i = 0; i < json_array_size(added); i++) {
        h.what = "capability";
        h.whole = false;
        h.detail = tree_string(json_array_get(added, i), "");
        if (is_escape_capability(h.detail))
            tell(l, h);
    }
}

/* Paths from which root, or the kubelet's or a runtime's power, is one step away. */
static bool is_root_path(struct bytes path)
{
    static const char *const exact[] = {"/",     "/etc",     "/root", "/proc",
                                        "/var",  "/var/lib", "/run",  "/var/run",
                                        "/home", "/usr",     "/dev"};
    static const char *const within[] = {"/etc/kubernetes",     "/var/lib/kubelet",
                                         "/var/lib/etcd",       "/etc/cron",
                                         "/etc/rancher",        "/var/lib/rancher",
                                         "/var/lib/k0s",        "/var/lib/minikube",
                                         "/var/lib/docker",     "/var/lib/crio",
                                         "/var/lib/containers", "/var/lib/containerd",
                                         "/etc/etcd",           "/etc/ssh",
                                         "/etc/systemd",        "/var/lib/microshift",
                                         "/var/snap/microk8s"};
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
        if (bytes_is(path, exact[i]))
            return true;
    for (size_t i = 0; i < sizeof within / sizeof *within; i++)
        if (bytes_starts(path, bytes_str(within[i])))
            return true;
    return bytes_ends(path, BYTES(".sock"));
}

static void of_volumes(const struct looking *l, const json_t *spec)
{
    const json_t *volumes = tree_get(spec, "volumes");
    for (size_t i = 0; i < json_array_size(volumes); i++) {
        const json_t *volume = json_array_get(volumes, i);
        struct host_access h = {.what = "host path", .node = volume};
        h.detail = tree_string(volume, "hostPath/path");
        h.whole = is_root_path(h.detail);
        if (h.detail.n)
            tell(l, h);
    }
}

void podspec_host_access(const json_t *object,
                         void (*each)(void *context, const struct host_access *h),
                         void *context)
{
    static const char *const flags[][2] = {{"hostPID", "the node's processes"},
                                           {"hostIPC", "the node's shared memory"},
                                           {"hostNetwork", "the node's network"}};
    const json_t *spec = podspec_of(object);
    struct looking l = {each, context};
    podspec_containers(spec, of_container, &l);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (tree_true(spec, flags[i][0]))
            tell(&l, (struct host_access){.what = flags[i][1], .node = spec});
    of_volumes(&l, spec);
}
