#include "formats/zip_check.h"

#include <stdlib.h>

#include "formats/base/cursor.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

enum {
    END_SIZE = 22,     /* end of central directory record */
    LOCATOR_SIZE = 20, /* of the zip64 record */
    END64_SIZE = 56,
    CENTRAL_SIZE = 46,
    LOCAL_SIZE = 30,
    DESCRIPTOR = 24, /* the longest data descriptor, with signature, zip64 */
    MARK = 4,        /* "PK\\7\\8", before the first member of a split archive */
    COMMENT = 65535,
    STREAMED = 1 << 3,   /* sizes and checksum stand behind the data */
    UTF8_NAME = 1 << 11, /* the header's name is in UTF-8 */
};

struct member {
    uint64_t header; /* where its local header begins */
    uint64_t stored; /* bytes of it */
    uint64_t index;  /* where the index speaks of it */
    uint32_t checksum, content;
    uint16_t flags, method, name_length, disk;
    uint32_t name; /* where its name begins in `names` */
};

struct zip {
    struct source *from;
    struct faults *faults;
    struct bytes block; /* read last */
    uint64_t block_at;
    struct member *v;
    size_t n, capacity;
    uint8_t *names;
    size_t names_size, names_capacity;
};

static void wrong(struct zip *z, enum fault_code code, uint64_t offset)
{
    faults_add(z->faults, (struct fault){.code = code, .offset = offset});
}

/* Copies [at, at+n) to `to`; false when it is not there. */
static bool read_at(struct zip *z, uint64_t at, void *to, size_t n)
{
    uint8_t *p = to;
    while (n) {
        if (at < z->block_at || at - z->block_at >= z->block.n) {
            if (at >= z->from->size || z->from->seek(z->from, at) < 0 ||
                source_next(z->from, &z->block) <= 0)
                return false;
            z->block_at = at;
        }
        struct bytes have = bytes_sub(z->block, (size_t)(at - z->block_at), n);
        if (have.n == 0)
            return false;
        memcpy(p, have.p, have.n);
        p += have.n;
        at += have.n;
        n -= have.n;
    }
    return true;
}

/* -- the end ---------------------------------------------------------------------------
 */

struct index {
    uint64_t at, size; /* of the index itself */
    uint64_t entries;
    uint64_t stated_at;
    uint32_t disk; /* the last of several that were joined; 0 for one file */
};

/* The last record whose comment fits before the end. */
static bool find_end(struct zip *z, uint64_t *at)
{
    size_t n =
        z->from->size < END_SIZE + COMMENT ? (size_t)z->from->size : END_SIZE + COMMENT;
    uint64_t start = z->from->size - n;
    uint8_t *tail = memory_new(n + 1, 1);
    bool found = false;
    if (read_at(z, start, tail, n)) {
        for (size_t i = n < END_SIZE ? 0 : n - END_SIZE + 1; i-- > 0 && !found;) {
            size_t comment = tail[i + 20] | (size_t)tail[i + 21] << 8;
            found = memcmp(tail + i, "PK\5\6", 4) == 0 && i + END_SIZE + comment <= n;
            *at = start + i;
            if (found && i + END_SIZE + comment < n)
                wrong(z, FAULT_TRAILING, *at + END_SIZE + comment);
        }
    }
    free(tail);
    return found;
}

static bool is_record(struct zip *z, uint64_t at, const char magic[4])
{
    uint8_t have[4];
    return read_at(z, at, have, sizeof have) && memcmp(have, magic, sizeof have) == 0;
}

/* The 64-bit record, where the short one has no room. False when there is none. */
static bool read_end64(struct zip *z, uint64_t end, struct index *out)
{
    uint8_t locator[LOCATOR_SIZE], record[END64_SIZE];
    if (end < LOCATOR_SIZE || !read_at(z, end - LOCATOR_SIZE, locator, sizeof locator) ||
        memcmp(locator, "PK\6\7", 4) != 0)
        return false;
    struct cursor c = cursor_of(bytes_of(locator, sizeof locator));
    cursor_skip(&c, 8);
    uint64_t at = cursor_u64le(&c);
    /* Behind other data, and in a later volume, it is not where it says: just before. */
    uint64_t before = end - LOCATOR_SIZE - END64_SIZE;
    if (!is_record(z, at, "PK\6\6") && end >= LOCATOR_SIZE + END64_SIZE)
        at = before;
    if (!is_record(z, at, "PK\6\6") || !read_at(z, at, record, sizeof record))
        return false;
    c = cursor_of(bytes_of(record, sizeof record));
    cursor_skip(&c, 16);
    out->disk = cursor_u32le(&c);
    cursor_skip(&c, 12);
    out->entries = cursor_u64le(&c);
    out->size = cursor_u64le(&c);
    out->stated_at = cursor_u64le(&c);
    out->at = at - out->size;
    return out->size <= at;
}

