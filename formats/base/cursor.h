/* Cursor: a bounded reader over a view, with sticky failure.
 *
 * A read that would pass the end returns zero or an empty view, reads nothing, and marks
 * the cursor failed at that place; all later reads fail too. So a record is read field by
 * field and tested once, at its end:
 *
 *     struct cursor c = cursor_of(view);
 *     uint32_t size = cursor_u32le(&c);
 *     struct bytes body = cursor_take(&c, size);
 *     if (c.failed) ...
 */
#ifndef FORMATS_BASE_CURSOR_H
#define FORMATS_BASE_CURSOR_H

#include "formats/base/bytes.h"

struct cursor {
    struct bytes all;
    size_t at; /* <= all.n, always */
    bool failed;
};

static inline struct cursor cursor_of(struct bytes all)
{
    return (struct cursor){all, 0, false};
}
static inline size_t cursor_left(const struct cursor *c)
{
    return c->all.n - c->at;
}
static inline bool cursor_at_end(const struct cursor *c)
{
    return c->at == c->all.n;
}

/* A view of the next n bytes; borrowed from `all`. */
struct bytes cursor_take(struct cursor *c, uint64_t n);
void cursor_skip(struct cursor *c, uint64_t n);
/* What is left, without moving. */
struct bytes cursor_rest(const struct cursor *c);

uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16le(struct cursor *c);
uint32_t cursor_u32le(struct cursor *c);
uint64_t cursor_u64le(struct cursor *c);
uint16_t cursor_u16be(struct cursor *c);
uint32_t cursor_u32be(struct cursor *c);
uint64_t cursor_u64be(struct cursor *c);
/* Protocol-buffers varint, at most ten bytes; a longer one fails the cursor. */
uint64_t cursor_varint(struct cursor *c);

#endif
