#include "verify/file_index.h"

#include <stdlib.h>

#include "formats/base/bisect.h"
#include "formats/base/fold.h"
#include "formats/base/order.h"

static int by_path(const void *pa, const void *pb)
{
    const struct indexed_file *a = pa, *b = pb;
    int order = bytes_compare(a->path, b->path);
    return order ? order : a->item->id < b->item->id ? -1 : a->item->id > b->item->id;
}

struct file_index file_index_of(const struct item *container, struct arena *arena)
{
    size_t most = item_more(container)->children;
    for (const struct item *c = item_more(container)->child; c; c = c->next)
        most += c->container == CONTAINER_SPLIT;
    struct file_index index = {.v = arena_array(arena, struct indexed_file, most),
                               .arena = arena};
    for (struct item *c = item_more(container)->child; c; c = c->next) {
        if (c->entry.type != ENTRY_FILE && c->entry.type != ENTRY_HARDLINK)
            continue;
        struct bytes path = path_normalised(c->name, arena);
        index.v[index.n++] = (struct indexed_file){path, c};
        if (c->container != CONTAINER_SPLIT || !item_more(c)->child)
            continue;
        /* A manifest may list the whole, as it was before it was split. */
        struct bytes folder = path_folder(path);
        index.v[index.n++] = (struct indexed_file){
            bytes_str(arena_printf(arena, "%.*s%s%.*s", (int)folder.n,
                                   (const char *)folder.p, folder.n ? "/" : "",
                                   (int)item_more(c)->child->name.n,
                                   (const char *)item_more(c)->child->name.p)),
            item_more(c)->child};
    }
    sort_if_needed(index.v, index.n, sizeof *index.v, by_path);
    return index;
}

static struct item *find_sorted(const struct indexed_file *v, size_t n, struct bytes path)
{
    size_t low;
    BISECT(low, 0, n, bytes_compare(v[low].path, path) < 0);
    return low < n && bytes_eq(v[low].path, path) ? v[low].item : NULL;
}

struct item *file_index_find(const struct file_index *index, struct bytes path)
{
    return find_sorted(index->v, index->n, path);
}

static void make_folded(struct file_index *index)
{
    struct text t = {0};
    index->folded = arena_array(index->arena, struct indexed_file, index->n + 1);
    for (size_t i = 0; i < index->n; i++) {
        text_clear(&t);
        fold_name(index->v[i].path, &t);
        index->folded[i] = (struct indexed_file){arena_copy(index->arena, text_bytes(&t)),
                                                 index->v[i].item};
    }
    text_release(&t);
    if (index->n)
        qsort(index->folded, index->n, sizeof *index->folded, by_path);
}

struct item *file_index_find_folded(struct file_index *index, struct bytes path)
{
    struct text want = {0};
    if (!index->folded)
        make_folded(index);
    fold_name(path, &want);
    struct item *found = find_sorted(index->folded, index->n, text_bytes(&want));
    text_release(&want);
    return found;
}

static bool is_letter(uint8_t c)
{
    c = to_lower(c);
    return c >= 'a' && c <= 'z';
}

struct bytes path_folder(struct bytes path)
{
    size_t slash = bytes_rfind_byte(path, '/');
    return slash < path.n ? bytes_sub(path, 0, slash) : BYTES_NONE;
}

struct bytes path_base(struct bytes path)
{
    size_t slash = bytes_rfind_byte(path, '/');
    return slash < path.n ? bytes_from(path, slash + 1) : path;
}

/* "..", also with the backslashes that a shell or an unescaping reader takes away. */
static bool is_parent(struct bytes part)
{
    size_t dots = 0;
    for (size_t i = 0; i < part.n; i++) {
        if (part.p[i] != '.' && part.p[i] != '\\')
            return false;
        dots += part.p[i] == '.';
    }
    return dots >= 2;
}

bool path_is_unsafe(struct bytes path)
{
    struct bytes part;
    bool drive = path.n > 1 && path.p[1] == ':' && is_letter(path.p[0]);
    bool variable = path.n > 1 && path.p[0] == '%' &&
                    bytes_find_byte(bytes_from(path, 1), '%') < path.n - 1;
    if (path.n == 0 || drive || variable || path.p[0] == '/' || path.p[0] == '\\' ||
        path.p[0] == '~')
        return true;
    while (bytes_split(&path, '/', &part)) {
        if (is_parent(part))
            return true;
    }
    return false;
}

/* Appends the parts of `path` to t, whose first byte is at `start`. */
static bool add_parts(struct bytes path, size_t start, struct text *t)
{
    struct bytes part;
    while (bytes_split(&path, '/', &part)) {
        if (part.n == 0 || bytes_is(part, "."))
            continue;
        if (bytes_is(part, "..")) {
            struct bytes so_far = bytes_from(text_bytes(t), start);
            if (so_far.n == 0)
                return false;
            t->n = start + path_folder(so_far).n;
            continue;
        }
        if (t->n > start)
            text_byte(t, '/');
        text_add(t, part);
    }
    return true;
}

bool path_resolve(struct bytes base, struct bytes path, struct text *t)
{
    size_t start = t->n;
    bool absolute = path.n && path.p[0] == '/';
    if (!absolute && add_parts(base, start, t) && add_parts(path, start, t) &&
        t->n > start)
        return true;
    t->n = start;
    return false;
}
