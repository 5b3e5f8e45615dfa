#include "formats/json_split.h"

#include "formats/base/limits.h"
#include "tests/sample.h"

struct seen {
    struct bytes whole;
    size_t n, broken;
    char first[16][24];
};

/* Every record is handed out as the bytes that stand at its place. */
static void on_record(void *context, const struct json_split_record *r)
{
    struct seen *s = context;
    cr_expect(bytes_eq(r->text, bytes_sub(s->whole, r->offset, r->text.n)));
    s->broken += !r->complete;
    if (s->n < 16)
        snprintf(s->first[s->n], 24, "%.*s", (int)r->text.n, (const char *)r->text.p);
    s->n++;
}

static struct seen split(struct bytes text, size_t block)
{
    struct seen seen = {.whole = text};
    struct json_split s;
    json_split_begin(&s, on_record, &seen);
    for (size_t i = 0; i < text.n; i += block)
        json_split_feed(&s, bytes_sub(text, i, block));
    json_split_end(&s);
    return seen;
}

Test(json_split, shapes)
{
    static const struct {
        char text[120];
        size_t n;
        char first[24], second[24];
    } cases[] = {
        {"{\"a\":1} {\"b\":2}", 2, "{\"a\":1}", "{\"b\":2}"},
        {"[{\"a\":[{}]},\n{\"b\":2}]", 2, "{\"a\":[{}]}", "{\"b\":2}"},
        {"{\"kind\":\"EventList\",\"items\":[{\"a\":1},{\"b\":2}],\"x\":{\"y\":[1]}}", 2,
         "{\"a\":1}", "{\"b\":2}"},
        {"{\"events\":[{\"a\":1}],\"z\":1}{\"b\":2}", 2, "{\"a\":1}", "{\"b\":2}"},
        {"[{\"logEvents\":[{\"a\":1}]},{\"logEvents\":[{\"b\":2}]}]", 2, "{\"a\":1}",
         "{\"b\":2}"},
        {"{\"hits\":{\"total\":{\"x\":1},\"hits\":[{\"a\":1},{\"b\":2}]}}", 2,
         "{\"a\":1}", "{\"b\":2}"},
        {"{\"a\":\"items\",\"b\":[{\"c\":\"}]{\\\"\"}]}", 1,
         "{\"a\":\"items\",\"b\":[{\"c\":", ""},
        {"{\"d\":{\"items\":[{\"a\":1}]}}", 1, "{\"d\":{\"items\":[{\"a\":1}]", ""},
        {"", 0, "", ""},
        {"no json", 0, "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t block = 1; block < 40; block += 6) {
            struct seen s = split(bytes_str(cases[i].text), block);
            cr_expect_eq(s.n, cases[i].n, "%s: %zu", cases[i].text, s.n);
            cr_expect_eq(s.broken, 0);
            cr_expect_eq(strncmp(s.first[0], cases[i].first, 23), 0, "%s", s.first[0]);
            cr_expect_eq(strncmp(s.first[1], cases[i].second, 23), 0, "%s", s.first[1]);
        }
    }
}

Test(json_split, after_a_broken_record_the_next_one_is_found)
{
    struct seen s = split(BYTES("{\n  \"a\": \"cut\n{\n  \"b\": 1\n}\n{\n \"c\": {\n"
                                "{\n  \"d\": 1\n}\n"),
                          5);
    cr_expect_eq(s.n, 4);
    cr_expect_eq(s.broken, 2);
}

Test(json_split, what_the_end_cuts_is_told)
{
    struct seen s = split(BYTES("{\"items\":[{\"a\":1},{\"b\":"), 3);
    cr_expect_eq(s.n, 2);
    cr_expect_eq(s.broken, 1);
}

Test(json_split, wants_documents_not_lines)
{
    static const struct {
        char text[40];
        bool wants;
    } cases[] = {
        {"{\"a\":1}\n{\"b\":2}\n", false},
        {"{\n \"a\": 1\n}\n", true},
        {"[\n{}\n]", true},
        {"[{\"a\":1}]\n", true},
        {"{\"a\":\"cut off\n{\"b\":1}\n", false},
        {"text\n", false},
        {"", false},
        {"  {\"a\": 1,\n \"b\":2}", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(json_split_wants(bytes_str(cases[i].text)), cases[i].wants, "%s",
                     cases[i].text);
}
