#include "formats/loki.h"

#include <criterion/criterion.h>

static const char *entry(const char *text)
{
    static struct text line;
    text_release(&line);
    line = (struct text){0};
    return loki_entry(bytes_str(text), &line) ? text_c(&line) : "none";
}

Test(loki, an_entry_is_a_line_with_its_time)
{
    cr_expect_str_eq(entry("[\"1772359200000000001\",\"a b\"]"),
                     "2026-03-01T10:00:00.000000001Z a b");
    cr_expect_str_eq(
        entry("[ \"1772359200000000000\" , \"\\u00e9\\ud83d\\ude00\\n\\/\" , {}]"),
        "2026-03-01T10:00:00.000000000Z \xc3\xa9\xf0\x9f\x98\x80\n/");
    cr_expect_str_eq(
        entry("[\"1772359200000000000\",\"2026-03-01T09:00:00Z stdout F x\"]"),
        "2026-03-01T09:00:00Z stdout F x");
}

Test(loki, what_is_no_entry)
{
    cr_expect_str_eq(entry("[1772359200,\"12\"]"), "none");
    cr_expect_str_eq(entry("[\"now\",\"a\"]"), "none");
    cr_expect_str_eq(entry("[\"1772359200000000000\"]"), "none");
    cr_expect_str_eq(entry(""), "none");
    cr_expect_str_eq(entry("[\"1772359200000000000\",\"\\ud83d lone\"]"),
                     "2026-03-01T10:00:00.000000000Z \xef\xbf\xbd lone");
}

Test(loki, answers_are_told_from_other_json)
{
    cr_expect(loki_probe(BYTES("{\"data\":{\"result\":[{\"stream\":{},\"values\":[[")));
    cr_expect(loki_probe(BYTES("{\"streams\":[{\"stream\":{},\"values\":[[")));
    cr_expect_not(loki_probe(BYTES("{\"stream\":\"stdout\",\"result\":1,\"values\":2}")));
    cr_expect_not(loki_probe(BYTES("{\"result\":[{\"metric\":{},\"values\":[[")));
    cr_expect_not(loki_probe(BYTES("")));
}

Test(loki, labels_tell_the_place)
{
    struct text t = {0};
    loki_place(BYTES("{\"stream\":{\"container\":\"app\",\"pod\": \"web-0\"},"), &t);
    cr_expect_str_eq(text_c(&t), "[pod/web-0/app] ");
    text_clear(&t);
    loki_place(BYTES("{\"stream\":{\"job\":\"x\"},"), &t);
    cr_expect_str_eq(text_c(&t), "");
    text_release(&t);
}
