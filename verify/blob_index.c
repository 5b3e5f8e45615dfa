#include "verify/blob_index.h"

#include "formats/base/cursor.h"
#include "formats/base/limits.h"

/* Another layout of the records is another number: old ones are then written anew. */
static const char magic[] = "exhibit blob index 4\n";
#define MAGIC (sizeof magic - 1)
#define MAC   32
#define NAMES 32 /* octets: see hash_names */
#define BLOCK 64 /* octets of a block of SHA-256 */
/* Where the digest of the blob stands: magic number, code and names are before it. */
#define BLOB (MAGIC + MAC + NAMES)

bool blob_name(struct bytes name, char hex[65])
{
    size_t slash = bytes_rfind_byte(name, '/');
    name = bytes_from(name, slash < name.n ? slash + 1 : 0);
    if (name.n < 64 || (name.n > 64 && name.p[64] != '.'))
        return false;
    for (size_t i = 0; i < 64; i++) {
        if (!is_hex(name.p[i]) || name.p[i] != to_lower(name.p[i]))
            return false;
    }
    memcpy(hex, name.p, 64);
    hex[64] = 0;
    return true;
}

bool blob_is_named_right(const struct item *blob)
{
    char name[65], computed[65];
    bytes_to_hex(bytes_of(blob->sha256, sizeof blob->sha256), computed);
    return blob->hashed && blob_name(blob->name, name) && memcmp(name, computed, 64) == 0;
}

/* Roles, types and faults are numbers in a record, and another exhibit may count them
 * otherwise: a record is only good for one that has the same names for them. */
static void hash_names(uint8_t out[NAMES])
{
    struct text t = {0};
    for (int i = 0; i < ROLE_COUNT; i++)
        text_printf(&t, "%s\n", role_name((enum role)i));
    for (int i = 0; i < CONTAINER_COUNT; i++)
        text_printf(&t, "%s\n", container_name((enum container)i));
    for (int i = 0; i < FAULT_COUNT; i++)
        text_printf(&t, "%s\n", fault_name((enum fault_code)i));
    for (int i = 0; i <= ENTRY_SOCKET; i++)
        text_printf(&t, "%s\n", entry_type_name((enum entry_type)i));
    for (int i = 0; i <= BY_OPTION; i++)
        text_printf(&t, "%s\n", identified_name((enum identified)i));
    memcpy(out, digest_bytes(DIGEST_SHA256, text_bytes(&t)).octets, NAMES);
    text_release(&t);
}

/* -- the message authentication code --------------------------------------------------
 */

static void hash_padded(const uint8_t key[BLOB_KEY], uint8_t pad, struct bytes message,
                        uint8_t out[MAC])
{
    uint8_t block[BLOCK];
    struct digest_state *s = digest_state_new(DIGEST_BIT(DIGEST_SHA256));
    memset(block, pad, sizeof block);
    for (size_t i = 0; i < BLOB_KEY; i++)
        block[i] ^= key[i];
    digest_state_update(s, bytes_of(block, sizeof block));
    digest_state_update(s, message);
    digest_state_final(s);
    memcpy(out, digest_state_result(s, DIGEST_SHA256)->octets, MAC);
    digest_state_free(s);
}

static void authenticate(const uint8_t key[BLOB_KEY], struct bytes message,
                         uint8_t out[MAC])
{
    uint8_t inner[MAC];
    hash_padded(key, 0x36, message, inner);
    hash_padded(key, 0x5c, bytes_of(inner, MAC), out);
}

bool blob_index_is_sound(struct bytes record, const char hex[65],
                         const uint8_t key[BLOB_KEY])
{
    uint8_t want[MAC], names[NAMES], digest[32], differ = 0;
    hash_names(names);
    if (record.n < BLOB + sizeof digest ||
        !bytes_starts(record, bytes_of(magic, MAGIC)) ||
        !bytes_from_hex(bytes_of(hex, 64), digest, sizeof digest) ||
        memcmp(record.p + MAGIC + MAC, names, sizeof names) != 0 ||
        memcmp(record.p + BLOB, digest, sizeof digest) != 0)
        return false;
    authenticate(key, bytes_from(record, MAGIC + MAC), want);
    /* Not sooner for a code that begins right. */
    for (size_t i = 0; i < MAC; i++)
        differ |= (uint8_t)(want[i] ^ record.p[MAGIC + i]);
    return differ == 0;
}

/* -- writing --------------------------------------------------------------------------
 */

static void put_bytes(struct text *t, struct bytes b)
{
    text_varint(t, b.n);
    text_add(t, b);
}

