#include "formats/base/lines.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"

void lines_init(struct lines *l, line_fn *each, void *context)
{
    *l = (struct lines){.each = each, .context = context};
}

static void hand_out(struct lines *l, struct bytes text, bool cut, bool ended)
{
    l->number++;
    l->each(l->context, &(struct line){text, l->offset, l->number, cut, ended});
}

/* Keeps the start of a line that goes on in the next block. A line that grows over the
 * limit is handed out at once and the rest of it is skipped. */
static void carry(struct lines *l, struct bytes part)
{
    if (l->skipping)
        return;
    size_t room = LIMIT_LINE - l->carry_n;
    struct bytes keep = bytes_sub(part, 0, room);
    l->carry = memory_grow(l->carry, &l->carry_capacity, l->carry_n + keep.n, 1);
    if (keep.n)
        memcpy(l->carry + l->carry_n, keep.p, keep.n);
    l->carry_n += keep.n;
    if (keep.n < part.n) {
        hand_out(l, bytes_of(l->carry, l->carry_n), true, true);
        l->skipping = true;
    }
}

static void end_line(struct lines *l, struct bytes part, bool ended)
{
    if (l->carry_n && !l->skipping)
        carry(l, part);
    if (l->skipping)
        l->skipping = false;
    else if (l->carry_n)
        hand_out(l, bytes_of(l->carry, l->carry_n), false, ended);
    else
        hand_out(l, bytes_sub(part, 0, LIMIT_LINE), part.n > LIMIT_LINE, ended);
    l->carry_n = 0;
}

void lines_feed(struct lines *l, struct bytes block)
{
    size_t at = 0;
    while (at < block.n) {
        struct bytes rest = bytes_from(block, at);
        size_t n = bytes_find_byte(rest, '\n');
        if (n == rest.n) {
            carry(l, rest);
            l->pending += rest.n;
            return;
        }
        end_line(l, bytes_sub(rest, 0, n), true);
        l->offset += l->pending + n + 1;
        l->pending = 0;
        at += n + 1;
    }
}

void lines_end(struct lines *l)
{
    if (l->pending && !l->skipping)
        end_line(l, BYTES_NONE, false);
    free(l->carry);
    l->carry = NULL;
    l->carry_n = l->carry_capacity = 0;
    l->pending = 0;
    l->skipping = false;
}
