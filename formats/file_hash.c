#include "formats/file_hash.h"

#include "formats/base/text.h"
#include "formats/csv.h"

enum property { ALGORITHM, HASH, PATH, PROPERTIES, OTHER = PROPERTIES };

/* Of one file, as far as it was read. */
struct object {
    struct bytes value[PROPERTIES];
    struct bytes spaced_path; /* when it was broken, perhaps at a space */
    uint64_t line, offset, end;
};

struct reading {
    struct arena *arena;
    const struct manifest_sink *sink;
    struct manifest_lines lines;
    struct object object;
};

static enum property property_of(struct bytes name)
{
    static const char *const names[PROPERTIES] = {"Algorithm", "Hash", "Path"};
    for (unsigned p = 0; p < PROPERTIES; p++) {
        if (bytes_eq_nocase(name, bytes_str(names[p])))
            return (enum property)p;
    }
    return OTHER;
}

/* -- one object ------------------------------------------------------------------------
 */

/* Where no algorithm is told, the length tells it: Get-FileHash has only these. */
static bool algorithm_of(const struct object *o, enum digest_algorithm *out)
{
    static const enum digest_algorithm all[] = {DIGEST_SHA256, DIGEST_SHA512,
                                                DIGEST_SHA384, DIGEST_SHA1, DIGEST_MD5};
    if (o->value[ALGORITHM].n)
        return digest_by_name(o->value[ALGORITHM], out);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        *out = all[i];
        if (o->value[HASH].n == 2 * digest_size(all[i]))
            return true;
    }
    return false;
}

static bool is_cut(struct bytes path)
{
    return bytes_ends(path, BYTES("...")) || bytes_ends(path, BYTES("\xe2\x80\xa6"));
}

static enum fault_code entry_of(struct reading *r, struct manifest_entry *e)
{
    const struct object *o = &r->object;
    enum digest_algorithm algorithm;
    *e = (struct manifest_entry){.path = o->value[PATH],
                                 .other_path = o->spaced_path,
                                 .line = o->line,
                                 .offset = o->offset,
                                 .length = o->end - o->offset};
    if (e->path.n == 0 || bytes_find_byte(e->path, '\0') < e->path.n)
        return FAULT_SYNTAX;
    if (is_cut(e->path))
        return FAULT_TRUNCATED;
    /* MACTripleDES and RIPEMD160 are not computed here: an entry without a digest. */
    if (algorithm_of(o, &algorithm)) {
        if (!manifest_digest(o->value[HASH], algorithm, r->arena, &e->digests[0]))
            return FAULT_SYNTAX;
        e->digest_count = 1;
    }
    return FAULT_NONE;
}

static void begin_object(struct reading *r, uint64_t line, uint64_t offset)
{
    r->object = (struct object){.line = line, .offset = offset, .end = offset};
}

static void end_object(struct reading *r)
{
    struct manifest_entry e;
    struct object *o = &r->object;
    if (o->value[HASH].n || o->value[PATH].n) {
        enum fault_code code = entry_of(r, &e);
        if (code == FAULT_NONE)
            r->sink->entry(r->sink->context, &e);
        else
            faults_add(r->sink->faults, (struct fault){code, o->offset, 0, o->line});
    }
    begin_object(r, 0, 0);
}

/* -- Export-Csv ------------------------------------------------------------------------
 */

enum { COLUMNS = 16 };

struct header {
    enum property of[COLUMNS];
    size_t n;
};

static bool read_header(struct csv *csv, struct header *h)
{
    struct bytes fields[COLUMNS];
    bool has[PROPERTIES + 1] = {false};
    struct bytes begin = csv->rest;
    h->n = csv_record(csv, fields, COLUMNS);
    if (h->n && bytes_starts(begin, BYTES("#TYPE "))) /* PowerShell before 6 */
        h->n = csv_record(csv, fields, COLUMNS);
    for (size_t i = 0; i < h->n; i++) {
        h->of[i] = property_of(fields[i]);
        has[h->of[i]] = true;
    }
    return has[HASH] && has[PATH];
}

/* The separator of a list is that of the country (-UseCulture). */
static bool open_csv(struct bytes content, struct arena *arena, struct csv *csv,
                     struct header *h)
{
    static const uint8_t separators[] = {',', ';', '\t'};
    for (size_t i = 0; i < sizeof separators; i++) {
        *csv = (struct csv){content, separators[i], arena, false};
        if (read_header(csv, h))
            return true;
    }
    return false;
}

static uint64_t count_lines(struct bytes b)
{
    uint64_t n = 0;
    for (size_t i = 0; i < b.n; i++)
        n += b.p[i] == '\n';
    return n;
}

static void read_csv(struct reading *r, struct bytes content, struct csv *csv,
                     const struct header *h)
{
    struct bytes fields[COLUMNS];
    uint64_t line = 1, at = 0;
    while (csv->rest.n && !(r->sink->enough && *r->sink->enough)) {
        uint64_t offset = (uint64_t)(csv->rest.p - content.p);
        line += count_lines(bytes_sub(content, at, offset - at));
        at = offset;
        begin_object(r, line, offset);
        size_t n = csv_record(csv, fields, COLUMNS);
        for (size_t i = 0; i < n && i < h->n; i++) {
            if (h->of[i] != OTHER)
                r->object.value[h->of[i]] = fields[i];
        }
        r->object.end = content.n - csv->rest.n;
        end_object(r);
    }
}

/* -- Format-List -----------------------------------------------------------------------
 */