/* Small numbers of either sign are short. */
static void put_instant(struct text *t, instant i)
{
    text_varint(t, (uint64_t)i << 1 ^ (i < 0 ? UINT64_MAX : 0));
}

static void put_rare(struct text *t, const struct entry_rare *r)
{
    const struct entry_traits *common = r->traits;
    size_t count = 0;
    put_instant(t, r->atime);
    put_instant(t, r->ctime);
    put_instant(t, common->birthtime);
    text_varint(t, common->rdev_major);
    text_varint(t, common->rdev_minor);
    text_varint(t, common->dev);
    text_varint(t, common->ino);
    text_varint(t, common->nlink);
    for (const struct xattr *x = common->xattrs; x; x = x->next)
        count++;
    text_varint(t, count);
    for (const struct xattr *x = common->xattrs; x; x = x->next) {
        put_bytes(t, x->name);
        put_bytes(t, x->value);
    }
}

enum {
    HAS_SIZE = 1,
    SPARSE = 2,
    ENCRYPTED = 4,
    HASHED = 8,
    HAS_RARE = 16,
    FAULTY = 32,
    WHOLE = 64,
    KEPT = 128,
};

static void put_item(struct text *t, const struct item *i, unsigned depth)
{
    const struct entry *e = &i->entry;
    bool rare = e->rare != &entry_rare_none,
         faulty = item_more(i)->fault.code != FAULT_NONE;
    text_varint(t, depth);
    text_varint(t, (e->has_size ? HAS_SIZE : 0u) | (e->sparse ? SPARSE : 0u) |
                       (e->encrypted ? ENCRYPTED : 0u) | (i->hashed ? HASHED : 0u) |
                       (rare ? HAS_RARE : 0u) | (faulty ? FAULTY : 0u) |
                       (i->whole ? WHOLE : 0u) | (i->kept ? KEPT : 0u));
    text_varint(t, e->type);
    text_varint(t, i->container);
    text_varint(t, i->role);
    text_varint(t, i->how);
    text_varint(t, e->mode);
    text_varint(t, e->uid);
    text_varint(t, e->gid);
    text_varint(t, e->size);
    text_varint(t, i->size);
    put_instant(t, e->mtime);
    put_bytes(t, i->name);
    put_bytes(t, entry_link(e));
    if (i->hashed)
        text_add(t, bytes_of(i->sha256, sizeof i->sha256));
    if (i->kept) /* databases of packages: what a diff asks for every time */
        put_bytes(t, item_more(i)->content);
    if (rare)
        put_rare(t, e->rare);
    if (faulty) {
        text_varint(t, item_more(i)->fault.code);
        text_varint(t, item_more(i)->fault.offset);
        text_varint(t, item_more(i)->fault.want);
        text_varint(t, item_more(i)->fault.have);
    }
}

static unsigned depth_below(const struct item *i, const struct item *top)
{
    unsigned depth = 0;
    for (; i != top; i = i->parent)
        depth++;
    return depth;
}

void blob_index_write(const struct item *blob, const uint8_t key[BLOB_KEY],
                      struct text *out)
{
    size_t start = out->n;
    uint8_t code[MAC] = {0}, names[NAMES];
    hash_names(names);
    text_add(out, bytes_of(magic, MAGIC));
    text_add(out, bytes_of(code, MAC));
    text_add(out, bytes_of(names, NAMES));
    text_add(out, bytes_of(blob->sha256, sizeof blob->sha256));
    text_varint(out, blob->size);
    put_item(out, blob, 0);
    for (const struct item *i = item_next(blob, blob); i; i = item_next(i, blob))
        put_item(out, i, depth_below(i, blob));
    size_t message = start + MAGIC + MAC;
    authenticate(key, bytes_of(out->p + message, out->n - message), code);
    memcpy(out->p + start + MAGIC, code, MAC);
}

/* -- reading --------------------------------------------------------------------------
 */

static struct bytes take_bytes(struct cursor *c)
{
    return cursor_take(c, cursor_varint(c));
}

static instant take_instant(struct cursor *c)
{
    uint64_t n = cursor_varint(c);
    return (instant)(n >> 1 ^ (0 - (n & 1)));
}

/* A number of a list; what is beyond it fails the cursor. */
static unsigned take_below(struct cursor *c, unsigned count)
{
    uint64_t n = cursor_varint(c);
    c->failed |= n >= count;
    return n < count ? (unsigned)n : 0;
}

