#include "formats/python_dist.h"

#include "formats/base/base64.h"
#include "formats/csv.h"

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

static void take_hash(struct arena *arena, struct bytes value, struct package_file *f)
{
    struct bytes octets;
    size_t equals = bytes_find_byte(value, '=');
    enum digest_algorithm a;
    if (equals == value.n || !digest_by_name(bytes_sub(value, 0, equals), &a) ||
        !base64_decode(bytes_from(value, equals + 1), BASE64_LENIENT, arena, &octets) ||
        octets.n != digest_size(a))
        return;
    f->digest.algorithm = a;
    f->has_digest = true;
    memcpy(f->digest.octets, octets.p, octets.n);
}

void python_record_read(struct bytes text, struct arena *arena,
                        const struct package_sink *sink)
{
    struct csv csv = {.rest = text, .separator = ',', .arena = arena};
    while (csv.rest.n) {
        const uint8_t *begin = csv.rest.p;
        struct bytes fields[2] = {BYTES_NONE, BYTES_NONE};
        struct package_file f = {0};
        csv_record(&csv, fields, 2);
        f.path = bytes_trim(fields[0]);
        take_hash(arena, bytes_trim(fields[1]), &f);
        if (csv.wrong)
            faults_add(sink->faults,
                       (struct fault){FAULT_SYNTAX, (uint64_t)(begin - text.p), 0, 0});
        else if (f.path.n)
            sink->file(sink->context, &f);
    }
}
