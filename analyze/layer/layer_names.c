/* What is known by name alone: lists that docker diff prints, and what a layer says of
 * lower files when there is no base. */
#include "analyze/layer/layer_private.h"

#include "formats/change_list.h"

struct naming {
    struct layer *layer;
    struct tree *tree;
};

/* The node of a path with its folders; those are implied. */
static uint32_t node_at(struct tree *t, struct bytes path)
{
    struct bytes part;
    uint32_t at = TREE_ROOT;
    while (bytes_split(&path, '/', &part)) {
        if (part.n == 0 || bytes_is(part, "."))
            continue;
        at = tree_add_copy(t, at, part);
    }
    return at;
}

static void imply_folders(struct tree *t, uint32_t n, uint16_t layer)
{
    while ((n = tree_node(t, n)->parent) != TREE_NONE) {
        struct state s = tree_after(t, n);
        if (s.present && !s.claimed)
            continue;
        if (s.present)
            s.claimed = false;
        else
            s = (struct state){.present = true, .layer = layer};
        tree_set_after(t, n, &s);
    }
}

/* -- lists --------------------------------------------------------------------------- */

static bool is_folder(const struct state *s)
{
    return s->present && !s->claimed &&
           (!s->inode || s->inode->entry.type == ENTRY_DIRECTORY);
}

static void apply_listed(void *context, const struct listed *entry)
{
    struct naming *w = context;
    struct layer *l = w->layer;
    uint32_t n = entry->change == LISTED_DELETED ? tree_walk(w->tree, entry->path)
                                                 : node_at(w->tree, entry->path);
    l->entries++;
    if (n == TREE_NONE || n == TREE_ROOT) {
        if (n == TREE_NONE)
            layer_odd(l, ODDITY_WHITEOUT_OF_NOTHING, l->listing);
        return;
    }
    const struct state old = tree_after(w->tree, n);
    const struct state s = {
        .item = l->listing, .layer = l->number, .present = true, .claimed = true};
    if (entry->change == LISTED_DELETED) {
        tree_remove(w->tree, n, ABSENT_WHITEOUT, l->listing);
        return;
    }
    /* "C" of a folder says that something in it changed, and that is listed as well. */
    if (entry->change == LISTED_CHANGED && is_folder(&old))
        return;
    imply_folders(w->tree, n, l->number);
    tree_set_after(w->tree, n, &s);
}

void layer_apply_names(struct layer *l, struct tree *t)
{
    struct naming w = {l, t};
    if (l->listing->kept)
        change_list_read(item_more(l->listing)->content, apply_listed, &w, NULL);
}

/* -- without a base ------------------------------------------------------------------ */

/* A folder that was copied up is there for what is in it: it counts as it is. */
static void presume_folder(struct naming *w, const struct item *m, struct bytes path)
{
    const struct state s = {.item = m, .inode = m, .data = m, .present = true};
    uint32_t n = node_at(w->tree, path);
    imply_folders(w->tree, n, 0);
    tree_set_after(w->tree, n, &s);
}

static void presume(struct naming *w, struct bytes folder, struct bytes name)
{
    static const struct state claimed = {.present = true, .claimed = true};
    uint32_t at = node_at(w->tree, folder);
    uint32_t n = name.n ? tree_add(w->tree, at, name) : at;
    imply_folders(w->tree, n, 0);
    if (!tree_after(w->tree, n).present)
        tree_set_after(w->tree, n, &claimed);
}

static void presume_path(void *context, struct bytes path)
{
    presume(context, path, BYTES_NONE);
}

void layer_presume_lower(struct layer *l, struct tree *t)
{
    struct naming w = {l, t};
    struct overlay_marks marks;
    struct bytes path, folder, name, hidden;
    EACH_MEMBER(l, m, path)
    {
        layer_split_path(path, &folder, &name);
        overlay_marks_of(&m->entry, &marks);
        bool copied = marks.copied_up && marks.redirect.n == 0;
        bool is_folder = m->entry.type == ENTRY_DIRECTORY;
        if (l->dialect == DIALECT_OVERLAY && copied && is_folder)
            presume_folder(&w, m, path);
        else if (l->dialect == DIALECT_OVERLAY && (copied || marks.whiteout) && name.n)
            presume(&w, folder, name);
        else if (l->dialect == DIALECT_OCI && whiteout_of(name, &hidden) == WHITEOUT_FILE)
            presume(&w, folder, hidden);
    }
    layer_each_deleted(l, presume_path, &w);
}
