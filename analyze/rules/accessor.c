/* The two kinds of documents behind record.h: jansson's trees and simdjson's tapes. */
#include "analyze/rules/record.h"

/* -- jansson ------------------------------------------------------------------------ */

static struct node node_of_json(const json_t *json)
{
    return (struct node){json, 0};
}

static void json_value(struct node n, struct value *out)
{
    const json_t *json = n.p;
    *out = (struct value){0};
    switch (json ? json_typeof(json) : JSON_NULL) {
    case JSON_OBJECT:
        out->type = VALUE_OBJECT;
        break;
    case JSON_ARRAY:
        out->type = VALUE_ARRAY;
        break;
    case JSON_STRING:
        out->type = VALUE_TEXT;
        out->text = bytes_of(json_string_value(json), json_string_length(json));
        break;
    case JSON_INTEGER:
        out->type = VALUE_INTEGER;
        out->integer = json_integer_value(json);
        break;
    case JSON_REAL:
        out->type = VALUE_REAL;
        out->real = json_real_value(json);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        out->type = VALUE_BOOL;
        out->integer = json_is_true(json);
        break;
    default:
        break;
    }
}

/* An iterator of jansson is an opaque pointer; 0 is its end. */
static void json_walk(struct node n, struct walk *w)
{
    json_t *json = (json_t *)(uintptr_t)n.p;
    *w = (struct walk){.of = n, .keyed = json_is_object(json)};
    if (w->keyed)
        w->at = (uintptr_t)json_object_iter(json);
    else
        w->end = json_array_size(json);
}

static bool json_next(struct walk *w, struct bytes *key, struct node *out)
{
    json_t *json = (json_t *)(uintptr_t)w->of.p;
    if (!w->keyed) {
        if (w->at >= w->end)
            return false;
        *key = BYTES_NONE;
        *out = node_of_json(json_array_get(json, w->at++));
        return true;
    }
    void *at = (void *)w->at;
    if (!at)
        return false;
    *key = bytes_of(json_object_iter_key(at), json_object_iter_key_len(at));
    *out = node_of_json(json_object_iter_value(at));
    w->at = (uintptr_t)json_object_iter_next(json, at);
    return true;
}

/* Is the key the name, or does it begin with it and a dot? */
static bool is_on(struct bytes key, struct bytes name)
{
    return bytes_starts(key, name) && (key.n == name.n || key.p[name.n] == '.');
}

static bool json_next_of(struct walk *w, const struct path_tree *paths, struct bytes *key,
                         struct node *out)
{
    while (json_next(w, key, out))
        for (size_t i = 0; i < paths->count; i++)
            if (is_on(*key, paths->names[i]))
                return true;
    return false;
}

static const struct accessor accessor_jansson = {json_value, json_walk, json_next,
                                                 json_next_of};

struct record record_of_json(enum log_source source, const json_t *json)
{
    return (struct record){.source = source,
                           .tree = {&accessor_jansson, node_of_json(json)}};
}

struct record record_of_facts(enum log_source source, const struct fact *facts, size_t n)
{
    return (struct record){.source = source, .facts = facts, .fact_count = n};
}

/* -- simdjson ----------------------------------------------------------------------- */

static struct node node_of_line(struct jsonl_value v)
{
    return (struct node){v.document, v.at};
}
static struct jsonl_value line_of_node(struct node n)
{
    return (struct jsonl_value){n.p, (size_t)n.i};
}

static void line_number(struct jsonl_value v, struct value *out)
{
    out->type = VALUE_INTEGER;
    if (jsonl_integer(v, &out->integer))
        return;
    out->type = VALUE_REAL;
    jsonl_number(v, &out->real);
}

static void line_value(struct node n, struct value *out)
{
    struct jsonl_value v = line_of_node(n);
    *out = (struct value){0};
    switch (jsonl_kind(v)) {
    case JSONL_OBJECT:
        out->type = VALUE_OBJECT;
        break;
    case JSONL_ARRAY:
        out->type = VALUE_ARRAY;
        break;
    case JSONL_STRING:
        out->type = VALUE_TEXT;
        out->text = jsonl_string(v);
        break;
    case JSONL_INTEGER:
    case JSONL_REAL:
        line_number(v, out);
        break;
    case JSONL_BOOL:
        out->type = VALUE_BOOL;
        out->integer = jsonl_true(v);
        break;
    default:
        break;
    }
}

static void line_walk(struct node n, struct walk *w)
{
    struct jsonl_walk from = jsonl_members(line_of_node(n));
    *w = (struct walk){{from.document, 0}, from.at, from.end, from.object};
}

static bool line_next(struct walk *w, struct bytes *key, struct node *out)
{
    struct jsonl_walk at = {w->of.p, w->at, w->end, w->keyed};
    struct jsonl_value value;
    *key = BYTES_NONE;
    if (!jsonl_next(&at, key, &value))
        return false;
    w->at = at.at;
    *out = node_of_line(value);
    return true;
}

static bool line_next_of(struct walk *w, const struct path_tree *paths, struct bytes *key,
                         struct node *out)
{
    struct jsonl_walk at = {w->of.p, w->at, w->end, w->keyed};
    struct jsonl_value value;
    bool found = jsonl_next_of(&at, paths->names, paths->count, key, &value);
    w->at = at.at;
    if (found)
        *out = node_of_line(value);
    return found;
}

static const struct accessor accessor_lines = {line_value, line_walk, line_next,
                                               line_next_of};

struct subtree subtree_of_lines(struct jsonl_value v)
{
    return (struct subtree){v.document ? &accessor_lines : NULL, node_of_line(v)};
}

struct jsonl_value subtree_line(struct subtree s)
{
    return s.by == &accessor_lines ? line_of_node(s.top) : JSONL_NOTHING;
}

struct record record_of_lines(enum log_source source, struct jsonl_value v)
{
    return (struct record){.source = source, .tree = subtree_of_lines(v)};
}
