#include "formats/hashdeep.h"

static const char magic[] = "%%%% HASHDEEP-1.0";
static const char columns_prefix[] = "%%%% ";

enum { COLUMN_SIZE = -1, COLUMN_UNKNOWN = -2 };
#define COLUMNS 16

struct columns {
    int v[COLUMNS]; /* enum digest_algorithm, or one of the above */
    size_t n;       /* without the file name */
};

bool hashdeep_probe(struct bytes head)
{
    return bytes_starts(head, bytes_str(magic));
}

/* "size,md5,sha256,filename" */
static bool read_columns(struct bytes line, struct columns *out)
{
    struct columns columns = {.n = 0};
    struct bytes name;
    while (bytes_split(&line, ',', &name)) {
        enum digest_algorithm algorithm;
        if (line.n == 0) {
            *out = columns;
            return bytes_is(name, "filename") && columns.n > 0;
        }
        if (columns.n == COLUMNS)
            return false;
        bool known = digest_by_name(name, &algorithm);
        columns.v[columns.n++] = bytes_is(name, "size") ? COLUMN_SIZE
                                 : known                ? (int)algorithm
                                                        : COLUMN_UNKNOWN;
    }
    return false;
}

static bool read_record(struct bytes line, const struct columns *columns,
                        struct arena *arena, struct manifest_entry *e)
{
    struct bytes field;
    for (size_t i = 0; i < columns->n; i++) {
        if (bytes_find_byte(line, ',') == line.n || !bytes_split(&line, ',', &field))
            return false;
        if (columns->v[i] == COLUMN_UNKNOWN)
            continue;
        if (columns->v[i] == COLUMN_SIZE) {
            e->has_size = bytes_to_u64(field, &e->size);
            if (!e->has_size)
                return false;
        } else if (e->digest_count == MANIFEST_DIGESTS ||
                   !manifest_digest(field, (enum digest_algorithm)columns->v[i], arena,
                                    &e->digests[e->digest_count++])) {
            return false;
        }
    }
    e->path = line;
    return line.n > 0 && bytes_find_byte(line, '\0') == line.n;
}

void hashdeep_read(struct bytes content, struct arena *arena,
                   const struct manifest_sink *sink)
{
    struct manifest_lines lines = {.rest = content, .enough = sink->enough};
    struct columns columns = {.n = 0};
    while (manifest_line(&lines)) {
        struct bytes text = bytes_without_cr(lines.text);
        struct manifest_entry e = {
            .line = lines.number, .offset = lines.offset, .length = text.n};
        bool is_header = bytes_starts(text, bytes_str(columns_prefix));
        if (text.n == 0 || text.p[0] == '#' || hashdeep_probe(text))
            continue;
        bool read = is_header ? read_columns(bytes_from(text, sizeof columns_prefix - 1),
                                             &columns)
                              : columns.n && read_record(text, &columns, arena, &e);
        if (!read)
            faults_add(sink->faults,
                       (struct fault){FAULT_SYNTAX, lines.offset, 0, lines.number});
        else if (!is_header)
            sink->entry(sink->context, &e);
    }
}
