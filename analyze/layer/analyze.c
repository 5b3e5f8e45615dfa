/* Layers of a package: each writable layer against the image it lay on. */
#include <stdlib.h>

#include "analyze/analysis.h"
#include "analyze/evidence_json.h"
#include "analyze/kube/scope.h"
#include "analyze/layer/care.h"
#include "analyze/layer/findings.h"
#include "analyze/layer/machine.h"
#include "analyze/layer/study.h"
#include "analyze/rules/facts.h"
#include "formats/base/memory.h"
#include "formats/json.h"

struct layers {
    struct analysis *a;
    struct arena arena;
    json_t *documents; /* one for each layer */
    json_t *notes;
    struct image base;          /* of the first; its layers are gone, its digests stay */
    bool fits;                  /* somebody named the base as what the container ran */
    struct content_rules rules; /* what contents are searched for */
};

/* -- which image the container ran ----------------------------------------------------
 */

/* What a checkpoint says: podman's and CRI-O's config.dump. */
static struct bytes image_of_checkpoint(const struct item *layer, struct arena *arena)
{
    const struct item *config =
        layer->parent ? item_child(layer->parent, BYTES("config.dump")) : NULL;
    struct documents docs = {0};
    struct bytes id = BYTES_NONE;
    if (config && config->kept)
        json_read(item_more(config)->content, &docs);
    for (size_t i = 0; i < docs.n && id.n == 0; i++) {
        id = tree_string(docs.v[i].root, "rootfsImageID");
        id = id.n ? id : tree_string(docs.v[i].root, "rootfsImageRef");
    }
    id = id.n ? arena_copy(arena, id) : BYTES_NONE;
    documents_release(&docs);
    return id;
}

/* The first checkpoint of the package that names an image. */
static struct bytes image_that_ran(struct layers *l, const struct item **config)
{
    struct item *root = package_root(l->a->package);
    for (const struct item *i = root; i; i = item_next(i, root)) {
        if (i->role != ROLE_CHECKPOINT_METADATA ||
            !bytes_ends(i->name, BYTES("config.dump")))
            continue;
        struct bytes id = image_of_checkpoint(i, &l->arena);
        *config = i;
        if (id.n)
            return id;
    }
    return BYTES_NONE;
}

static bool is_id_of(struct bytes id, struct bytes digest)
{
    struct bytes hex = bytes_from(digest, bytes_find_byte(digest, ':') + 1);
    size_t at = bytes_rfind_byte(id, ':');
    if (at < id.n)
        id = bytes_from(id, at + 1);
    return hex.n >= 12 && id.n >= 12 && (bytes_starts(hex, id) || bytes_starts(id, hex));
}

/* A runtime names the config, a registry the manifest or the index of all platforms. */
static bool is_image_of(struct bytes id, const struct image *base)
{
    return is_id_of(id, base->config_digest) || is_id_of(id, base->manifest_digest) ||
           is_id_of(id, base->index_digest);
}

/* Whether what `source` says the container ran is the base: a note, and a finding when it
 * is another one. */
static void compare_id(struct layers *l, const char *source,
                       const struct scope_image *said)
{
    const struct image *base = &l->base;
    struct bytes id = said->id;
    if (id.n == 0 || base->config_digest.n == 0)
        return;
    bool same = is_image_of(id, base);
    /* "repository@sha256:…" is the digest of a manifest, which docker save does not keep
     * and a copy to another registry changes; the config stays the same. */
    bool decidable =
        same || bytes_find_byte(id, '@') == id.n || (base->manifest_digest.n && !l->fits);
    l->fits |= same;
    json_t *note = json_object();
    json_object_set_new(note, "image_of_runtime", json_evidence(id));
    json_object_set_new(note, "said_by", json_string(source));
    json_object_set_new(note, "same", decidable ? json_boolean(same) : json_null());
    json_object_set_new(note, "evidence", case_span(l->a->casefile, said->span));
    json_array_append_new(l->notes, note);
    if (same || !decidable)
        return;
    struct finding f = finding_of(layer_finding_kind(LAYER_OTHER_IMAGE),
                                  base->config_digest, said->span);
    finding_argument(&f, "runtime", id);
    finding_argument(&f, "said_by", bytes_str(source));
    findings_add(l->a->findings, &f);
}

