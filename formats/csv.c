#include "formats/csv.h"

/* It may hold anything, quotes doubled. */
static struct bytes quoted_field(struct csv *c)
{
    struct bytes in = c->rest;
    uint8_t *to = arena_alloc(c->arena, in.n);
    size_t n = 0, i = 1;
    for (; i < in.n; i++) {
        if (in.p[i] == '"' && (i + 1 == in.n || in.p[i + 1] != '"'))
            break;
        i += in.p[i] == '"';
        to[n++] = in.p[i];
    }
    c->wrong |= i >= in.n;
    c->rest = bytes_from(in, i + 1);
    return bytes_of(to, n);
}

static struct bytes bare_field(struct csv *c)
{
    size_t n = 0;
    while (n < c->rest.n && c->rest.p[n] != c->separator && c->rest.p[n] != '\n')
        n++;
    struct bytes field = bytes_sub(c->rest, 0, n);
    c->rest = bytes_from(c->rest, n);
    if (field.n && field.p[field.n - 1] == '\r')
        field.n--;
    return field;
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
