#include "analyze/kube/objects/podspec.h"

#include "formats/base/mask.h"
#include "formats/document.h"

const char *reference_kind_name(enum reference_kind k)
{
    static const char *const names[] = {
        "secret",          "configmap",       "service-account-token", "value",
        "external-secret", "pod-certificate", "cloud-identity",        "user-credential"};
    return names[k];
}

/* -- where the spec is -------------------------------------------------------------- */

static const json_t *template_of(const json_t *object)
{
    const json_t *template = tree_get(object, "spec/jobTemplate/spec/template");
    if (!template)
        template = tree_get(object, "spec/template");
    if (!template)
        template = tree_get(object, "template"); /* PodTemplate */
    return tree_get(template, "spec") ? template : object;
}

const json_t *podspec_of(const json_t *object)
{
    const json_t *spec = tree_get(template_of(object), "spec");
    /* A debug container is put into a pod by a patch that holds nothing else. */
    return tree_get(spec, "containers") || tree_get(spec, "ephemeralContainers") ? spec
                                                                                 : NULL;
}

const json_t *podspec_metadata(const json_t *object)
{
    return tree_get(template_of(object), "metadata");
}

struct bytes podspec_account(const json_t *object)
{
    const json_t *spec = podspec_of(object);
    struct bytes name = tree_string(spec, "serviceAccountName");
    if (name.n == 0)
        name = tree_string(spec, "serviceAccount");
    return name.n ? name : BYTES("default");
}

void podspec_containers(const json_t *spec,
                        void (*each)(void *context, const json_t *container,
                                     const char *list),
                        void *context)
{
    static const char *const lists[] = {"initContainers", "containers",
                                        "ephemeralContainers"};
    for (size_t l = 0; l < sizeof lists / sizeof *lists; l++) {
        const json_t *list = tree_get(spec, lists[l]);
        for (size_t i = 0; i < json_array_size(list); i++)
            each(context, json_array_get(list, i), lists[l]);
    }
}

/* -- references --------------------------------------------------------------------- */

struct reading {
    const json_t *spec;
    struct bytes container;
    bool token_mounted;
    void (*each)(void *context, const struct reference *r);
    void *context;
};

static void tell(const struct reading *g, struct reference r)
{
    if (r.name.n || r.kind == REFERENCE_TOKEN)
        g->each(g->context, &r);
}

static struct reference reference_of(enum reference_kind kind, const json_t *node,
                                     const char *via)
{
    return (struct reference){.kind = kind, .via = via, .node = node, .readable = true};
}

/* A value is a credential by its own form, or by the name of what holds it. */
static void look_at_value(const struct reading *g, struct bytes name, struct bytes value,
                          struct reference r)
{
    struct credential found;
    bool by_form = credential_find(value, 0, &found);
    if (value.n == 0 || (!by_form && !credential_name(name)))
        return;
    r.name = name.n ? name : BYTES("argument");
    r.value = by_form ? bytes_sub(value, found.offset, found.length) : value;
    r.value_kind = by_form ? found.kind : "named as a secret";
    r.container = g->container;
    tell(g, r);
}

/* What webhooks of the clouds put beside a token: whose rights it gives there. */
static void cloud_identity(const struct reading *g, const json_t *variable)
{
    static const char *const names[] = {"AWS_ROLE_ARN", "AZURE_CLIENT_ID",
                                        "AWS_CONTAINER_CREDENTIALS_FULL_URI"};
    struct bytes name = tree_string(variable, "name");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct reference r =
            reference_of(REFERENCE_CLOUD, variable, "environment variable");
        r.name = tree_string(variable, "value");
        r.where = name;
        r.container = g->container;
        if (bytes_is(name, names[i]))
            tell(g, r);
    }
}

