#include "formats/rpm.h"

#include "formats/base/cursor.h"
#include "formats/base/text.h"

enum tag {
    TAG_NAME = 1000,
    TAG_VERSION = 1001,
    TAG_RELEASE = 1002,
    TAG_EPOCH = 1003,
    TAG_ARCH = 1022,
    TAG_FILE_MODES = 1030,
    TAG_FILE_DIGESTS = 1035,
    TAG_FILE_FLAGS = 1037,
    TAG_DIR_INDEXES = 1116,
    TAG_BASE_NAMES = 1117,
    TAG_DIR_NAMES = 1118,
    TAG_DIGEST_ALGORITHM = 5011,
};

enum type {
    TYPE_INT16 = 3,
    TYPE_INT32 = 4,
    TYPE_STRING = 6,
    TYPE_STRING_ARRAY = 8,
    TYPE_I18N = 9
};

enum { FLAG_CONFIG = 1, FLAG_GHOST = 64 };

struct entry {
    uint32_t type, count;
    struct bytes data; /* from its offset to the end of the header */
};

struct header {
    struct bytes all, index, data;
    size_t entries;
    struct faults *faults;
};

static bool open_header(struct bytes blob, struct header *h)
{
    struct cursor c = cursor_of(blob);
    uint32_t entries = cursor_u32be(&c), length = cursor_u32be(&c);
    h->all = blob;
    h->index = cursor_take(&c, (uint64_t)entries * 16);
    h->data = cursor_take(&c, length);
    h->entries = entries;
    return !c.failed && entries > 0;
}

/* False when the header has no such tag of one of the types. */
static bool find(const struct header *h, enum tag tag, enum type type, struct entry *out)
{
    struct cursor c = cursor_of(h->index);
    for (size_t i = 0; i < h->entries; i++) {
        uint32_t have = cursor_u32be(&c);
        out->type = cursor_u32be(&c);
        uint32_t offset = cursor_u32be(&c);
        out->count = cursor_u32be(&c);
        if (have != (uint32_t)tag)
            continue;
        out->data = bytes_from(h->data, offset);
        return out->type == (uint32_t)type ||
               (type == TYPE_STRING && out->type == TYPE_I18N);
    }
    return false;
}

/* Strings are ended by NUL; an empty one may be the last byte. */
static struct bytes next_string(struct bytes *rest)
{
    size_t end = bytes_find_byte(*rest, '\0');
    struct bytes s = bytes_sub(*rest, 0, end);
    *rest = bytes_from(*rest, end + 1);
    return s;
}

static struct bytes string_of(const struct header *h, enum tag tag)
{
    struct entry e;
    return find(h, tag, TYPE_STRING, &e) ? next_string(&e.data) : BYTES_NONE;
}

static uint32_t number_of(const struct header *h, enum tag tag, uint32_t otherwise)
{
    struct entry e;
    if (!find(h, tag, TYPE_INT32, &e) || e.data.n < 4)
        return otherwise;
    struct cursor c = cursor_of(e.data);
    return cursor_u32be(&c);
}

/* A column of the list of files; an absent one gives zeros and empty strings. */
static struct cursor numbers(const struct header *h, enum tag tag, enum type type)
{
    struct entry e;
    return cursor_of(find(h, tag, type, &e) ? e.data : BYTES_NONE);
}

static struct bytes strings(const struct header *h, enum tag tag, uint32_t *count)
{
    struct entry e;
    bool there = find(h, tag, TYPE_STRING_ARRAY, &e);
    *count = there ? e.count : 0;
    return there ? e.data : BYTES_NONE;
}

static bool algorithm_of(uint32_t number, enum digest_algorithm *out)
{
    switch (number) { /* RFC 4880, section 9.4 */
    case 1:
        *out = DIGEST_MD5;
        return true;
    case 2:
        *out = DIGEST_SHA1;
        return true;
    case 8:
        *out = DIGEST_SHA256;
        return true;
    case 9:
        *out = DIGEST_SHA384;
        return true;
    case 10:
        *out = DIGEST_SHA512;
        return true;
    default:
        return false;
    }
}

