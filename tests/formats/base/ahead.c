#include "formats/base/ahead.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "formats/base/block.h"

/* Numbers its bytes, in blocks of its own or held ones, and ends with a fault. */
struct counting {
    struct source source;
    uint64_t at, size;
    size_t step;
    int result;
    struct block *block;
};

static int counting_next(struct source *s, struct bytes *block)
{
    struct counting *c = (struct counting *)s;
    uint64_t left = c->size - c->at;
    size_t n = left < c->step ? (size_t)left : c->step;
    if (n == 0) {
        s->fault = (struct fault){FAULT_TRUNCATED, c->at, 1, 2};
        return c->result;
    }
    c->block = block_renew(s->pool, c->block);
    for (size_t i = 0; i < n; i++)
        c->block->octets[i] = (uint8_t)((c->at + i) * 31 >> 3);
    s->held = c->at / c->step % 3 ? c->block : NULL;
    *block = bytes_of(c->block->octets, n);
    c->at += n;
    return 1;
}

static uint64_t read_all(struct source *s, int *result)
{
    struct bytes block;
    uint64_t at = 0;
    while ((*result = source_next(s, &block)) > 0) {
        cr_assert_gt(block.n, 0);
        for (size_t i = 0; i < block.n; i++)
            cr_assert_eq(block.p[i], (uint8_t)((at + i) * 31 >> 3));
        at += block.n;
    }
    return at;
}

static void check(uint64_t size, size_t step, int result)
{
    struct counting c = {
        .source = {.next = counting_next}, .size = size, .step = step, .result = result};
    struct source *s = ahead_source_new(&c.source);
    int got;
    cr_assert_eq(read_all(s, &got), size);
    cr_assert_eq(got, result);
    cr_assert_eq(s->fault.code, FAULT_TRUNCATED);
    cr_assert_eq(s->fault.offset, size);
    cr_assert_eq(source_drain(s), result, "the end is persistent");
    ahead_source_free(s);
    block_release(c.block);
}

Test(ahead, same_bytes_fault_and_end)
{
    check(0, 10, 0);
    check(25, 10, 0);
    check(1000, 1, 0);
    check(70 * LIMIT_BLOCK + 5, LIMIT_BLOCK, 0);
    check(40 * 1000, 1000, -5);
}

/* Who stops early leaves a thread that has read on, or waits to put its block down. */
Test(ahead, left_before_the_end)
{
    for (size_t taken = 0; taken < 40; taken += 3) {
        struct counting c = {
            .source = {.next = counting_next}, .size = UINT64_C(1) << 40, .step = 1000};
        struct source *s = ahead_source_new(&c.source);
        struct bytes block;
        for (size_t i = 0; i < taken; i++)
            cr_assert_eq(source_next(s, &block), 1);
        ahead_source_free(s);
        block_release(c.block);
    }
}
