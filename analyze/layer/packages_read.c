/* Each format of package database, read into the common shape. */
#include "analyze/layer/packages_private.h"
#include "formats/apk.h"
#include "formats/base/memory.h"
#include "formats/dpkg.h"
#include "formats/json.h"
#include "formats/python_dist.h"
#include "formats/rpmdb.h"

struct sink {
    struct collecting *c;
    enum package_system system;
    bool skip; /* the files of this package are not there */
};

static void take_package(void *context, const struct package_record *p)
{
    struct sink *s = context;
    s->skip = p->removed;
    if (!p->removed)
        collect_package(s->c, s->system, p);
}

static void take_file(void *context, const struct package_file *f)
{
    struct sink *s = context;
    if (!s->skip)
        collect_file(s->c, f);
}

static void unread(struct collecting *c, const struct database *d)
{
    struct packages *p = c->out;
    if (p->unread_count < sizeof p->unread / sizeof *p->unread)
        p->unread[p->unread_count++] = d->item;
}

static struct bytes name_of(struct bytes path)
{
    return bytes_from(path, bytes_rfind_byte(path, '/') + 1);
}

static struct bytes folder_of(struct bytes path)
{
    return bytes_sub(path, 0, bytes_rfind_byte(path, '/'));
}

/* -- dpkg ---------------------------------------------------------------------------- */

/* A list names its package in its own name. */
static bool begin_list(struct collecting *c, const struct database *d, const char *suffix)
{
    struct package_record p = {0};
    if (!dpkg_info_name(name_of(d->path), suffix, &p.name, &p.architecture))
        return false;
    collect_package(c, PACKAGES_DPKG, &p);
    return true;
}

static void divert(void *context, const struct dpkg_diversion *d)
{
    struct collecting *c = context;
    c->diversions = memory_grow(c->diversions, &c->diversion_capacity,
                                c->diversion_count + 1, sizeof *c->diversions);
    c->diversions[c->diversion_count++] = *d;
}

static void read_dpkg(struct collecting *c, const struct database *d,
                      const struct package_sink *sink)
{
    if (d->kind == DATABASE_DPKG_STATUS)
        dpkg_status_read(d->content, sink);
    else if (d->kind == DATABASE_DPKG_DIVERSIONS)
        dpkg_diversions_read(d->content, c, divert);
    else if (d->kind == DATABASE_DPKG_MD5SUMS && begin_list(c, d, ".md5sums"))
        dpkg_md5sums_read(d->content, sink);
    else if (d->kind == DATABASE_DPKG_LIST && begin_list(c, d, ".list"))
        dpkg_list_read(d->content, sink);
}

/* -- rpm ----------------------------------------------------------------------------- */

static struct bytes log_of(const struct databases *all, const struct database *d)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct database *log = &all->v[i];
        if (log->kind == DATABASE_RPM_LOG && bytes_starts(log->path, d->path) &&
            log->read)
            return log->content;
    }
    return BYTES_NONE;
}

static void read_rpm(struct collecting *c, const struct databases *all,
                     const struct database *d, const struct package_sink *sink)
{
    if (!rpmdb_read(d->content, log_of(all, d), &c->out->arena, sink))
        unread(c, d);
}

/* -- Python and npm ------------------------------------------------------------------ */

/* What a system's package brought is that package's already. */
static bool is_owned(const struct collecting *c, const struct database *d)
{
    return packages_owner(c->out, d->node) != NULL;
}

static void read_metadata(struct collecting *c, const struct database *d)
{
    struct package_record p;
    if (python_metadata_read(d->content, &p))
        collect_package(c, PACKAGES_PYTHON, &p);
}

static const struct database *beside(const struct databases *all,
                                     const struct database *d, enum database_kind kind)
{
    for (size_t i = 0; i < all->n; i++) {
        if (all->v[i].kind == kind && all->v[i].read &&
            bytes_eq(folder_of(all->v[i].path), folder_of(d->path)))
            return &all->v[i];
    }
    return NULL;
}

static void read_record(struct collecting *c, const struct databases *all,
                        const struct database *d, const struct package_sink *sink)
{
    const struct database *metadata = beside(all, d, DATABASE_PYTHON_METADATA);
    if (!metadata)
        return;
    read_metadata(c, metadata);
    c->folder = folder_of(folder_of(d->path));
    python_record_read(d->content, &c->out->arena, sink);
    c->folder = BYTES_NONE;
}

/* The next node that is not below `n`. */
static uint32_t behind(const struct tree *t, uint32_t n, uint32_t top)
{
    for (; n != top; n = tree_node(t, n)->parent) {
        if (tree_node(t, n)->next != TREE_NONE)
            return tree_node(t, n)->next;
    }
    return TREE_NONE;
}

/* All files of the folder but those of packages inside it. */
static void claim_folder(struct collecting *c, uint32_t folder)
{
    const struct tree *t = c->from->tree;
    const struct package_file file = {0};
    for (uint32_t i = tree_next(t, folder, folder); i != TREE_NONE;) {
        bool inner = bytes_is(node_name(tree_node(t, i)), "node_modules");
        if (state_in(c->from, i).present && !inner)
            collect_node(c, i, &file);
        i = inner ? behind(t, i, folder) : tree_next(t, i, folder);
    }
}

static void read_npm(struct collecting *c, const struct database *d)
{
    struct documents docs = {0};
    json_read(d->content, &docs);
    struct package_record p = {0};
    if (docs.n) {
        p.name = tree_string(docs.v[0].root, "name");
        p.version = tree_string(docs.v[0].root, "version");
    }
    if (p.name.n) {
        collect_package(c, PACKAGES_NPM, &p);
        claim_folder(c, tree_node(c->from->tree, d->node)->parent);
    }
    documents_release(&docs);
}

/* -- one file ------------------------------------------------------------------------ */

void collect_database(struct collecting *c, const struct databases *all,
                      const struct database *d)
{
    struct sink to = {.c = c};
    const struct package_sink sink = {&to, take_package, take_file, NULL};
    c->database = d;
    if (d->unasked) {
        c->out->unasked++;
        return;
    }
    if (!d->read && d->kind != DATABASE_RPM_LOG) {
        unread(c, d);
        return;
    }
    switch (d->kind) {
    case DATABASE_DPKG_STATUS:
    case DATABASE_DPKG_MD5SUMS:
    case DATABASE_DPKG_LIST:
    case DATABASE_DPKG_DIVERSIONS:
        to.system = PACKAGES_DPKG;
        read_dpkg(c, d, &sink);
        break;
    case DATABASE_APK:
        to.system = PACKAGES_APK;
        apk_installed_read(d->content, &c->out->arena, &sink);
        break;
    case DATABASE_RPM:
        to.system = PACKAGES_RPM;
        read_rpm(c, all, d, &sink);
        break;
    case DATABASE_PYTHON_METADATA:
        if (!is_owned(c, d))
            read_metadata(c, d);
        break;
    case DATABASE_PYTHON_RECORD:
        if (!is_owned(c, d))
            read_record(c, all, d, &sink);
        break;
    case DATABASE_NPM:
        if (!is_owned(c, d))
            read_npm(c, d);
        break;
    case DATABASE_NONE:
    case DATABASE_RPM_LOG:
    case DATABASE_RPM_UNREAD:
        break;
    }
}
