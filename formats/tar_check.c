#include "formats/tar_check.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"

enum { BLOCK = 512 };

/* Extensions longer than any reader takes are not kept. */
#define EXTENSION (1 * MIB)

struct tar_check {
    struct faults *faults;
    uint64_t at;       /* of the next byte in the archive */
    uint64_t skip;     /* bytes of content and padding that are left */
    size_t want, have; /* of `buffer`: a header, or an extension with its padding */
    uint8_t *buffer;
    size_t capacity;
    uint64_t header;   /* where the header of the entry stands */
    uint8_t extension; /* type of the one that is gathered, or 0: a header is */
    uint64_t length;   /* of the extension without padding */
    bool sparse_map;   /* blocks of GNU's sparse map follow the header */
    bool over;         /* the end was seen, or a place that cannot be understood */
    /* What the extensions say of the entry to come. */
    bool has_size, has_pax_name, has_long_name;
    uint64_t size;
    uint8_t pax_name[LIMIT_PATH], long_name[LIMIT_PATH];
    size_t pax_length, long_length;
};

struct tar_check *tar_check_new(struct faults *faults)
{
    struct tar_check *t = memory_new(1, sizeof *t);
    t->faults = faults;
    t->want = BLOCK;
    return t;
}

void tar_check_free(struct tar_check *t)
{
    if (t)
        free(t->buffer);
    free(t);
}

static void wrong(struct tar_check *t, enum fault_code code, uint64_t want, uint64_t have)
{
    faults_add(t->faults, (struct fault){code, t->header, want, have});
}

static uint64_t padded(uint64_t n)
{
    return n > UINT64_MAX - BLOCK ? UINT64_MAX : (n + BLOCK - 1) / BLOCK * BLOCK;
}

/* -- headers ---------------------------------------------------------------------------
 */

/* Octal digits, or base 256 with the highest bit set (GNU); false when it is neither, or
 * negative. */
static bool read_number(struct bytes field, uint64_t *out)
{
    uint64_t n = 0;
    size_t i = 0;
    if (field.p[0] & 0x80) {
        for (i = 0; i < field.n; i++) {
            if (n >> 56)
                return false;
            n = n << 8 | (i ? field.p[i] : field.p[0] & 0x7fu);
        }
        *out = n;
        return field.p[0] != 0xff;
    }
    while (i < field.n && field.p[i] == ' ')
        i++;
    for (; i < field.n && field.p[i] >= '0' && field.p[i] <= '7'; i++)
        n = n * 8 + (uint64_t)(field.p[i] - '0');
    *out = n;
    return true;
}

static bool is_zero(const uint8_t *p)
{
    for (size_t i = 0; i < BLOCK; i++) {
        if (p[i])
            return false;
    }
    return true;
}

static bool checksum_holds(const uint8_t *p)
{
    uint64_t stated, sum = 0;
    for (size_t i = 0; i < BLOCK; i++)
        sum += i >= 148 && i < 156 ? ' ' : p[i];
    return read_number(bytes_of(p + 148, 8), &stated) && stated == sum;
}

/* Links, devices, folders and FIFOs: libarchive goes on behind the header, GNU tar behind
 * as many bytes as it announces. */
static bool has_no_data(uint8_t type)
{
    return type >= '1' && type <= '6';
}

static void forget_extensions(struct tar_check *t)
{
    t->has_size = t->has_pax_name = t->has_long_name = false;
}

static void compare_names(struct tar_check *t)
{
    if (t->has_pax_name && t->has_long_name &&
        !bytes_eq(bytes_of(t->pax_name, t->pax_length),
                  bytes_of(t->long_name, t->long_length)))
        wrong(t, FAULT_INCONSISTENT, t->pax_length, t->long_length);
}

static void take_entry(struct tar_check *t, uint8_t type, uint64_t size)
{
    /* Eight GiB and more do not fit into the header, which then holds anything. */
    if (t->has_size && t->size != size && t->size >> 33 == 0)
        wrong(t, FAULT_TWO_SIZES, t->size, size);
    if (t->has_size)
        size = t->size;
    compare_names(t);
    if (has_no_data(type) && size) {
        wrong(t, FAULT_NO_DATA, 0, size);
        size = 0;
    }
    t->skip = padded(size);
    forget_extensions(t);
}

static bool is_extension(uint8_t type)
{
    return type == 'x' || type == 'X' || type == 'g' || type == 'L' || type == 'K';
}

