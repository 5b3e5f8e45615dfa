/* Images in the package: what a config says of its layers (rootfs.diff_ids) is of their
 * content, behind the compression. Descriptors are manifests of their own
 * (oci_descriptors.h); a config names no blobs, so that its claims come by way of the
 * manifest that names both. */
#include <stdlib.h>

#include "formats/base/intern.h"
#include "formats/base/memory.h"
#include "formats/json.h"
#include "formats/oci.h"
#include "verify/claims.h"
#include "verify/file_index.h"

struct images {
    struct check *c;
    const struct item *container; /* that `index` is of */
    struct file_index index;
    struct pending_claims pending;
    struct manifest_record **records_end;
    struct intern *claimed; /* layers and by which config */
};

/* One image: its config and the stored layers, the lowest first. */
struct stored_image {
    struct item *config;
    struct bytes *paths;
    size_t count;
};

static bool read_one(const struct item *item, struct documents *out)
{
    *out = (struct documents){0};
    if (!item || !item->kept)
        return false;
    json_read(item_more(item)->content, out);
    return out->n == 1 && !out->v[0].partial;
}

/* What a blob holds once it is decompressed. */
static struct item *content_of(struct item *blob)
{
    while (blob && container_is_filter(blob->container) && item_more(blob)->child)
        blob = item_more(blob)->child;
    return blob;
}

static struct manifest_record *record_of(struct images *i, struct item *config)
{
    struct manifest_record *r = arena_new(&i->c->v->arena, struct manifest_record);
    r->item = config;
    r->format = "oci-config";
    *i->records_end = r;
    i->records_end = &r->next;
    return r;
}

/* The same image is named by index.json and by manifest.json of one archive. Takes note
 * of it. */
static bool claimed_by(struct images *i, const struct item *content,
                       const struct item *config)
{
    const uint32_t ids[] = {content->id, config->id};
    uint32_t known = intern_count(i->claimed);
    return intern_put(i->claimed, bytes_of(ids, sizeof ids)) < known;
}

static bool read_digest(struct bytes text, struct digest *out)
{
    size_t colon = bytes_find_byte(text, ':');
    return digest_by_name(bytes_sub(text, 0, colon), &out->algorithm) &&
           bytes_from_hex(bytes_from(text, colon + 1), out->octets,
                          digest_size(out->algorithm));
}

static void claim_layer(struct images *i, struct manifest_record *record,
                        struct bytes diff_id, struct item *content)
{
    struct claim *claim = arena_new(&i->c->v->arena, struct claim);
    claim->manifest = record->item;
    claim->offset = bytes_find(item_more(record->item)->content, diff_id);
    claim->length = diff_id.n;
    if (!read_digest(diff_id, &claim->digest)) {
        record->claims++;
        record->malformed++;
        return;
    }
    claim_add(&i->pending,
              &(struct pending_claim){.claim = claim,
                                      .item = content,
                                      .candidates = DIGEST_BIT(claim->digest.algorithm),
                                      .record = record});
}

static void claim_layers(struct images *i, const struct stored_image *image,
                         const struct oci_config *config)
{
    struct manifest_record *record = NULL;
    if (config->diff_count && config->diff_count != image->count)
        check_finding(i->c, INTEGRITY_MALFORMED_MANIFEST, image->config,
                      check_printf(i->c, "it has %zu layers, and the manifest %zu",
                                   config->diff_count, image->count));
    for (size_t k = 0; k < config->diff_count && k < image->count; k++) {
        struct item *content = content_of(file_index_find(&i->index, image->paths[k]));
        if (!content || claimed_by(i, content, image->config))
            continue;
        if (!record)
            record = record_of(i, image->config);
        claim_layer(i, record, config->diff_ids[k], content);
    }
}

static void check_image(struct images *i, const struct stored_image *image)
{
    struct documents docs;
    struct oci_config config;
    if (read_one(image->config, &docs) && oci_document_of(docs.v[0].root) == OCI_CONFIG) {
        oci_config_read(&docs.v[0], &i->c->v->arena, &config, &docs.faults);
        claim_layers(i, image, &config);
    }
    documents_release(&docs);
}

static void check_manifest(struct images *i, const struct document *d)
{
    struct arena *arena = &i->c->v->arena;
    struct faults faults = {0};
    struct oci_manifest m;
    oci_manifest_read(d, arena, &m, &faults);
    struct stored_image image = {
        .config = file_index_find(&i->index, oci_blob_path(m.config.digest, arena)),
        .paths = arena_array(arena, struct bytes, m.layer_count + 1),
        .count = m.layer_count};
    for (size_t k = 0; k < m.layer_count; k++)
        image.paths[k] = oci_blob_path(m.layers[k].digest, arena);
    check_image(i, &image);
    faults_release(&faults);
}

static void check_saved(struct images *i, const struct document *d)
{
    struct faults faults = {0};
    struct oci_archive a;
    oci_archive_read(d, &i->c->v->arena, &a, &faults);
    for (size_t k = 0; k < a.n; k++) {
        const struct stored_image image = {file_index_find(&i->index, a.v[k].config),
                                           a.v[k].layers, a.v[k].layer_count};
        check_image(i, &image);
    }
    faults_release(&faults);
}

static void check_document(struct images *i, const struct item *item)
{
    struct documents docs;
    if (read_one(item, &docs)) {
        enum oci_document kind = oci_document_of(docs.v[0].root);
        if (kind == OCI_MANIFEST || kind == OCI_ARCHIVE) {
            if (item->parent != i->container) {
                i->container = item->parent;
                i->index = file_index_of(item->parent, &i->c->v->arena);
            }
            if (kind == OCI_MANIFEST)
                check_manifest(i, &docs.v[0]);
            else
                check_saved(i, &docs.v[0]);
        }
    }
    documents_release(&docs);
}

int check_images(struct check *c)
{
    struct images i = {.c = c, .records_end = &c->v->manifests, .claimed = intern_new()};
    struct item *root = package_root(c->package);
    while (*i.records_end)
        i.records_end = &(*i.records_end)->next;
    for (struct item *m = root; m; m = item_next(m, root)) {
        if (m->role == ROLE_IMAGE_METADATA && m->parent)
            check_document(&i, m);
    }
    int status = claims_compare(c, &i.pending);
    intern_free(i.claimed);
    free(i.pending.v);
    return status;
}
