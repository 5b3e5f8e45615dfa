#include "analyze/layer/packages_private.h"

#include <stdlib.h>

#include "analyze/layer/diff.h"
#include "formats/base/bisect.h"
#include "formats/base/memory.h"
#include "formats/dpkg.h"

const char *package_system_name(enum package_system s)
{
    static const char *const names[PACKAGE_SYSTEMS] = {"dpkg", "apk", "rpm", "python",
                                                       "npm"};
    return names[s];
}

/* -- packages ------------------------------------------------------------------------ */

static uint32_t key_of(struct collecting *c, enum package_system system,
                       const struct package_record *p, bool *known)
{
    struct text key = {0};
    uint32_t number;
    text_printf(&key, "%d%c", (int)system, 0);
    text_add(&key, p->name);
    text_byte(&key, '\0');
    text_add(&key, p->architecture);
    *known = intern_find(c->keys, text_bytes(&key), &number);
    if (!*known)
        number = intern_put(c->keys, text_bytes(&key));
    c->by_key = memory_grow(c->by_key, &c->by_key_capacity, (size_t)number + 1,
                            sizeof *c->by_key);
    text_release(&key);
    return number;
}

static struct bytes kept(struct collecting *c, struct bytes b)
{
    return b.n ? arena_copy(&c->out->arena, b) : BYTES_NONE;
}

static void add_package(struct collecting *c, enum package_system system,
                        const struct package_record *p)
{
    struct packages *out = c->out;
    out->v = memory_grow(out->v, &c->capacity, out->n + 1, sizeof *out->v);
    c->current = (uint32_t)out->n;
    out->v[out->n++] = (struct installed){.system = system,
                                          .name = kept(c, p->name),
                                          .version = kept(c, p->version),
                                          .architecture = kept(c, p->architecture),
                                          .source = c->database->item};
}

/* A list may name the package without its architecture. */
void collect_package(struct collecting *c, enum package_system system,
                     const struct package_record *p)
{
    const struct package_record listed = {.name = p->name};
    bool known, alone;
    uint32_t key = key_of(c, system, p, &known);
    uint32_t short_key = key_of(c, system, &listed, &alone);
    if (known) {
        c->current = c->by_key[key];
        struct installed *i = &c->out->v[c->current];
        i->version = i->version.n ? i->version : kept(c, p->version);
        return;
    }
    add_package(c, system, p);
    c->by_key[key] = c->current;
    if (!alone)
        c->by_key[short_key] = c->current;
}

/* -- files --------------------------------------------------------------------------- */

void collect_node(struct collecting *c, uint32_t node, const struct package_file *f)
{
    struct packages *out = c->out;
    out->owned = memory_grow(out->owned, &c->owned_capacity, out->owned_count + 1,
                             sizeof *out->owned);
    struct owned *o = &out->owned[out->owned_count++];
    *o = (struct owned){
        .node = node, .package = c->current, .config = f->config, .ghost = f->ghost};
    if (f->has_digest) {
        size_t size = f->partial ? 20 : digest_size(f->digest.algorithm);
        o->algorithm = f->digest.algorithm;
        o->known = (uint8_t)(size < sizeof o->octets ? size : sizeof o->octets);
        memcpy(o->octets, f->digest.octets, o->known);
    }
}

/* Links among the folders are followed as in the root after; what is not there any more
 * is found by its plain name. */
static uint32_t folder_node(struct collecting *c, struct bytes folder)
{
    const struct tree *t = c->from->tree;
    if (c->last_node != TREE_NONE && bytes_eq(folder, c->last_folder))
        return c->last_node;
    uint32_t n = tree_resolve(t, folder, true);
    c->last_folder = folder;
    c->last_node = n == TREE_NONE ? tree_walk(t, folder) : n;
    return c->last_node;
}

static struct bytes diverted(const struct collecting *c, struct bytes path)
{
    struct bytes name = c->out->v[c->current].name;
    for (size_t i = 0; i < c->diversion_count; i++) {
        const struct dpkg_diversion *d = &c->diversions[i];
        if (bytes_eq(d->from, path) && !bytes_eq(d->by, name))
            return d->to;
    }
    return path;
}

static struct bytes whole_path(struct collecting *c, struct bytes path)
{
    if (c->folder.n == 0 || (path.n && path.p[0] == '/'))
        return path;
    struct text t = {0};
    text_add(&t, c->folder);
    text_byte(&t, '/');
    text_add(&t, path);
    struct bytes whole = arena_copy(&c->out->arena, text_bytes(&t));
    text_release(&t);
    return whole;
}

static bool is_folder(const struct state *s)
{
    return state_type(s) == ENTRY_DIRECTORY;
}

