#include "formats/base/cursor.h"

#include <criterion/criterion.h>

Test(cursor, reads_in_both_byte_orders)
{
    struct cursor c = cursor_of(BYTES("\x01\x02\x03\x04\x05\x06\x07\x08"
                                      "\x01\x02\x03\x04\x05\x06\x07\x08"));
    cr_expect_eq(cursor_u64le(&c), UINT64_C(0x0807060504030201));
    cr_expect_eq(cursor_u64be(&c), UINT64_C(0x0102030405060708));
    cr_expect(cursor_at_end(&c) && !c.failed);
    c = cursor_of(c.all);
    cr_expect_eq(cursor_u8(&c), 1);
    cr_expect_eq(cursor_u16le(&c), 0x0302);
    cr_expect_eq(cursor_u32le(&c), 0x07060504);
    cr_expect_eq(cursor_u16be(&c), 0x0801);
    cr_expect_eq(cursor_u32be(&c), 0x02030405);
    cr_expect_eq(cursor_left(&c), 3);
}

Test(cursor, failure_sticks_and_reads_nothing)
{
    struct cursor c = cursor_of(BYTES("abc"));
    cr_expect(bytes_is(cursor_take(&c, 2), "ab"));
    cr_expect_eq(cursor_u16le(&c), 0);
    cr_expect(c.failed);
    cr_expect_eq(c.at, 2);
    cr_expect_eq(cursor_u8(&c), 0); /* one byte is left, but the cursor failed */
    cr_expect_eq(c.at, 2);
    cr_expect(bytes_is(cursor_rest(&c), "c"));
}

/* A length from the evidence must not wrap around. */
Test(cursor, lengths_cannot_overflow)
{
    struct cursor c = cursor_of(BYTES("abc"));
    cursor_skip(&c, 1);
    cr_expect_eq(cursor_take(&c, UINT64_MAX).n, 0);
    cr_expect(c.failed && c.at == 1);
    c = cursor_of(BYTES("abc"));
    cursor_skip(&c, UINT64_MAX - 1);
    cr_expect(c.failed && c.at == 0);
}

Test(cursor, takes_nothing_at_the_end)
{
    struct cursor c = cursor_of(BYTES_NONE);
    cr_expect_eq(cursor_take(&c, 0).n, 0);
    cr_expect_not(c.failed);
    cr_expect_eq(cursor_u8(&c), 0);
    cr_expect(c.failed);
}

static uint64_t varint(struct bytes b, bool *failed, size_t *at)
{
    struct cursor c = cursor_of(b);
    uint64_t value = cursor_varint(&c);
    *failed = c.failed;
    *at = c.at;
    return value;
}

/* Examples of the Protocol Buffers encoding guide, and the limits of 64 bits. */
Test(cursor, varint)
{
    bool failed;
    size_t at;
    cr_expect(varint(BYTES("\x01"), &failed, &at) == 1 && !failed && at == 1);
    cr_expect(varint(BYTES("\x96\x01"), &failed, &at) == 150 && !failed && at == 2);
    cr_expect(varint(BYTES("\x80\x00"), &failed, &at) == 0 && !failed && at == 2);
    cr_expect(varint(BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x"), &failed, &at) ==
                  UINT64_MAX &&
              !failed && at == 10);
    varint(BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), &failed, &at);
    cr_expect(failed, "more than 64 bits");
    varint(BYTES("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"), &failed, &at);
    cr_expect(failed, "eleven bytes");
    varint(BYTES("\x80"), &failed, &at);
    cr_expect(failed, "cut off");
    varint(BYTES_NONE, &failed, &at);
    cr_expect(failed, "empty");
}
