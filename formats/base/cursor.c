#include "formats/base/cursor.h"

struct bytes cursor_take(struct cursor *c, uint64_t n)
{
    if (c->failed || n > cursor_left(c)) {
        c->failed = true;
        return BYTES_NONE;
    }
    struct bytes taken = bytes_sub(c->all, c->at, (size_t)n);
    c->at += (size_t)n;
    return taken;
}

void cursor_skip(struct cursor *c, uint64_t n)
{
    cursor_take(c, n);
}

struct bytes cursor_rest(const struct cursor *c)
{
    return bytes_from(c->all, c->at);
}

static uint64_t little_endian(struct bytes b)
{
    uint64_t value = 0;
    for (size_t i = b.n; i-- > 0;)
        value = value << 8 | b.p[i];
    return value;
}

static uint64_t big_endian(struct bytes b)
{
    uint64_t value = 0;
    for (size_t i = 0; i < b.n; i++)
        value = value << 8 | b.p[i];
    return value;
}

uint8_t cursor_u8(struct cursor *c)
{
    return (uint8_t)big_endian(cursor_take(c, 1));
}
uint16_t cursor_u16le(struct cursor *c)
{
    return (uint16_t)little_endian(cursor_take(c, 2));
}
uint32_t cursor_u32le(struct cursor *c)
{
    return (uint32_t)little_endian(cursor_take(c, 4));
}
uint64_t cursor_u64le(struct cursor *c)
{
    return little_endian(cursor_take(c, 8));
}
uint16_t cursor_u16be(struct cursor *c)
{
    return (uint16_t)big_endian(cursor_take(c, 2));
}
uint32_t cursor_u32be(struct cursor *c)
{
    return (uint32_t)big_endian(cursor_take(c, 4));
}
uint64_t cursor_u64be(struct cursor *c)
{
    return big_endian(cursor_take(c, 8));
}

uint64_t cursor_varint(struct cursor *c)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        uint8_t byte = cursor_u8(c);
        /* The tenth byte holds one bit: 9 * 7 = 63. */
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return c->failed ? 0 : value;
    }
    c->failed = true;
    return 0;
}
