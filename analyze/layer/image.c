#include "analyze/layer/image.h"

#include <stdlib.h>

#include "analyze/layer/image_choose.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/json.h"
#include "verify/check.h"

const char *image_form_name(enum image_form f)
{
    static const char *const names[] = {"none", "oci-layout", "docker-archive",
                                        "image-folder", "root"};
    return names[f];
}

const char *blob_check_name(enum blob_check c)
{
    static const char *const names[] = {"not-checked", "verified", "mismatch", "missing"};
    return names[c];
}

/* -- members ------------------------------------------------------------------------- */

static bool name_is(const struct item *m, struct bytes prefix, struct bytes path)
{
    struct layer at = {.prefix = prefix};
    struct bytes name;
    if (!layer_member_path(&at, m, &name))
        return false;
    while (name.n && name.p[name.n - 1] == '/')
        name.n--;
    return bytes_eq(name, path);
}

/* Links inside an archive stand for what they point to: docker save writes a layer that
 * occurs twice as a symbolic link. */
static const struct item *member(const struct image *i, struct bytes path)
{
    for (unsigned links = 0; links < LIMIT_LINKS; links++) {
        const struct item *found = NULL;
        for (const struct item *m = item_more(i->container)->child; m && !found;
             m = m->next)
            found = name_is(m, i->prefix, path) ? m : NULL;
        if (!found ||
            (found->entry.type != ENTRY_SYMLINK && found->entry.type != ENTRY_HARDLINK))
            return found;
        path = entry_link(&found->entry);
        while (bytes_starts(path, BYTES("../")))
            path = bytes_from(path, 3);
    }
    return NULL;
}

/* The first document in an item; false when it was not kept or does not parse. The tree
 * lives as long as the arena's owner: until image_release by way of `root`. */
static bool read_document(const struct item *m, struct documents *docs)
{
    *docs = (struct documents){0};
    if (!m || !m->kept)
        return false;
    json_read(item_more(m)->content, docs);
    if (docs->n == 1)
        return true;
    documents_release(docs);
    return false;
}

static struct bytes keep_view(struct arena *a, struct bytes b)
{
    return b.n ? arena_copy(a, b) : BYTES_NONE;
}

/* -- digests ------------------------------------------------------------------------- */

static enum blob_check check_digest(const struct item *m, struct bytes digest)
{
    struct digest want, have;
    size_t colon = bytes_find_byte(digest, ':');
    if (!m)
        return BLOB_MISSING;
    if (!digest_by_name(bytes_sub(digest, 0, colon), &want.algorithm) ||
        !item_digest_known(m, want.algorithm, &have))
        return BLOB_UNCHECKED;
    if (!bytes_from_hex(bytes_from(digest, colon + 1), want.octets,
                        digest_size(want.algorithm)))
        return BLOB_MISMATCH;
    return digest_eq(&want, &have) ? BLOB_VERIFIED : BLOB_MISMATCH;
}

/* docker save names a config by its digest: "<hex>.json", "blobs/sha256/<hex>". */
static enum blob_check check_name(const struct item *m, struct bytes path)
{
    size_t slash = bytes_rfind_byte(path, '/');
    uint8_t octets[32];
    struct bytes hex = bytes_sub(bytes_from(path, slash < path.n ? slash + 1 : 0), 0, 64);
    if (!m)
        return BLOB_MISSING;
    if (!m->hashed || !bytes_from_hex(hex, octets, sizeof octets))
        return BLOB_UNCHECKED;
    return memcmp(octets, m->sha256, sizeof octets) == 0 ? BLOB_VERIFIED : BLOB_MISMATCH;
}

static struct bytes digest_of(const struct item *m, struct arena *arena)
{
    char hex[65];
    if (!m || !m->hashed)
        return BYTES_NONE;
    bytes_to_hex(bytes_of(m->sha256, sizeof m->sha256), hex);
    return bytes_str(arena_printf(arena, "sha256:%s", hex));
}

static void check_layer(struct image_layer *l)
{
    l->blob_check = l->digest.n ? check_digest(l->blob, l->digest)
                                : (l->blob ? BLOB_UNCHECKED : BLOB_MISSING);
    if (l->blob && l->has_size && l->size != l->blob->size)
        l->blob_check = BLOB_MISMATCH;
    /* diffID is of the bytes inside the compression. A compressed stream that was read to
     * its end has them all, also those behind the end of the tar. */
    l->diff_check = l->diff_id.n && l->layer.container
                        ? check_digest(l->layer.container, l->diff_id)
                        : BLOB_UNCHECKED;
}

