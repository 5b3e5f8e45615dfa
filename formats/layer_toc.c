#include "formats/layer_toc.h"

#include <stdlib.h>

#include "formats/base/base64.h"
#include "formats/base/bisect.h"
#include "formats/base/cursor.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

/* -- where it is --------------------------------------------------------------------- */

/* An empty gzip member whose extra field is "SG", 22, and the offset in hexadecimal. */
bool stargz_footer_read(struct bytes tail, uint64_t *offset)
{
    static const uint8_t head[] = {'S', 'G', 22, 0};
    uint8_t octets[8];
    struct bytes footer =
        tail.n < STARGZ_FOOTER ? BYTES_NONE : bytes_from(tail, tail.n - STARGZ_FOOTER);
    /* RFC 1952: ten octets of header, two of the extra field's length. */
    if (!bytes_starts(footer, bytes_of("\x1f\x8b\x08\x04", 4)) ||
        !bytes_eq(bytes_sub(footer, 12, 4), bytes_of(head, sizeof head)) ||
        !bytes_eq(bytes_sub(footer, 32, 6), BYTES("STARGZ")) ||
        !bytes_from_hex(bytes_sub(footer, 16, 16), octets, sizeof octets))
        return false;
    *offset = 0;
    for (size_t i = 0; i < sizeof octets; i++)
        *offset = *offset << 8 | octets[i];
    return true;
}

bool zstd_chunked_place_read(struct bytes annotation, struct toc_place *out)
{
    struct bytes rest = annotation, part;
    uint64_t v[4];
    size_t n = 0;
    while (n < 4 && bytes_split(&rest, ':', &part) && bytes_to_u64(part, &v[n]))
        n++;
    if (n < 4 || rest.n || v[3] != 1)
        return false;
    *out = (struct toc_place){v[0], v[1], v[2]};
    return true;
}

/* RFC 8878, 3.1.2: a skippable frame, in which numbers of eight octets say where the
 * table stands, its lengths and type, from containers/storage 1.50 on also where the copy
 * of the tar's headers stands; then eight letters. */
static bool footer_of(struct bytes tail, uint32_t content, struct toc_place *out)
{
    struct cursor c = cursor_of(
        tail.n < 8 + content ? BYTES_NONE : bytes_from(tail, tail.n - 8 - content));
    uint32_t magic = cursor_u32le(&c), size = cursor_u32le(&c);
    struct toc_place place;
    place.offset = cursor_u64le(&c);
    place.length = cursor_u64le(&c);
    place.inflated = cursor_u64le(&c);
    uint64_t type = cursor_u64le(&c);
    if (c.failed || magic != 0x184d2a50 || size != content || type != 1)
        return false;
    *out = place;
    return true;
}

bool zstd_chunked_footer_read(struct bytes tail, struct toc_place *out)
{
    return bytes_ends(tail, BYTES("GnUlInUx")) &&
           (footer_of(tail, 64, out) || footer_of(tail, 40, out));
}

/* -- inflating ----------------------------------------------------------------------- */

/* Where it is read to, and whether it did not fit. */
struct inflating {
    struct arena *arena;
    bool *large;
};

static struct bytes read_all(struct source *from, const struct inflating *to)
{
    uint8_t *p = NULL;
    size_t n = 0, capacity = 0;
    struct bytes block, all = BYTES_NONE;
    while (source_next(from, &block) > 0 && !*to->large) {
        *to->large = block.n > LIMIT_DOCUMENT - n;
        if (*to->large)
            break;
        p = memory_grow(p, &capacity, n + block.n, 1);
        memcpy(p + n, block.p, block.n);
        n += block.n;
    }
    if (from->fault.code == FAULT_NONE && !*to->large && n)
        all = arena_copy(to->arena, bytes_of(p, n));
    free(p);
    return all;
}

/* The first member of the archive in `from`, when it has that name; a filter's has none.
 */
static struct bytes read_member(struct bytes from, enum container kind, const char *name,
                                const struct inflating *to)
{
    struct memory_source memory = memory_source_of(from, 0);
    struct archive_reader *r = archive_open(&memory.source, kind);
    struct bytes found = BYTES_NONE, is;
    struct entry entry;
    if (archive_next(r, to->arena, &is, &entry) > 0 && bytes_is(is, name))
        found = read_all(archive_content(r), to);
    archive_close(r);
    return found;
}

