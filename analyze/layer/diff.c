#include "analyze/layer/diff_private.h"

#include <stdlib.h>

#include "formats/base/bisect.h"
#include "formats/base/memory.h"
#include "formats/layer.h"

const char *change_type_name(enum change_type t)
{
    static const char *const names[] = {"added", "modified", "deleted"};
    return names[t];
}

const char *change_kind_name(unsigned n)
{
    static const char *const names[CHANGE_KINDS] = {"type",  "content", "mode", "owner",
                                                    "xattr", "time",    "link", "device"};
    return names[n];
}

/* -- comparing two states ------------------------------------------------------------ */

enum entry_type state_type(const struct state *s)
{
    if (s->claimed)
        return ENTRY_FILE;
    if (!s->inode)
        return ENTRY_DIRECTORY;
    enum entry_type t = s->inode->entry.type;
    /* A hard link whose target is not in the evidence can only be a file. */
    return t == ENTRY_HARDLINK ? ENTRY_FILE : t;
}

const char *state_type_name(const struct state *s)
{
    return s->claimed ? "unknown" : entry_type_name(state_type(s));
}

bool state_is_executable(const struct state *s)
{
    return s->present && s->inode && state_type(s) == ENTRY_FILE &&
           (s->inode->entry.mode & 0111) && s->data && s->data->size > 0;
}

bool state_same_content(const struct state *a, const struct state *b, bool *unknown)
{
    if (a->data == b->data && a->data)
        return true;
    if (a->data && b->data && a->data->hashed && b->data->hashed)
        return a->data->size == b->data->size &&
               memcmp(a->data->sha256, b->data->sha256, sizeof a->data->sha256) == 0;
    *unknown = true;
    return a->data && b->data && a->data->size == b->data->size;
}

static const struct xattr *next_own(const struct xattr *x)
{
    while (x && xattr_is_driver(x->name))
        x = x->next;
    return x;
}

/* Both lists are sorted by name. */
static bool same_xattrs(const struct item *before, const struct item *after,
                        bool unrecorded)
{
    const struct xattr *a = next_own(before->entry.rare->traits->xattrs);
    const struct xattr *b = next_own(after->entry.rare->traits->xattrs);
    if (unrecorded && !b)
        return true;
    for (; a && b; a = next_own(a->next), b = next_own(b->next)) {
        if (!bytes_eq(a->name, b->name) || !bytes_eq(a->value, b->value))
            return false;
    }
    return !a && !b;
}

/* Image builders cut times to seconds: then the coarser of the two decides. */
static bool same_time(instant a, instant b, bool whole_seconds)
{
    if (a == INSTANT_NONE || b == INSTANT_NONE || a == b)
        return true;
    if (!whole_seconds && a % NANOSECONDS != 0 && b % NANOSECONDS != 0)
        return false;
    return a / NANOSECONDS == b / NANOSECONDS;
}

static unsigned compare_inodes(const struct diff *d, const struct item *a,
                               const struct item *b, enum entry_type type)
{
    const struct entry *x = &a->entry, *y = &b->entry;
    unsigned kinds = 0;
    /* The permissions of a symbolic link mean nothing and differ between tools. */
    if (type != ENTRY_SYMLINK && x->mode != y->mode)
        kinds |= CHANGED_MODE;
    if (x->uid != y->uid || x->gid != y->gid)
        kinds |= CHANGED_OWNER;
    if (!same_xattrs(a, b, d->options.xattrs_unrecorded))
        kinds |= CHANGED_XATTR;
    if (!same_time(x->mtime, y->mtime, d->options.whole_seconds))
        kinds |= CHANGED_TIME;
    if (type == ENTRY_SYMLINK && !bytes_eq(entry_link(x), entry_link(y)))
        kinds |= CHANGED_LINK;
    if ((type == ENTRY_CHARACTER || type == ENTRY_BLOCK) &&
        (x->rare->traits->rdev_major != y->rare->traits->rdev_major ||
         x->rare->traits->rdev_minor != y->rare->traits->rdev_minor))
        kinds |= CHANGED_DEVICE;
    return kinds;
}

static unsigned compare(const struct diff *d, const struct state *a,
                        const struct state *b, bool *unknown)
{
    enum entry_type type = state_type(b);
    unsigned kinds = 0;
    if (state_type(a) != type)
        return CHANGED_TYPE;
    if (a->inode && b->inode && a->inode != b->inode)
        kinds = compare_inodes(d, a->inode, b->inode, type);
    if (type == ENTRY_FILE && !state_same_content(a, b, unknown))
        kinds |= CHANGED_CONTENT;
    return kinds;
}

