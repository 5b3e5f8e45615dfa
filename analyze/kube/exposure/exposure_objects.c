/* What other objects of the package say of the pod's volumes and account.
 *
 * Source: secrets-store.csi.x-k8s.io/v1 SecretProviderClass, core/v1 PersistentVolume and
 * PersistentVolumeClaim, the annotations of the clouds' workload identities. */
#include "analyze/kube/exposure/exposure.h"
#include "analyze/kube/objects/objects.h"

/* -- stores behind a CSI class ------------------------------------------------------- */

static void add_external(struct exposures *e, const struct object *class,
                         struct bytes name)
{
    struct exposed what = {.kind = REFERENCE_EXTERNAL,
                           .urgency = URGENCY_HELD,
                           .namespace = e->in->scope->pod.namespace,
                           .name = name};
    struct exposure_way way = {"fetched by the CSI driver for the class of the volume",
                               class->k->name, BYTES_NONE, object_span(class, NULL)};
    if (name.n)
        exposure_add(e, &what, &way);
}

/* "- objectName: prod/db", as each provider calls it; its value is a text in YAML. */
static void each_line(struct exposures *e, const struct object *class, struct bytes text)
{
    static const char *const keys[] = {"objectName:", "resourceName:", "secretPath:"};
    struct bytes line;
    while (bytes_split(&text, '\n', &line)) {
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
            size_t at = bytes_find(line, bytes_str(keys[i]));
            struct bytes value = bytes_trim(bytes_from(line, at + strlen(keys[i])));
            if (at >= line.n)
                continue;
            if (value.n > 1 && (value.p[0] == '"' || value.p[0] == '\''))
                value = bytes_sub(value, 1, value.n - 2);
            add_external(e, class, value);
        }
    }
}

static void by_class(struct exposures *e, struct bytes name)
{
    const struct scope *s = e->in->scope;
    const struct object *class =
        objects_find(s, "SecretProviderClass", s->pod.namespace, name);
    if (!class)
        return;
    const json_t *synced = tree_get(class->k->object, "spec/secretObjects");
    each_line(e, class, tree_string(class->k->object, "spec/parameters/objects"));
    each_line(e, class, tree_string(class->k->object, "spec/parameters/secrets"));
    for (size_t i = 0; i < json_array_size(synced); i++) {
        const json_t *one = json_array_get(synced, i);
        struct exposed what = {.kind = REFERENCE_SECRET,
                               .urgency = URGENCY_HELD,
                               .namespace = s->pod.namespace,
                               .name = tree_string(one, "secretName")};
        struct exposure_way way = {"kept as a secret by the CSI driver", name, BYTES_NONE,
                                   object_span(class, one)};
        if (what.name.n)
            exposure_add(e, &what, &way);
    }
}

/* -- storage behind a claim ---------------------------------------------------------- */

static void by_claim(struct exposures *e, struct bytes name)
{
    static const char *const paths[] = {"spec/csi/nodeStageSecretRef",
                                        "spec/csi/nodePublishSecretRef",
                                        "spec/csi/controllerPublishSecretRef",
                                        "spec/csi/nodeExpandSecretRef",
                                        "spec/cephfs/secretRef",
                                        "spec/rbd/secretRef",
                                        "spec/iscsi/secretRef",
                                        "spec/flexVolume/secretRef"};
    const struct scope *s = e->in->scope;
    const struct object *claim =
        objects_find(s, "PersistentVolumeClaim", s->pod.namespace, name);
    struct bytes volume =
        claim ? tree_string(claim->k->object, "spec/volumeName") : BYTES_NONE;
    const struct object *o = objects_find(s, "PersistentVolume", BYTES_NONE, volume);
    for (size_t i = 0; o && i < sizeof paths / sizeof *paths; i++) {
        const json_t *at = tree_get(o->k->object, paths[i]);
        struct bytes namespace = tree_string(at, "namespace");
        struct exposed what = {.kind = REFERENCE_SECRET,
                               .urgency = URGENCY_REACHED,
                               .namespace = namespace.n ? namespace : s->pod.namespace,
                               .name = tree_string(at, "name")};
        struct exposure_way way = {"credential of the storage behind a volume", name,
                                   BYTES_NONE, object_span(o, at)};
        if (what.name.n)
            exposure_add(e, &what, &way);
    }
}

/* -- roles at the cloud -------------------------------------------------------------- */

static void by_annotations(struct exposures *e)
{
    const struct scope *s = e->in->scope;
    const struct object *o =
        objects_find(s, "ServiceAccount", s->pod.namespace, s->pod.service_account);
    for (size_t i = 0; i < CLOUD_ACCOUNTS; i++) {
        struct exposed what = {.kind = REFERENCE_CLOUD,
                               .urgency = URGENCY_HELD,
                               .namespace = s->pod.namespace,
                               .name = pod_cloud_account(s, i)};
        struct exposure_way way = {
            "annotation of the service account", BYTES_NONE,
            bytes_str(cloud_account_keys[i]),
            o ? object_span(o, tree_get(o->k->object, "metadata/annotations"))
              : (struct span){0}};
        if (what.name.n)
            exposure_add(e, &what, &way);
    }
}

/* -- old-style tokens ---------------------------------------------------------------- */

/* Tokens of the account in secrets: no pod's end ends them. Where the account names them
 * itself they are told already. */
static void by_token_secrets(struct exposures *e)
{
    const struct scope *s = e->in->scope;
    for (size_t i = 0; i < s->objects.n; i++) {
        const struct object *o = s->objects.v[i];
        const json_t *account =
            json_object_get(tree_get(o->k->object, "metadata/annotations"),
                            "kubernetes.io/service-account.name");
        struct exposed what = {.kind = REFERENCE_SECRET,
                               .urgency = URGENCY_REACHED,
                               .namespace = o->k->namespace,
                               .name = o->k->name};
        struct exposure_way way = {
            "old-style token of the pod's account: valid until the secret is deleted",
            s->pod.service_account, BYTES("token"), object_span(o, NULL)};
        if (bytes_is(o->k->kind, "Secret") && s->pod.service_account.n &&
            bytes_is(tree_string(o->k->object, "type"),
                     "kubernetes.io/service-account-token") &&
            bytes_eq(o->k->namespace, s->pod.namespace) &&
            bytes_eq(tree_string(account, ""), s->pod.service_account))
            exposure_add(e, &what, &way);
    }
}

void exposure_by_objects(struct exposures *e)
{
    const json_t *volumes = tree_get(podspec_of(e->in->scope->manifest), "volumes");
    for (size_t i = 0; i < json_array_size(volumes); i++) {
        const json_t *volume = json_array_get(volumes, i);
        struct bytes class =
            tree_string(volume, "csi/volumeAttributes/secretProviderClass");
        struct bytes claim = tree_string(volume, "persistentVolumeClaim/claimName");
        if (class.n)
            by_class(e, class);
        if (claim.n)
            by_claim(e, claim);
    }
    by_annotations(e);
    by_token_secrets(e);
}