struct bytes stargz_toc_inflate(struct bytes compressed, struct arena *arena, bool *large)
{
    const struct inflating to = {arena, large};
    struct bytes tar = read_member(compressed, CONTAINER_GZIP, "", &to);
    return read_member(tar, CONTAINER_TAR, STARGZ_MEMBER, &to);
}

struct bytes zstd_toc_inflate(struct bytes compressed, struct arena *arena, bool *large)
{
    const struct inflating to = {arena, large};
    return read_member(compressed, CONTAINER_ZSTD, "", &to);
}

/* -- reading ------------------------------------------------------------------------- */

static bool type_of(struct bytes name, enum entry_type *out)
{
    static const struct {
        const char *name;
        enum entry_type type;
    } types[] = {{"reg", ENTRY_FILE},        {"dir", ENTRY_DIRECTORY},
                 {"symlink", ENTRY_SYMLINK}, {"hardlink", ENTRY_HARDLINK},
                 {"char", ENTRY_CHARACTER},  {"block", ENTRY_BLOCK},
                 {"fifo", ENTRY_FIFO}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (bytes_is(name, types[i].name)) {
            *out = types[i].type;
            return true;
        }
    }
    return false;
}

static struct bytes plain_name(struct bytes name)
{
    while (bytes_starts(name, BYTES("./")) || bytes_starts(name, BYTES("/")))
        name = bytes_from(name, name.p[0] == '/' ? 1 : 2);
    while (name.n && name.p[name.n - 1] == '/')
        name.n--;
    return bytes_is(name, ".") ? BYTES_NONE : name;
}

static uint64_t number(const json_t *node, const char *key)
{
    int64_t n;
    return tree_integer(node, key, &n) && n >= 0 ? (uint64_t)n : 0;
}

static struct xattr *xattrs_of(const json_t *e, struct arena *arena)
{
    const char *name;
    json_t *value;
    struct xattr *all = NULL;
    json_object_foreach(json_object_get(e, "xattrs"), name, value)
    {
        struct xattr *x = arena_new(arena, struct xattr);
        x->name = bytes_str(name);
        base64_decode(tree_string(value, ""), BASE64_STRICT, arena, &x->value);
        x->next = all;
        all = x;
    }
    return all;
}

static int by_name(const void *pa, const void *pb)
{
    const struct toc_entry *a = pa, *b = pb;
    int order = bytes_compare(a->name, b->name);
    return order ? order : a->order < b->order ? -1 : a->order > b->order;
}

bool toc_read(const json_t *root, struct arena *arena, struct toc *out)
{
    const json_t *entries = json_object_get(root, "entries"), *e;
    size_t i;
    *out = (struct toc){0};
    if (!json_is_array(entries))
        return false;
    out->v = arena_array(arena, struct toc_entry, json_array_size(entries) + 1);
    json_array_foreach(entries, i, e)
    {
        struct toc_entry *t = &out->v[out->n];
        if (!type_of(tree_string(e, "type"), &t->type))
            continue;
        t->name = plain_name(tree_string(e, "name"));
        t->link = tree_string(e, "linkName");
        t->digest = tree_string(e, "digest");
        t->size = number(e, "size");
        t->offset = number(e, "offset");
        t->mode = (uint32_t)number(e, "mode") & 07777u;
        t->uid = (uint32_t)number(e, "uid");
        t->gid = (uint32_t)number(e, "gid");
        t->xattrs = xattrs_of(e, arena);
        t->order = (uint32_t)out->n++;
    }
    if (out->n)
        qsort(out->v, out->n, sizeof *out->v, by_name);
    return true;
}

const struct toc_entry *toc_find(const struct toc *t, struct bytes name)
{
    size_t low;
    BISECT(low, 0, t->n, bytes_compare(t->v[low].name, name) <= 0);
    return low > 0 && bytes_eq(t->v[low - 1].name, name) ? &t->v[low - 1] : NULL;
}
