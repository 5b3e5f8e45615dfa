/* Where package managers keep their databases, and their bytes. */
#include <stdlib.h>

#include "analyze/layer/diff.h"
#include "analyze/layer/findings.h"
#include "analyze/layer/package_place.h"
#include "analyze/layer/packages_private.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "verify/visit.h"

struct place {
    enum database_kind kind;
    const char *pattern;
};

/* The first that fits counts. */
static const struct place places[] = {
    {DATABASE_DPKG_STATUS, "/var/lib/dpkg/status"},
    {DATABASE_DPKG_MD5SUMS, "/var/lib/dpkg/status.d/*.md5sums"},
    {DATABASE_DPKG_STATUS, "/var/lib/dpkg/status.d/*"},
    {DATABASE_DPKG_MD5SUMS, "/var/lib/dpkg/info/*.md5sums"},
    {DATABASE_DPKG_LIST, "/var/lib/dpkg/info/*.list"},
    {DATABASE_DPKG_DIVERSIONS, "/var/lib/dpkg/diversions"},
    {DATABASE_DPKG_STATUS, "/usr/lib/opkg/status"},
    {DATABASE_DPKG_STATUS, "/var/lib/opkg/status"},
    {DATABASE_DPKG_LIST, "/usr/lib/opkg/info/*.list"},
    {DATABASE_DPKG_LIST, "/var/lib/opkg/info/*.list"},
    {DATABASE_APK, "/lib/apk/db/installed"},
    {DATABASE_APK, "/usr/lib/apk/db/installed"},
    {DATABASE_RPM, "/var/lib/rpm/rpmdb.sqlite"},
    {DATABASE_RPM, "/usr/lib/sysimage/rpm/rpmdb.sqlite"},
    {DATABASE_RPM, "/usr/share/rpm/rpmdb.sqlite"},
    {DATABASE_RPM_LOG, "/var/lib/rpm/rpmdb.sqlite-wal"},
    {DATABASE_RPM_LOG, "/usr/lib/sysimage/rpm/rpmdb.sqlite-wal"},
    {DATABASE_RPM_LOG, "/usr/share/rpm/rpmdb.sqlite-wal"},
    {DATABASE_RPM_UNREAD, "/var/lib/rpm/Packages"},
    {DATABASE_RPM_UNREAD, "/var/lib/rpm/Packages.db"},
    {DATABASE_RPM_UNREAD, "/usr/lib/sysimage/rpm/Packages"},
    {DATABASE_RPM_UNREAD, "/usr/lib/sysimage/rpm/Packages.db"},
    {DATABASE_PYTHON_METADATA, "**.dist-info/METADATA"},
    {DATABASE_PYTHON_RECORD, "**.dist-info/RECORD"},
    {DATABASE_PYTHON_METADATA, "**.egg-info/PKG-INFO"},
    {DATABASE_NPM, "**/node_modules/*/package.json"},
    {DATABASE_NPM, "**/node_modules/@*/*/package.json"},
};

#define PLACES (sizeof places / sizeof *places)

/* Most paths are none, and their last part tells. */
static bool may_be_database(struct bytes path)
{
    static const char *const ends[] = {"status",      ".md5sums",         ".list",
                                       "installed",   "rpmdb.sqlite",     "diversions",
                                       "Packages",    "rpmdb.sqlite-wal", "Packages.db",
                                       "RECORD",      "METADATA",         "PKG-INFO",
                                       "package.json"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (bytes_ends(path, bytes_str(ends[i])))
            return true;
    }
    return bytes_contains(path, BYTES("status.d/"));
}

enum database_kind database_kind_of(struct bytes path)
{
    for (size_t i = 0; may_be_database(path) && i < PLACES; i++) {
        if (path_matches(path, bytes_str(places[i].pattern)))
            return places[i].kind;
    }
    return DATABASE_NONE;
}