void collect_file(struct collecting *c, const struct package_file *f)
{
    struct bytes path = whole_path(c, f->path);
    if (c->diversion_count && c->out->v[c->current].system == PACKAGES_DPKG)
        path = diverted(c, path);
    while (path.n && path.p[path.n - 1] == '/')
        path.n--;
    size_t slash = bytes_rfind_byte(path, '/');
    struct bytes folder = slash < path.n ? bytes_sub(path, 0, slash) : BYTES_NONE;
    struct bytes name = slash < path.n ? bytes_from(path, slash + 1) : path;
    uint32_t at = folder_node(c, folder);
    uint32_t node = at == TREE_NONE ? TREE_NONE : tree_find(c->from->tree, at, name);
    if (name.n == 0 || bytes_is(name, "."))
        return;
    const struct state s =
        node == TREE_NONE ? (struct state){0} : state_in(c->from, node);
    if (!s.present) {
        c->out->nowhere += f->has_digest && !f->ghost;
        return;
    }
    if (!is_folder(&s))
        collect_node(c, node, f);
}

/* -- putting in order ---------------------------------------------------------------- */

static int by_node(const void *pa, const void *pb)
{
    const struct owned *a = pa, *b = pb;
    if (a->node != b->node)
        return a->node < b->node ? -1 : 1;
    if (a->package != b->package)
        return a->package < b->package ? -1 : 1;
    return b->known - a->known;
}

/* Of one file, a list and a file of digests and the conffiles each say something. */
void collect_settle(struct collecting *c)
{
    struct packages *p = c->out;
    size_t n = 0;
    if (p->owned_count)
        qsort(p->owned, p->owned_count, sizeof *p->owned, by_node);
    for (size_t i = 0; i < p->owned_count; i++) {
        if (n && p->owned[n - 1].node == p->owned[i].node)
            p->owned[n - 1].config |= p->owned[i].config;
        else
            p->owned[n++] = p->owned[i];
    }
    p->owned_count = n;
}

static void count_files(struct packages *p)
{
    for (size_t i = 0; i < p->owned_count; i++)
        p->v[p->owned[i].package].files++;
}

struct sorted {
    struct installed installed;
    uint32_t old;
};

static int by_name(const void *pa, const void *pb)
{
    const struct installed *a = &((const struct sorted *)pa)->installed;
    const struct installed *b = &((const struct sorted *)pb)->installed;
    if (a->system != b->system)
        return a->system < b->system ? -1 : 1;
    int order = bytes_compare(a->name, b->name);
    order = order ? order : bytes_compare(a->architecture, b->architecture);
    order = order ? order : bytes_compare(a->version, b->version);
    uint32_t x = ((const struct sorted *)pa)->old, y = ((const struct sorted *)pb)->old;
    return order ? order : x < y ? -1 : x > y;
}

static void sort_packages(struct packages *p)
{
    struct sorted *all = memory_new(p->n + 1, sizeof *all);
    uint32_t *new_of = memory_new(p->n + 1, sizeof *new_of);
    for (uint32_t i = 0; i < p->n; i++)
        all[i] = (struct sorted){p->v[i], i};
    if (p->n)
        qsort(all, p->n, sizeof *all, by_name);
    for (uint32_t i = 0; i < p->n; i++) {
        p->v[i] = all[i].installed;
        new_of[all[i].old] = i;
    }
    for (size_t i = 0; i < p->owned_count; i++)
        p->owned[i].package = new_of[p->owned[i].package];
    free(all);
    free(new_of);
}

int packages_read(const struct packages_source *from, struct packages *out)
{
    struct databases all;
    *out = (struct packages){0};
    struct collecting c = {
        .from = from, .out = out, .keys = intern_new(), .last_node = TREE_NONE};
    int error = databases_find(from, &out->arena, &all);
    bool system = true;
    for (size_t i = 0; error == 0 && i < all.n; i++) {
        if (system && all.v[i].kind >= DATABASE_PYTHON_METADATA) {
            collect_settle(&c);
            system = false;
        }
        collect_database(&c, &all, &all.v[i]);
    }
    collect_settle(&c);
    count_files(out);
    sort_packages(out);
    free(all.v);
    free(c.by_key);
    free(c.diversions);
    intern_free(c.keys);
    return error;
}

void packages_release(struct packages *p)
{
    free(p->v);
    free(p->owned);
    arena_release(&p->arena);
    *p = (struct packages){0};
}

const struct owned *packages_owner(const struct packages *p, uint32_t node)
{
    size_t low;
    BISECT(low, 0, p->owned_count, p->owned[low].node < node);
    return low < p->owned_count && p->owned[low].node == node ? &p->owned[low] : NULL;
}

bool owned_holds(const struct owned *o, const struct digest *d)
{
    return o->known && o->algorithm == d->algorithm &&
           memcmp(o->octets, d->octets, o->known) == 0;
}
