#include "formats/yaml_split.h"

#include <criterion/criterion.h>

#include "tests/sample.h"

struct seen {
    struct text records; /* each with its offset before and a bar behind */
};

static void on_record(void *context, const struct yaml_split_record *r)
{
    struct seen *s = context;
    text_printf(&s->records, "%llu:", (unsigned long long)r->offset);
    text_add(&s->records, r->text);
    text_byte(&s->records, '|');
}

static void expect_split(const char *stream, const char *records)
{
    struct seen seen = {0};
    struct yaml_split s;
    yaml_split_begin(&s, on_record, &seen);
    yaml_split_feed(&s, bytes_str(stream));
    yaml_split_end(&s);
    cr_expect_str_eq(text_c(&seen.records), records);
    text_release(&seen.records);
}

Test(yaml_split, documents)
{
    expect_split("a: 1\n", "0:a: 1|");
    expect_split("---\na: 1\n---\nb: 2\n", "4:a: 1|13:b: 2|");
    expect_split("--- # first\na: 1\n...\nb: 2", "12:a: 1|21:b: 2|");
    expect_split("---\n# nothing\n---\n", "");
}

Test(yaml_split, a_mark_inside_text_is_text)
{
    expect_split("a: |\n  ---\n  - x\nb: 2\n", "0:a: |\n  ---\n  - x\nb: 2|");
}

Test(yaml_split, elements_of_lists)
{
    expect_split("- a: 1\n  b: 2\n- c: 3\n", "0:- a: 1\n  b: 2|14:- c: 3|");
    expect_split("kind: L\nitems:\n- a: 1\n- b:\n  - x\nmeta: {}\n",
                 "15:- a: 1|22:- b:\n  - x|");
    expect_split("items:\n  - a\n  - b\nkind: L\n---\nc: 1\n",
                 "7:  - a|13:  - b|31:c: 1|");
}

Test(yaml_split, wants_block_style_only)
{
    cr_expect(yaml_split_wants(BYTES("# c\nkind: Event\n")));
    cr_expect(yaml_split_wants(BYTES("---\n")));
    cr_expect(yaml_split_wants(BYTES("- level: x\n")));
    cr_expect_not(yaml_split_wants(BYTES("{\"kind\":1}\n")));
    cr_expect_not(yaml_split_wants(BYTES("2026-11-23T00:00:00Z AUDIT: id=\"1\"\n")));
    cr_expect_not(yaml_split_wants(BYTES("")));
}
