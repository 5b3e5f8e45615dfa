// The one C++ file: simdjson's DOM behind json_lines.h. A jsonl_value is a place on the
// tape of a parsed document (simdjson doc/tape.md), which is what a dom::element is too.
#include "formats/json_lines.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <simdjson.h>

extern "C" {
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/json_scan.h"
}

using simdjson::internal::tape_ref;
using simdjson::internal::tape_type;

static_assert(JSONL_PADDING >= simdjson::SIMDJSON_PADDING, "json_lines.h");

// What simdjson reserves is a multiple of the longest text so far, so a single huge
// record must not hold on to it.
static const size_t KEEP_CAPACITY = 4 * MIB;
static const size_t FIRST_CAPACITY = 64 * KIB;

struct jsonl_parser {
    simdjson::dom::parser parser{LIMIT_LINE};
    uint8_t *copy = nullptr;
    size_t room = 0;
};

struct jsonl_parser *jsonl_parser_new(void)
{
    auto *p = new (std::nothrow) jsonl_parser;
    if (!p)
        memory_exhausted();
    return p;
}

void jsonl_parser_free(struct jsonl_parser *p)
{
    if (p)
        free(p->copy);
    delete p;
}

static bool reserve(struct jsonl_parser *p, size_t n)
{
    size_t have = p->parser.capacity();
    if (have >= n && (have <= KEEP_CAPACITY || n > KEEP_CAPACITY))
        return true;
    size_t want = FIRST_CAPACITY;
    while (want < n)
        want *= 2;
    return p->parser.allocate(want, LIMIT_JSON_DEPTH) == simdjson::SUCCESS;
}

// The text with padding behind it, as simdjson's vector loads need it.
static const uint8_t *padded(struct jsonl_parser *p, struct bytes text, size_t readable)
{
    if (readable >= text.n + JSONL_PADDING)
        return text.p;
    if (p->room < text.n + JSONL_PADDING) {
        free(p->copy);
        p->room = text.n * 2 + JSONL_PADDING;
        p->copy = static_cast<uint8_t *>(malloc(p->room));
        if (!p->copy)
            memory_exhausted();
    }
    if (text.n)
        memcpy(p->copy, text.p, text.n);
    memset(p->copy + text.n, ' ', JSONL_PADDING);
    return p->copy;
}

static struct fault refused(struct bytes text, simdjson::error_code error)
{
    struct fault f = json_check(text);
    if (f.code != FAULT_NONE)
        return f;
    // The grammar holds: what is left are numbers that no type holds.
    bool deep = error == simdjson::DEPTH_ERROR;
    f.code = deep ? FAULT_LIMIT : FAULT_VALUE;
    f.want = deep ? LIMIT_JSON_DEPTH : 0;
    return f;
}

struct fault jsonl_parse(struct jsonl_parser *p, struct bytes text, size_t readable,
                         struct jsonl_value *root)
{
    *root = JSONL_NOTHING;
    if (text.n == 0 || text.n > LIMIT_LINE)
        return fault{text.n ? FAULT_LIMIT : FAULT_EMPTY, 0, LIMIT_LINE, text.n};
    if (!reserve(p, text.n))
        memory_exhausted();
    auto parsed = p->parser.parse(padded(p, text, readable), text.n, false);
    if (parsed.error() == simdjson::MEMALLOC)
        memory_exhausted();
    if (parsed.error())
        return refused(text, parsed.error());
    *root = jsonl_value{&p->parser.doc, 1}; // 0 is the tape's own root mark
    return fault{FAULT_NONE, 0, 0, 0};
}

static tape_ref tape(struct jsonl_value v)
{
    return tape_ref(static_cast<const simdjson::dom::document *>(v.document), v.at);
}

enum jsonl_kind jsonl_kind(struct jsonl_value v)
{
    if (!v.document)
        return JSONL_ABSENT;
    switch (tape(v).tape_ref_type()) {
    case tape_type::START_OBJECT:
        return JSONL_OBJECT;
    case tape_type::START_ARRAY:
        return JSONL_ARRAY;
    case tape_type::STRING:
        return JSONL_STRING;
    case tape_type::INT64:
    case tape_type::UINT64:
        return JSONL_INTEGER;
    case tape_type::DOUBLE:
        return JSONL_REAL;
    case tape_type::TRUE_VALUE:
    case tape_type::FALSE_VALUE:
        return JSONL_BOOL;
    default:
        return JSONL_NULL;
    }
}

static struct bytes string_at(const tape_ref &t)
{
    std::string_view s = t.get_string_view();
    return bytes_of(s.data(), s.size());
}

struct bytes jsonl_string(struct jsonl_value v)
{
    return jsonl_kind(v) == JSONL_STRING ? string_at(tape(v)) : BYTES_NONE;
}

