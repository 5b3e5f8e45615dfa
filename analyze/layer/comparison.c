#include "analyze/layer/comparison.h"

#include <stdlib.h>

#include "analyze/layer/care.h"
#include "analyze/layer/study.h"

/* -- the base ------------------------------------------------------------------------ */

/* The outermost item of a role below `root`, but for what is in a root that `root` is. */
static const struct item *outermost(const struct item *root, enum role role)
{
    for (const struct item *i = root; i; i = item_next(i, root)) {
        if (i->role == role && root_place_of(i).container && !root_place_is_own(root, i))
            return i;
    }
    return NULL;
}

bool comparison_base(const struct item *root, const struct image_wish *wish,
                     struct arena *arena, struct image *out)
{
    const struct item *image = outermost(root, ROLE_BASE_IMAGE);
    if (image_find(root, wish, arena, out) ||
        (image && image_find(image, wish, arena, out)))
        return true;
    const struct item *at = image ? image : root;
    if (!root_place_of(at).container)
        return false;
    image_of_root(at, arena, out);
    return true;
}

/* -- the changed side ---------------------------------------------------------------- */

/* podman and CRI-O: rootfs-diff.tar with deleted.files beside it. Only the first is there
 * when nothing was deleted, only the second when nothing else happened, and neither when
 * nothing did; what was mounted is there all the same. In the layout of containerd's own
 * checkpoints the layer is a blob. */
static bool subject_of_checkpoint(const struct item *container, struct subject *out)
{
    const struct item *diff = item_child(container, BYTES("rootfs-diff.tar"));
    const struct item *deleted = item_child(container, BYTES("deleted.files"));
    bool is_checkpoint = container->role == ROLE_CRIU_CHECKPOINT &&
                         !item_child(container, BYTES("index.json"));
    if (!diff && !deleted && !is_checkpoint)
        return false;
    *out = (struct subject){.item = diff ? diff : deleted ? deleted : container};
    out->layer = (struct layer){.container = layer_container(diff), .deleted = deleted};
    out->checkpoint = container;
    return true;
}

bool subject_of_item(const struct item *item, struct subject *out)
{
    struct root_place place = root_place_of(item);
    if (place.container && subject_of_checkpoint(place.container, out))
        return true;
    /* A rootfs-diff.tar alone would not say what was deleted. */
    if (item->parent && item->parent->role == ROLE_CRIU_CHECKPOINT &&
        subject_of_checkpoint(item->parent, out))
        return true;
    if (layer_is_listing(item)) {
        *out = (struct subject){.item = item, .layer = {.listing = item}};
        return true;
    }
    *out = (struct subject){
        .item = item, .layer = {.container = place.container, .prefix = place.prefix}};
    return place.container != NULL;
}

/* The layer in a package: as it lay on the node rather than what a checkpoint made of it,
 * because that leaves things out. */
static const struct item *layer_in(const struct item *root)
{
    const struct item *second = NULL;
    for (const struct item *i = root; i; i = item_next(i, root)) {
        if (i->role != ROLE_WRITABLE_LAYER || !root_place_of(i).container ||
            root_place_is_own(root, i))
            continue;
        if (!i->parent || i->parent->role != ROLE_CRIU_CHECKPOINT)
            return i;
        second = second ? second : i;
    }
    return second;
}

bool comparison_subject(const struct item *root, const struct subject_wish *wish,
                        struct arena *arena, struct subject *out)
{
    const struct item *container = layer_container(root);
    if (wish->as == TAKE_AS_FOUND && container && subject_of_checkpoint(container, out))
        return true;
    const struct item *layer = wish->as == TAKE_AS_FOUND ? layer_in(root) : NULL;
    if (layer || !container)
        return subject_of_item(layer ? layer : root, out);
    *out = (struct subject){.item = root};
    if (wish->as != TAKE_AS_LAYER && image_find(root, &wish->image, arena, &out->image)) {
        out->is_image = true;
        return true;
    }
    return subject_of_item(root, out);
}

/* -- comparing ----------------------------------------------------------------------- */

/* A root as a whole has most of what the base has; a layer of changes has little of it.
 */