/* -- names that share a file --------------------------------------------------------- */

struct shared {
    uint64_t device, inode; /* of a folder on disk, or where the archive's item is */
    uint32_t node;
};

struct sharing {
    struct shared *v;
    size_t n, capacity;
};

static int by_file(const void *pa, const void *pb)
{
    const struct shared *a = pa, *b = pb;
    if (a->device != b->device)
        return a->device < b->device ? -1 : 1;
    if (a->inode != b->inode)
        return a->inode < b->inode ? -1 : 1;
    return a->node < b->node ? -1 : a->node > b->node;
}

static struct shared shared_of(const struct state *s, uint32_t node)
{
    const struct entry_traits *r = s->inode->entry.rare->traits;
    if (r->ino && r->nlink > 1)
        return (struct shared){r->dev, r->ino, node};
    /* The address only says "the same"; what is picked of them depends on nodes alone. */
    return (struct shared){UINT64_MAX, (uintptr_t)s->inode, node};
}

/* False when it is no file in that state. */
static bool file_state(const struct tree *t, uint32_t node, bool after, struct state *out)
{
    *out = after ? tree_after(t, node) : tree_before(t, node);
    return out->present && out->inode && state_type(out) == ENTRY_FILE;
}

static void put_shared(struct sharing *out, const struct state *s, uint32_t node)
{
    out->v = memory_grow(out->v, &out->capacity, out->n + 1, sizeof *out->v);
    out->v[out->n++] = shared_of(s, node);
}

static void sort_sharing(struct sharing *all)
{
    if (all->n)
        qsort(all->v, all->n, sizeof *all->v, by_file);
}

/* The first one of the same file, or the place where it would be. */
static size_t first_of_file(const struct sharing *all, size_t n, const struct shared *key)
{
    size_t low = 0;
    while (low < n) {
        size_t middle = low + (n - low) / 2;
        if (by_file(&all->v[middle], key) < 0)
            low = middle + 1;
        else
            n = middle;
    }
    return low;
}

static bool is_same_file(const struct shared *a, const struct shared *b)
{
    return a->device == b->device && a->inode == b->inode;
}

/* Names of which it shows that they are not the only ones: the file system counts them,
 * or the archive has an entry of its own for the link. Then the names that those link to.
 */
static void find_sharing(const struct tree *t, bool after, struct sharing *out)
{
    struct state s;
    *out = (struct sharing){0};
    for (uint32_t i = 0; i < t->n; i++) {
        if (file_state(t, i, after, &s) &&
            (s.inode != s.item || shared_of(&s, i).device != UINT64_MAX))
            put_shared(out, &s, i);
    }
    sort_sharing(out);
    size_t links = out->n;
    for (uint32_t i = 0; links && i < t->n; i++) {
        if (!file_state(t, i, after, &s) || s.inode != s.item ||
            shared_of(&s, i).device != UINT64_MAX)
            continue;
        struct shared key = shared_of(&s, 0);
        size_t at = first_of_file(out, links, &key);
        if (at < links && is_same_file(&out->v[at], &key))
            put_shared(out, &s, i);
    }
    sort_sharing(out);
}

/* Another name of the file that `s`, the state of `node`, is; or TREE_NONE. */
static uint32_t shares_with(const struct sharing *all, const struct state *s,
                            uint32_t node)
{
    if (!s->present || !s->inode || state_type(s) != ENTRY_FILE)
        return TREE_NONE;
    struct shared key = shared_of(s, 0);
    for (size_t i = first_of_file(all, all->n, &key);
         i < all->n && is_same_file(&all->v[i], &key); i++) {
        if (all->v[i].node != node)
            return all->v[i].node;
    }
    return TREE_NONE;
}

/* -- making the list ----------------------------------------------------------------- */

static struct relations *append_relations(struct diff *d)
{
    d->relations = memory_grow(d->relations, &d->relation_capacity, d->relation_count + 1,
                               sizeof *d->relations);
    struct relations *r = &d->relations[d->relation_count++];
    *r = (struct relations){TREE_NONE, TREE_NONE, TREE_NONE};
    return r;
}

struct relations *diff_relate(struct diff *d, struct change *x)
{
    if (x->relations)
        return &d->relations[x->relations];
    x->relations = (uint32_t)d->relation_count;
    return append_relations(d);
}

