#include "analyze/layer/tree.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"

/* -- nodes --------------------------------------------------------------------------- */

/* Over the folder's number and the name. */
static uint64_t hash_of(uint32_t folder, struct bytes name)
{
    uint64_t h = bytes_hash(BYTES_HASH, bytes_of(&folder, sizeof folder));
    h = bytes_hash(h, name);
    return h ^ h >> 32;
}

static void chain(struct tree *t, uint32_t n)
{
    struct node *node = tree_node(t, n);
    uint32_t *slot = &t->table[hash_of(node->parent, node_name(node)) & (t->slots - 1)];
    node->chain = *slot;
    *slot = n;
}

static void widen(struct tree *t)
{
    free(t->table);
    t->slots = t->slots ? t->slots * 2 : 1024;
    t->table = memory_new(t->slots, sizeof *t->table);
    memset(t->table, 0xff, t->slots * sizeof *t->table);
    for (uint32_t i = 0; i < t->n; i++)
        chain(t, i);
}

static uint32_t append(struct tree *t, uint32_t folder, struct bytes name)
{
    t->v = memory_grow(t->v, &t->capacity, t->n + 1, sizeof *t->v);
    uint32_t n = (uint32_t)t->n++;
    t->v[n] = (struct node){.parent = folder,
                            .child = TREE_NONE,
                            .next = TREE_NONE,
                            .name = name.p,
                            .name_length = (uint32_t)name.n};
    return n;
}

void tree_init(struct tree *t)
{
    static const struct state implied = {.present = true};
    *t = (struct tree){0};
    t->marks = memory_grow(NULL, &t->marks_capacity, 1, sizeof *t->marks);
    t->marks[t->marks_count++] = (struct node_marks){.renamed_from = TREE_NONE};
    uint32_t root = append(t, TREE_NONE, BYTES_NONE);
    tree_set_before(t, root, &implied);
    tree_set_after(t, root, &implied);
    widen(t);
}

void tree_release(struct tree *t)
{
    free(t->v);
    free(t->table);
    free(t->marks);
    states_release(&t->states);
    arena_release(&t->names);
    *t = (struct tree){0};
}

uint32_t tree_find(const struct tree *t, uint32_t folder, struct bytes name)
{
    uint32_t n = t->table[hash_of(folder, name) & (t->slots - 1)];
    for (; n != TREE_NONE; n = tree_node(t, n)->chain) {
        const struct node *node = tree_node(t, n);
        if (node->parent == folder && bytes_eq(node_name(node), name))
            return n;
    }
    return TREE_NONE;
}

uint32_t tree_add(struct tree *t, uint32_t folder, struct bytes name)
{
    uint32_t n = tree_find(t, folder, name);
    if (n != TREE_NONE)
        return n;
    n = append(t, folder, name);
    tree_node(t, n)->next = tree_node(t, folder)->child;
    tree_node(t, folder)->child = n;
    if (t->n > t->slots)
        widen(t);
    else
        chain(t, n);
    return n;
}

uint32_t tree_add_copy(struct tree *t, uint32_t folder, struct bytes name)
{
    uint32_t n = tree_find(t, folder, name);
    return n != TREE_NONE ? n : tree_add(t, folder, arena_copy(&t->names, name));
}

/* The successor when nothing below the node counts. */
static uint32_t next_beside(const struct tree *t, uint32_t n, uint32_t top)
{
    for (; n != top; n = tree_node(t, n)->parent) {
        if (tree_node(t, n)->next != TREE_NONE)
            return tree_node(t, n)->next;
    }
    return TREE_NONE;
}

uint32_t tree_next(const struct tree *t, uint32_t n, uint32_t top)
{
    uint32_t child = tree_node(t, n)->child;
    return child != TREE_NONE ? child : next_beside(t, n, top);
}

/* -- paths --------------------------------------------------------------------------- */

static bool is_link(const struct state *s)
{
    return s->inode && s->inode->entry.type == ENTRY_SYMLINK;
}

static bool is_only_slashes(struct bytes rest)
{
    while (rest.n && rest.p[0] == '/')
        rest = bytes_from(rest, 1);
    return rest.n == 0;
}

/* A path on its way through links. */
struct resolving {
    const struct tree *tree;
    unsigned links; /* that were followed */
};

static uint32_t resolve(struct resolving *r, uint32_t at, struct bytes path, bool follow)
{
    const struct tree *t = r->tree;
    struct bytes part;
    while (at != TREE_NONE && bytes_split(&path, '/', &part)) {
        if (part.n == 0 || bytes_is(part, "."))
            continue;
        if (bytes_is(part, "..")) {
            if (at != TREE_ROOT)
                at = tree_node(t, at)->parent;
            continue;
        }
        uint32_t folder = at;
        at = tree_find(t, folder, part);
        if (at == TREE_NONE)
            return TREE_NONE;
        const struct state s = tree_after(t, at);
        if (!s.present)
            return TREE_NONE;
        if (!is_link(&s) || (is_only_slashes(path) && !follow))
            continue;
        if (r->links++ >= LIMIT_LINKS)
            return TREE_NONE;
        struct bytes target = entry_link(&s.inode->entry);
        bool absolute = target.n && target.p[0] == '/';
        at = resolve(r, absolute ? TREE_ROOT : folder, target, true);
    }
    return at;
}

uint32_t tree_resolve_from(const struct tree *t, uint32_t folder, struct bytes path,
                           bool follow)
{
    struct resolving r = {t, 0};
    bool absolute = path.n && path.p[0] == '/';
    return resolve(&r, absolute ? TREE_ROOT : folder, path, follow);
}