static bool read_end(struct zip *z, uint64_t end, struct index *out)
{
    uint8_t record[END_SIZE];
    if (read_end64(z, end, out))
        return true;
    if (!read_at(z, end, record, sizeof record))
        return false;
    struct cursor c = cursor_of(bytes_of(record, sizeof record));
    cursor_skip(&c, 4);
    out->disk = cursor_u16le(&c);
    cursor_skip(&c, 4);
    out->entries = cursor_u16le(&c);
    out->size = cursor_u32le(&c);
    out->stated_at = cursor_u32le(&c);
    out->at = end - out->size;
    return out->size <= end;
}

/* -- the index -------------------------------------------------------------------------
 */

/* The 64-bit values of field 1, for those that are all ones in the header. */
static void read_extra(struct bytes extra, struct member *m)
{
    bool content = m->content == UINT32_MAX, stored = m->stored == UINT32_MAX;
    bool header = m->header == UINT32_MAX;
    struct cursor c = cursor_of(extra);
    while (!c.failed && cursor_left(&c) >= 4) {
        uint16_t id = cursor_u16le(&c);
        struct cursor field = cursor_of(cursor_take(&c, cursor_u16le(&c)));
        if (c.failed || id != 1)
            continue;
        if (content)
            cursor_skip(&field, 8);
        if (stored)
            m->stored = cursor_u64le(&field);
        if (header)
            m->header = cursor_u64le(&field);
    }
}

/* A name that needs no second one: ASCII, and without the escapes (#U00e9, ?) that stand
 * for what a code page lacks. */
static bool is_plain_name(struct bytes name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] >= 0x80 || name.p[i] == '?')
            return false;
    }
    return !bytes_contains(name, BYTES("#U"));
}

/* Field 0x7075 names the member again, in UTF-8; some readers take it and some do not. */
static bool has_other_name(struct bytes extra, struct bytes name, uint16_t flags)
{
    struct cursor c = cursor_of(extra);
    while (!c.failed && cursor_left(&c) >= 4) {
        uint16_t id = cursor_u16le(&c);
        struct cursor field = cursor_of(cursor_take(&c, cursor_u16le(&c)));
        if (c.failed || id != 0x7075)
            continue;
        cursor_skip(&field, 5); /* its version, and a checksum of the header's name */
        struct bytes other = cursor_take(&field, cursor_left(&field));
        if (!field.failed && !bytes_eq(other, name) &&
            (flags & UTF8_NAME || is_plain_name(name)))
            return true;
    }
    return false;
}

static struct member *add_member(struct zip *z, struct bytes name)
{
    z->v = memory_grow(z->v, &z->capacity, z->n + 1, sizeof *z->v);
    z->names = memory_grow(z->names, &z->names_capacity, z->names_size + name.n + 1, 1);
    memcpy(z->names + z->names_size, name.p, name.n);
    z->v[z->n] =
        (struct member){.name = (uint32_t)z->names_size, .name_length = (uint16_t)name.n};
    z->names_size += name.n;
    return &z->v[z->n++];
}

/* One entry of the index; false at its end. */
static bool read_central(struct zip *z, uint64_t *at, uint64_t end)
{
    uint8_t fixed[CENTRAL_SIZE], rest[2 * COMMENT];
    if (*at >= end || !read_at(z, *at, fixed, sizeof fixed) ||
        memcmp(fixed, "PK\1\2", 4) != 0)
        return false;
    struct cursor c = cursor_of(bytes_of(fixed, sizeof fixed));
    cursor_skip(&c, 8);
    uint16_t flags = cursor_u16le(&c), method = cursor_u16le(&c);
    cursor_skip(&c, 4);
    uint32_t checksum = cursor_u32le(&c), stored = cursor_u32le(&c);
    uint32_t content = cursor_u32le(&c);
    size_t name = cursor_u16le(&c), extra = cursor_u16le(&c), comment = cursor_u16le(&c);
    uint16_t disk = cursor_u16le(&c);
    cursor_skip(&c, 6);
    uint32_t header = cursor_u32le(&c);
    if (!read_at(z, *at + CENTRAL_SIZE, rest, name + extra))
        return false;
    struct member *m = add_member(z, bytes_of(rest, name));
    m->index = *at;
    m->flags = flags;
    m->method = method;
    m->checksum = checksum;
    m->content = content;
    m->stored = stored;
    m->header = header;
    m->disk = disk;
    read_extra(bytes_of(rest + name, extra), m);
    if (has_other_name(bytes_of(rest + name, extra), bytes_of(rest, name), flags))
        wrong(z, FAULT_INCONSISTENT, *at);
    *at += CENTRAL_SIZE + name + extra + comment;
    return true;
}