/* Of several containers of a pod the one whose image this is; else the only one, which
 * then is another. */
static void compare_ids(struct layers *l, const char *source, const struct scope_image *v,
                        size_t n)
{
    size_t fit = 0;
    while (fit < n && !is_image_of(v[fit].id, &l->base))
        fit++;
    if (fit < n)
        compare_id(l, source, &v[fit]);
    else if (n == 1)
        compare_id(l, source, &v[0]);
}

static void compare_with_pod(struct layers *l)
{
    const struct scope_pod *pod = scope_pod(l->a->scope);
    struct scope_image v[SCOPE_CONTAINERS];
    size_t n = 0;
    for (size_t i = 0; i < pod->container_count; i++) {
        struct bytes id = pod->containers[i].image_id;
        if (bytes_contains(id, BYTES("sha256:")))
            v[n++] = (struct scope_image){id, pod->span};
    }
    compare_ids(l, "pod status", v, n);
}

/* When the logs were read as well. */
static void compare_with_runtime(struct layers *l)
{
    const struct item *config = NULL;
    const struct scope_image *logged;
    struct bytes id = image_that_ran(l, &config);
    if (id.n) {
        struct scope_image said = {id, {config, 0, config->size}};
        compare_id(l, "checkpoint", &said);
    }
    compare_with_pod(l);
    size_t n = scope_images(l->a->scope, &logged);
    compare_ids(l, "audit log", logged, n);
}

/* -- one layer ------------------------------------------------------------------------
 */

/* The checkpoint that an item lies in, or NULL. */
static const struct item *checkpoint_around(const struct item *i)
{
    const struct item *up = i;
    while (up && up->role != ROLE_CRIU_CHECKPOINT)
        up = up->parent;
    return up;
}

/* A checkpoint may carry its own image: that is the base of its layer. Any other layer
 * lay on an image that was collected for itself, if there is one. */
static const struct item *base_for(struct item *root, const struct item *layer)
{
    const struct item *own = checkpoint_around(layer), *best = NULL;
    int best_rank = 0;
    for (const struct item *i = root; i; i = item_next(i, root)) {
        if (i->role != ROLE_BASE_IMAGE || !root_place_of(i).container)
            continue;
        const struct item *around = checkpoint_around(i);
        int rank = around == own ? 3 : around == NULL ? 2 : 1;
        if (rank > best_rank) {
            best = i;
            best_rank = rank;
        }
    }
    return best;
}

/* The image under the layer; IMAGE_NONE stays where there is none. */
static void find_base(struct layers *l, const struct item *layer, struct image *out)
{
    const struct item *config;
    struct image_wish wish = {.id = image_that_ran(l, &config)};
    struct item *root = package_root(l->a->package);
    machine_platform(root, &wish.platform);
    if (image_digests(l->a->base ? l->a->base : l->a->package))
        return;
    if (l->a->base) {
        comparison_base(package_root(l->a->base), &wish, &l->arena, out);
        return;
    }
    const struct item *i = base_for(root, layer);
    if (i && !image_find(i, &wish, &l->arena, out))
        image_of_root(i, &l->arena, out);
}

static void apply_rules(struct analysis *a, const json_t *document)
{
    const json_t *changes = json_object_get(document, "changes");
    for (size_t i = 0; i < json_array_size(changes); i++)
        rules_apply_change(a->rules_run, a->package, json_array_get(changes, i));
}

/* Compiled for the first layer: most packages of an archive may have none. Those of the
 * analyst compiled before anything was done. */
static void begin_rules(struct layers *l)
{
    if (!l->rules.signs)
        l->rules = content_rules_new(l->a->options->yara);
}

static int study(struct layers *l, struct comparison *c)
{
    begin_rules(l);
    const struct analysis *a = l->a;
    const struct study_options options = {.base = a->base ? a->base : a->package,
                                          .changed = a->package,
                                          .mask = &a->mask,
                                          .extent = STUDY_ALL,
                                          .rules = l->rules};
    return study_make(c, &options, &c->study);
}

