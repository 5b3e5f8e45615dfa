#include "formats/csv.h"

/* Where the field in quotes ends; it may hold anything, quotes doubled. */
static size_t quoted_end(struct bytes in, size_t *doubled)
{
    size_t end = 1;
    for (; end < in.n; end++) {
        if (in.p[end] != '"')
            continue;
        if (end + 1 == in.n || in.p[end + 1] != '"')
            break;
        ++*doubled;
        end++;
    }
    return end;
}

/* A view, but where quotes have to go: a copy of each field as long as all that follows
 * would take the square of a list's size. */
static struct bytes quoted_field(struct csv *c)
{
    size_t doubled = 0, n = 0, end = quoted_end(c->rest, &doubled);
    struct bytes field = bytes_sub(c->rest, 1, end - 1);
    c->wrong |= end >= c->rest.n;
    c->rest = bytes_from(c->rest, end + 1);
    if (doubled == 0)
        return field;
    uint8_t *to = arena_alloc(c->arena, field.n - doubled);
    for (size_t i = 0; i < field.n; i++) {
        i += field.p[i] == '"';
        to[n++] = field.p[i];
    }
    return bytes_of(to, n);
}

static struct bytes bare_field(struct csv *c)
{
    size_t n = 0;
    while (n < c->rest.n && c->rest.p[n] != c->separator && c->rest.p[n] != '\n')
        n++;
    struct bytes field = bytes_sub(c->rest, 0, n);
    c->rest = bytes_from(c->rest, n);
    return bytes_without_cr(field);
}

size_t csv_record(struct csv *c, struct bytes *fields, size_t most)
{
    size_t n = 0;
    bool more = c->rest.n > 0;
    c->wrong = false;
    while (more) {
        struct bytes field =
            c->rest.n && c->rest.p[0] == '"' ? quoted_field(c) : bare_field(c);
        if (n < most)
            fields[n++] = field;
        more = c->rest.n && c->rest.p[0] == c->separator;
        if (more)
            c->rest = bytes_from(c->rest, 1);
    }
    c->rest = bytes_from(c->rest, bytes_find_byte(c->rest, '\n') + 1);
    return n;
}
