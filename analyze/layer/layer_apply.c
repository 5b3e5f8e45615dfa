/* A layer applied to a tree: deletions, redirects, entries. */
#include <jansson.h>
#include <stdlib.h>

#include "analyze/layer/layer_private.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/json.h"

static bool has_whiteout_names(const struct layer *l)
{
    return l->dialect == DIALECT_OCI || l->dialect == DIALECT_PLAIN ||
           l->dialect == DIALECT_LISTED;
}

/* -- folders on the way -------------------------------------------------------------- */

static bool is_folder(const struct state *s)
{
    return s->present && (!s->inode || s->inode->entry.type == ENTRY_DIRECTORY);
}

/* The folder `path`, made where it is missing; links to folders are followed. */
static uint32_t folder_for(struct layer *l, struct tree *t, struct bytes path)
{
    struct bytes part;
    uint32_t at = l->top;
    while (bytes_split(&path, '/', &part)) {
        if (part.n == 0 || bytes_is(part, "."))
            continue;
        uint32_t folder = at;
        at = tree_add(t, folder, part);
        struct state s = tree_after(t, at);
        if (s.present && s.inode && s.inode->entry.type == ENTRY_SYMLINK) {
            uint32_t target = tree_resolve_from(t, folder, part, true);
            if (target != TREE_NONE)
                at = target;
            s = tree_after(t, at);
        }
        if (!is_folder(&s)) {
            const struct state implied = {.layer = l->number, .present = true};
            tree_remove(t, at, ABSENT_REPLACED, NULL);
            tree_set_after(t, at, &implied);
        }
    }
    return at;
}

/* -- deletions: they hide what lower layers have, in whatever order they stand --------
 */

/* In a dialect of whiteout names a folder may be reached through links; an upper folder
 * has every folder as one. */
static uint32_t lower_folder(const struct layer *l, const struct tree *t,
                             struct bytes path)
{
    return l->dialect == DIALECT_OVERLAY ? tree_walk(t, path)
                                         : tree_resolve(t, path, true);
}

/* What a layer below has there, or TREE_NONE. */
static uint32_t lower_node(const struct layer *l, const struct tree *t,
                           struct bytes folder, struct bytes name)
{
    uint32_t at = lower_folder(l, t, folder);
    return at == TREE_NONE ? TREE_NONE : tree_find(t, at, name);
}

static void white_out(struct layer *l, struct tree *t, uint32_t n, const struct item *by)
{
    const struct state s = n == TREE_NONE ? (struct state){0} : tree_after(t, n);
    if (s.present)
        tree_remove(t, n, ABSENT_WHITEOUT, by);
    else if (!s.item || s.item->parent != by->parent)
        layer_odd(l, ODDITY_WHITEOUT_OF_NOTHING, by);
}

/* Once for each layer: an archive can say it of one folder as often as it likes. */
static void make_opaque(const struct layer *l, struct tree *t, uint32_t n,
                        const struct item *by)
{
    if (tree_marks(t, n)->emptied == l->number)
        return;
    tree_mark(t, n)->emptied = l->number;
    tree_empty(t, n, ABSENT_OPAQUE, by);
}

static void white_out_by_name(struct layer *l, struct tree *t, const struct item *m,
                              struct bytes path)
{
    struct bytes folder, name, hidden;
    layer_split_path(path, &folder, &name);
    switch (whiteout_of(name, &hidden)) {
    case WHITEOUT_FILE:
        if (m->size)
            layer_odd(l, ODDITY_WHITEOUT_WITH_DATA, m);
        white_out(l, t, lower_node(l, t, folder, hidden), m);
        break;
    case WHITEOUT_OPAQUE: {
        uint32_t at = lower_folder(l, t, folder);
        if (at != TREE_NONE)
            make_opaque(l, t, at, m);
        break;
    }
    case WHITEOUT_INVALID:
        layer_odd(l, ODDITY_WHITEOUT_INVALID, m);
        break;
    case WHITEOUT_METADATA:
    case WHITEOUT_NONE:
        break;
    }
}

/* Where a whiteout stands in an upper folder is kept, because an archive may have a
 * second one as a hard link to the first. */
static void white_out_by_mark(struct layer *l, struct tree *t, const struct item *m,
                              struct bytes path)
{
    struct overlay_marks marks;
    struct bytes folder, name;
    if (!overlay_marks_of(&m->entry, &marks))
        return;
    layer_split_path(path, &folder, &name);
    if (marks.whiteout) {
        white_out(l, t, lower_node(l, t, folder, name), m);
        uint32_t at = folder_for(l, t, folder);
        tree_mark(t, tree_add(t, at, name))->whiteout = l->number;
    } else if (marks.opaque && m->entry.type == ENTRY_DIRECTORY) {
        uint32_t at = tree_walk(t, path);
        if (at != TREE_NONE && marks.redirect.n == 0)
            make_opaque(l, t, at, m);
    }
}