static void environment_variable(const struct reading *g, const json_t *variable)
{
    static const char *const paths[] = {"valueFrom/secretKeyRef",
                                        "valueFrom/configMapKeyRef"};
    for (int i = 0; i < 2; i++) {
        const json_t *from = tree_get(variable, paths[i]);
        struct reference r = reference_of(i ? REFERENCE_CONFIGMAP : REFERENCE_SECRET,
                                          variable, "environment variable");
        r.name = tree_string(from, "name");
        r.key = tree_string(from, "key");
        r.optional = tree_true(from, "optional");
        r.container = g->container;
        r.where = tree_string(variable, "name");
        tell(g, r);
    }
    cloud_identity(g, variable);
    struct reference r =
        reference_of(REFERENCE_VALUE, variable, "environment variable in the manifest");
    r.where = tree_string(variable, "name");
    look_at_value(g, r.where, tree_string(variable, "value"), r);
}

static void environment_source(const struct reading *g, const json_t *source)
{
    static const char *const paths[] = {"secretRef", "configMapRef"};
    for (int i = 0; i < 2; i++) {
        const json_t *from = tree_get(source, paths[i]);
        struct reference r = reference_of(i ? REFERENCE_CONFIGMAP : REFERENCE_SECRET,
                                          source, "all keys as environment variables");
        r.name = tree_string(from, "name");
        r.optional = tree_true(from, "optional");
        r.container = g->container;
        r.where = tree_string(source, "prefix");
        tell(g, r);
    }
}

static void arguments(const struct reading *g, const json_t *container, const char *list)
{
    const json_t *words = tree_get(container, list);
    for (size_t i = 0; i < json_array_size(words); i++)
        look_at_value(g, BYTES_NONE, tree_string(json_array_get(words, i), ""),
                      reference_of(REFERENCE_VALUE, container, "command line"));
}

static void of_container(void *context, const json_t *container, const char *list)
{
    struct reading *g = context;
    const json_t *environment = tree_get(container, "env");
    const json_t *sources = tree_get(container, "envFrom");
    (void)list;
    g->container = tree_string(container, "name");
    for (size_t i = 0; i < json_array_size(environment); i++)
        environment_variable(g, json_array_get(environment, i));
    for (size_t i = 0; i < json_array_size(sources); i++)
        environment_source(g, json_array_get(sources, i));
    arguments(g, container, "command");
    arguments(g, container, "args");
}

/* -- volumes ------------------------------------------------------------------------ */

struct mount {
    struct bytes volume, container, path;
};

static void find_mount(void *context, const json_t *container, const char *list)
{
    struct mount *m = context;
    const json_t *mounts = tree_get(container, "volumeMounts");
    (void)list;
    for (size_t i = 0; i < json_array_size(mounts) && m->path.n == 0; i++) {
        const json_t *mount = json_array_get(mounts, i);
        if (!bytes_eq(tree_string(mount, "name"), m->volume))
            continue;
        m->container = tree_string(container, "name");
        m->path = tree_string(mount, "mountPath");
    }
}

static void mounted(struct reference *r, const struct mount *m)
{
    r->container = m->container;
    r->where = m->path;
    r->readable = m->path.n > 0;
}

static void projected_source(struct reading *g, const json_t *source,
                             const struct mount *m)
{
    const json_t *token = tree_get(source, "serviceAccountToken");
    struct reference r = reference_of(REFERENCE_SECRET, source, "projected volume");
    mounted(&r, m);
    r.name = tree_string(source, "secret/name");
    r.optional = tree_true(source, "secret/optional");
    tell(g, r);
    r.kind = REFERENCE_CONFIGMAP;
    r.name = tree_string(source, "configMap/name");
    r.optional = tree_true(source, "configMap/optional");
    tell(g, r);
    r.kind = REFERENCE_CERTIFICATE;
    r.name = tree_string(source, "podCertificate/signerName");
    r.key = tree_string(source, "podCertificate/credentialBundlePath");
    r.optional = false;
    tell(g, r);
    if (!token)
        return;
    r.kind = REFERENCE_TOKEN;
    r.name = BYTES_NONE;
    r.optional = false;
    r.audience = tree_string(token, "audience");
    r.key = tree_string(token, "path");
    tree_integer(token, "expirationSeconds", &r.lifetime);
    g->token_mounted |= r.audience.n == 0;
    tell(g, r);
}