static bool looks_whole(const struct comparison *c, const struct layer *l)
{
    size_t base = 0, found = 0;
    if (l->dialect != DIALECT_PLAIN)
        return false;
    for (uint32_t i = 1; i < c->tree.n; i++)
        base += tree_before(&c->tree, i).present;
    for (const struct item *m = item_more(l->container)->child; m; m = m->next) {
        struct bytes path;
        uint32_t n =
            layer_member_path(l, m, &path) ? tree_walk(&c->tree, path) : TREE_NONE;
        found += n != TREE_NONE && n != TREE_ROOT && tree_before(&c->tree, n).present;
    }
    return base > 16 && found > base / 2;
}

static void apply_layer(struct comparison *c, enum taken_as as)
{
    struct layer *l = &c->subject.layer;
    static const struct item nothing = {.container = CONTAINER_TAR};
    l->number = (uint16_t)(c->base.layer_count + 1);
    if (!l->container)
        l->container = &nothing;
    layer_examine(l, as == TAKE_AS_ROOT ? DIALECT_WHOLE : DIALECT_PLAIN);
    if (c->base.form == IMAGE_NONE) {
        layer_presume_lower(l, &c->tree);
        tree_settle(&c->tree);
    }
    if (as == TAKE_AS_FOUND && looks_whole(c, l))
        l->dialect = DIALECT_WHOLE;
    layer_apply(l, &c->tree);
}

/* Above the layer of the subject, in numbers of their own. */
static void apply_mounts(struct comparison *c)
{
    if (!c->subject.checkpoint)
        return;
    mounts_find(c->subject.checkpoint, &c->arena, &c->mounts);
    for (size_t i = 0; i < c->mounts.n; i++)
        mounted_apply(&c->mounts.v[i], &c->tree,
                      (uint16_t)(c->subject.layer.number + 1 + i));
}

const struct mounted *comparison_mount(const struct comparison *c, const struct change *x)
{
    const struct state s = tree_after(&c->tree, x->node);
    size_t first = (size_t)c->subject.layer.number + 1;
    return s.present && s.layer >= first && s.layer - first < c->mounts.n
               ? &c->mounts.v[s.layer - first]
               : NULL;
}

static void count_unmatched(struct comparison *c)
{
    size_t unmatched = 0;
    for (uint32_t i = 0; i < c->tree.n; i++)
        c->copied_up += tree_after(&c->tree, i).copied_up;
    for (size_t i = 0; i < c->diff.n; i++) {
        const struct change *x = &c->diff.v[i];
        const struct relations *of = change_relations(&c->diff, x);
        unmatched += x->type == CHANGE_ADDED && of->renamed_from == TREE_NONE &&
                     of->linked_with == TREE_NONE &&
                     tree_after(&c->tree, x->node).copied_up;
    }
    if (unmatched * 2 > c->copied_up && c->base.form != IMAGE_NONE)
        c->unmatched_origins = unmatched;
}

void comparison_make(struct comparison *c, const struct image *base,
                     const struct subject *subject, enum taken_as as)
{
    *c = (struct comparison){.base = *base, .subject = *subject};
    struct diff_options options = {.first_layer = (uint16_t)(base->layer_count + 1)};
    tree_init(&c->tree);
    image_apply(&c->base, &c->tree, 1);
    tree_settle(&c->tree);
    if (subject->is_image) {
        tree_clear_after(&c->tree);
        image_apply(&c->subject.image, &c->tree, options.first_layer);
    } else {
        apply_layer(c, as);
        apply_mounts(c);
        options.whole_seconds = c->subject.layer.whole_seconds;
        options.xattrs_unrecorded = !c->subject.layer.has_xattrs;
    }
    diff_make(&c->diff, &c->tree, &options);
    count_unmatched(c);
}

void comparison_check_tocs(struct comparison *c, const struct package *base,
                           const struct package *changed)
{
    image_check_tocs(base, &c->base, &c->arena);
    if (c->subject.is_image)
        image_check_tocs(changed, &c->subject.image, &c->arena);
}

void comparison_release(struct comparison *c)
{
    study_free(c->study);
    diff_release(&c->diff);
    tree_release(&c->tree);
    layer_release(&c->subject.layer);
    for (size_t i = 0; i < c->mounts.n; i++)
        layer_release(&c->mounts.v[i].layer);
    image_release(&c->base);
    image_release(&c->subject.image);
    arena_release(&c->arena);
}