static void take_header(struct tar_check *t)
{
    const uint8_t *h = t->buffer;
    uint64_t size;
    t->header = t->at - BLOCK;
    t->over = is_zero(h) || !checksum_holds(h);
    if (t->over)
        return;
    uint8_t type = h[156];
    bool gnu = bytes_eq(bytes_of(h + 257, 8), BYTES("ustar  \0"));
    if (!read_number(bytes_of(h + 124, 12), &size)) {
        wrong(t, FAULT_BAD_SIZE, 0, 0);
        t->over = true;
    } else if (is_extension(type) && size <= EXTENSION) {
        t->extension = type;
        t->length = size;
        t->want = (size_t)padded(size);
    } else {
        take_entry(t, type, size);
        t->sparse_map = type == 'S' && gnu && h[482];
    }
}

/* -- extensions ------------------------------------------------------------------------
 */

static void keep_name(struct bytes name, uint8_t *room, size_t *length, bool *has)
{
    *length = name.n < LIMIT_PATH ? name.n : LIMIT_PATH;
    if (*length)
        memcpy(room, name.p, *length);
    *has = true;
}

static void take_record(struct tar_check *t, struct bytes key, struct bytes value)
{
    bool is_path = bytes_is(key, "path"), is_size = bytes_is(key, "size");
    bool is_name = is_path || bytes_is(key, "linkpath");
    /* C programs take the name as far as the NUL. */
    if (is_name && bytes_find_byte(value, '\0') < value.n)
        wrong(t, FAULT_VALUE, 0, 0);
    if (t->extension == 'g') {
        if (is_name || is_size)
            wrong(t, FAULT_VALUE, 0, 0);
        return;
    }
    if (is_path)
        keep_name(value, t->pax_name, &t->pax_length, &t->has_pax_name);
    bool is_number = is_size && bytes_to_u64(value, &t->size) && t->size <= INT64_MAX;
    if (is_size && !is_number)
        wrong(t, FAULT_BAD_SIZE, 0, 0);
    t->has_size |= is_number;
}

/* "LENGTH KEY=VALUE\n", where the length counts all of it. */
static void take_records(struct tar_check *t, struct bytes rest)
{
    while (rest.n) {
        uint64_t length;
        size_t blank = bytes_find_byte(rest, ' ');
        if (!bytes_to_u64(bytes_sub(rest, 0, blank), &length) || length > rest.n ||
            length < blank + 3 || rest.p[length - 1] != '\n') {
            wrong(t, FAULT_SYNTAX, 0, 0);
            return;
        }
        struct bytes record = bytes_sub(rest, blank + 1, (size_t)length - blank - 2);
        size_t sign = bytes_find_byte(record, '=');
        take_record(t, bytes_sub(record, 0, sign), bytes_from(record, sign + 1));
        rest = bytes_from(rest, (size_t)length);
    }
}

static void take_extension(struct tar_check *t)
{
    struct bytes body = bytes_of(t->buffer, (size_t)t->length);
    if (t->extension == 'L') {
        body = bytes_sub(body, 0, bytes_find_byte(body, '\0'));
        keep_name(body, t->long_name, &t->long_length, &t->has_long_name);
    } else if (t->extension != 'K') {
        take_records(t, body);
    }
    t->extension = 0;
}

/* -- the stream ------------------------------------------------------------------------
 */

static void take_buffer(struct tar_check *t)
{
    t->have = 0;
    t->want = BLOCK;
    if (t->sparse_map)
        t->sparse_map = t->buffer[504];
    else if (t->extension)
        take_extension(t);
    else
        take_header(t);
}

static size_t least(uint64_t a, size_t b)
{
    return a < b ? (size_t)a : b;
}

void tar_check_feed(struct tar_check *t, struct bytes block)
{
    while (block.n && !t->over) {
        size_t n;
        if (t->skip && !t->sparse_map) {
            n = least(t->skip, block.n);
            t->skip -= n;
        } else {
            n = least(t->want - t->have, block.n);
            t->buffer = memory_grow(t->buffer, &t->capacity, t->want, 1);
            memcpy(t->buffer + t->have, block.p, n);
            t->have += n;
        }
        t->at += n;
        block = bytes_from(block, n);
        if (t->have == t->want)
            take_buffer(t);
    }
}

void tar_check_end(struct tar_check *t)
{
    if (t->over || t->skip || t->have || t->extension || t->at == 0)
        return;
    /* Two blocks of zeros end an archive: without them it may have been cut off where an
     * entry ended. */
    t->header = t->at;
    wrong(t, FAULT_MISSING_FIELD, 2 * BLOCK, 0);
}
