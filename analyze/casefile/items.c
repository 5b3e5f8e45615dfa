/* Items of the packages: what can be cited, and the table `item`. */
#include <errno.h>

#include "analyze/casefile/private.h"
#include "formats/base/memory.h"

int case_package(struct casefile *c, const struct package *p, const char *label)
{
    if (c->package_count == CASE_PACKAGES)
        return -EINVAL;
    struct case_package *v = &c->packages[c->package_count];
    const struct item *root = package_root(p);
    *v = (struct case_package){.package = p, .root = root};
    v->label = arena_string(&c->arena, bytes_str(label));
    size_t room = 0;
    for (const struct item *i = root; i; i = item_next(i, root)) {
        if (i->id >= v->count)
            v->count = i->id + 1;
        v->items = memory_grow(v->items, &room, v->count, sizeof *v->items);
        v->items[i->id] = i;
    }
    if (c->package_count > 0)
        v->first = v[-1].first + v[-1].count;
    c->package_count++;
    return 0;
}

static const struct case_package *package_of(const struct casefile *c,
                                             const struct item *item)
{
    while (item && item->parent)
        item = item->parent;
    for (size_t i = 0; i < c->package_count; i++)
        if (c->packages[i].root == item)
            return &c->packages[i];
    return NULL;
}

bool case_item_id(const struct casefile *c, const struct item *item, uint32_t *id)
{
    const struct case_package *p = package_of(c, item);
    if (!p)
        return false;
    *id = p->first + item->id;
    return true;
}

const struct item *case_item(const struct casefile *c, uint32_t id,
                             const struct package **package)
{
    for (size_t k = 0; k < c->package_count; k++) {
        const struct case_package *p = &c->packages[k];
        if (id < p->first || id - p->first >= p->count)
            continue;
        if (package)
            *package = p->package;
        return p->items[id - p->first];
    }
    return NULL;
}

json_t *case_span(const struct casefile *c, struct span span)
{
    const struct case_package *p = package_of(c, span.item);
    if (!p)
        return NULL;
    struct text path = {0}, masked = {0}, plain = {0};
    item_path(span.item, &path);
    mask_text(c->mask, text_bytes(&path), &masked);
    escape_plain(&plain, text_bytes(&masked));
    text_release(&masked);
    json_t *o = json_pack("{s:s%, s:I, s:I, s:I}", "item", text_c(&plain), plain.n,
                          "item_id", (json_int_t)(p->first + span.item->id), "offset",
                          (json_int_t)span.offset, "length", (json_int_t)span.length);
    if (o && *p->label)
        json_object_set_new(o, "package", json_string(p->label));
    text_release(&path);
    text_release(&plain);
    return o;
}

static void bind_name(sqlite3_stmt *s, int index, const char *name)
{
    sql_text(s, index, bytes_str(name));
}

static void bind_entry(struct casefile *c, sqlite3_stmt *s, const struct entry *e)
{
    bind_name(s, 8, entry_type_name(e->type));
    sqlite3_bind_int64(s, 9, e->mode);
    sqlite3_bind_int64(s, 10, (int64_t)e->uid);
    sqlite3_bind_int64(s, 11, (int64_t)e->gid);
    sql_integer(s, 12, e->mtime, INSTANT_NONE);
    sql_integer(s, 13, e->rare->atime, INSTANT_NONE);
    sql_integer(s, 14, e->rare->ctime, INSTANT_NONE);
    sql_integer(s, 15, e->rare->traits->birthtime, INSTANT_NONE);
    if (entry_link(e).n > 0)
        sql_text(s, 16, case_text(c, 1, entry_link(e)));
}

static int store_item(struct casefile *c, const struct case_package *p,
                      const struct item *i, sqlite3_stmt *s)
{
    struct text path = {0};
    char hex[65];
    item_path(i, &path);
    sqlite3_bind_int64(s, 1, p->first + i->id);
    bind_name(s, 2, p->label);
    if (i->parent)
        sqlite3_bind_int64(s, 3, p->first + i->parent->id);
    sql_text(s, 4, case_text(c, 0, text_bytes(&path)));
    bind_name(s, 5, role_name(i->role));
    bind_name(s, 6, identified_name(i->how));
    bind_name(s, 7, container_name(i->container));
    bind_entry(c, s, &i->entry);
    sqlite3_bind_int64(s, 17, (int64_t)i->size);
    if (i->hashed) {
        bytes_to_hex(bytes_of(i->sha256, sizeof i->sha256), hex);
        bind_name(s, 18, hex);
    }
    bind_name(s, 19, verdict_name(i->verdict));
    if (item_more(i)->fault.code != FAULT_NONE) {
        bind_name(s, 20, fault_name(item_more(i)->fault.code));
        sqlite3_bind_int64(s, 21, (int64_t)item_more(i)->fault.offset);
    }
    int r = sql_run(s);
    text_release(&path);
    return r;
}

int case_store_items(struct casefile *c)
{
    sqlite3_stmt *s = NULL;
    int r = sql_prepare(
        c->db, "INSERT INTO item VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", &s);
    for (size_t k = 0; k < c->package_count; k++) {
        const struct case_package *p = &c->packages[k];
        for (const struct item *i = p->root; r == 0 && i; i = item_next(i, p->root))
            r = store_item(c, p, i, s);
    }
    sqlite3_finalize(s);
    return r;
}
