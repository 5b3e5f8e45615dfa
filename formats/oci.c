#include "formats/oci.h"

#include <stdio.h>

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

/* The document, where its lists go, and what is wrong with it. */
struct reading {
    const struct document *document;
    struct arena *arena;
    struct faults *faults;
};

static void fault_in(const struct reading *r, const json_t *node, enum fault_code code)
{
    uint64_t offset = r->document->offset, length;
    document_span(r->document, node, &offset, &length);
    faults_add(r->faults, (struct fault){code, offset, 0, 0});
}

/* How many elements of an array are read. */
static size_t count_of(const struct reading *r, const json_t *array)
{
    size_t n = json_array_size(array);
    if (n <= LIMIT_IMAGE_LAYERS)
        return n;
    faults_add(r->faults,
               (struct fault){FAULT_LIMIT, r->document->offset, LIMIT_IMAGE_LAYERS, n});
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

/* containers/storage gave its annotations another domain in 2022. */
static struct bytes chunked_annotation(const json_t *node, const char *what)
{
    static const char *const domains[] = {"io.github.containers", "io.containers"};
    struct bytes found = BYTES_NONE;
    for (size_t i = 0; i < 2 && found.n == 0; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.zstd-chunked.manifest-%s", domains[i], what);
        found = annotation(node, name);
    }
    return found;
}

static bool read_descriptor(const struct reading *r, const json_t *node,
                            struct oci_descriptor *out)
{
    int64_t size;
    struct bytes digest = tree_string(node, "digest");
    if (!json_is_object(node) || !oci_digest_valid(digest)) {
        fault_in(r, node, FAULT_VALUE);
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
    out->stargz_digest = annotation(node, "containerd.io/snapshot/stargz/toc.digest");
    out->zstd_digest = chunked_annotation(node, "checksum");
    out->zstd_place = chunked_annotation(node, "position");
    if (out->reference.n == 0)
        out->reference = annotation(node, "org.opencontainers.image.ref.name");
    out->has_size = tree_integer(node, "size", &size) && size >= 0;
    out->size = out->has_size ? (uint64_t)size : 0;
    return true;
}

static struct oci_descriptor *read_descriptors(const struct reading *r,
                                               const json_t *array, size_t *n)
{
    size_t count = count_of(r, array);
    struct oci_descriptor *v = arena_array(r->arena, struct oci_descriptor, count + 1);
    *n = 0;
    for (size_t i = 0; i < count; i++)
        *n += read_descriptor(r, json_array_get(array, i), &v[*n]);
    return v;
}

void oci_index_read(const struct document *d, struct arena *arena, struct oci_index *out,
                    struct faults *faults)
{
    const struct reading r = {d, arena, faults};
    out->v = read_descriptors(&r, json_object_get(d->root, "manifests"), &out->n);
}

void oci_manifest_read(const struct document *d, struct arena *arena,
                       struct oci_manifest *out, struct faults *faults)
{
    const struct reading r = {d, arena, faults};
    *out = (struct oci_manifest){
        .base_digest = annotation(d->root, "org.opencontainers.image.base.digest")};
    read_descriptor(&r, json_object_get(d->root, "config"), &out->config);
    out->layers =
        read_descriptors(&r, json_object_get(d->root, "layers"), &out->layer_count);
}

/* The strings of an array; what is not one is a fault. */
static struct bytes *read_strings(const struct reading *r, const json_t *array, size_t *n)
{
    size_t count = count_of(r, array);
    struct bytes *v = arena_array(r->arena, struct bytes, count + 1);
    *n = 0;
    for (size_t i = 0; i < count; i++) {
        const json_t *node = json_array_get(array, i);
        if (json_is_string(node))
            v[(*n)++] = tree_string(node, "");
        else
            fault_in(r, node, FAULT_VALUE);
    }
    return v;
}

static instant time_of(const json_t *node)
{
    instant t;
    return instant_parse(tree_string(node, "created"), &t, NULL) ? t : INSTANT_NONE;
}

void oci_config_read(const struct document *d, struct arena *arena,
                     struct oci_config *out, struct faults *faults)
{
    const struct reading r = {d, arena, faults};
    const json_t *history = json_object_get(d->root, "history");
    *out = (struct oci_config){.platform = platform_of(d->root),
                               .created = time_of(d->root)};
    out->diff_ids =
        read_strings(&r, tree_get(d->root, "rootfs/diff_ids"), &out->diff_count);
    out->history_count = count_of(&r, history);
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
    const struct reading r = {d, arena, faults};
    size_t count = count_of(&r, d->root);
    *out = (struct oci_archive){0};
    out->v = arena_array(arena, struct oci_archived, count + 1);
    for (size_t i = 0; i < count; i++) {
        const json_t *image = json_array_get(d->root, i);
        if (!json_is_object(image)) {
            fault_in(&r, image, FAULT_VALUE);
            continue;
        }
        struct oci_archived *a = &out->v[out->n++];
        a->config = tree_string(image, "Config");
        a->tag = tree_string(json_array_get(json_object_get(image, "RepoTags"), 0), "");
        a->layers = read_strings(&r, json_object_get(image, "Layers"), &a->layer_count);
    }
}
