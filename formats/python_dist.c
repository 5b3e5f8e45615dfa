#include "formats/python_dist.h"

#include "formats/base/base64.h"

bool python_metadata_read(struct bytes text, struct package_record *out)
{
    struct bytes line;
    *out = (struct package_record){0};
    while (bytes_split(&text, '\n', &line)) {
        if (bytes_trim(line).n == 0)
            break; /* the description follows */
        size_t colon = bytes_find_byte(line, ':');
        struct bytes name = bytes_sub(line, 0, colon);
        struct bytes value = bytes_trim(bytes_from(line, colon + 1));
        if (bytes_eq_nocase(name, BYTES("Name")) && out->name.n == 0)
            out->name = value;
        else if (bytes_eq_nocase(name, BYTES("Version")) && out->version.n == 0)
            out->version = value;
    }
    return out->name.n > 0;
}

/* -- RECORD -------------------------------------------------------------------------- */

struct reading {
    struct bytes all, rest;
    struct arena *arena;
    const struct package_sink *sink;
};

/* A field in quotes may hold anything, quotes doubled. */
static bool quoted_field(struct reading *r, struct bytes *field)
{
    uint8_t *to = arena_alloc(r->arena, r->rest.n);
    size_t n = 0, i = 1;
    for (; i < r->rest.n; i++) {
        if (r->rest.p[i] == '"' && (i + 1 == r->rest.n || r->rest.p[i + 1] != '"'))
            break;
        i += r->rest.p[i] == '"';
        to[n++] = r->rest.p[i];
    }
    *field = bytes_of(to, n);
    bool closed = i < r->rest.n;
    r->rest = bytes_from(r->rest, i + 1);
    return closed;
}

/* False when the record has no further field; *wrong when it is not CSV. */
static bool next_field(struct reading *r, struct bytes *field, bool *wrong)
{
    size_t end = 0;
    if (r->rest.n && r->rest.p[0] == '"') {
        *wrong |= !quoted_field(r, field);
    } else {
        while (end < r->rest.n && r->rest.p[end] != ',' && r->rest.p[end] != '\n')
            end++;
        *field = bytes_sub(r->rest, 0, end);
        r->rest = bytes_from(r->rest, end);
    }
    bool more = r->rest.n && r->rest.p[0] == ',';
    if (more)
        r->rest = bytes_from(r->rest, 1);
    return more;
}

static void end_record(struct reading *r)
{
    size_t end = bytes_find_byte(r->rest, '\n');
    r->rest = bytes_from(r->rest, end + 1);
}

static void take_hash(struct reading *r, struct bytes value, struct package_file *f)
{
    struct bytes octets;
    size_t equals = bytes_find_byte(value, '=');
    enum digest_algorithm a;
    if (equals == value.n || !digest_by_name(bytes_sub(value, 0, equals), &a) ||
        !base64_decode(bytes_from(value, equals + 1), BASE64_LENIENT, r->arena,
                       &octets) ||
        octets.n != digest_size(a))
        return;
    f->digest.algorithm = a;
    f->has_digest = true;
    memcpy(f->digest.octets, octets.p, octets.n);
}

void python_record_read(struct bytes text, struct arena *arena,
                        const struct package_sink *sink)
{
    struct reading r = {text, text, arena, sink};
    while (r.rest.n) {
        struct bytes begin = r.rest, path = BYTES_NONE, hash = BYTES_NONE;
        struct package_file f = {0};
        bool wrong = false;
        if (next_field(&r, &path, &wrong))
            next_field(&r, &hash, &wrong);
        end_record(&r);
        f.path = bytes_trim(path);
        take_hash(&r, bytes_trim(hash), &f);
        if (wrong)
            faults_add(sink->faults,
                       (struct fault){FAULT_SYNTAX, (uint64_t)(begin.p - text.p), 0, 0});
        else if (f.path.n)
            sink->file(sink->context, &f);
    }
}
