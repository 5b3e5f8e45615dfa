#include "analyze/rules/record.h"

#include "formats/base/limits.h"

const char *log_source_name(enum log_source s)
{
    static const char *const names[] = {
#define LOG_SOURCE(id, name, product, category, service) [LOG_SOURCE_##id] = name,
        LOG_SOURCES(LOG_SOURCE)
#undef LOG_SOURCE
    };
    return s < LOG_SOURCE_COUNT ? names[s] : "";
}

bool path_of(struct bytes text, struct path *out)
{
    struct path p = {.text = text};
    size_t from = 0;
    while (from <= text.n) {
        struct bytes rest = bytes_from(text, from);
        size_t n = bytes_find_byte(rest, '.');
        if (n == 0 || p.count == LIMIT_PATH_PARTS)
            return false;
        p.parts[p.count++] = bytes_sub(rest, 0, n);
        from += n + 1;
    }
    *out = p;
    return true;
}

struct search {
    const struct accessor *by;
    const struct path *path;
    node_fn *each;
    void *context;
};

static bool search_below(const struct search *s, struct node n, size_t part,
                         size_t depth);

static bool search_array(const struct search *s, struct node n, size_t part, size_t depth)
{
    struct walk w;
    struct bytes key;
    struct node element;
    s->by->walk(n, &w);
    while (s->by->next(&w, &key, &element))
        if (!search_below(s, element, part, depth + 1))
            return false;
    return true;
}

/* All ways to take the next key: "a", "a.b", "a.b.c" … one view, longer each time. */
static bool search_object(const struct search *s, struct node n, size_t part,
                          size_t depth)
{
    const uint8_t *start = s->path->parts[part].p;
    for (size_t last = part; last < s->path->count; last++) {
        struct bytes end = s->path->parts[last];
        struct bytes key = bytes_of(start, (size_t)(end.p + end.n - start));
        struct node member;
        if (s->by->member(n, key, &member) &&
            !search_below(s, member, last + 1, depth + 1))
            return false;
    }
    return true;
}

static bool search_below(const struct search *s, struct node n, size_t part, size_t depth)
{
    struct value v;
    if (depth > LIMIT_JSON_DEPTH)
        return true;
    s->by->value(n, &v);
    if (v.type == VALUE_ARRAY)
        return search_array(s, n, part, depth);
    if (part == s->path->count)
        return s->each(s->context, n);
    return v.type != VALUE_OBJECT || search_object(s, n, part, depth);
}

bool path_each(const struct accessor *by, struct node from, const struct path *path,
               node_fn *each, void *context)
{
    struct search s = {by, path, each, context};
    return search_below(&s, from, 0, 0);
}

struct scalars {
    const struct accessor *by;
    bool (*each)(void *context, const struct value *v);
    void *context;
};

static bool scalars_below(const struct scalars *s, struct node n, size_t depth)
{
    struct value v;
    s->by->value(n, &v);
    if (v.type < VALUE_OBJECT)
        return s->each(s->context, &v);
    if (depth == LIMIT_JSON_DEPTH)
        return true;
    struct walk w;
    struct bytes key;
    struct node child;
    s->by->walk(n, &w);
    while (s->by->next(&w, &key, &child)) {
        struct value name = {.type = VALUE_TEXT, .text = key};
        if (key.n && !s->each(s->context, &name))
            return false;
        if (!scalars_below(s, child, depth + 1))
            return false;
    }
    return true;
}

bool scalars_each(const struct accessor *by, struct node from,
                  bool (*each)(void *context, const struct value *v), void *context)
{
    struct scalars s = {by, each, context};
    return scalars_below(&s, from, 0);
}
