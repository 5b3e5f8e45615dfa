/* Tables of contents of layers against the tars that they are of. */
#include <stdlib.h>

#include "analyze/layer/image.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/json.h"
#include "formats/layer_toc.h"

/* Differences that are told one by one. */
#define DIFFERENCES 100

struct checking {
    const struct package *package;
    struct image_layer *layer;
    struct arena *arena; /* of what stays */
    struct arena scratch;
    struct toc table;
    bool large; /* the table is larger than a document may be: it is not compared */
    const char *
        *seen; /* of each entry: NULL not yet, "" as in the tar, else what differs */
};

static void differ(struct checking *c, const char *what, struct bytes path)
{
    struct image_toc *t = &c->layer->toc;
    t->check = BLOB_MISMATCH;
    if (t->in_all++ >= DIFFERENCES)
        return;
    if (!t->v)
        t->v = arena_array(c->arena, struct toc_difference, DIFFERENCES);
    t->v[t->n++] = (struct toc_difference){what, arena_copy(c->arena, path)};
}

/* -- one entry ----------------------------------------------------------------------- */

static bool digest_holds(const struct toc_entry *e, const struct item *m)
{
    char text[72] = "sha256:";
    if (e->digest.n == 0 || !m->hashed)
        return true;
    bytes_to_hex(bytes_of(m->sha256, sizeof m->sha256), text + 7);
    return bytes_is(e->digest, text);
}

/* What the table has, and what counts: capabilities and labels, and what users set. Lists
 * of access are kept by each in a form of its own. */
static bool same_xattrs(const struct toc_entry *e, const struct item *m)
{
    size_t stated = 0, counted = 0;
    for (const struct xattr *x = e->xattrs; x; x = x->next) {
        const struct xattr *y = m->entry.rare->traits->xattrs;
        while (y && !bytes_eq(x->name, y->name))
            y = y->next;
        if (!y || !bytes_eq(x->value, y->value))
            return false;
        stated++;
    }
    for (const struct xattr *y = m->entry.rare->traits->xattrs; y; y = y->next)
        counted += bytes_starts(y->name, BYTES("security.")) ||
                   bytes_starts(y->name, BYTES("user."));
    return stated >= counted;
}

/* What is different, or NULL. */
static const char *compare(const struct toc_entry *e, const struct item *m)
{
    const struct entry *is = &m->entry;
    bool is_link = is->type == ENTRY_SYMLINK || is->type == ENTRY_HARDLINK;
    if (e->type != is->type)
        return "type";
    if (is_link && !bytes_eq(e->link, entry_link(is)))
        return "link";
    if (is->type == ENTRY_FILE && e->size != m->size)
        return "size";
    if (is->type == ENTRY_FILE && !digest_holds(e, m))
        return "digest";
    if (is->type == ENTRY_HARDLINK)
        return NULL;
    if (is->type != ENTRY_SYMLINK && e->mode != is->mode)
        return "mode";
    if (e->uid != is->uid || e->gid != is->gid)
        return "owner";
    return same_xattrs(e, m) ? NULL : "xattr";
}

/* -- all of them --------------------------------------------------------------------- */

static bool is_of_format(struct bytes name)
{
    return bytes_is(name, STARGZ_MEMBER) || bytes_is(name, ".prefetch.landmark") ||
           bytes_is(name, ".no.prefetch.landmark");
}

static void compare_members(struct checking *c)
{
    c->seen = arena_array(&c->scratch, const char *, c->table.n + 1);
    const struct item *container = c->layer->layer.container;
    for (const struct item *m = item_more(container)->child; m; m = m->next) {
        struct bytes name = item_plain_name(m);
        const struct toc_entry *e = toc_find(&c->table, name);
        if (name.n == 0 || bytes_is(name, ".") || is_of_format(name))
            continue;
        if (!e) {
            differ(c, "not in the table", name);
            continue;
        }
        /* Of a path that the tar has twice, the last one counts. */
        const char *what = compare(e, m);
        c->seen[e - c->table.v] = what ? what : "";
    }
    for (size_t i = 0; i < c->table.n; i++) {
        const struct toc_entry *e = &c->table.v[i];
        if (e->name.n == 0 || is_of_format(e->name))
            continue;
        if (e->size && e->offset >= c->layer->blob->size)
            differ(c, "offset", e->name);
        if (!c->seen[i])
            differ(c,
                   toc_find(&c->table, e->name) == e ? "not in the tar" : "twice in it",
                   e->name);
        else if (c->seen[i][0])
            differ(c, c->seen[i], e->name);
    }
}