/* The container of the package's first checkpoint, or NULL: what it holds of tmpfs and
 * volumes belongs to the same container as the layer. */
static const struct item *checkpoint_of(const struct item *root)
{
    for (const struct item *i = root; i; i = item_next(i, root)) {
        const struct item *container = layer_container(i);
        if (i->role == ROLE_CRIU_CHECKPOINT && container)
            return container;
    }
    return NULL;
}

/* `first`: is the document of the package. `told`: is a container of its own, rather than
 * another telling of one. */
static int compare_layer(struct layers *l, const struct item *item, bool first, bool told)
{
    struct image base = {.created = INSTANT_NONE};
    struct subject subject;
    struct comparison c;
    int error = 0;
    if (!subject_of_item(item, &subject))
        return 0;
    if (!subject.checkpoint && first)
        subject.checkpoint = checkpoint_of(package_root(l->a->package));
    find_base(l, item, &base);
    comparison_make(&c, &base, &subject, TAKE_AS_FOUND);
    comparison_check_tocs(&c, l->a->base ? l->a->base : l->a->package, l->a->package);
    if (item == subject.checkpoint && c.diff.n == 0) {
        comparison_release(&c);
        return 0;
    }
    error = study(l, &c);
    if (error < 0) {
        comparison_release(&c);
        return error;
    }
    json_t *document = comparison_json(&c, l->a->casefile);
    json_array_append_new(l->documents, document);
    if (first)
        l->base = c.base;
    if (told) {
        apply_rules(l->a, document);
        layer_findings(&c, l->a->options->now, l->a->findings);
        error = layer_events(&c, l->a->casefile);
    }
    comparison_release(&c);
    return error;
}

/* In which order layers of the same container count: as it lay on the node, as a
 * checkpoint kept it, which leaves things out, and what only names paths. */
static int rank_of(const struct item *i)
{
    if (layer_is_listing(i))
        return 2;
    return i->parent && i->parent->role == ROLE_CRIU_CHECKPOINT;
}

static int compare_layers(struct layers *l)
{
    struct item *root = package_root(l->a->package);
    int error = 0, best = -1;
    bool first = true;
    for (int rank = 0; rank < 3; rank++) {
        const struct item *last = NULL;
        for (const struct item *i = root; i && error == 0; i = item_next(i, root)) {
            bool is_layer = i->role == ROLE_WRITABLE_LAYER &&
                            (root_place_of(i).container || layer_is_listing(i));
            if (!is_layer || rank_of(i) != rank || (last && i->parent == last))
                continue;
            /* Several as good as the first are those of several containers. */
            best = first ? rank : best;
            error = compare_layer(l, i, first, rank == best);
            first = false;
            last = i;
        }
    }
    /* Without a layer, what was mounted is all that is known of files. */
    const struct item *checkpoint = first ? checkpoint_of(root) : NULL;
    return checkpoint && error == 0 ? compare_layer(l, checkpoint, true, true) : error;
}

/* The first layer is the document; what others say of the same container stands beside
 * it, because they may leave things out. */
static int write_document(struct layers *l)
{
    json_t *document = json_array_get(l->documents, 0);
    if (!document)
        return 0;
    json_incref(document);
    json_array_remove(l->documents, 0);
    if (json_array_size(l->notes))
        json_object_set(document, "runtime", l->notes);
    if (json_array_size(l->documents))
        json_object_set(document, "others", l->documents);
    int error = case_document(l->a->casefile, "diff", document);
    json_decref(document);
    return error;
}

int layer_analyze(struct analysis *a)
{
    struct layers *l = memory_new(1, sizeof *l);
    *l = (struct layers){.a = a, .documents = json_array(), .notes = json_array()};
    a->layers = l;
    return compare_layers(l);
}

int layer_conclude(struct analysis *a)
{
    compare_with_runtime(a->layers);
    return write_document(a->layers);
}

void layers_free(struct layers *l)
{
    if (!l)
        return;
    content_rules_free(&l->rules);
    json_decref(l->documents);
    json_decref(l->notes);
    arena_release(&l->arena);
    free(l);
}