static void link_with(struct diff *d, struct change *x, uint32_t other)
{
    if (other != TREE_NONE)
        diff_relate(d, x)->linked_with = other;
}

static struct change *add(struct diff *d, uint32_t node, enum change_type type,
                          unsigned kinds)
{
    d->v = memory_grow(d->v, &d->capacity, d->n + 1, sizeof *d->v);
    struct change *c = &d->v[d->n++];
    *c = (struct change){.node = node, .type = type, .kinds = (uint8_t)kinds};
    return c;
}

static void note_unchanged(struct diff *d, uint32_t node)
{
    const struct state after = tree_after(d->tree, node);
    if (after.layer < d->options.first_layer || state_type(&after) == ENTRY_DIRECTORY)
        return;
    d->unchanged = memory_grow(d->unchanged, &d->unchanged_capacity,
                               d->unchanged_count + 1, sizeof *d->unchanged);
    d->unchanged[d->unchanged_count++] = node;
}

/* Something appeared in it, vanished from it, or became something else: then its time of
 * modification had to change. */
static bool entries_changed(const struct tree *t, uint32_t folder)
{
    for (uint32_t i = tree_node(t, folder)->child; i != TREE_NONE;
         i = tree_node(t, i)->next) {
        const struct state a = tree_before(t, i), b = tree_after(t, i);
        if (a.present != b.present)
            return true;
        if (a.present && (state_type(&a) != state_type(&b) || a.inode != b.inode))
            return true;
    }
    return false;
}

/* A path that both states have. */
static void compare_node(struct diff *d, uint32_t i, const struct sharing *before,
                         const struct sharing *after)
{
    const struct state was = tree_before(d->tree, i), is = tree_after(d->tree, i);
    const struct state *a = &was, *b = &is;
    if (a->item == b->item && a->data == b->data)
        return;
    bool unknown = a->claimed || b->claimed;
    unsigned kinds = unknown ? 0 : compare(d, a, b, &unknown);
    uint32_t now = shares_with(after, b, i), then = shares_with(before, a, i);
    if (!(kinds & CHANGED_TYPE) && (now == TREE_NONE) != (then == TREE_NONE) &&
        a->inode != b->inode)
        kinds |= CHANGED_LINK;
    if (state_type(b) == ENTRY_DIRECTORY && kinds == CHANGED_TIME &&
        entries_changed(d->tree, i))
        kinds = 0;
    if (kinds == 0 && !a->claimed && !b->claimed) {
        note_unchanged(d, i);
        return;
    }
    struct change *c = add(d, i, CHANGE_MODIFIED, kinds);
    link_with(d, c, now);
    c->content_unknown = unknown;
    d->modified++;
}

static void look_at(struct diff *d, uint32_t i, const struct sharing *before,
                    const struct sharing *after)
{
    const struct state is = tree_after(d->tree, i);
    bool was = tree_before(d->tree, i).present;
    if (!was && !is.present)
        return;
    d->compared++;
    if (was && is.present) {
        compare_node(d, i, before, after);
    } else if (is.present) {
        link_with(d, add(d, i, CHANGE_ADDED, 0), shares_with(after, &is, i));
        d->added++;
    } else {
        add(d, i, CHANGE_DELETED, 0);
        d->deleted++;
    }
}

static int by_path(const void *a, const void *b, void *tree)
{
    return tree_compare_paths(tree, ((const struct change *)a)->node,
                              ((const struct change *)b)->node);
}

void diff_make(struct diff *d, const struct tree *t, const struct diff_options *options)
{
    struct sharing before, after;
    *d = (struct diff){.tree = t, .options = *options};
    append_relations(d);
    find_sharing(t, false, &before);
    find_sharing(t, true, &after);
    for (uint32_t i = 0; i < t->n; i++)
        look_at(d, i, &before, &after);
    free(before.v);
    free(after.v);
    if (d->n)
        qsort_r(d->v, d->n, sizeof *d->v, by_path, (void *)(uintptr_t)t);
    diff_find_origins(d);
}

const struct change *diff_find(const struct diff *d, uint32_t node)
{
    size_t at = 0;
    BISECT(at, 0, d->n, tree_compare_paths(d->tree, d->v[at].node, node) < 0);
    return at < d->n && d->v[at].node == node ? &d->v[at] : NULL;
}

void diff_release(struct diff *d)
{
    free(d->v);
    free(d->relations);
    free(d->unchanged);
    *d = (struct diff){0};
}