/* -- layers -------------------------------------------------------------------------- */

static struct image_layer *add_layer(struct image *i, const struct item *blob)
{
    struct image_layer *l = &i->layers[i->layer_count++];
    l->blob = blob;
    l->created = INSTANT_NONE;
    l->layer = (struct layer){.container = layer_container(blob)};
    return l;
}

/* Steps that made no layer are skipped (config.md, "history"). */
static void take_history(struct image *i, const struct oci_config *c, struct arena *arena)
{
    size_t k = 0;
    for (size_t h = 0; h < c->history_count && k < i->layer_count; h++) {
        if (c->history[h].empty_layer)
            continue;
        i->layers[k].created_by = keep_view(arena, c->history[h].created_by);
        i->layers[k++].created = c->history[h].created;
    }
}

static void take_config(struct image *i, const struct item *config, struct arena *arena)
{
    struct documents docs;
    struct oci_config c;
    i->config = config;
    i->config_digest = digest_of(config, arena);
    if (!read_document(config, &docs))
        return;
    oci_config_read(&docs.v[0], arena, &c, &docs.faults);
    i->platform = (struct oci_platform){
        .os = keep_view(arena, c.platform.os),
        .architecture = keep_view(arena, c.platform.architecture),
        .variant = keep_view(arena, c.platform.variant),
    };
    i->created = c.created;
    i->count_differs = c.diff_count != i->layer_count;
    for (size_t k = 0; k < i->layer_count && k < c.diff_count; k++)
        i->layers[k].diff_id = keep_view(arena, c.diff_ids[k]);
    take_history(i, &c, arena);
    documents_release(&docs);
}

static const struct item *blob_of(const struct image *i, struct bytes digest,
                                  struct arena *arena)
{
    if (i->form == IMAGE_FOLDER)
        return member(i, bytes_from(digest, bytes_find_byte(digest, ':') + 1));
    return member(i, oci_blob_path(digest, arena));
}

/* Layers that may not be handed on: their blobs stay where "urls" says. */
static bool is_foreign(struct bytes media_type)
{
    return bytes_contains(media_type, BYTES(".nondistributable.")) ||
           bytes_contains(media_type, BYTES(".foreign."));
}

static bool take_manifest(struct image *i, const struct item *m, struct arena *arena)
{
    struct documents docs;
    struct oci_manifest manifest;
    if (!read_document(m, &docs))
        return false;
    bool is_manifest = oci_document_of(docs.v[0].root) == OCI_MANIFEST;
    if (is_manifest) {
        oci_manifest_read(&docs.v[0], arena, &manifest, &docs.faults);
        i->manifest = m;
        i->base_digest = keep_view(arena, manifest.base_digest);
        i->layers = arena_array(arena, struct image_layer, manifest.layer_count + 1);
        for (size_t k = 0; k < manifest.layer_count; k++) {
            const struct oci_descriptor *d = &manifest.layers[k];
            struct image_layer *l = add_layer(i, blob_of(i, d->digest, arena));
            l->digest = keep_view(arena, d->digest);
            l->media_type = keep_view(arena, d->media_type);
            l->size = d->size;
            l->has_size = d->has_size;
            l->foreign = is_foreign(d->media_type);
            l->stargz_digest = keep_view(arena, d->stargz_digest);
            l->zstd_digest = keep_view(arena, d->zstd_digest);
            l->zstd_place = keep_view(arena, d->zstd_place);
        }
        const struct item *config = blob_of(i, manifest.config.digest, arena);
        i->config_check = check_digest(config, manifest.config.digest);
        take_config(i, config, arena);
    }
    documents_release(&docs);
    return is_manifest;
}

/* -- indexes ------------------------------------------------------------------------- */

/* An image that is read, and which one of several is wanted. */
struct taking {
    struct image *image;
    const struct image_wish *wish;
    struct arena *arena;
};

static bool take_index(const struct taking *t, const struct item *index, unsigned depth);

/* A manifest, or an index inside the index. */
static bool take_described(const struct taking *t, const struct oci_descriptor *d,
                           unsigned depth)
{
    struct image *i = t->image;
    struct arena *arena = t->arena;
    const struct item *m = blob_of(i, d->digest, arena);
    i->reference = d->reference.n ? keep_view(arena, d->reference) : i->reference;
    if (!m || take_manifest(i, m, arena)) {
        i->manifest_digest = keep_view(arena, d->digest);
        i->manifest_check = check_digest(m, d->digest);
        if (m && d->has_size && m->size != d->size)
            i->manifest_check = BLOB_MISMATCH;
        return true;
    }
    /* An index that the layout's own index names is what a registry calls the image. */
    i->index_digest = keep_view(arena, d->digest);
    i->index_check = check_digest(m, d->digest);
    return depth < LIMIT_NESTING && take_index(t, m, depth + 1);
}

