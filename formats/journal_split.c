#include "formats/journal_split.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"

#define LENGTH_OCTETS 8

void journal_split_begin(struct journal_split *s,
                         void (*each)(void *context,
                                      const struct journal_split_record *r),
                         void *context)
{
    *s = (struct journal_split){.each = each, .context = context};
}

static void hand_out(struct journal_split *s, size_t n, bool complete)
{
    struct bytes text = bytes_of(s->buffer, n);
    if (bytes_trim(text).n)
        s->each(s->context,
                &(struct journal_split_record){text, s->start, complete && !s->too_long});
    if (s->n > n)
        memmove(s->buffer, s->buffer + n, s->n - n);
    s->n -= n;
    s->start = s->offset - s->n;
    s->line = 0;
    s->too_long = false;
}

static void keep(struct journal_split *s, uint8_t c)
{
    if (s->n == LIMIT_LINE) {
        s->too_long = true;
        return;
    }
    s->buffer = memory_grow(s->buffer, &s->capacity, s->n + 1, 1);
    s->buffer[s->n++] = c;
}

/* A field's name: capitals, digits and underscores. */
static bool is_name(struct bytes b)
{
    for (size_t i = 0; i < b.n; i++) {
        bool capital = b.p[i] >= 'A' && b.p[i] <= 'Z';
        if (!capital && !is_digit(b.p[i]) && b.p[i] != '_')
            return false;
    }
    return b.n > 0;
}

/* Of the export form the entry ends with an empty line; of the verbose one before a line
 * that is not indented. */
static void end_line(struct journal_split *s)
{
    struct bytes line = bytes_of(s->buffer + s->line, s->n - s->line);
    bool indented = line.n && is_blank(line.p[0]);
    bool field = is_name(bytes_sub(line, 0, bytes_find_byte(line, '=')));
    if (!indented && is_name(bytes_trim(line))) {
        s->in_length = true;
        s->length = s->length_octets = 0;
    } else if (s->line && !indented && !field) {
        hand_out(s, s->line, true);
    }
    s->line = s->n;
}

static void read_length(struct journal_split *s, uint8_t c)
{
    s->length |= (uint64_t)c << (8 * s->length_octets);
    if (++s->length_octets < LENGTH_OCTETS)
        return;
    s->in_length = false;
    s->binary = s->length;
    s->line = s->n;
}

static void read_byte(struct journal_split *s, uint8_t c)
{
    keep(s, c);
    if (s->in_length) {
        read_length(s, c);
    } else if (s->binary) {
        s->binary--;
        s->line = s->n;
    } else if (c == '\n' && s->n > s->line + 1) {
        end_line(s);
    } else if (c == '\n') {
        /* Behind a binary field its line ends; behind another line the entry does. */
        bool behind_field = s->length_octets == LENGTH_OCTETS;
        s->length_octets = 0;
        if (behind_field)
            s->line = s->n;
        else
            hand_out(s, s->n, true);
    }
}

void journal_split_feed(struct journal_split *s, struct bytes block)
{
    for (size_t i = 0; i < block.n; i++) {
        s->offset++;
        read_byte(s, block.p[i]);
    }
}

void journal_split_end(struct journal_split *s)
{
    hand_out(s, s->n, !s->in_length && !s->binary);
    free(s->buffer);
    s->buffer = NULL;
    s->n = s->capacity = 0;
}

bool journal_split_wants(struct bytes head)
{
    struct bytes first, second, rest = head;
    if (!bytes_split(&rest, '\n', &first))
        return false;
    if (bytes_starts(first, BYTES("__CURSOR=")) ||
        bytes_starts(first, BYTES("__REALTIME_TIMESTAMP=")))
        return true;
    while (bytes_starts(first, BYTES("-- ")) && bytes_split(&rest, '\n', &first))
        ;
    return bytes_split(&rest, '\n', &second) && bytes_starts(second, BYTES("    ")) &&
           bytes_contains(first, BYTES(" [s=")) &&
           is_name(bytes_sub(bytes_from(second, 4), 0,
                             bytes_find_byte(bytes_from(second, 4), '=')));
}
