#include "formats/describe.h"

#include "formats/written_time.h"

struct reader {
    struct describe_time at; /* what holds for the line that is read */
    bool in_containers;
    void (*each)(void *context, const struct describe_time *t);
    void *context;
};

static size_t indent_of(struct bytes line)
{
    size_t n = 0;
    while (n < line.n && line.p[n] == ' ')
        n++;
    return n;
}

/* "Key:   value": the value may be empty. */
static bool split(struct bytes line, struct bytes *key, struct bytes *value)
{
    size_t colon = bytes_find_byte(line, ':');
    if (colon == line.n || (colon + 1 < line.n && line.p[colon + 1] != ' '))
        return false;
    *key = bytes_trim(bytes_sub(line, 0, colon));
    *value = bytes_trim(bytes_from(line, colon + 1));
    return true;
}

static void enter(struct reader *r, size_t indent, struct bytes key, struct bytes value)
{
    if (indent == 0) {
        r->in_containers = bytes_ends(key, BYTES("Containers"));
        r->at.container = r->at.state = BYTES_NONE;
        if (bytes_is(key, "Name"))
            r->at.name = value;
        else if (bytes_is(key, "Namespace"))
            r->at.namespace = value;
    } else if (indent == 2 && r->in_containers && !value.n) {
        r->at.container = key;
        r->at.state = BYTES_NONE;
    } else if (indent == 4 && bytes_ends(key, BYTES("State"))) {
        r->at.state = key;
    }
}

static void read_time(struct reader *r, struct bytes key, struct bytes value)
{
    struct written_time t;
    if (!written_time_take(&value, ORDER_NOT_TOLD, &t) || !t.has_clock || !t.has_zone ||
        value.n || !written_time_place(&t, INSTANT_NONE, &r->at.time))
        return;
    r->at.key = key;
    r->each(r->context, &r->at);
}

void describe_read(struct bytes text,
                   void (*each)(void *context, const struct describe_time *t),
                   void *context)
{
    struct reader r = {.each = each, .context = context};
    struct bytes rest = text, line, key, value;
    while (bytes_split(&rest, '\n', &line)) {
        r.at.offset = (uint64_t)(line.p - text.p);
        r.at.length = line.n;
        if (!split(line, &key, &value))
            continue;
        enter(&r, indent_of(line), key, value);
        read_time(&r, key, value);
    }
}

void describe_lines(struct bytes text,
                    void (*each)(void *context, const struct describe_line *l),
                    void *context)
{
    struct describe_line l = {0};
    struct bytes rest = text, line;
    while (bytes_split(&rest, '\n', &line)) {
        l.indent = indent_of(line);
        if (!split(line, &l.key, &l.value)) {
            l.key = BYTES_NONE;
            l.value = bytes_trim(line);
        }
        if (l.key.n == 0 && (l.indent == 0 || l.value.n == 0))
            continue;
        if (l.indent == 0)
            l.section = l.key;
        bool names = l.indent == 2 && !l.value.n;
        if (l.indent == 0)
            l.container = BYTES_NONE;
        else if (names && bytes_ends(l.section, BYTES("Containers")))
            l.container = l.key;
        each(context, &l);
    }
}
