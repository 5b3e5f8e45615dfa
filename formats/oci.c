#include "formats/oci.h"

#include "formats/base/limits.h"

/* -- documents ----------------------------------------------------------------------- */

static bool is_docker_archive(const json_t *root)
{
    const json_t *first = json_array_get(root, 0);
    return json_is_string(json_object_get(first, "Config")) &&
           json_is_array(json_object_get(first, "Layers"));
}

enum oci_document oci_document_of(const json_t *root)
{
    if (json_is_array(root))
        return is_docker_archive(root) ? OCI_ARCHIVE : OCI_NOTHING;
    if (json_is_string(json_object_get(root, "imageLayoutVersion")))
        return OCI_LAYOUT;
    if (json_is_array(json_object_get(root, "manifests")))
        return OCI_INDEX;
    if (json_is_array(json_object_get(root, "layers")) &&
        json_is_object(json_object_get(root, "config")))
        return OCI_MANIFEST;
    if (json_is_array(tree_get(root, "rootfs/diff_ids")))
        return OCI_CONFIG;
    return OCI_NOTHING;
}

/* -- digests ------------------------------------------------------------------------- */

bool oci_digest_valid(struct bytes digest)
{
    /* descriptor.md, "Registered Algorithms" */
    static const struct {
        struct bytes prefix;
        size_t digits;
    } algorithms[] = {
        {{(const uint8_t *)"sha256:", 7}, 64},
        {{(const uint8_t *)"sha384:", 7}, 96},
        {{(const uint8_t *)"sha512:", 7}, 128},
    };
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        if (!bytes_starts(digest, algorithms[i].prefix))
            continue;
        struct bytes hex = bytes_from(digest, algorithms[i].prefix.n);
        for (size_t k = 0; k < hex.n; k++) {
            if (!is_hex(hex.p[k]) || hex.p[k] != to_lower(hex.p[k]))
                return false;
        }
        return hex.n == algorithms[i].digits;
    }
    return false;
}

struct bytes oci_blob_path(struct bytes digest, struct arena *arena)
{
    size_t colon = bytes_find_byte(digest, ':');
    struct bytes hex = bytes_from(digest, colon + 1);
    return bytes_str(arena_printf(arena, "blobs/%.*s/%.*s", (int)colon,
                                  (const char *)digest.p, (int)hex.n,
                                  (const char *)hex.p));
}

/* -- reading ------------------------------------------------------------------------- */

static void fault_in(const struct document *d, const json_t *node, enum fault_code code,
                     struct faults *faults)
{
    uint64_t offset = d->offset, length;
    document_span(d, node, &offset, &length);
    faults_add(faults, (struct fault){code, offset, 0, 0});
}

/* How many elements of an array are read. */
static size_t count_of(const struct document *d, const json_t *array,
                       struct faults *faults)
{
    size_t n = json_array_size(array);
    if (n <= LIMIT_IMAGE_LAYERS)
        return n;
    faults_add(faults, (struct fault){FAULT_LIMIT, d->offset, LIMIT_IMAGE_LAYERS, n});
    return LIMIT_IMAGE_LAYERS;
}

static struct oci_platform platform_of(const json_t *node)
{
    return (struct oci_platform){
        .os = tree_string(node, "os"),
        .architecture = tree_string(node, "architecture"),
        .variant = tree_string(node, "variant"),
        .os_version = tree_string(node, "os.version"),
    };
}

/* Annotations have names with slashes in them, which tree_get would follow. */
static struct bytes annotation(const json_t *node, const char *name)
{
    const json_t *all = json_object_get(node, "annotations");
    return tree_string(json_object_get(all, name), "");
}

static bool read_descriptor(const struct document *d, const json_t *node,
                            struct oci_descriptor *out, struct faults *faults)
{
    int64_t size;
    struct bytes digest = tree_string(node, "digest");
    if (!json_is_object(node) || !oci_digest_valid(digest)) {
        fault_in(d, node, FAULT_VALUE, faults);
        return false;
    }
    *out = (struct oci_descriptor){
        .media_type = tree_string(node, "mediaType"),
        .digest = digest,
        .platform = platform_of(json_object_get(node, "platform")),
        .reference = annotation(node, "io.containerd.image.name"),
        .attestation = bytes_is(annotation(node, "vnd.docker.reference.type"),
                                "attestation-manifest"),
    };
    if (out->reference.n == 0)
        out->reference = annotation(node, "org.opencontainers.image.ref.name");
    out->has_size = tree_integer(node, "size", &size) && size >= 0;
    out->size = out->has_size ? (uint64_t)size : 0;
    return true;
}

