#include "analyze/rules/field.h"

bool values_add(struct values *to, const struct found *f)
{
    if (to->n == LIMIT_FIELD_VALUES) {
        to->more = true;
        return false;
    }
    if (to->n == 0) {
        to->v = &to->one;
        to->capacity = 1;
    }
    if (to->n == to->capacity) {
        size_t wanted = 4 * to->capacity;
        struct found *grown = arena_array(to->arena, struct found, wanted);
        memcpy(grown, to->v, to->n * sizeof *grown);
        to->v = grown;
        to->capacity = wanted;
    }
    to->v[to->n++] = *f;
    return true;
}

void values_text(struct values *to, struct bytes text)
{
    struct found f = {.value = {.type = VALUE_TEXT, .text = text}};
    if (text.n)
        values_add(to, &f);
}

struct collecting {
    const struct accessor *by;
    struct values *to;
};

static void collect(void *context, size_t number, struct node n)
{
    struct collecting *c = context;
    struct found f = {.node = n};
    c->by->value(n, &f.value);
    values_add(&c->to[number], &f);
}

void values_at(struct values *to, struct subtree in, const struct path_tree *paths)
{
    struct collecting c = {in.by, to};
    paths_each(in, paths, collect, &c);
}

/* -- resolving ---------------------------------------------------------------------- */

static unsigned needs_of(struct bytes path)
{
    if (bytes_starts(path, BYTES("requestObject")))
        return RECORD_NO_REQUEST_BODY | RECORD_PARTIAL;
    if (bytes_starts(path, BYTES("responseObject")))
        return RECORD_NO_RESPONSE_BODY | RECORD_PARTIAL;
    return RECORD_PARTIAL;
}

static const char *bad_path(struct bytes name, struct arena *arena)
{
    return arena_printf(arena,
                        "field \"%.*s\" is no path: names between dots, at most %d",
                        (int)name.n, (const char *)name.p, LIMIT_PATH_PARTS);
}

/* Lists that the decoder could not hold whole are read from the record by their name. */
static bool is_tree(enum audit_part part)
{
    return part != AUDIT_PART_NONE && part < AUDIT_PART_SOURCES;
}

static const char *add_path(struct field *f, struct bytes text, struct arena *arena)
{
    if (f->path_count == FIELD_PATHS || !path_is_sound(text))
        return bad_path(text, arena);
    f->paths[f->path_count++] = text;
    f->needs |= needs_of(text);
    return NULL;
}

static const char *add_alias(struct field *f, const struct field_alias *alias,
                             struct bytes rest, struct arena *arena)
{
    const char *wrong = NULL;
    for (size_t i = 0; !wrong && alias->paths[i]; i++) {
        const char *path = arena_printf(arena, "%s%.*s", alias->paths[i], (int)rest.n,
                                        rest.n ? (const char *)rest.p : "");
        wrong = add_path(f, bytes_str(path), arena);
    }
    return wrong;
}

static bool is_known(enum log_source source, struct bytes name)
{
    for (const char *const *k = field_known(source); *k; k++) {
        struct bytes known = bytes_str(*k);
        bool opens = bytes_ends(known, BYTES("."));
        if (opens && bytes_starts(name, known))
            return true;
        if (bytes_eq(name, bytes_sub(known, 0, known.n - opens)))
            return true;
    }
    return false;
}

static const char *unknown_field(enum log_source source, struct bytes name,
                                 struct arena *arena)
{
    const char *like = field_suggestion(source, name);
    return arena_printf(arena, "records of %s have no field \"%.*s\"%s%s%s",
                        log_source_name(source), (int)name.n, (const char *)name.p,
                        like ? "; did you mean \"" : "", like ? like : "",
                        like ? "\"?" : "");
}

/* Paths of audit records go on below the part that they begin with. */
static void plant(struct field *f, struct arena *arena)
{
    for (size_t i = 0; i < f->path_count; i++) {
        struct bytes path = f->paths[i], below = BYTES_NONE;
        enum audit_part part = AUDIT_PART_NONE;
        if (f->source == LOG_SOURCE_AUDIT)
            part = field_audit_part(path, &below);
        path_tree_add(&f->trees[part], is_tree(part) ? below : path, 0, arena);
        f->parts |= 1u << part;
    }
}

/* An index: "[0]", "[*]", or a number between dots; its length, else 0. */
static size_t index_length(struct bytes at)
{
    size_t n = 1;
    if (at.p[0] == '[') {
        n = bytes_find_byte(at, ']');
        bool any = n == 2 && at.p[1] == '*';
        for (size_t i = 1; i < n && !any; i++)
            if (!is_digit(at.p[i]))
                return 0;
        return n > 1 && n < at.n ? n + 1 : 0;
    }
    while (n < at.n && is_digit(at.p[n]))
        n++;
    return at.p[0] == '.' && n > 1 && (n == at.n || at.p[n] == '.') ? n : 0;
}

