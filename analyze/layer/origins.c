/* Renames and copies, by content: where the bytes of what is new stood in the base. */
#include <stdlib.h>

#include "analyze/layer/diff_private.h"
#include "formats/base/bisect.h"
#include "formats/base/memory.h"

/* A file of the base that has bytes which are sought. */
struct origin {
    const struct item *data;
    bool gone; /* it is there no longer: renamed, not copied */
    struct bytes name;
    uint32_t node;
};

struct origins {
    struct origin *v;
    size_t n, capacity;
};

static int by_bytes(const struct item *a, const struct item *b)
{
    return memcmp(a->sha256, b->sha256, sizeof a->sha256);
}

/* The changed paths whose bytes are sought are the numbers of the changes: there can be a
 * million. */
static const struct item *wanted_data(const struct diff *d, uint32_t change)
{
    return tree_after(d->tree, d->v[change].node).data;
}

static int by_wanted(const void *pa, const void *pb, void *diff)
{
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    int order = by_bytes(wanted_data(diff, a), wanted_data(diff, b));
    return order ? order : a < b ? -1 : a > b;
}

/* Those of one content together, what is gone first; by name, because the same name is
 * what is looked for first; then by path. */
static int by_origin(const void *pa, const void *pb, void *tree)
{
    const struct origin *a = pa, *b = pb;
    int order = by_bytes(a->data, b->data);
    if (order == 0 && a->gone != b->gone)
        order = a->gone ? -1 : 1;
    if (order == 0)
        order = bytes_compare(a->name, b->name);
    return order ? order : tree_compare_paths(tree, a->node, b->node);
}

static bool has_bytes(const struct state *s)
{
    return s->present && s->data && s->data->hashed && s->data->size > 0 &&
           state_type(s) == ENTRY_FILE;
}

static size_t find_wanted(struct diff *d, uint32_t *v)
{
    size_t n = 0;
    for (uint32_t i = 0; i < d->n; i++) {
        const struct state s = tree_after(d->tree, d->v[i].node);
        bool is_new = d->v[i].type == CHANGE_ADDED ||
                      (d->v[i].kinds & (CHANGED_CONTENT | CHANGED_TYPE));
        if (d->v[i].type != CHANGE_DELETED && is_new && has_bytes(&s))
            v[n++] = i;
    }
    if (n)
        qsort_r(v, n, sizeof *v, by_wanted, d);
    return n;
}

static bool is_wanted(const struct diff *d, const uint32_t *v, size_t n,
                      const struct item *data)
{
    size_t low = 0;
    while (low < n) {
        size_t middle = low + (n - low) / 2;
        int order = by_bytes(wanted_data(d, v[middle]), data);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            n = middle;
    }
    return false;
}

static void add_origin(struct diff *d, uint32_t node, struct origins *out)
{
    out->v = memory_grow(out->v, &out->capacity, out->n + 1, sizeof *out->v);
    out->v[out->n++] = (struct origin){.data = tree_before(d->tree, node).data,
                                       .gone = !tree_after(d->tree, node).present,
                                       .name = node_name(tree_node(d->tree, node)),
                                       .node = node};
}

/* -- choosing -------------------------------------------------------------------------
 */

/* [first, end) of the origins with one content that are all gone, or all there. */
struct run {
    size_t first, end;
    size_t least; /* of them the one whose path is the first */
};

static struct run run_from(const struct tree *t, const struct origins *all, size_t first)
{
    struct run r = {first, first + 1, first};
    while (r.end < all->n && all->v[r.end].gone == all->v[first].gone &&
           by_bytes(all->v[r.end].data, all->v[first].data) == 0) {
        if (tree_compare_paths(t, all->v[r.end].node, all->v[r.least].node) < 0)
            r.least = r.end;
        r.end++;
    }
    return r;
}

/* Of several files with the bytes, the one with the same name, then the first by path.
 * The path itself is not among them: with these bytes before, it would not be new. */
static uint32_t choose(const struct diff *d, const struct origins *all,
                       const struct run *r, uint32_t node)
{
    struct bytes name = node_name(tree_node(d->tree, node));
    size_t low;
    BISECT(low, r->first, r->end, bytes_compare(all->v[low].name, name) < 0);
    if (low < r->end && bytes_eq(all->v[low].name, name))
        return all->v[low].node;
    return all->v[r->least].node;
}

/* Both lists are sorted by content: one pass over them. */
static void tell_origins(struct diff *d, const uint32_t *v, size_t n,
                         const struct origins *all)
{
    size_t w = 0;
    for (size_t i = 0; i < all->n;) {
        struct run r = run_from(d->tree, all, i);
        while (w < n && by_bytes(wanted_data(d, v[w]), all->v[i].data) < 0)
            w++;
        for (size_t k = w; k < n && by_bytes(wanted_data(d, v[k]), all->v[i].data) == 0;
             k++) {
            struct change *c = &d->v[v[k]];
            struct relations *of = diff_relate(d, c);
            uint32_t *place = all->v[i].gone ? &of->renamed_from : &of->copied_from;
            if (*place == TREE_NONE)
                *place = choose(d, all, &r, c->node);
        }
        i = r.end;
    }
}

void diff_find_origins(struct diff *d)
{
    uint32_t *v = memory_new(d->n + 1, sizeof *v);
    struct origins all = {0};
    size_t n = find_wanted(d, v);
    for (size_t i = 0; i < d->n; i++) {
        uint32_t from = tree_marks(d->tree, d->v[i].node)->renamed_from;
        if (from != TREE_NONE)
            diff_relate(d, &d->v[i])->renamed_from = from;
    }
    for (uint32_t i = 0; n && i < d->tree->n; i++) {
        const struct state s = tree_before(d->tree, i);
        if (has_bytes(&s) && is_wanted(d, v, n, s.data))
            add_origin(d, i, &all);
    }
    if (all.n)
        qsort_r(all.v, all.n, sizeof *all.v, by_origin, (void *)(uintptr_t)d->tree);
    tell_origins(d, v, n, &all);
    free(all.v);
    free(v);
}