/* -- the members -----------------------------------------------------------------------
 */

static int by_header(const void *pa, const void *pb)
{
    const struct member *a = pa, *b = pb;
    if (a->disk != b->disk)
        return a->disk < b->disk ? -1 : 1;
    if (a->header != b->header)
        return a->header < b->header ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static bool name_agrees(struct zip *z, const struct member *m, uint64_t at, size_t n)
{
    uint8_t name[COMMENT];
    return n == m->name_length && read_at(z, at, name, n) &&
           memcmp(name, z->names + m->name, n) == 0;
}

/* What the member's own header says. False when it contradicts the index; *end is where
 * its data ends. */
static bool read_local(struct zip *z, const struct member *m, uint64_t *end)
{
    uint8_t fixed[LOCAL_SIZE];
    *end = m->header;
    if (!read_at(z, m->header, fixed, sizeof fixed) || memcmp(fixed, "PK\3\4", 4) != 0) {
        wrong(z, FAULT_REFERENCE, m->index);
        return false;
    }
    struct cursor c = cursor_of(bytes_of(fixed, sizeof fixed));
    cursor_skip(&c, 6);
    uint16_t flags = cursor_u16le(&c), method = cursor_u16le(&c);
    cursor_skip(&c, 4);
    uint32_t checksum = cursor_u32le(&c), stored = cursor_u32le(&c);
    uint32_t content = cursor_u32le(&c);
    size_t name = cursor_u16le(&c), extra = cursor_u16le(&c);
    *end += LOCAL_SIZE + name + extra + m->stored;
    bool sized = !(flags & STREAMED) && stored != UINT32_MAX && content != UINT32_MAX;
    return method == m->method && name_agrees(z, m, m->header + LOCAL_SIZE, name) &&
           (!sized ||
            (checksum == m->checksum && content == m->content && stored == m->stored));
}

/* Where the next member of joined volumes begins: behind the end of the one before, and
 * behind its descriptor, which has several forms. */
static uint64_t following(struct zip *z, uint64_t end)
{
    static const unsigned skips[] = {0, 4, 12, 16, 20, DESCRIPTOR};
    for (size_t i = 0; i < sizeof skips / sizeof *skips; i++) {
        if (is_record(z, end + skips[i], "PK\3\4"))
            return end + skips[i];
    }
    return end;
}

/* How far a member's header may stand behind the data before it: a descriptor, or, of the
 * first, the mark of a split archive. */
static uint64_t largest_gap(size_t member)
{
    return member == 0 ? MARK : DESCRIPTOR;
}

static void check_members(struct zip *z, const struct index *index, uint64_t prefix)
{
    uint64_t end = prefix;
    bool known = true; /* where the member before ends */
    if (z->n)
        qsort(z->v, z->n, sizeof *z->v, by_header);
    for (size_t i = 0; i < z->n; i++) {
        struct member *m = &z->v[i];
        uint64_t before = end;
        m->header = index->disk ? following(z, before) : m->header + prefix;
        bool apart =
            !known || (m->header >= before && m->header - before <= largest_gap(i));
        bool leads = i == 0 && m->header > before + MARK;
        if (!read_local(z, m, &end) || (!apart && !leads))
            wrong(z, FAULT_INCONSISTENT, m->header);
        if (leads)
            faults_add(z->faults, (struct fault){FAULT_LEADING, 0, 0, m->header});
        known = end > m->header;
    }
    if (known && (end > index->at || index->at - end > DESCRIPTOR))
        wrong(z, FAULT_INCONSISTENT, end);
}

void zip_check(struct source *from, struct faults *faults)
{
    struct zip z = {.from = from, .faults = faults};
    struct index index;
    uint64_t end;
    if (!find_end(&z, &end) || !read_end(&z, end, &index))
        return;
    if (index.disk && !is_record(&z, 0, "PK\7\10")) {
        wrong(&z, FAULT_PART, 0);
        return;
    }
    uint64_t at = index.at, prefix = index.disk ? 0 : index.at - index.stated_at;
    while (z.n < LIMIT_ENTRIES && read_central(&z, &at, index.at + index.size))
        continue;
    if (prefix)
        faults_add(faults, (struct fault){FAULT_LEADING, 0, 0, prefix});
    if (at != index.at + index.size || z.n != index.entries)
        wrong(&z, FAULT_INCONSISTENT, index.at);
    check_members(&z, &index, prefix);
    free(z.v);
    free(z.names);
}

bool zip_stands_at_end(struct source *from)
{
    struct faults ignored = {0};
    struct zip z = {.from = from, .faults = &ignored};
    struct index index;
    uint64_t end;
    bool found = find_end(&z, &end) && read_end(&z, end, &index) && index.entries &&
                 is_record(&z, index.at, "PK\1\2");
    faults_release(&ignored);
    return found;
}
