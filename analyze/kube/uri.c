/* What a request's URI tells: the words of an exec and other parameters. */
#include "analyze/kube/group.h"

static int hex_value(uint8_t c)
{
    if (is_digit(c))
        return c - '0';
    c = to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "+" and "%20" both are blanks in a query (application/x-www-form-urlencoded). */
static void decode(struct bytes b, struct text *t)
{
    for (size_t i = 0; i < b.n; i++) {
        int high = i + 2 < b.n + 0 ? hex_value(b.p[i + 1]) : -1;
        int low = high >= 0 ? hex_value(b.p[i + 2]) : -1;
        if (b.p[i] == '%' && low >= 0) {
            text_byte(t, (char)(high * 16 + low));
            i += 2;
        } else {
            text_byte(t, b.p[i] == '+' ? ' ' : (char)b.p[i]);
        }
    }
}

bool request_parameter(const struct request *r, const char *name, size_t index,
                       struct text *t)
{
    struct bytes rest = bytes_from(r->uri, bytes_find_byte(r->uri, '?') + 1), part;
    while (bytes_split(&rest, '&', &part)) {
        size_t equals = bytes_find_byte(part, '=');
        if (!bytes_is(bytes_sub(part, 0, equals), name) || index-- > 0)
            continue;
        decode(bytes_from(part, equals + 1), t);
        return true;
    }
    return false;
}

bool request_command(const struct request *r, struct text *t)
{
    size_t before = t->n;
    for (size_t i = 0; i < 256; i++) {
        size_t blank = t->n;
        if (t->n > before)
            text_byte(t, ' ');
        if (!request_parameter(r, "command", i, t)) {
            t->n = blank;
            if (t->p)
                t->p[blank] = '\0';
            break;
        }
    }
    return t->n > before;
}