/* Wherever the root begins. The forms that are not read are not worth keeping. */
bool packages_is_database(struct bytes path)
{
    struct text rooted = {0};
    bool is_one = false;
    if (!may_be_database(path))
        return false;
    text_byte(&rooted, '/');
    path_normalise(path, &rooted);
    for (size_t i = 0; i < PLACES && !is_one; i++) {
        struct text pattern = {0};
        text_printf(&pattern, "**%s", places[i].pattern);
        is_one = places[i].kind != DATABASE_RPM_UNREAD &&
                 path_matches(text_bytes(&rooted), text_bytes(&pattern));
        text_release(&pattern);
    }
    text_release(&rooted);
    return is_one;
}

/* -- finding ------------------------------------------------------------------------- */

static void look_at(const struct packages_source *from, uint32_t i, struct arena *arena,
                    struct databases *out)
{
    const struct state s = state_in(from, i);
    struct text path = {0};
    /* The folder "status.d" is what tells its files. */
    struct bytes name = node_name(tree_node(from->tree, i));
    uint32_t parent = tree_node(from->tree, i)->parent;
    bool stanza = parent != TREE_NONE &&
                  bytes_is(node_name(tree_node(from->tree, parent)), "status.d");
    if (!s.present || !s.data || state_type(&s) != ENTRY_FILE ||
        (!stanza && !may_be_database(name)))
        return;
    tree_path(from->tree, i, &path);
    enum database_kind kind = database_kind_of(text_bytes(&path));
    if (kind != DATABASE_NONE) {
        out->v = memory_grow(out->v, &out->capacity, out->n + 1, sizeof *out->v);
        out->v[out->n++] =
            (struct database){.kind = kind,
                              .node = i,
                              .item = s.data,
                              .path = arena_copy(arena, text_bytes(&path))};
    }
    text_release(&path);
}

static int by_kind(const void *pa, const void *pb)
{
    const struct database *a = pa, *b = pb;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return bytes_compare(a->path, b->path);
}

/* -- reading ------------------------------------------------------------------------- */

struct loading {
    struct database **asked;
    struct arena *arena;
    uint64_t left; /* of the limit */
};

static int load(void *context, size_t which, struct source *content)
{
    struct loading *l = context;
    struct text all = {0};
    struct bytes block;
    int more;
    while ((more = source_next(content, &block)) > 0 && all.n + block.n <= l->left)
        text_add(&all, block);
    if (more == 0) {
        l->asked[which]->content = arena_copy(l->arena, text_bytes(&all));
        l->asked[which]->read = true;
        l->left -= all.n;
    }
    text_release(&all);
    return more < 0 ? more : 0;
}

static int load_from(struct loading *l, const struct package *p, uint64_t budget,
                     struct databases *all)
{
    const struct item **items = memory_new(all->n + 1, sizeof *items);
    l->asked = memory_new(all->n + 1, sizeof *l->asked);
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++) {
        struct database *d = &all->v[i];
        if (d->read || d->kind == DATABASE_RPM_UNREAD ||
            item_root(d->item) != package_root(p))
            continue;
        items[n] = d->item;
        l->asked[n++] = d;
    }
    int error = 0;
    bool affordable = items_visit_cost(items, n) <= budget;
    if (affordable && n)
        error = items_visit(p, items, n, load, l);
    for (size_t i = 0; i < n && !affordable; i++)
        l->asked[i]->unasked = true;
    free(items);
    free(l->asked);
    return error;
}

int databases_find(const struct packages_source *from, struct arena *arena,
                   struct databases *out)
{
    struct loading l = {.arena = arena, .left = LIMIT_PACKAGE_DATABASES};
    int error = 0;
    *out = (struct databases){0};
    for (uint32_t i = 0; i < from->tree->n; i++)
        look_at(from, i, arena, out);
    if (out->n)
        qsort(out->v, out->n, sizeof *out->v, by_kind);
    for (size_t i = 0; i < out->n; i++) {
        out->v[i].read = out->v[i].item->kept;
        out->v[i].content = item_more(out->v[i].item)->content;
    }
    for (size_t i = 0; i < 2 && error == 0; i++) {
        if (from->opened[i] && (i == 0 || from->opened[i] != from->opened[0]))
            error = load_from(&l, from->opened[i], from->budget, out);
    }
    return error;
}