bool jsonl_integer(struct jsonl_value v, int64_t *out)
{
    if (jsonl_kind(v) != JSONL_INTEGER)
        return false;
    auto value = tape(v).next_tape_value<uint64_t>();
    if (tape(v).is_uint64() && value > static_cast<uint64_t>(INT64_MAX))
        return false;
    memcpy(out, &value, sizeof value);
    return true;
}

bool jsonl_number(struct jsonl_value v, double *out)
{
    enum jsonl_kind kind = jsonl_kind(v);
    if (kind != JSONL_INTEGER && kind != JSONL_REAL)
        return false;
    tape_ref t = tape(v);
    if (kind == JSONL_REAL)
        *out = t.next_tape_value<double>();
    else if (t.is_uint64())
        *out = static_cast<double>(t.next_tape_value<uint64_t>());
    else
        *out = static_cast<double>(t.next_tape_value<int64_t>());
    return true;
}

bool jsonl_true(struct jsonl_value v)
{
    return v.document && tape(v).is_true();
}

struct bytes jsonl_scalar(struct jsonl_value v, char room[JSONL_SCALAR])
{
    switch (jsonl_kind(v)) {
    case JSONL_STRING:
        return jsonl_string(v);
    case JSONL_BOOL:
        return bytes_str(tape(v).is_true() ? "true" : "false");
    case JSONL_INTEGER:
    case JSONL_REAL: {
        // Shortest form that reads back, without regard to the locale.
        tape_ref t = tape(v);
        char *end = room;
        if (t.is_double())
            end = simdjson::internal::to_chars(room, room + JSONL_SCALAR,
                                               t.next_tape_value<double>());
        else if (t.is_uint64())
            end +=
                snprintf(room, JSONL_SCALAR, "%llu",
                         static_cast<unsigned long long>(t.next_tape_value<uint64_t>()));
        else
            end += snprintf(room, JSONL_SCALAR, "%lld",
                            static_cast<long long>(t.next_tape_value<int64_t>()));
        return bytes_of(room, static_cast<size_t>(end - room));
    }
    default:
        return BYTES_NONE;
    }
}

struct jsonl_walk jsonl_members(struct jsonl_value v)
{
    enum jsonl_kind kind = jsonl_kind(v);
    if (kind != JSONL_OBJECT && kind != JSONL_ARRAY)
        return (struct jsonl_walk){nullptr, 0, 0, false};
    // The last entry of the scope is its closing mark.
    return (struct jsonl_walk){v.document, v.at + 1, tape(v).after_element() - 1,
                               kind == JSONL_OBJECT};
}

bool jsonl_next(struct jsonl_walk *w, struct bytes *key, struct jsonl_value *value)
{
    if (w->at >= w->end)
        return false;
    jsonl_value here = {w->document, w->at};
    *key = BYTES_NONE;
    if (w->object) {
        *key = string_at(tape(here));
        here.at++; // a string takes one entry
    }
    *value = here;
    w->at = tape(here).after_element();
    return true;
}

static bool is_on(const char *key, size_t n, struct bytes name)
{
    return (n == name.n || (n > name.n && key[name.n] == '.')) &&
           memcmp(key, name.p, name.n) == 0;
}

bool jsonl_next_of(struct jsonl_walk *w, const struct bytes *names, size_t count,
                   struct bytes *key, struct jsonl_value *value)
{
    while (w->object && w->at < w->end) {
        tape_ref name = tape(jsonl_value{w->document, w->at});
        jsonl_value here = {w->document, w->at + 1};
        size_t n = name.get_string_length();
        w->at = tape(here).after_element();
        for (size_t i = 0; i < count; i++) {
            if (!is_on(name.get_c_str(), n, names[i]))
                continue;
            *key = bytes_of(name.get_c_str(), n);
            *value = here;
            return true;
        }
    }
    return false;
}

struct jsonl_value jsonl_get(struct jsonl_value object, const char *name)
{
    if (jsonl_kind(object) != JSONL_OBJECT)
        return JSONL_NOTHING;
    struct bytes want = bytes_str(name), key;
    struct jsonl_walk w = jsonl_members(object);
    for (struct jsonl_value value; jsonl_next(&w, &key, &value);) {
        if (bytes_eq(key, want))
            return value;
    }
    return JSONL_NOTHING;
}

struct jsonl_value jsonl_at(struct jsonl_value array, size_t index)
{
    if (jsonl_kind(array) != JSONL_ARRAY)
        return JSONL_NOTHING;
    struct bytes key;
    struct jsonl_walk w = jsonl_members(array);
    for (struct jsonl_value value; jsonl_next(&w, &key, &value);) {
        if (index-- == 0)
            return value;
    }
    return JSONL_NOTHING;
}

size_t jsonl_count(struct jsonl_value v)
{
    enum jsonl_kind kind = jsonl_kind(v);
    return kind == JSONL_OBJECT || kind == JSONL_ARRAY ? tape(v).scope_count() : 0;
}