struct deletion {
    struct layer *layer;
    struct tree *tree;
};

static void delete_path(void *context, struct bytes path)
{
    struct deletion *d = context;
    const struct item *by = d->layer->deleted;
    uint32_t n = tree_resolve(d->tree, path, false);
    if (n == TREE_NONE || n == TREE_ROOT)
        layer_odd(d->layer, ODDITY_WHITEOUT_OF_NOTHING, by);
    else
        tree_remove(d->tree, n, ABSENT_WHITEOUT, by);
}

/* ["/etc/a", "/srv"]: each path with all that is below it. */
void layer_each_deleted(const struct layer *l,
                        void (*each)(void *context, struct bytes path), void *context)
{
    struct documents list = {0};
    size_t i;
    json_t *path;
    if (!l->deleted || !l->deleted->kept)
        return;
    json_read(item_more(l->deleted)->content, &list);
    json_array_foreach(list.n ? list.v[0].root : NULL, i, path)
    {
        each(context, tree_string(path, ""));
    }
    documents_release(&list);
}

static void delete_lower(struct layer *l, struct tree *t)
{
    struct bytes path;
    if (l->dialect == DIALECT_WHOLE)
        tree_clear_after(t);
    EACH_MEMBER(l, m, path)
    {
        if (l->dialect == DIALECT_OVERLAY)
            white_out_by_mark(l, t, m, path);
        else if (has_whiteout_names(l))
            white_out_by_name(l, t, m, path);
    }
    layer_each_deleted(l, delete_path, &(struct deletion){l, t});
}

/* -- redirects: a renamed folder has its lower content under the new name -------------
 */

/* What was at one place below the old name. */
struct moved {
    uint32_t from, to;
    struct state state;
};

struct moves {
    struct moved *v;
    size_t n, capacity;
    size_t most; /* what a real layer can move: each lower node, some levels deep */
};

static void gather(struct moves *all, struct tree *t, uint32_t from, uint32_t to)
{
    uint32_t old = (uint32_t)t->n; /* what is added on the way is not gathered again */
    uint32_t *target = memory_new(old, sizeof *target);
    target[from] = to;
    for (uint32_t i = from; i != TREE_NONE && all->n < all->most;
         i = tree_next(t, i, from)) {
        if (i >= old || !tree_after(t, i).present)
            continue;
        const struct node *n = tree_node(t, i);
        if (i != from)
            target[i] = tree_add(t, target[n->parent], node_name(n));
        all->v = memory_grow(all->v, &all->capacity, all->n + 1, sizeof *all->v);
        all->v[all->n++] = (struct moved){i, target[i], tree_after(t, i)};
    }
    free(target);
}

static uint32_t redirect_source(const struct tree *t, struct bytes folder,
                                struct bytes redirect)
{
    if (redirect.p[0] == '/')
        return tree_walk(t, redirect);
    uint32_t at = tree_walk(t, folder);
    return at == TREE_NONE ? TREE_NONE : tree_find(t, at, redirect);
}

/* Reads everything before anything is changed, so that two names can be swapped. */
static void redirect_lower(struct layer *l, struct tree *t)
{
    struct moves all = {.most = 4 * t->n};
    struct bytes path, folder, name;
    EACH_MEMBER(l, m, path)
    {
        struct overlay_marks marks;
        if (!overlay_marks_of(&m->entry, &marks) || marks.redirect.n == 0)
            continue;
        layer_split_path(path, &folder, &name);
        uint32_t from = redirect_source(t, folder, marks.redirect);
        if (from == TREE_NONE || !tree_after(t, from).present || name.n == 0 ||
            from == TREE_ROOT || all.n >= all.most) {
            layer_odd(l, ODDITY_REDIRECT_TO_NOTHING, m);
            continue;
        }
        uint32_t to = tree_add(t, folder_for(l, t, folder), name);
        gather(&all, t, from, to);
        tree_mark(t, to)->renamed_from = from;
    }
    for (size_t i = 0; i < all.n; i++) {
        if (tree_marks(t, all.v[i].to)->renamed_from == all.v[i].from)
            tree_remove(t, all.v[i].to, ABSENT_REPLACED, NULL);
    }
    for (size_t i = 0; i < all.n; i++)
        tree_set_after(t, all.v[i].to, &all.v[i].state);
    free(all.v);
}