static void take_digest(struct package_file *f, struct bytes hex, uint32_t number)
{
    enum digest_algorithm a;
    if (hex.n == 0 || !algorithm_of(number, &a))
        return;
    f->digest.algorithm = a;
    f->has_digest = bytes_from_hex(hex, f->digest.octets, digest_size(a));
}

/* The names of folders, that files refer to by number. */
static struct bytes *folders_of(const struct header *h, struct arena *arena,
                                uint32_t *count)
{
    struct bytes rest = strings(h, TAG_DIR_NAMES, count);
    *count = *count < rest.n ? *count : (uint32_t)rest.n;
    struct bytes *v = arena_array(arena, struct bytes, *count + 1);
    for (uint32_t i = 0; i < *count; i++)
        v[i] = next_string(&rest);
    return v;
}

static struct bytes joined(struct arena *arena, struct bytes folder, struct bytes name)
{
    uint8_t *p = arena_alloc(arena, folder.n + name.n + 1);
    if (folder.n)
        memcpy(p, folder.p, folder.n);
    if (name.n)
        memcpy(p + folder.n, name.p, name.n);
    return bytes_of(p, folder.n + name.n);
}

static void read_files(const struct header *h, struct arena *arena,
                       const struct package_sink *sink)
{
    uint32_t count, folder_count, digest_count;
    struct bytes names = strings(h, TAG_BASE_NAMES, &count);
    struct bytes digests = strings(h, TAG_FILE_DIGESTS, &digest_count);
    struct bytes *folders = folders_of(h, arena, &folder_count);
    struct cursor at = numbers(h, TAG_DIR_INDEXES, TYPE_INT32);
    struct cursor flags = numbers(h, TAG_FILE_FLAGS, TYPE_INT32);
    struct cursor modes = numbers(h, TAG_FILE_MODES, TYPE_INT16);
    uint32_t algorithm = number_of(h, TAG_DIGEST_ALGORITHM, 1);
    for (uint32_t i = 0; i < count && names.n; i++) {
        struct package_file f = {0};
        struct bytes name = next_string(&names), hex = next_string(&digests);
        uint32_t folder = cursor_u32be(&at), flag = cursor_u32be(&flags);
        if (at.failed || folder >= folder_count) {
            faults_add(h->faults,
                       (struct fault){FAULT_REFERENCE, (uint64_t)(name.p - h->all.p),
                                      folder_count, folder});
            return;
        }
        f.path = joined(arena, folders[folder], name);
        f.mode = cursor_u16be(&modes) & 07777;
        f.has_mode = !modes.failed;
        f.config = flag & FLAG_CONFIG;
        f.ghost = flag & FLAG_GHOST;
        take_digest(&f, hex, algorithm);
        sink->file(sink->context, &f);
    }
}

bool rpm_header_read(struct bytes blob, struct arena *arena,
                     const struct package_sink *sink)
{
    struct header h = {.faults = sink->faults};
    struct package_record p = {0};
    if (!open_header(blob, &h))
        return false;
    p.name = string_of(&h, TAG_NAME);
    p.architecture = string_of(&h, TAG_ARCH);
    struct bytes version = string_of(&h, TAG_VERSION),
                 release = string_of(&h, TAG_RELEASE);
    uint32_t epoch = number_of(&h, TAG_EPOCH, 0);
    if (p.name.n == 0)
        return false;
    struct text whole = {0};
    if (epoch)
        text_printf(&whole, "%u:", epoch);
    text_add(&whole, version);
    text_str(&whole, release.n ? "-" : "");
    text_add(&whole, release);
    p.version = arena_copy(arena, text_bytes(&whole));
    text_release(&whole);
    sink->package(sink->context, &p);
    read_files(&h, arena, sink);
    return true;
}