static void storage_volume(const struct reading *g, const json_t *volume,
                           const struct mount *m)
{
    static const char *const paths[] = {
        "azureFile/secretName",         "cephfs/secretRef/name",
        "rbd/secretRef/name",           "iscsi/secretRef/name",
        "scaleIO/secretRef/name",       "flexVolume/secretRef/name",
        "storageos/secretRef/name",     "cinder/secretRef/name",
        "csi/nodePublishSecretRef/name"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct reference r =
            reference_of(REFERENCE_SECRET, volume, "credential of a storage volume");
        mounted(&r, m);
        r.name = tree_string(volume, paths[i]);
        r.readable = false; /* the kubelet and the driver use it */
        tell(g, r);
    }
    struct reference r = reference_of(REFERENCE_EXTERNAL, volume, "CSI volume");
    mounted(&r, m);
    r.name = tree_string(volume, "csi/volumeAttributes/secretProviderClass");
    r.key = tree_string(volume, "csi/driver");
    tell(g, r);
}

static bool is_token_path(struct bytes path)
{
    return bytes_starts(path, BYTES("/var/run/secrets/kubernetes.io/serviceaccount"));
}

static void of_volume(struct reading *g, const json_t *volume)
{
    struct mount m = {.volume = tree_string(volume, "name")};
    podspec_containers(g->spec, find_mount, &m);
    const json_t *sources = tree_get(volume, "projected/sources");
    struct reference r = reference_of(REFERENCE_SECRET, volume, "secret volume");
    mounted(&r, &m);
    r.name = tree_string(volume, "secret/secretName");
    r.optional = tree_true(volume, "secret/optional");
    r.mounted_token = r.name.n && is_token_path(m.path);
    g->token_mounted |= r.mounted_token;
    tell(g, r);
    r = reference_of(REFERENCE_CONFIGMAP, volume, "config map volume");
    mounted(&r, &m);
    r.name = tree_string(volume, "configMap/name");
    tell(g, r);
    for (size_t i = 0; i < json_array_size(sources); i++)
        projected_source(g, json_array_get(sources, i), &m);
    storage_volume(g, volume, &m);
}

/* -- the rest ----------------------------------------------------------------------- */

static void pull_secrets(const struct reading *g)
{
    const json_t *list = tree_get(g->spec, "imagePullSecrets");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        struct reference r = reference_of(REFERENCE_SECRET, entry, "image pull secret");
        r.name = tree_string(entry, "name");
        r.readable = false;
        tell(g, r);
    }
}

static void injected(const struct reading *g, const json_t *metadata)
{
    const json_t *annotations = tree_get(metadata, "annotations");
    struct bytes prefix = BYTES("vault.hashicorp.com/agent-inject-secret-");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)annotations, key, value)
    {
        struct reference r =
            reference_of(REFERENCE_EXTERNAL, annotations, "injected by the Vault agent");
        r.name = tree_string(value, "");
        r.key = bytes_from(bytes_str(key), prefix.n);
        if (bytes_starts(bytes_str(key), prefix))
            tell(g, r);
    }
}

/* Admission mounts the account's token unless the pod (or the account) refuses it. */
static void default_token(const struct reading *g)
{
    const json_t *automount = tree_get(g->spec, "automountServiceAccountToken");
    if (g->token_mounted || json_is_false(automount))
        return;
    struct reference r = reference_of(REFERENCE_TOKEN, g->spec, "mounted by default");
    r.where = BYTES("/var/run/secrets/kubernetes.io/serviceaccount");
    r.key = BYTES("token");
    r.by_default = !json_is_true(automount);
    tell(g, r);
}

void podspec_references(const json_t *object,
                        void (*each)(void *context, const struct reference *r),
                        void *context)
{
    struct reading g = {.spec = podspec_of(object), .each = each, .context = context};
    const json_t *volumes = tree_get(g.spec, "volumes");
    if (!g.spec)
        return;
    podspec_containers(g.spec, of_container, &g);
    g.container = BYTES_NONE;
    for (size_t i = 0; i < json_array_size(volumes); i++)
        of_volume(&g, json_array_get(volumes, i));
    default_token(&g);
    pull_secrets(&g);
    injected(&g, podspec_metadata(object));
}
