#include "formats/json.h"

#include "formats/base/marked_text.h"
#include "formats/json_scan.h"

/* Walks tree and tokens side by side: jansson keeps the members in the order of the text,
 * and there are no members that occur twice. `s` stands behind the node's first token. */
static void place(struct document *d, const json_t *node, struct json_scan *s,
                  uint64_t base)
{
    size_t start = s->start, depth = s->depth - 1, index = 0;
    void *member = json_object_iter((json_t *)(uintptr_t)node);
    for (;;) {
        enum json_token token = json_scan_next(s);
        if (token <= JSON_TOKEN_FAULT || s->depth == depth)
            break;
        if (token == JSON_TOKEN_KEY)
            continue;
        const json_t *child = json_is_array(node) ? json_array_get(node, index++)
                                                  : json_object_iter_value(member);
        if (token == JSON_TOKEN_OPEN_OBJECT || token == JSON_TOKEN_OPEN_ARRAY)
            place(d, child, s, base);
        if (member)
            member = json_object_iter_next((json_t *)(uintptr_t)node, member);
    }
    size_t end = s->fault.code ? s->sound : s->at;
    document_add_node(d, (struct document_node){node, base + start, end - start});
}

static enum fault_code code_of(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_duplicate_key:
        return FAULT_DUPLICATE;
    case json_error_invalid_utf8:
        return FAULT_ENCODING;
    case json_error_numeric_overflow:
    case json_error_null_byte_in_key:
        return FAULT_VALUE;
    default:
        return FAULT_SYNTAX;
    }
}

/* Reads one value of `n` bytes, of which the scan tells what is wrong with it. */
static void read_value(struct bytes value, uint64_t base, const struct json_scan *seen,
                       struct documents *out)
{
    struct text repaired = {0};
    bool damaged = seen->flaw.code || seen->fault.code;
    if (damaged)
        json_repair(value, &repaired);
    struct bytes sound = damaged ? text_bytes(&repaired) : value;
    json_error_t error;
    json_t *root =
        json_loadb((const char *)sound.p, sound.n,
                   JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
    text_release(&repaired);
    if (!root) {
        faults_add(&out->faults,
                   (struct fault){.code = code_of(&error),
                                  .offset = base + (uint64_t)error.position});
        return;
    }
    struct document *d = documents_add(out, root);
    d->offset = base;
    d->length = seen->sound;
    d->partial = seen->fault.code != FAULT_NONE;
    struct json_scan s = json_scan_of(value);
    if (json_scan_next(&s) == JSON_TOKEN_OPEN_OBJECT || json_is_array(root))
        place(d, root, &s, base);
    document_finish(d);
}

/* Where a line begins with a value, behind `from`. */
static size_t next_start(struct bytes text, size_t from)
{
    for (;;) {
        from += bytes_find_byte(bytes_from(text, from), '\n') + 1;
        if (from >= text.n)
            return text.n;
        if (text.p[from] == '{' || text.p[from] == '[')
            return from;
    }
}

static size_t skip_blanks(struct bytes text, size_t at)
{
    while (at < text.n && is_blank(text.p[at]))
        at++;
    return at;
}

static void note(struct documents *out, struct fault fault, size_t base)
{
    if (!fault.code)
        return;
    fault.offset += base;
    faults_add(&out->faults, fault);
}

void json_read(struct bytes text, struct documents *out)
{
    size_t at = skip_blanks(text, utf8_mark(text));
    if (at == text.n)
        note(out, (struct fault){.code = FAULT_EMPTY}, at);
    while (at < text.n) {
        struct bytes value = bytes_from(text, at);
        struct json_scan s = json_scan_of(value);
        while (json_scan_next(&s) > JSON_TOKEN_FAULT)
            ;
        note(out, s.flaw, at);
        note(out, s.fault, at);
        if (s.sound)
            read_value(s.fault.code ? value : bytes_sub(value, 0, s.at), at, &s, out);
        if (s.fault.code)
            at = next_start(text, at + (size_t)s.fault.offset);
        else
            at = skip_blanks(text, at + s.at);
    }
}

bool json_looks_like(struct bytes head)
{
    size_t at = skip_blanks(head, utf8_mark(head));
    struct json_scan s = json_scan_of(bytes_from(head, at));
    enum json_token first = json_scan_next(&s);
    if (first != JSON_TOKEN_OPEN_OBJECT && first != JSON_TOKEN_OPEN_ARRAY)
        return false;
    json_scan_next(&s);
    return !s.fault.code || s.fault.code == FAULT_TRUNCATED;
}
