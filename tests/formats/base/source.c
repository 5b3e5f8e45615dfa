#include "formats/base/source.h"

#include <criterion/criterion.h>
#include <errno.h>

static void read_all(struct source *s, char *out, size_t *blocks)
{
    struct bytes block;
    *blocks = 0;
    while (source_next(s, &block) > 0) {
        cr_assert_gt(block.n, 0);
        memcpy(out, block.p, block.n);
        out += block.n;
        ++*blocks;
    }
    *out = '\0';
    cr_expect_eq(source_next(s, &block), 0, "the end is persistent");
}

Test(source, memory_in_blocks)
{
    char out[16];
    size_t blocks;
    struct memory_source m = memory_source_of(BYTES("abcdefg"), 3);
    read_all(&m.source, out, &blocks);
    cr_expect_str_eq(out, "abcdefg");
    cr_expect_eq(blocks, 3);
    m = memory_source_of(BYTES("abcdefg"), 0);
    read_all(&m.source, out, &blocks);
    cr_expect_eq(blocks, 1);
    m = memory_source_of(BYTES_NONE, 4);
    read_all(&m.source, out, &blocks);
    cr_expect_eq(blocks, 0);
}

Test(source, memory_seeks)
{
    char out[16];
    size_t blocks;
    struct memory_source m = memory_source_of(BYTES("abcdefg"), 0);
    source_drain(&m.source);
    cr_assert_not_null(m.source.seek);
    cr_expect_eq(m.source.seek(&m.source, 5), 0);
    read_all(&m.source, out, &blocks);
    cr_expect_str_eq(out, "fg");
    m.source.seek(&m.source, m.source.size);
    read_all(&m.source, out, &blocks);
    cr_expect_str_eq(out, "");
}

Test(source, a_head_comes_before_the_rest)
{
    char out[16];
    size_t blocks;
    struct memory_source m = memory_source_of(BYTES("cdef"), 2);
    struct head_source h = head_source_of(BYTES("ab"), NULL, &m.source);
    read_all(&h.source, out, &blocks);
    cr_expect_str_eq(out, "abcdef");
    cr_expect_eq(blocks, 3);
    m = memory_source_of(BYTES("x"), 0);
    h = head_source_of(BYTES_NONE, NULL, &m.source);
    read_all(&h.source, out, &blocks);
    cr_expect_str_eq(out, "x");
}

static int broken_next(struct source *s, struct bytes *block)
{
    (void)block;
    s->fault = (struct fault){FAULT_TRUNCATED, 4, 0, 0};
    return -EIO;
}

Test(source, errors_and_faults_pass_through)
{
    struct source broken = {.next = broken_next};
    struct head_source h = head_source_of(BYTES("ab"), NULL, &broken);
    struct bytes block;
    cr_expect_eq(source_next(&h.source, &block), 1);
    cr_expect_eq(source_next(&h.source, &block), -EIO);
    cr_expect_eq(h.source.fault.code, FAULT_TRUNCATED);
    cr_expect_eq(source_drain(&broken), -EIO);
}
