#include "formats/awslogs.h"

#include <stdlib.h>

#include "formats/base/memory.h"

#define MARK "\"data\":"
/* gzip's magic number and method in base64. */
#define GZIP "H4sI"

enum state { BETWEEN, AT_START, INSIDE, ESCAPED, UNICODE, OTHER };

struct awslogs_source {
    struct source source;
    struct source *from;
    uint64_t at; /* in `from` */
    enum state state;
    size_t matched; /* of MARK, then of GZIP */
    uint32_t bits;  /* digits that make no octet yet */
    unsigned count; /* how many digits */
    unsigned hex_count, hex;
    bool padded;
    uint8_t *out;
    size_t n, capacity;
};

bool awslogs_sniff(struct bytes head)
{
    static const char *const signs[] = {"\"awslogs\"", "\"kinesis\"", "\"recordId\""};
    bool named = false;
    if (!head.n || (head.p[0] != '{' && head.p[0] != '['))
        return false;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        named |= bytes_contains(head, bytes_str(signs[i]));
    while (named) {
        size_t at = bytes_find(head, BYTES("\"data\""));
        if (at == head.n)
            return false;
        head = bytes_from(head, at + 6);
        struct bytes value = bytes_trim(bytes_sub(head, 0, 64));
        if (!bytes_starts(value, BYTES(":")))
            continue;
        value = bytes_trim(bytes_from(value, 1));
        if (bytes_starts(value, BYTES("\"" GZIP)))
            return true;
    }
    return false;
}

/* -- base64
 * ------------------------------------------------------------------------------
 */

static int digit_of(uint8_t c)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static void fail(struct awslogs_source *s)
{
    if (!s->source.fault.code)
        s->source.fault = (struct fault){.code = FAULT_VALUE, .offset = s->at};
}

static void take_digit(struct awslogs_source *s, uint8_t c)
{
    int digit = digit_of(c);
    if (c == '=') {
        s->padded = true;
        return;
    }
    if (digit < 0 || s->padded) {
        fail(s);
        return;
    }
    s->bits = s->bits << 6 | (uint32_t)digit;
    if (++s->count % 4 != 1)
        s->out[s->n++] = (uint8_t)(s->bits >> (4 - 2 * ((s->count - 2) % 4)));
}

static void begin_member(struct awslogs_source *s)
{
    s->bits = s->count = 0;
    s->padded = false;
    s->state = INSIDE;
    for (const char *c = GZIP; *c; c++)
        take_digit(s, (uint8_t)*c);
}

/* -- JSON
 * --------------------------------------------------------------------------------
 */

/* Blanks may stand around the colon. */
static void between(struct awslogs_source *s, uint8_t c)
{
    static const char mark[] = MARK;
    if (s->matched == sizeof mark - 1 && c == '"') {
        s->state = AT_START;
        s->matched = 0;
    } else if (s->matched < sizeof mark - 1 && c == (uint8_t)mark[s->matched]) {
        s->matched++;
    } else if (!is_blank(c) || s->matched < sizeof mark - 2) {
        s->matched = c == '"';
    }
}

static void at_start(struct awslogs_source *s, uint8_t c)
{
    if (c != (uint8_t)GZIP[s->matched]) {
        s->state = c == '"' ? BETWEEN : OTHER;
        s->matched = 0;
    } else if (++s->matched == sizeof GZIP - 1) {
        s->matched = 0;
        begin_member(s);
    }
}

/* Some writers escape the slash, and those that mind HTML the equals sign. */
static void in_escape(struct awslogs_source *s, uint8_t c)
{
    uint8_t octet[1];
    s->state = INSIDE;
    if (c == 'u') {
        s->state = UNICODE;
        s->hex_count = s->hex = 0;
    } else if (bytes_from_hex(bytes_of((uint8_t[]){'0', c}, 2), octet, 1) || c != '/') {
        fail(s);
    } else {
        take_digit(s, c);
    }
}

static void in_unicode(struct awslogs_source *s, uint8_t c)
{
    uint8_t octet[1];
    if (!bytes_from_hex(bytes_of((uint8_t[]){'0', c}, 2), octet, 1)) {
        fail(s);
        s->state = INSIDE;
        return;
    }
    s->hex = s->hex << 4 | octet[0];
    if (++s->hex_count < 4)
        return;
    s->state = INSIDE;
    take_digit(s, s->hex < 0x80 ? (uint8_t)s->hex : 0);
}

static void read_byte(struct awslogs_source *s, uint8_t c)
{
    if (s->state == BETWEEN)
        between(s, c);
    else if (s->state == AT_START)
        at_start(s, c);
    else if (s->state == ESCAPED)
        in_escape(s, c);
    else if (s->state == UNICODE)
        in_unicode(s, c);
    else if (c == '"')
        s->state = BETWEEN;
    else if (s->state == INSIDE && c == '\\')
        s->state = ESCAPED;
    else if (s->state == INSIDE)
        take_digit(s, c);
}

/* -- the source
 * --------------------------------------------------------------------------
 */

static int next_block(struct source *source, struct bytes *block)
{
    struct awslogs_source *s = (struct awslogs_source *)source;
    struct bytes in;
    s->n = 0;
    while (s->n == 0 && !source->fault.code) {
        int more = source_next(s->from, &in);
        if (more <= 0) {
            if (s->from->fault.code)
                source->fault = s->from->fault;
            else if (s->state == INSIDE)
                source->fault = (struct fault){.code = FAULT_TRUNCATED, .offset = s->at};
            return more;
        }
        s->out = memory_grow(s->out, &s->capacity, in.n + sizeof GZIP, 1);
        for (size_t i = 0; i < in.n && !source->fault.code; i++, s->at++)
            read_byte(s, in.p[i]);
    }
    *block = bytes_of(s->out, s->n);
    return s->n > 0;
}

struct source *awslogs_source_new(struct source *from)
{
    struct awslogs_source *s = memory_new(1, sizeof *s);
    s->source.next = next_block;
    s->from = from;
    return &s->source;
}

void awslogs_source_free(struct source *source)
{
    struct awslogs_source *s = (struct awslogs_source *)source;
    if (s)
        free(s->out);
    free(s);
}