uint32_t tree_resolve(const struct tree *t, struct bytes path, bool follow)
{
    return tree_resolve_from(t, TREE_ROOT, path, follow);
}

uint32_t tree_walk(const struct tree *t, struct bytes path)
{
    struct bytes part;
    uint32_t at = TREE_ROOT;
    while (at != TREE_NONE && bytes_split(&path, '/', &part)) {
        if (part.n && !bytes_is(part, "."))
            at = tree_find(t, at, part);
    }
    return at;
}

/* Filled from its end: evidence may nest deeper than a stack should. */
void tree_path(const struct tree *t, uint32_t n, struct text *out)
{
    size_t length = n == TREE_ROOT;
    for (uint32_t i = n; i != TREE_ROOT; i = tree_node(t, i)->parent)
        length += tree_node(t, i)->name_length + 1;
    do /* even the root has a byte */
        text_byte(out, '/');
    while (--length);
    for (char *end = out->p + out->n; n != TREE_ROOT; n = tree_node(t, n)->parent) {
        struct bytes name = node_name(tree_node(t, n));
        end -= name.n;
        memcpy(end--, name.p, name.n);
    }
}

struct bytes tree_path_in(const struct tree *t, uint32_t n, struct arena *a)
{
    struct text path = {0};
    tree_path(t, n, &path);
    struct bytes kept = arena_copy(a, text_bytes(&path));
    text_release(&path);
    return kept;
}

static size_t depth_of(const struct tree *t, uint32_t n)
{
    size_t depth = 0;
    for (; n != TREE_ROOT; n = tree_node(t, n)->parent)
        depth++;
    return depth;
}

static uint32_t ancestor(const struct tree *t, uint32_t n, size_t levels)
{
    for (; levels; levels--)
        n = tree_node(t, n)->parent;
    return n;
}

uint32_t tree_common(const struct tree *t, uint32_t a, uint32_t b)
{
    size_t depth_a = depth_of(t, a), depth_b = depth_of(t, b);
    a = ancestor(t, a, depth_a > depth_b ? depth_a - depth_b : 0);
    b = ancestor(t, b, depth_b > depth_a ? depth_b - depth_a : 0);
    for (; a != b; b = tree_node(t, b)->parent)
        a = tree_node(t, a)->parent;
    return a;
}

/* What follows the first `n` bytes of a name in a path; -1 at the end of the path. */
static int byte_after(struct bytes name, size_t n, bool goes_on)
{
    return n < name.n ? name.p[n] : goes_on ? '/' : -1;
}

/* The first names that differ decide: what is above them is the same node. */
int tree_compare_paths(const struct tree *t, uint32_t a, uint32_t b)
{
    size_t depth_a = depth_of(t, a), depth_b = depth_of(t, b);
    uint32_t x = ancestor(t, a, depth_a > depth_b ? depth_a - depth_b : 0);
    uint32_t y = ancestor(t, b, depth_b > depth_a ? depth_b - depth_a : 0);
    if (x == y)
        return (depth_a > depth_b) - (depth_a < depth_b);
    while (tree_node(t, x)->parent != tree_node(t, y)->parent) {
        x = tree_node(t, x)->parent;
        y = tree_node(t, y)->parent;
    }
    struct bytes p = node_name(tree_node(t, x)), q = node_name(tree_node(t, y));
    size_t n = p.n < q.n ? p.n : q.n;
    int order = n ? memcmp(p.p, q.p, n) : 0;
    return order ? order : byte_after(p, n, x != a) - byte_after(q, n, y != b);
}

/* -- states -------------------------------------------------------------------------- */

void tree_set_before(struct tree *t, uint32_t n, const struct state *s)
{
    t->v[n].before = states_put(&t->states, s);
}

void tree_set_after(struct tree *t, uint32_t n, const struct state *s)
{
    t->v[n].after = states_put(&t->states, s);
}

struct node_marks *tree_mark(struct tree *t, uint32_t n)
{
    if (t->v[n].marks == 0) {
        t->marks = memory_grow(t->marks, &t->marks_capacity, t->marks_count + 1,
                               sizeof *t->marks);
        t->marks[t->marks_count] = t->marks[0];
        t->v[n].marks = (uint32_t)t->marks_count++;
    }
    return &t->marks[t->v[n].marks];
}

static void remove_one(struct tree *t, uint32_t n, enum absence why,
                       const struct item *by)
{
    const struct state gone = {.item = by, .absence = why};
    if (tree_after(t, n).present)
        tree_set_after(t, n, &gone);
}

void tree_empty(struct tree *t, uint32_t n, enum absence why, const struct item *by)
{
    uint32_t i = tree_next(t, n, n);
    while (i != TREE_NONE) {
        /* Where nothing is, nothing is below. */
        bool present = tree_after(t, i).present;
        remove_one(t, i, why, by);
        i = present ? tree_next(t, i, n) : next_beside(t, i, n);
    }
}

void tree_remove(struct tree *t, uint32_t n, enum absence why, const struct item *by)
{
    enum absence below = why == ABSENT_WHITEOUT ? ABSENT_PARENT : why;
    tree_empty(t, n, below, by);
    remove_one(t, n, why, by);
}

void tree_settle(struct tree *t)
{
    for (size_t i = 0; i < t->n; i++)
        t->v[i].before = t->v[i].after;
}

void tree_clear_after(struct tree *t)
{
    static const struct state missing = {.absence = ABSENT_MISSING};
    uint32_t number = states_put(&t->states, &missing);
    for (size_t i = 1; i < t->n; i++)
        t->v[i].after = number;
}