/* -- entries ------------------------------------------------------------------------- */

static struct bytes link_target(const struct layer *l, const struct item *m)
{
    struct bytes target = entry_link(&m->entry);
    layer_strip_folder(l->prefix, &target);
    return target;
}

static struct state linked_state(struct layer *l, const struct tree *t,
                                 const struct item *m)
{
    uint32_t n = tree_resolve_from(t, l->top, link_target(l, m), false);
    struct state s = n == TREE_NONE ? (struct state){0} : tree_after(t, n);
    if (!s.inode) {
        layer_odd(l, ODDITY_LINK_TO_NOTHING, m);
        return (struct state){.item = m, .inode = m, .data = m->size ? m : NULL};
    }
    s.item = m;
    return s;
}

/* A hard link to a whiteout is a whiteout. */
static bool links_to_whiteout(const struct layer *l, const struct tree *t,
                              const struct item *m)
{
    if (m->entry.type != ENTRY_HARDLINK || l->dialect != DIALECT_OVERLAY)
        return false;
    uint32_t n = tree_walk(t, entry_link(&m->entry));
    return n != TREE_NONE && tree_marks(t, n)->whiteout == l->number;
}

/* The entry as it is to the container: rootless storage cannot give a file the owner,
 * nor make it the device, that the container sees, and writes them beside it. */
static const struct item *as_container_sees(struct layer *l, struct tree *t,
                                            const struct item *m)
{
    struct override_stat o;
    const struct bytes *value = entry_xattr(&m->entry, "user.containers.override_stat");
    if (!value)
        return m;
    if (!override_stat_read(*value, &o)) {
        layer_odd(l, ODDITY_MALFORMED_MARK, m);
        return m;
    }
    struct item *seen = arena_new(&t->names, struct item);
    struct entry_rare *rare = arena_new(&t->names, struct entry_rare);
    struct entry_traits *traits = arena_new(&t->names, struct entry_traits);
    *seen = *m;
    *rare = *m->entry.rare;
    *traits = *rare->traits;
    seen->entry.uid = o.uid;
    seen->entry.gid = o.gid;
    seen->entry.mode = (uint16_t)o.mode;
    if (o.has_type)
        seen->entry.type = o.type;
    traits->rdev_major = o.rdev_major;
    traits->rdev_minor = o.rdev_minor;
    rare->traits = traits;
    seen->entry.rare = rare;
    l->overridden++;
    return seen;
}

static struct state entry_state(struct layer *l, struct tree *t, uint32_t n,
                                const struct item *m)
{
    struct overlay_marks marks = {0};
    if (m->entry.type == ENTRY_HARDLINK)
        return linked_state(l, t, m);
    struct state s = {.item = m, .inode = as_container_sees(l, t, m), .data = m};
    if (l->dialect != DIALECT_OVERLAY)
        return s;
    overlay_marks_of(&m->entry, &marks);
    s.copied_up = marks.copied_up;
    if (marks.metacopy && m->entry.type == ENTRY_FILE) {
        const struct state below = tree_after(t, n);
        s.data = below.present ? below.data : NULL;
        s.copied_up = true;
        if (!s.data)
            layer_odd(l, ODDITY_DATA_MISSING, m);
    }
    return s;
}

static void put(struct layer *l, struct tree *t, uint32_t n, const struct item *m)
{
    struct state s = entry_state(l, t, n, m);
    const struct state old = tree_after(t, n);
    bool both_folders = is_folder(&old) && m->entry.type == ENTRY_DIRECTORY;
    if (old.present && old.layer == l->number && old.item && !both_folders)
        layer_odd(l, ODDITY_DUPLICATE, m);
    if (!both_folders)
        tree_remove(t, n, ABSENT_REPLACED, m);
    s.present = true;
    s.layer = l->number;
    tree_set_after(t, n, &s);
}

static void apply_entry(struct layer *l, struct tree *t, const struct item *m,
                        struct bytes path)
{
    struct bytes folder, name, hidden;
    struct overlay_marks marks;
    layer_split_path(path, &folder, &name);
    enum whiteout w = whiteout_of(name, &hidden);
    if (w != WHITEOUT_NONE && has_whiteout_names(l))
        return;
    if (w != WHITEOUT_NONE && l->dialect == DIALECT_OVERLAY)
        layer_odd(l, ODDITY_WHITEOUT_NAME, m);
    if (l->dialect == DIALECT_OVERLAY && overlay_marks_of(&m->entry, &marks) &&
        marks.whiteout)
        return;
    if (name.n == 0) {
        if (m->entry.type == ENTRY_DIRECTORY)
            put(l, t, l->top, m);
    } else if (links_to_whiteout(l, t, m)) {
        white_out(l, t, lower_node(l, t, folder, name), m);
    } else {
        uint32_t at = folder_for(l, t, folder);
        put(l, t, tree_add(t, at, name), m);
    }
}

