#include "formats/document.h"

#include <stdlib.h>

#include "formats/base/memory.h"

void documents_release(struct documents *all)
{
    for (size_t i = 0; i < all->n; i++) {
        json_decref(all->v[i].root);
        free(all->v[i].nodes);
    }
    free(all->v);
    faults_release(&all->faults);
    *all = (struct documents){0};
}

struct document *documents_add(struct documents *all, json_t *root)
{
    all->v = memory_grow(all->v, &all->capacity, all->n + 1, sizeof *all->v);
    struct document *d = &all->v[all->n++];
    *d = (struct document){.root = root};
    return d;
}

void document_add_node(struct document *d, struct document_node node)
{
    d->nodes = memory_grow(d->nodes, &d->capacity, d->node_count + 1, sizeof *d->nodes);
    d->nodes[d->node_count++] = node;
}

/* Order of addresses: only for looking up, never for output. */
static int by_node(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)((const struct document_node *)a)->node;
    uintptr_t y = (uintptr_t)((const struct document_node *)b)->node;
    return x < y ? -1 : x > y;
}

void document_finish(struct document *d)
{
    if (d->node_count)
        qsort(d->nodes, d->node_count, sizeof *d->nodes, by_node);
}

bool document_span(const struct document *d, const json_t *node, uint64_t *offset,
                   uint64_t *length)
{
    if (!d || !node || !d->node_count)
        return false;
    struct document_node key = {.node = node};
    const struct document_node *found =
        bsearch(&key, d->nodes, d->node_count, sizeof key, by_node);
    if (!found)
        return false;
    *offset = found->offset;
    *length = found->length;
    return true;
}

static const json_t *step(const json_t *node, struct bytes name)
{
    uint64_t index;
    if (json_is_object(node))
        return json_object_getn(node, (const char *)name.p, name.n);
    if (json_is_array(node) && bytes_to_u64(name, &index))
        return json_array_get(node, (size_t)index);
    return NULL;
}

const json_t *tree_get(const json_t *node, const char *path)
{
    struct bytes rest = bytes_str(path), name;
    while (node && bytes_split(&rest, '/', &name))
        node = step(node, name);
    return node;
}

struct bytes tree_string(const json_t *node, const char *path)
{
    const json_t *s = tree_get(node, path);
    return json_is_string(s) ? bytes_of(json_string_value(s), json_string_length(s))
                             : BYTES_NONE;
}

bool tree_integer(const json_t *node, const char *path, int64_t *out)
{
    const json_t *i = tree_get(node, path);
    if (!json_is_integer(i))
        return false;
    *out = json_integer_value(i);
    return true;
}

bool tree_true(const json_t *node, const char *path)
{
    return json_is_true(tree_get(node, path));
}