/* What else there was to take, for whoever must say which one is meant. */
static void note_platforms(struct image *i, const struct oci_index *all,
                           struct arena *arena)
{
    struct text t = {0};
    for (size_t k = 0; k < all->n; k++) {
        if (all->v[k].attestation)
            continue;
        text_str(&t, t.n ? ", " : "");
        platform_text(&all->v[k].platform, &t);
    }
    i->platforms = arena_copy(arena, text_bytes(&t));
    text_release(&t);
}

static bool take_from_index(const struct taking *t, const struct oci_index *all,
                            unsigned depth)
{
    struct image *i = t->image;
    struct arena *arena = t->arena;
    struct image_choice choice;
    bool *here = arena_array(arena, bool, all->n + 1);
    for (size_t k = 0; k < all->n; k++)
        here[k] = blob_of(i, all->v[k].digest, arena) != NULL;
    image_choose(all, here, t->wish, &choice);
    i->choices += choice.images ? choice.images - 1 : 0;
    i->ambiguous |= choice.ambiguous;
    if (choice.images > 1)
        note_platforms(i, all, arena);
    i->platform_missing = choice.images > 0 && !choice.taken;
    return choice.taken && take_described(t, choice.taken, depth);
}

static bool take_index(const struct taking *t, const struct item *index, unsigned depth)
{
    struct documents docs;
    struct oci_index all;
    bool taken = false;
    if (!read_document(index, &docs))
        return false;
    if (oci_document_of(docs.v[0].root) == OCI_INDEX) {
        oci_index_read(&docs.v[0], t->arena, &all, &docs.faults);
        taken = take_from_index(t, &all, depth);
    }
    documents_release(&docs);
    return taken;
}

/* -- forms --------------------------------------------------------------------------- */

static bool take_archive(const struct taking *t, const struct item *list)
{
    struct image *i = t->image;
    struct arena *arena = t->arena;
    struct documents docs;
    struct oci_archive all;
    if (!read_document(list, &docs))
        return false;
    oci_archive_read(&docs.v[0], arena, &all, &docs.faults);
    bool is_archive = oci_document_of(docs.v[0].root) == OCI_ARCHIVE && all.n > 0;
    if (is_archive) {
        const struct oci_archived *a = &all.v[0];
        for (size_t k = 0; k < all.n; k++) {
            size_t slash = bytes_rfind_byte(all.v[k].config, '/');
            struct bytes name = slash < all.v[k].config.n
                                    ? bytes_from(all.v[k].config, slash + 1)
                                    : all.v[k].config;
            if (image_id_matches(name, t->wish->id) ||
                image_reference_matches(all.v[k].tag, t->wish->id))
                a = &all.v[k];
        }
        i->manifest = list;
        i->choices = all.n - 1;
        i->reference = keep_view(arena, a->tag);
        i->layers = arena_array(arena, struct image_layer, a->layer_count + 1);
        for (size_t k = 0; k < a->layer_count; k++)
            add_layer(i, member(i, a->layers[k]));
        const struct item *config = member(i, a->config);
        i->config_check = check_name(config, a->config);
        take_config(i, config, arena);
    }
    documents_release(&docs);
    return is_archive;
}

static bool take_form(const struct taking *t)
{
    struct image *i = t->image;
    const struct item *index = member(i, BYTES("index.json"));
    const struct item *manifest = member(i, BYTES("manifest.json"));
    i->form = IMAGE_LAYOUT;
    if (index && (take_index(t, index, 0) || i->platform_missing))
        return true;
    i->form = IMAGE_ARCHIVE;
    if (manifest && take_archive(t, manifest))
        return true;
    i->form = IMAGE_FOLDER;
    if (manifest && take_manifest(i, manifest, t->arena)) {
        i->manifest_digest = digest_of(manifest, t->arena);
        return true;
    }
    i->form = IMAGE_NONE;
    return false;
}

static bool is_wished(const struct image *i, struct bytes id)
{
    return image_id_matches(i->manifest_digest, id) ||
           image_id_matches(i->index_digest, id) ||
           image_id_matches(i->config_digest, id) ||
           image_reference_matches(i->reference, id);
}