/* The name without what other stores put around it: "kubernetes.audit." in front
 * (Elastic), "@" (Datadog), indexes of arrays, since any element answers, and a backslash
 * before dots inside of a key. */
static struct bytes plain_name(struct bytes name, struct arena *arena)
{
    struct bytes prefix = BYTES("kubernetes.audit.");
    if (bytes_starts(name, BYTES("@")) && !bytes_starts(name, BYTES("@timestamp")))
        name = bytes_from(name, 1);
    if (bytes_starts(name, prefix))
        name = bytes_from(name, prefix.n);
    uint8_t *plain = arena_alloc(arena, name.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        size_t skip = index_length(bytes_from(name, i));
        if (skip > 0)
            i += skip - 1;
        else if (name.p[i] != '\\' || i + 1 == name.n || name.p[i + 1] != '.')
            plain[n++] = name.p[i];
    }
    return bytes_of(plain, n);
}

static const char *resolve(enum log_source source, struct bytes name, struct arena *arena,
                           struct field *out)
{
    struct bytes rest;
    *out = (struct field){.name = name, .source = source, .offset = SIZE_MAX};
    if (source == LOG_SOURCE_AUDIT)
        name = plain_name(name, arena);
    out->derive = field_derived(source, name, &out->of_kind);
    if (out->derive) {
        bool of_body = bytes_is(name, "exhibit.patch") || bytes_is(name, "exhibit.csr") ||
                       bytes_is(name, "exhibit.started") ||
                       bytes_is(name, "exhibit.data");
        out->needs = of_body ? RECORD_NO_REQUEST_BODY | RECORD_CUT : RECORD_CUT;
        return NULL;
    }
    const struct field_alias *alias = field_alias(source, name, &rest);
    if (alias && !alias->paths[1] && rest.n == 0 && source == LOG_SOURCE_AUDIT)
        field_audit_bind(out, bytes_str(alias->paths[0]));
    if (alias)
        return add_alias(out, alias, rest, arena);
    if (!is_known(source, name))
        return unknown_field(source, name, arena);
    if (source == LOG_SOURCE_AUDIT)
        field_audit_bind(out, name);
    return add_path(out, name, arena);
}

static enum audit_part body_of(const struct field *f)
{
    bool by_paths = !f->derive && !f->audit && f->offset == SIZE_MAX;
    for (enum audit_part p = AUDIT_PART_REQUEST; p <= AUDIT_PART_RESPONSE; p++)
        if (by_paths && f->parts == 1u << p)
            return p;
    return AUDIT_PART_NONE;
}

const char *field_resolve(enum log_source source, struct bytes name, struct arena *arena,
                          struct field *out)
{
    const char *wrong = resolve(source, name, arena, out);
    plant(out, arena);
    out->body = body_of(out);
    return wrong;
}

void field_add_to_body(const struct field *f, size_t number, struct path_tree *tree,
                       struct arena *arena)
{
    struct bytes below;
    for (size_t i = 0; i < f->path_count; i++)
        if (field_audit_part(f->paths[i], &below) == f->body)
            path_tree_add(tree, below, number, arena);
}

const char *field_relative(enum log_source source, struct bytes name, struct arena *arena,
                           struct field *out)
{
    *out = (struct field){.name = name, .source = source, .offset = SIZE_MAX};
    const char *wrong = add_path(out, name, arena);
    if (!wrong)
        path_tree_add(&out->trees[AUDIT_PART_NONE], name, 0, arena);
    return wrong;
}

/* -- reading ------------------------------------------------------------------------ */

void field_read_below(const struct field *f, struct subtree element, struct values *to)
{
    values_at(to, element, &f->trees[AUDIT_PART_NONE]);
}

static void read_facts(const struct field *f, const struct record *r, struct values *to)
{
    for (size_t p = 0; p < f->path_count; p++)
        for (size_t i = 0; i < r->fact_count; i++)
            if (bytes_is(f->paths[p], r->facts[i].key))
                values_text(to, r->facts[i].value);
}

void field_read(const struct field *f, const struct record *r, struct values *to)
{
    if (f->derive) {
        f->derive(r, to);
        return;
    }
    if (r->audit && f->offset != SIZE_MAX) {
        const char *at = (const char *)r->audit + f->offset;
        values_text(to, *(const struct bytes *)(const void *)at);
        return;
    }
    if (r->audit && f->audit) {
        f->audit(r, to);
        return;
    }
    read_facts(f, r, to);
    if (r->falco && field_falco(r, f->paths[0], to))
        return;
    for (unsigned left = f->parts; left; left &= left - 1) {
        enum audit_part part = (enum audit_part)__builtin_ctz(left);
        if (!(r->audit && field_audit(r, f, part, to)))
            values_at(to, r->tree, &f->trees[part]);
    }
}