/* "Hash      : value"; *indent is where the value stands. */
static bool read_property(struct bytes line, enum property *p, struct bytes *value)
{
    size_t colon = bytes_find(line, BYTES(" : "));
    *p = property_of(bytes_trim(bytes_sub(line, 0, colon)));
    *value = bytes_from(line, colon + 3);
    return colon < line.n && line.n && !is_blank(line.p[0]);
}

static struct bytes joined(struct arena *arena, struct bytes a, const char *between,
                           struct bytes b)
{
    struct text t = {0};
    text_add(&t, a);
    text_str(&t, between);
    text_add(&t, b);
    struct bytes all = arena_copy(arena, text_bytes(&t));
    text_release(&t);
    return all;
}

static void go_on(struct reading *r, enum property p, struct bytes more)
{
    struct object *o = &r->object;
    if (p == PATH)
        o->spaced_path = joined(
            r->arena, o->spaced_path.n ? o->spaced_path : o->value[PATH], " ", more);
    o->value[p] = joined(r->arena, o->value[p], "", more);
}

static void read_list(struct reading *r)
{
    enum property p = OTHER, next;
    struct bytes value;
    while (manifest_line(&r->lines)) {
        struct bytes text = bytes_trim(r->lines.text);
        if (read_property(r->lines.text, &next, &value)) {
            if (next != OTHER && r->object.value[next].n)
                end_object(r);
            if (r->object.end == 0)
                begin_object(r, r->lines.number, r->lines.offset);
            p = next;
            if (p != OTHER)
                r->object.value[p] = bytes_trim(value);
        } else if (text.n && p != OTHER) {
            go_on(r, p, text);
        } else if (text.n == 0) {
            end_object(r);
            p = OTHER;
        }
        r->object.end = r->lines.offset + text.n;
    }
    end_object(r);
}

/* -- Format-Table ----------------------------------------------------------------------
 */

struct table {
    size_t from[PROPERTIES], to[PROPERTIES]; /* of the line; empty: no such column */
};

/* The line of hyphens says where columns begin, the line before it what they are. */
static bool read_columns(struct bytes names, struct bytes hyphens, struct table *t)
{
    enum property last = OTHER;
    *t = (struct table){{0}, {0}};
    for (size_t i = 0; i < hyphens.n; i++) {
        bool begins = hyphens.p[i] == '-' && (i == 0 || hyphens.p[i - 1] == ' ');
        if (hyphens.p[i] != '-' && !is_blank(hyphens.p[i]))
            return false;
        if (!begins)
            continue;
        struct bytes rest = bytes_from(names, i), name = BYTES_NONE;
        if (last != OTHER)
            t->to[last] = i;
        bytes_word(&rest, &name);
        last = property_of(name);
        if (last != OTHER) {
            t->from[last] = i;
            t->to[last] = SIZE_MAX;
        }
    }
    return t->to[HASH] && t->to[PATH];
}

static void read_table(struct reading *r)
{
    struct bytes before = BYTES_NONE;
    struct table t = {{0}, {0}}, next;
    while (manifest_line(&r->lines)) {
        struct bytes line = r->lines.text;
        if (read_columns(before, line, &next))
            t = next;
        else if (bytes_trim(line).n && t.to[PATH]) {
            begin_object(r, r->lines.number, r->lines.offset);
            for (unsigned p = 0; p < PROPERTIES; p++)
                r->object.value[p] =
                    bytes_trim(bytes_sub(line, t.from[p], t.to[p] - t.from[p]));
            r->object.end = r->lines.offset + bytes_trim(line).n;
            end_object(r);
        } else if (bytes_trim(line).n == 0) {
            t = (struct table){{0}, {0}}; /* another may follow */
        }
        before = line;
    }
}

/* -- which form ------------------------------------------------------------------------
 */

enum form { NO_FORM, LIST, TABLE };

static enum form form_of(struct bytes content)
{
    struct manifest_lines lines = {.rest = content};
    struct bytes before = BYTES_NONE, value;
    enum property p;
    struct table t;
    while (manifest_line(&lines)) {
        struct bytes line = lines.text;
        if (read_columns(before, line, &t))
            return TABLE;
        if (before.n == 0 && read_property(line, &p, &value) && p != OTHER)
            return LIST;
        if (before.n)
            return NO_FORM;
        before = bytes_trim(line).n ? line : BYTES_NONE;
    }
    return NO_FORM;
}

/* In every form a column's or a property's name, "Hash", stands in the first lines. Most
 * text has none there, and is not read as three kinds of list first. */
static bool names_hash(struct bytes head)
{
    enum { BEGINNING = 1024 };
    struct bytes begin = bytes_sub(head, 0, BEGINNING);
    return bytes_contains(begin, BYTES("ash")) || bytes_contains(begin, BYTES("ASH"));
}

bool file_hash_probe(struct bytes head)
{
    struct arena arena = ARENA_INIT;
    struct csv csv;
    struct header h;
    if (!names_hash(head))
        return false;
    bool is_csv = open_csv(head, &arena, &csv, &h);
    arena_release(&arena);
    return is_csv || form_of(head) != NO_FORM;
}

void file_hash_read(struct bytes content, struct arena *arena,
                    const struct manifest_sink *sink)
{
    struct reading r = {
        arena, sink, {.rest = content, .enough = sink->enough}, {.end = 0}};
    struct csv csv;
    struct header h;
    if (open_csv(content, arena, &csv, &h))
        read_csv(&r, content, &csv, &h);
    else if (form_of(content) == TABLE)
        read_table(&r);
    else
        read_list(&r);
}
