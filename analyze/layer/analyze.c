/* Layers of a package: each writable layer against the image it lay on. */
#include <pthread.h>
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

/* A layer on its way to being told. */
struct compared {
    struct layers *layers;
    const struct item *item;
    struct image base;
    struct subject subject;
    struct comparison c; /* from compare() on */
    int error;
};

struct layers {
    struct analysis *a;
    struct arena arena;
    json_t *documents; /* one for each layer */
    json_t *notes;
    struct image base;          /* of the first; its layers are gone, its digests stay */
    bool fits;                  /* somebody named the base as what the container ran */
    struct content_rules rules; /* what contents are searched for */
    struct compared *ahead;     /* the first layer, compared early; or NULL */
    pthread_t thread;           /* that compares it */
    bool runs;
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

/* What is to be compared; NULL when that is nothing. */
static struct compared *begin_layer(struct layers *l, const struct item *item, bool first)
{
    struct compared *x = memory_new(1, sizeof *x);
    *x = (struct compared){.layers = l, .item = item, .base = {.created = INSTANT_NONE}};
    if (!subject_of_item(item, &x->subject)) {
        free(x);
        return NULL;
    }
    if (!x->subject.checkpoint && first)
        x->subject.checkpoint = checkpoint_of(package_root(l->a->package));
    find_base(l, item, &x->base);
    return x;
}

/* Nothing was mounted over the container of the checkpoint. */
static bool is_nothing(const struct compared *x)
{
    return x->item == x->subject.checkpoint && x->c.diff.n == 0;
}

/* The work. It reads packages and what begin_layer() found, and changes neither. */
static void *compare(void *compared)
{
    struct compared *x = compared;
    const struct analysis *a = x->layers->a;
    comparison_make(&x->c, &x->base, &x->subject, TAKE_AS_FOUND);
    comparison_check_tocs(&x->c, a->base ? a->base : a->package, a->package);
    if (!is_nothing(x))
        x->error = study(x->layers, &x->c);
    return NULL;
}

static int tell_layer(struct layers *l, const struct comparison *c, bool told)
{
    json_t *document = comparison_json(c, l->a->casefile);
    json_array_append_new(l->documents, document);
    if (!told)
        return 0;
    apply_rules(l->a, document);
    layer_findings(c, l->a->options->now, l->a->findings);
    return layer_events(c, l->a->casefile);
}

/* The layer that was compared early, when that is done; NULL when it is none, or another
 * than the one asked for. */
static struct compared *take_ahead(struct layers *l, const struct item *item)
{
    struct compared *x = l->ahead;
    if (!x || (item && x->item != item))
        return NULL;
    if (l->runs)
        pthread_join(l->thread, NULL);
    l->ahead = NULL;
    return x;
}

static void end_layer(struct compared *x)
{
    comparison_release(&x->c);
    free(x);
}

/* `first`: is the document of the package. `told`: is a container of its own, rather than
 * another telling of one. */
static int compare_layer(struct layers *l, const struct item *item, bool first, bool told)
{
    struct compared *x = take_ahead(l, item);
    if (!x && (x = begin_layer(l, item, first)))
        compare(x);
    if (!x)
        return 0;
    int error = x->error;
    if (error == 0 && !is_nothing(x)) {
        error = tell_layer(l, &x->c, told);
        if (first)
            l->base = x->c.base;
    }
    end_layer(x);
    return error;
}

/* In which order layers of the same container count: as it lay on the node, as a
 * checkpoint kept it, which leaves things out, and what only names paths. */
#define RANKS 3
static int rank_of(const struct item *i)
{
    if (layer_is_listing(i))
        return 2;
    return i->parent && i->parent->role == ROLE_CRIU_CHECKPOINT;
}

static bool is_of_rank(const struct item *i, int rank)
{
    return i->role == ROLE_WRITABLE_LAYER &&
           (root_place_of(i).container || layer_is_listing(i)) && rank_of(i) == rank;
}

static const struct item *first_layer(const struct item *root)
{
    for (int rank = 0; rank < RANKS; rank++)
        for (const struct item *i = root; i; i = item_next(i, root))
            if (is_of_rank(i, rank))
                return i;
    return NULL;
}

static int compare_layers(struct layers *l)
{
    struct item *root = package_root(l->a->package);
    int error = 0, best = -1;
    bool first = true;
    for (int rank = 0; rank < RANKS; rank++) {
        const struct item *last = NULL;
        for (const struct item *i = root; i && error == 0; i = item_next(i, root)) {
            if (!is_of_rank(i, rank) || (last && i->parent == last))
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

void layer_begin(struct analysis *a)
{
    struct layers *l = memory_new(1, sizeof *l);
    *l = (struct layers){.a = a, .documents = json_array(), .notes = json_array()};
    a->layers = l;
    const struct item *item = first_layer(package_root(a->package));
    struct compared *x =
        a->options->threads > 1 && item ? begin_layer(l, item, true) : NULL;
    if (!x)
        return;
    l->runs = pthread_create(&l->thread, NULL, compare, x) == 0;
    if (!l->runs)
        compare(x);
    l->ahead = x;
}

int layer_analyze(struct analysis *a)
{
    return compare_layers(a->layers);
}

int layer_conclude(struct analysis *a)
{
    compare_with_runtime(a->layers);
    return write_document(a->layers);
}

void layers_free(struct layers *l)
{
    struct compared *ahead = l ? take_ahead(l, NULL) : NULL;
    if (ahead)
        end_layer(ahead);
    if (!l)
        return;
    content_rules_free(&l->rules);
    json_decref(l->documents);
    json_decref(l->notes);
    arena_release(&l->arena);
    free(l);
}
