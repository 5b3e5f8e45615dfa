#include "formats/csv_split.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/csv_log.h"

void csv_split_begin(struct csv_split *s,
                     void (*each)(void *context, const struct csv_split_record *r),
                     void *context)
{
    *s = (struct csv_split){.each = each, .context = context, .field_begins = true};
}

uint8_t csv_separator(struct bytes header)
{
    bool quoted = false;
    for (size_t i = 0; i < header.n && (quoted || header.p[i] != '\n'); i++) {
        if (header.p[i] == '"')
            quoted = !quoted;
        else if (!quoted && memchr(",;\t", header.p[i], 3))
            return header.p[i];
    }
    return ',';
}

static void hand_out(struct csv_split *s)
{
    struct bytes text = bytes_without_cr(bytes_of(s->buffer, s->n));
    if (text.n)
        s->each(s->context,
                &(struct csv_split_record){text, s->start, !s->quoted && !s->too_long});
    s->n = 0;
    s->quoted = s->too_long = false;
    s->field_begins = true;
}

static void keep(struct csv_split *s, uint8_t c)
{
    if (s->n == LIMIT_LINE) {
        s->too_long = true;
        return;
    }
    if (s->n == 0)
        s->start = s->offset;
    s->buffer = memory_grow(s->buffer, &s->capacity, s->n + 1, 1);
    s->buffer[s->n++] = c;
}

/* A doubled quote ends the quoted part and opens the next one, which is the same. */
static void read_byte(struct csv_split *s, uint8_t c)
{
    if (c == '\n' && (!s->quoted || s->too_long)) {
        if (!s->separator)
            s->separator = csv_separator(bytes_of(s->buffer, s->n));
        hand_out(s);
        return;
    }
    keep(s, c);
    if (c == '"' && (s->quoted || s->field_begins))
        s->quoted = !s->quoted;
    else if (!s->quoted)
        s->field_begins = s->separator ? c == s->separator : memchr(",;\t", c, 3) != NULL;
}

void csv_split_feed(struct csv_split *s, struct bytes block)
{
    for (size_t i = 0; i < block.n; i++, s->offset++)
        read_byte(s, block.p[i]);
}

void csv_split_end(struct csv_split *s)
{
    hand_out(s);
    free(s->buffer);
    s->buffer = NULL;
    s->n = s->capacity = 0;
}

bool csv_split_wants(struct bytes head)
{
    struct arena arena = ARENA_INIT;
    struct csv_header header;
    bool is_log = csv_header_read(head, &arena, &header);
    arena_release(&arena);
    return is_log;
}
