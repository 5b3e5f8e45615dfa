#include "formats/base/lines.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/text.h"

/* Writes each line as "offset:number:text" with '$' where a newline ends it, '!' if cut.
 */
static void note(void *context, const struct line *line)
{
    struct text *t = context;
    text_printf(t, "%llu:%llu:", (unsigned long long)line->offset,
                (unsigned long long)line->number);
    if (line->text.n < 100)
        text_add(t, line->text);
    else
        text_printf(t, "[%zu]", line->text.n);
    text_str(t, line->cut ? "!" : "");
    text_str(t, line->ended ? "$" : "");
    text_byte(t, ' ');
}

static void expect(struct bytes in, size_t block, const char *out)
{
    struct text t = {0};
    struct lines l;
    lines_init(&l, note, &t);
    for (size_t at = 0; at < in.n; at += block)
        lines_feed(&l, bytes_sub(in, at, block));
    lines_feed(&l, BYTES_NONE);
    lines_end(&l);
    cr_expect_str_eq(text_c(&t), out, "in blocks of %zu: %s", block, text_c(&t));
    text_release(&t);
}

/* However the stream is cut into blocks, the lines are the same. */
Test(lines, in_blocks_of_every_size)
{
    for (size_t block = 1; block < 20; block++) {
        expect(BYTES("ab\n\ncd\r\nlast"), block, "0:1:ab$ 3:2:$ 4:3:cd\r$ 8:4:last ");
        expect(BYTES("one\ntwo\n"), block, "0:1:one$ 4:2:two$ ");
        expect(BYTES("\n\n"), block, "0:1:$ 1:2:$ ");
        expect(BYTES("x"), block, "0:1:x ");
        expect(BYTES(""), block, "");
    }
}

Test(lines, nul_is_a_byte_like_any_other)
{
    struct text t = {0};
    struct lines l;
    lines_init(&l, note, &t);
    lines_feed(&l, BYTES("a\0b\nc"));
    lines_end(&l);
    cr_expect(bytes_eq(text_bytes(&t), BYTES("0:1:a\0b$ 4:2:c ")));
    text_release(&t);
}

/* A line at the limit is whole; one byte more is cut, and what follows is not lost. */
Test(lines, over_the_limit)
{
    size_t n = LIMIT_LINE + 1 + 3;
    uint8_t *big = malloc(n);
    memset(big, 'x', n);
    memcpy(big + LIMIT_LINE, "\nab", 3);
    static const size_t blocks[] = {1 << 16, 1 << 20, (1 << 20) + 1, SIZE_MAX / 2};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        big[LIMIT_LINE] = '\n';
        memcpy(big + LIMIT_LINE + 1, "ab\n", 3);
        expect(bytes_of(big, n), blocks[i], "0:1:[16777216]$ 16777217:2:ab$ ");
        big[LIMIT_LINE] = 'x';
        memcpy(big + LIMIT_LINE + 1, "\nab", 3);
        expect(bytes_of(big, n), blocks[i], "0:1:[16777216]!$ 16777218:2:ab ");
    }
    free(big);
}

Test(lines, a_line_that_never_ends_is_handed_out_once)
{
    size_t n = 3 * LIMIT_LINE;
    uint8_t *big = malloc(n);
    memset(big, 'x', n);
    struct text t = {0};
    struct lines l;
    lines_init(&l, note, &t);
    for (int i = 0; i < 3; i++)
        lines_feed(&l, bytes_of(big, n));
    cr_expect_leq(l.carry_capacity, 2 * LIMIT_LINE);
    lines_end(&l);
    cr_expect(bytes_starts(text_bytes(&t), BYTES("0:1:[16777216]!")));
    cr_expect_eq(bytes_find_byte(text_bytes(&t), ' '), t.n - 1, "%s", text_c(&t));
    text_release(&t);
    free(big);
}
