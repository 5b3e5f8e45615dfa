#include "analyze/rules/record.h"
#include "analyze/rules/term.h"

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

static struct path_tree *child(const struct path_tree *t, struct bytes name)
{
    for (size_t i = 0; i < t->count; i++)
        if (bytes_eq(t->names[i], name))
            return t->below[i];
    return NULL;
}

static struct path_tree *add_child(struct path_tree *t, struct bytes name,
                                   struct arena *arena)
{
    struct bytes *names = arena_array(arena, struct bytes, t->count + 1);
    struct path_tree **below = arena_array(arena, struct path_tree *, t->count + 1);
    for (size_t i = 0; i < t->count; i++) {
        names[i] = t->names[i];
        below[i] = t->below[i];
    }
    names[t->count] = name;
    below[t->count] = arena_new(arena, struct path_tree);
    t->names = names;
    t->below = below;
    return below[t->count++];
}

static void add_end(struct path_tree *t, size_t number, struct arena *arena)
{
    for (size_t i = 0; i < t->end_count; i++)
        if (t->ends[i] == number)
            return;
    size_t *ends = arena_array(arena, size_t, t->end_count + 1);
    for (size_t i = 0; i < t->end_count; i++)
        ends[i] = t->ends[i];
    ends[t->end_count++] = number;
    t->ends = ends;
}

void path_tree_add(struct path_tree *tree, struct bytes path, size_t number,
                   struct arena *arena)
{
    struct bytes name;
    while (bytes_split(&path, '.', &name)) {
        struct path_tree *next = child(tree, name);
        tree = next ? next : add_child(tree, name, arena);
    }
    add_end(tree, number, arena);
}

struct search {
    const struct accessor *by;
    node_fn *each;
    void *context;
};

static void search_below(const struct search *s, struct node n,
                         const struct path_tree *paths, size_t depth);

static void search_array(const struct search *s, struct node n,
                         const struct path_tree *paths, size_t depth)
{
    struct walk w;
    struct bytes key;
    struct node element;
    s->by->walk(n, &w);
    while (s->by->next(&w, &key, &element))
        search_below(s, element, paths, depth + 1);
}

/* A key may hold dots itself: then it goes as far along a path as it has parts. */
static const struct path_tree *along(const struct path_tree *paths, struct bytes key)
{
    struct bytes name;
    const struct path_tree *whole = child(paths, key); /* the common case, at no cost */
    if (whole)
        return whole;
    while (paths && bytes_split(&key, '.', &name))
        paths = child(paths, name);
    return paths;
}

static void search_object(const struct search *s, struct node n,
                          const struct path_tree *paths, size_t depth)
{
    struct walk w;
    struct bytes key;
    struct node member;
    s->by->walk(n, &w);
    while (s->by->next_of(&w, paths, &key, &member)) {
        const struct path_tree *below = along(paths, key);
        if (below)
            search_below(s, member, below, depth + 1);
    }
}

static void search_below(const struct search *s, struct node n,
                         const struct path_tree *paths, size_t depth)
{
    struct value v;
    if (depth > LIMIT_JSON_DEPTH)
        return;
    s->by->value(n, &v);
    if (v.type == VALUE_ARRAY) {
        search_array(s, n, paths, depth);
        return;
    }
    for (size_t i = 0; i < paths->end_count; i++)
        s->each(s->context, paths->ends[i], n);
    if (v.type == VALUE_OBJECT && paths->count)
        search_object(s, n, paths, depth);
}

void paths_each(struct subtree in, const struct path_tree *paths, node_fn *each,
                void *context)
{
    struct search s = {in.by, each, context};
    if (in.by)
        search_below(&s, in.top, paths, 0);
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

bool scalars_each(struct subtree in, bool (*each)(void *context, const struct value *v),
                  void *context)
{
    struct scalars s = {in.by, each, context};
    return !in.by || scalars_below(&s, in.top, 0);
}

static void add_json(const struct accessor *by, struct node n, size_t depth,
                     struct text *out)
{
    struct value v;
    struct walk w;
    struct bytes key, scalar;
    struct node child;
    char room[VALUE_ROOM];
    by->value(n, &v);
    if (v.type == VALUE_TEXT) {
        escape_json(out, v.text);
        return;
    }
    if (v.type < VALUE_OBJECT || depth == LIMIT_JSON_DEPTH) {
        text_add(out, value_text(&v, room, &scalar) ? scalar : BYTES("null"));
        return;
    }
    bool object = v.type == VALUE_OBJECT;
    size_t members = 0;
    text_byte(out, object ? '{' : '[');
    by->walk(n, &w);
    for (; by->next(&w, &key, &child); members++) {
        if (members)
            text_byte(out, ',');
        if (object) {
            escape_json(out, key);
            text_byte(out, ':');
        }
        add_json(by, child, depth + 1, out);
    }
    text_byte(out, object ? '}' : ']');
}

void subtree_json(struct subtree in, struct text *out)
{
    if (in.by)
        add_json(in.by, in.top, 0, out);
}
