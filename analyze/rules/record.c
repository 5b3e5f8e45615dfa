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

bool path_is_sound(struct bytes path)
{
    size_t parts = 0;
    for (size_t from = 0; from <= path.n; parts++) {
        size_t n = bytes_find_byte(bytes_from(path, from), '.');
        if (n == 0 || parts == LIMIT_PATH_PARTS)
            return false;
        from += n + 1;
    }
    return true;
}

struct search {
    const struct accessor *by;
    node_fn *each;
    void *context;
};

static bool search_below(const struct search *s, struct node n, struct bytes path,
                         size_t depth);

static bool search_array(const struct search *s, struct node n, struct bytes path,
                         size_t depth)
{
    struct walk w;
    struct bytes key;
    struct node element;
    s->by->walk(n, &w);
    while (s->by->next(&w, &key, &element))
        if (!search_below(s, element, path, depth + 1))
            return false;
    return true;
}

/* A key may hold dots itself: every member is followed whose key the path begins with. */
static bool search_object(const struct search *s, struct node n, struct bytes path,
                          size_t depth)
{
    struct walk w;
    struct node member;
    size_t used;
    s->by->walk(n, &w);
    while (s->by->next_on(&w, path, &used, &member))
        if (!search_below(s, member, bytes_from(path, used + 1), depth + 1))
            return false;
    return true;
}

static bool search_below(const struct search *s, struct node n, struct bytes path,
                         size_t depth)
{
    struct value v;
    if (depth > LIMIT_JSON_DEPTH)
        return true;
    s->by->value(n, &v);
    if (v.type == VALUE_ARRAY)
        return search_array(s, n, path, depth);
    if (path.n == 0)
        return s->each(s->context, n);
    return v.type != VALUE_OBJECT || search_object(s, n, path, depth);
}

bool path_each(const struct accessor *by, struct node from, struct bytes path,
               node_fn *each, void *context)
{
    struct search s = {by, each, context};
    return search_below(&s, from, path, 0);
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