static size_t read_descriptors(const struct document *d, const json_t *array,
                               struct oci_descriptor *v, struct faults *faults)
{
    size_t n = 0, count = count_of(d, array, faults);
    for (size_t i = 0; i < count; i++)
        n += read_descriptor(d, json_array_get(array, i), &v[n], faults);
    return n;
}

void oci_index_read(const struct document *d, struct arena *arena, struct oci_index *out,
                    struct faults *faults)
{
    const json_t *all = json_object_get(d->root, "manifests");
    *out = (struct oci_index){0};
    out->v = arena_array(arena, struct oci_descriptor, count_of(d, all, NULL) + 1);
    out->n = read_descriptors(d, all, out->v, faults);
}

void oci_manifest_read(const struct document *d, struct arena *arena,
                       struct oci_manifest *out, struct faults *faults)
{
    const json_t *layers = json_object_get(d->root, "layers");
    *out = (struct oci_manifest){
        .base_digest = annotation(d->root, "org.opencontainers.image.base.digest")};
    read_descriptor(d, json_object_get(d->root, "config"), &out->config, faults);
    out->layers =
        arena_array(arena, struct oci_descriptor, count_of(d, layers, NULL) + 1);
    out->layer_count = read_descriptors(d, layers, out->layers, faults);
}

/* The strings of an array; what is not one is a fault. */
static size_t read_strings(const struct document *d, const json_t *array,
                           struct arena *arena, struct bytes **out, struct faults *faults)
{
    size_t n = 0, count = count_of(d, array, faults);
    *out = arena_array(arena, struct bytes, count + 1);
    for (size_t i = 0; i < count; i++) {
        const json_t *node = json_array_get(array, i);
        if (json_is_string(node))
            (*out)[n++] = tree_string(node, "");
        else
            fault_in(d, node, FAULT_VALUE, faults);
    }
    return n;
}

static instant time_of(const json_t *node)
{
    instant t;
    return instant_parse(tree_string(node, "created"), &t, NULL) ? t : INSTANT_NONE;
}

void oci_config_read(const struct document *d, struct arena *arena,
                     struct oci_config *out, struct faults *faults)
{
    const json_t *history = json_object_get(d->root, "history");
    *out = (struct oci_config){.platform = platform_of(d->root),
                               .created = time_of(d->root)};
    out->diff_count = read_strings(d, tree_get(d->root, "rootfs/diff_ids"), arena,
                                   &out->diff_ids, faults);
    out->history_count = count_of(d, history, faults);
    out->history = arena_array(arena, struct oci_history, out->history_count + 1);
    for (size_t i = 0; i < out->history_count; i++) {
        const json_t *step = json_array_get(history, i);
        out->history[i] = (struct oci_history){
            .created = time_of(step),
            .created_by = tree_string(step, "created_by"),
            .comment = tree_string(step, "comment"),
            .empty_layer = tree_true(step, "empty_layer"),
        };
    }
}

void oci_archive_read(const struct document *d, struct arena *arena,
                      struct oci_archive *out, struct faults *faults)
{
    size_t count = count_of(d, d->root, faults);
    *out = (struct oci_archive){0};
    out->v = arena_array(arena, struct oci_archived, count + 1);
    for (size_t i = 0; i < count; i++) {
        const json_t *image = json_array_get(d->root, i);
        if (!json_is_object(image)) {
            fault_in(d, image, FAULT_VALUE, faults);
            continue;
        }
        struct oci_archived *a = &out->v[out->n++];
        a->config = tree_string(image, "Config");
        a->tag = tree_string(json_array_get(json_object_get(image, "RepoTags"), 0), "");
        a->layer_count =
            read_strings(d, json_object_get(image, "Layers"), arena, &a->layers, faults);
    }
}