/* The folders in which an image may lie: where an index or a manifest is. */
static bool is_document_of_image(const struct item *m, struct bytes *prefix)
{
    static const struct bytes names[] = {{(const uint8_t *)"index.json", 10},
                                         {(const uint8_t *)"manifest.json", 13}};
    struct bytes path = m->name;
    while (bytes_starts(path, BYTES("./")))
        path = bytes_from(path, 2);
    for (size_t i = 0; i < 2 && m->role == ROLE_IMAGE_METADATA; i++) {
        if (!bytes_ends(path, names[i]))
            continue;
        size_t at = path.n - names[i].n;
        *prefix = bytes_sub(path, 0, at ? at - 1 : 0);
        if (at == 0 || path.p[at - 1] == '/')
            return true;
    }
    return false;
}

int image_digests(struct package *p)
{
    struct digest_wish *wishes = NULL;
    size_t n = 0, capacity = 0;
    struct item *root = package_root(p);
    for (struct item *i = root; i; i = item_next(i, root)) {
        bool is_blob = bytes_contains(i->name, BYTES("blobs/sha512/"));
        bool is_inside = i->parent && container_is_filter(i->parent->container) &&
                         bytes_contains(i->parent->name, BYTES("blobs/sha512/"));
        if (i->entry.type != ENTRY_FILE || (!is_blob && !is_inside))
            continue;
        wishes = memory_grow(wishes, &capacity, n + 1, sizeof *wishes);
        wishes[n++] = (struct digest_wish){i, DIGEST_BIT(DIGEST_SHA512)};
    }
    int status = n ? items_digest(p, wishes, n) : 0;
    free(wishes);
    return status;
}

bool image_find(const struct item *item, const struct image_wish *wish,
                struct arena *arena, struct image *out)
{
    struct bytes prefix, path;
    struct root_place place = root_place_of(item);
    struct layer within = {.prefix = place.prefix};
    const struct item *container = place.container;
    for (const struct item *m = container ? item_more(container)->child : NULL; m;
         m = m->next) {
        struct image i = {.container = container, .created = INSTANT_NONE};
        if (!layer_member_path(&within, m, &path) || !is_document_of_image(m, &prefix) ||
            root_place_is_own(container, m))
            continue;
        i.prefix = prefix;
        if (!take_form(&(struct taking){&i, wish, arena}))
            continue;
        for (size_t k = 0; k < i.layer_count; k++)
            check_layer(&i.layers[k]);
        i.is_wished = is_wished(&i, wish->id);
        *out = i;
        return true;
    }
    return false;
}

void image_of_root(const struct item *item, struct arena *arena, struct image *out)
{
    struct root_place place = root_place_of(item);
    *out = (struct image){.form = IMAGE_ROOT,
                          .container = place.container,
                          .prefix = place.prefix,
                          .created = INSTANT_NONE};
    out->layers = arena_new(arena, struct image_layer);
    add_layer(out, place.container);
    out->layers[0].layer.prefix = place.prefix;
}

void image_apply(struct image *i, struct tree *t, uint16_t first_number)
{
    for (size_t k = 0; k < i->layer_count; k++) {
        struct layer *l = &i->layers[k].layer;
        l->number = (uint16_t)(first_number + k);
        if (!l->container)
            continue;
        layer_examine(l, i->form == IMAGE_ROOT ? DIALECT_PLAIN : DIALECT_OCI);
        layer_apply(l, t);
    }
}

void image_release(struct image *i)
{
    for (size_t k = 0; k < i->layer_count; k++)
        layer_release(&i->layers[k].layer);
}

bool image_chain_id(const struct image *i, size_t n, char out[65])
{
    char chain[65] = "";
    for (size_t k = 0; k < n && k < i->layer_count; k++) {
        struct text t = {0};
        struct bytes id = i->layers[k].diff_id;
        if (!bytes_starts(id, BYTES("sha256:")) || id.n != 71)
            return false;
        if (k == 0) {
            memcpy(chain, id.p + 7, 64);
            continue;
        }
        text_printf(&t, "sha256:%s ", chain);
        text_add(&t, id);
        struct digest d = digest_bytes(DIGEST_SHA256, text_bytes(&t));
        bytes_to_hex(bytes_of(d.octets, 32), chain);
        text_release(&t);
    }
    memcpy(out, chain, sizeof chain);
    return n > 0;
}
