#include "formats/apk.h"

#include "formats/base/base64.h"

struct reading {
    struct bytes all;
    struct arena *arena;
    const struct package_sink *sink;
    struct package_record package;
    bool told;      /* `package` was called for the stanza */
    bool is_sha256; /* "f:S" */
    bool in_file;   /* a file's lines are being read */
    struct bytes folder;
    struct package_file file;
};

static void fault(struct reading *r, struct bytes line)
{
    faults_add(r->sink->faults,
               (struct fault){FAULT_SYNTAX, (uint64_t)(line.p - r->all.p), 0, line.n});
}

/* Fields of the package come before its folders. */
static void tell_package(struct reading *r)
{
    if (!r->told && r->package.name.n)
        r->sink->package(r->sink->context, &r->package);
    r->told = true;
}

static void tell_file(struct reading *r)
{
    if (r->in_file && r->package.name.n)
        r->sink->file(r->sink->context, &r->file);
    r->in_file = false;
}

static void end_stanza(struct reading *r)
{
    tell_package(r);
    tell_file(r);
    r->package = (struct package_record){0};
    r->told = r->is_sha256 = false;
    r->folder = BYTES_NONE;
}

/* "Q1" and base64, or "X1" and hex: twenty octets. */
static bool read_digest(struct reading *r, struct bytes value)
{
    struct bytes octets;
    uint8_t raw[20];
    if (bytes_starts(value, BYTES("Q1"))) {
        if (!base64_decode(bytes_from(value, 2), BASE64_STRICT, r->arena, &octets) ||
            octets.n != sizeof raw)
            return false;
        memcpy(raw, octets.p, sizeof raw);
    } else if (!bytes_starts(value, BYTES("X1")) ||
               !bytes_from_hex(bytes_from(value, 2), raw, sizeof raw)) {
        return false;
    }
    r->file.digest.algorithm = r->is_sha256 ? DIGEST_SHA256 : DIGEST_SHA1;
    r->file.partial = r->is_sha256;
    r->file.has_digest = true;
    memcpy(r->file.digest.octets, raw, sizeof raw);
    return true;
}

/* "uid:gid:mode", and maybe the digest of extended attributes. */
static bool read_owner(struct reading *r, struct bytes value)
{
    struct bytes part[3] = {BYTES_NONE, BYTES_NONE, BYTES_NONE};
    uint64_t uid, gid;
    uint32_t mode = 0;
    for (size_t i = 0; i < 3; i++)
        bytes_split(&value, ':', &part[i]);
    for (size_t i = 0; i < part[2].n; i++) {
        if (part[2].p[i] < '0' || part[2].p[i] > '7' || mode > 07777)
            return false;
        mode = mode << 3 | (part[2].p[i] & 7u);
    }
    if (!bytes_to_u64(part[0], &uid) || !bytes_to_u64(part[1], &gid) || part[2].n == 0 ||
        uid > UINT32_MAX || gid > UINT32_MAX)
        return false;
    r->file.mode = mode & 07777;
    r->file.uid = (uint32_t)uid;
    r->file.gid = (uint32_t)gid;
    return true;
}

static void begin_file(struct reading *r, struct bytes name)
{
    const char *slash = r->folder.n ? "/" : "";
    tell_package(r);
    tell_file(r);
    r->in_file = true;
    r->file = (struct package_file){
        .path = bytes_str(arena_printf(r->arena, "%.*s%s%.*s", (int)r->folder.n,
                                       (const char *)r->folder.p, slash, (int)name.n,
                                       (const char *)name.p)),
        .has_mode = true,
        .mode = 0644};
}

static void read_line(struct reading *r, struct bytes line)
{
    if (line.n < 2 || line.p[1] != ':') {
        fault(r, line);
        return;
    }
    struct bytes value = bytes_from(line, 2);
    switch (line.p[0]) {
    case 'P':
        r->package.name = value;
        break;
    case 'V':
        r->package.version = value;
        break;
    case 'A':
        r->package.architecture = value;
        break;
    case 'f':
        r->is_sha256 = bytes_find_byte(value, 'S') < value.n;
        break;
    case 'F':
        tell_package(r);
        tell_file(r);
        r->folder = value;
        break;
    case 'R':
        begin_file(r, value);
        break;
    case 'a':
        if (r->in_file && !read_owner(r, value))
            fault(r, line);
        break;
    case 'Z':
        if (r->in_file && !read_digest(r, value))
            fault(r, line);
        break;
    default: /* what the repository said of the package, and folders' owners */
        break;
    }
}

void apk_installed_read(struct bytes text, struct arena *arena,
                        const struct package_sink *sink)
{
    struct reading r = {.all = text, .arena = arena, .sink = sink};
    struct bytes line;
    while (bytes_split(&text, '\n', &line)) {
        if (line.n)
            read_line(&r, line);
        else
            end_stanza(&r);
    }
    end_stanza(&r);
}