static const struct entry_rare *take_rare(struct cursor *c, struct arena *arena)
{
    struct entry_rare *r = arena_new(arena, struct entry_rare);
    struct entry_traits *common = arena_new(arena, struct entry_traits);
    struct xattr **end = &common->xattrs;
    r->traits = common;
    r->atime = take_instant(c);
    r->ctime = take_instant(c);
    common->birthtime = take_instant(c);
    common->rdev_major = (uint32_t)cursor_varint(c);
    common->rdev_minor = (uint32_t)cursor_varint(c);
    common->dev = cursor_varint(c);
    common->ino = cursor_varint(c);
    common->nlink = (uint32_t)cursor_varint(c);
    for (uint64_t n = cursor_varint(c); n && !c->failed; n--) {
        struct xattr *x = arena_new(arena, struct xattr);
        x->name = take_bytes(c);
        x->value = take_bytes(c);
        *end = x;
        end = &x->next;
    }
    return r;
}

static void take_item(struct cursor *c, struct item *i, struct arena *arena)
{
    struct entry *e = &i->entry;
    uint64_t flags = cursor_varint(c);
    e->has_size = flags & HAS_SIZE;
    e->sparse = flags & SPARSE;
    e->encrypted = flags & ENCRYPTED;
    i->hashed = flags & HASHED;
    i->whole = flags & WHOLE;
    e->type = (enum entry_type)take_below(c, ENTRY_SOCKET + 1);
    i->container = (enum container)take_below(c, CONTAINER_COUNT);
    i->role = (enum role)take_below(c, ROLE_COUNT);
    i->how = (enum identified)take_below(c, BY_OPTION + 1);
    e->mode = take_below(c, 010000) & 07777;
    e->uid = (uint32_t)cursor_varint(c);
    e->gid = (uint32_t)cursor_varint(c);
    e->size = cursor_varint(c);
    i->size = cursor_varint(c);
    e->mtime = take_instant(c);
    i->name = take_bytes(c);
    entry_set_link(e, take_bytes(c));
    struct bytes digest = flags & HASHED ? cursor_take(c, sizeof i->sha256) : BYTES_NONE;
    if (digest.n)
        memcpy(i->sha256, digest.p, digest.n);
    i->kept = flags & KEPT;
    if (i->kept)
        item_more_make(i)->content = take_bytes(c);
    e->rare = flags & HAS_RARE ? take_rare(c, arena) : &entry_rare_none;
    if (flags & FAULTY) {
        struct fault *f = &item_more_make(i)->fault;
        f->code = (enum fault_code)take_below(c, FAULT_COUNT);
        f->offset = cursor_varint(c);
        f->want = cursor_varint(c);
        f->have = cursor_varint(c);
    }
}

/* Every item hangs below the last one that is one level higher. */
static void take_members(struct cursor *c, struct item *top, struct arena *arena)
{
    struct item *last[LIMIT_NESTING + 4] = {top}; /* the newest of each depth */
    uint64_t depth_before = 0;
    for (size_t n = 0; !c->failed && !cursor_at_end(c); n++) {
        uint64_t depth = cursor_varint(c);
        c->failed |= depth == 0 || depth > depth_before + 1 ||
                     depth >= sizeof last / sizeof *last || n >= LIMIT_ENTRIES;
        if (c->failed)
            return;
        struct item *parent = last[depth - 1], *i = arena_new(arena, struct item);
        i->parent = parent;
        take_item(c, i, arena);
        struct item *before = item_more_make(parent)->children++ ? last[depth] : NULL;
        if (before)
            before->next = i;
        else
            parent->more->child = i;
        last[depth] = i;
        depth_before = depth;
    }
}

/* What was read of a blob becomes what is known of it. */
static void hand_over(struct item *read, struct item *blob)
{
    struct item_more *from = item_more_make(read), *to = item_more_make(blob);
    to->child = from->child;
    to->children = from->children;
    from->child = NULL;
    for (struct item *m = to->child; m; m = m->next)
        m->parent = blob;
    if (from->fault.code)
        item_fault(blob, from->fault);
    blob->recalled = true;
}

bool blob_index_attach(struct bytes record, struct item *blob, struct arena *arena)
{
    struct cursor c = cursor_of(bytes_from(record, BLOB));
    struct item top = {0};
    cursor_skip(&c, sizeof blob->sha256);
    c.failed |= cursor_varint(&c) != blob->size || cursor_varint(&c) != 0;
    take_item(&c, &top, arena);
    take_members(&c, &top, arena);
    bool fits = !c.failed && top.container == blob->container;
    if (fits)
        hand_over(&top, blob);
    item_release(&top);
    return fits;
}