static void check_stated(struct checking *c, struct bytes stated, struct bytes content)
{
    char text[72] = "sha256:";
    struct digest d = digest_bytes(DIGEST_SHA256, content);
    bytes_to_hex(bytes_of(d.octets, 32), text + 7);
    if (!c->large && stated.n && !bytes_is(stated, text))
        differ(c, "digest of the table", BYTES_NONE);
}

static void compare_table(struct checking *c, struct bytes json)
{
    struct documents docs = {0};
    struct image_toc *t = &c->layer->toc;
    if (c->large)
        return;
    json_read(json, &docs);
    t->check = t->check == BLOB_UNCHECKED ? BLOB_VERIFIED : t->check;
    if (docs.n == 1 && docs.faults.n == 0 &&
        toc_read(docs.v[0].root, &c->scratch, &c->table)) {
        t->entries = c->table.n;
        compare_members(c);
    } else {
        differ(c, "unreadable", BYTES_NONE);
    }
    documents_release(&docs);
}

/* -- finding it ---------------------------------------------------------------------- */

static struct bytes read_blob(struct checking *c, uint64_t offset, uint64_t length)
{
    const struct item *blob = c->layer->blob;
    if (offset > blob->size || length > blob->size - offset)
        return BYTES_NONE;
    c->large |= length > LIMIT_DOCUMENT;
    if (c->large)
        return BYTES_NONE;
    uint8_t *p = arena_array(&c->scratch, uint8_t, length + 1);
    return item_copy(c->package, (struct span){blob, offset, length}, p);
}

static struct bytes read_tail(struct checking *c, uint64_t n)
{
    uint64_t size = c->layer->blob->size;
    n = n < size ? n : size;
    return read_blob(c, size - n, n);
}

static void check_stargz(struct checking *c)
{
    uint64_t size = c->layer->blob->size, offset;
    struct bytes tail = read_tail(c, STARGZ_FOOTER);
    c->layer->toc.form = "estargz";
    if (!stargz_footer_read(tail, &offset) || offset > size) {
        differ(c, "no footer", BYTES_NONE);
        return;
    }
    struct bytes json =
        stargz_toc_inflate(read_blob(c, offset, size - offset), &c->scratch, &c->large);
    check_stated(c, c->layer->stargz_digest, json);
    compare_table(c, json);
}

/* The annotation is what engines follow; the end of the blob says the same. A layer whose
 * manifest leaves it out has the table all the same. False: there is none. */
static bool find_zstd(struct checking *c, struct toc_place *place)
{
    struct toc_place footer;
    bool ends = zstd_chunked_footer_read(read_tail(c, ZSTD_CHUNKED_FOOTER), &footer);
    bool stated = zstd_chunked_place_read(c->layer->zstd_place, place);
    if (!ends && !c->layer->zstd_place.n)
        return false;
    c->layer->toc.form = "zstd:chunked";
    if (!stated && c->layer->zstd_place.n)
        differ(c, "place of the table", BYTES_NONE);
    else if (ends && stated &&
             (place->offset != footer.offset || place->length != footer.length ||
              place->inflated != footer.inflated))
        differ(c, "place of the table in the footer", BYTES_NONE);
    if (!stated && ends)
        *place = footer;
    return stated || ends;
}

static void check_zstd(struct checking *c)
{
    struct toc_place place;
    if (!find_zstd(c, &place))
        return;
    struct bytes compressed = read_blob(c, place.offset, place.length);
    struct bytes json = zstd_toc_inflate(compressed, &c->scratch, &c->large);
    check_stated(c, c->layer->zstd_digest, compressed);
    if (!c->large && json.n != place.inflated)
        differ(c, "size of the table", BYTES_NONE);
    compare_table(c, json);
}

static bool has_member(const struct layer *l, const char *name)
{
    const struct item *m = l->container ? item_more(l->container)->child : NULL;
    while (m && !bytes_is(item_plain_name(m), name))
        m = m->next;
    return m != NULL;
}

void image_check_tocs(const struct package *p, struct image *i, struct arena *arena)
{
    for (size_t k = 0; i->form != IMAGE_ROOT && k < i->layer_count; k++) {
        struct image_layer *l = &i->layers[k];
        struct checking c = {.package = p, .layer = l, .arena = arena};
        if (!l->blob || !l->layer.container)
            continue;
        if (l->stargz_digest.n || has_member(&l->layer, STARGZ_MEMBER))
            check_stargz(&c);
        else if (l->zstd_place.n || l->blob->container == CONTAINER_ZSTD)
            check_zstd(&c);
        arena_release(&c.scratch);
    }
}