/* -- links that carry the data --------------------------------------------------------
 */

/* cpio's newc gives the bytes of a file with its last name alone: what was put in as an
 * empty file before gets them then. */
struct late_data {
    const struct item *inode, *data;
};

static int by_inode(const void *pa, const void *pb)
{
    uintptr_t a = (uintptr_t)((const struct late_data *)pa)->inode;
    uintptr_t b = (uintptr_t)((const struct late_data *)pb)->inode;
    return a < b ? -1 : a > b;
}

static size_t find_late_data(struct layer *l, const struct tree *t,
                             struct late_data **out)
{
    struct bytes path;
    size_t n = 0, capacity = 0;
    *out = NULL;
    EACH_MEMBER(l, m, path)
    {
        if (m->entry.type != ENTRY_HARDLINK || m->size == 0)
            continue;
        uint32_t at = tree_resolve_from(t, l->top, link_target(l, m), false);
        const struct state s = at == TREE_NONE ? (struct state){0} : tree_after(t, at);
        if (!s.present || !s.inode || !s.data || s.data->size)
            continue;
        *out = memory_grow(*out, &capacity, n + 1, sizeof **out);
        (*out)[n++] = (struct late_data){s.inode, m};
    }
    return n;
}

static void take_late_data(struct layer *l, struct tree *t)
{
    struct late_data *v;
    size_t n = find_late_data(l, t, &v);
    if (n)
        qsort(v, n, sizeof *v, by_inode);
    for (uint32_t i = 0; n && i < t->n; i++) {
        struct state s = tree_after(t, i);
        struct late_data key = {.inode = s.inode};
        const struct late_data *found = s.inode && s.data == s.inode
                                            ? bsearch(&key, v, n, sizeof *v, by_inode)
                                            : NULL;
        if (!found)
            continue;
        s.data = found->data;
        tree_set_after(t, i, &s);
    }
    free(v);
}

/* A whiteout below what this same layer made a link: engines disagree on what it hides.
 */
static void look_for_whiteouts_under_links(struct layer *l, const struct tree *t)
{
    struct bytes path, folder, name, hidden;
    if (!has_whiteout_names(l))
        return;
    EACH_MEMBER(l, m, path)
    {
        layer_split_path(path, &folder, &name);
        if (whiteout_of(name, &hidden) == WHITEOUT_NONE)
            continue;
        uint32_t n = tree_walk(t, folder);
        const struct state s = n == TREE_NONE ? (struct state){0} : tree_after(t, n);
        if (s.present && s.inode && s.layer == l->number &&
            s.inode->entry.type == ENTRY_SYMLINK)
            layer_odd(l, ODDITY_WHITEOUT_UNDER_LINK, m);
    }
}

void layer_apply(struct layer *l, struct tree *t)
{
    struct bytes path;
    if (l->listing)
        layer_apply_names(l, t);
    if (l->dialect == DIALECT_OVERLAY)
        redirect_lower(l, t);
    delete_lower(l, t);
    EACH_MEMBER(l, m, path)
    apply_entry(l, t, m, path);
    take_late_data(l, t);
    look_for_whiteouts_under_links(l, t);
}

/* Where something was mounted, the runtime made a folder: no change of the container. */
static void imply_mount_point(struct tree *t, uint32_t n)
{
    static const struct state implied = {.present = true};
    for (; n != TREE_NONE; n = tree_node(t, n)->parent) {
        if (tree_before(t, n).present || tree_after(t, n).inode)
            continue;
        tree_set_before(t, n, &implied);
        tree_set_after(t, n, &implied);
    }
}

void layer_apply_at(struct layer *l, struct tree *t, const struct mount_point *at)
{
    struct bytes path;
    l->top = folder_for(l, t, at->path);
    imply_mount_point(t, l->top);
    EACH_MEMBER(l, m, path)
    {
        struct bytes inner = path;
        while (inner.n && inner.p[inner.n - 1] == '/')
            inner.n--;
        if (inner.n && !bytes_is(inner, ".") && !at->skip(at->context, m, inner))
            apply_entry(l, t, m, path);
    }
}
