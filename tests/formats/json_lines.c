#include "formats/json_lines.h"

#include "formats/base/limits.h"
#include "tests/sample.h"

static struct jsonl_value parse(struct jsonl_parser *p, const char *text)
{
    struct jsonl_value root;
    struct fault f = jsonl_parse(p, bytes_str(text), strlen(text), &root);
    cr_assert_eq(f.code, FAULT_NONE, "%s: %s", text, fault_name(f.code));
    return root;
}

Test(json_lines, kinds_and_values)
{
    struct jsonl_parser *p = jsonl_parser_new();
    struct jsonl_value v = parse(
        p, "{\"s\":\"a\\u00e9\\u0000b\",\"i\":-7,\"u\":18446744073709551615,\"r\":1.5,"
           "\"t\":true,\"f\":false,\"n\":null,\"a\":[1,\"x\",[]],\"o\":{\"k\":{}}}");
    int64_t i = 0;
    double r = 0;
    char room[JSONL_SCALAR];
    cr_expect_eq(jsonl_kind(v), JSONL_OBJECT);
    cr_expect_eq(jsonl_count(v), 9);
    cr_expect(bytes_eq(jsonl_string(jsonl_get(v, "s")), BYTES("a\xc3\xa9\0b")));
    cr_expect(jsonl_integer(jsonl_get(v, "i"), &i) && i == -7);
    cr_expect_not(jsonl_integer(jsonl_get(v, "u"), &i));
    cr_expect(jsonl_number(jsonl_get(v, "u"), &r) && r > 1.8e19);
    cr_expect(jsonl_number(jsonl_get(v, "r"), &r) && r == 1.5);
    cr_expect_not(jsonl_integer(jsonl_get(v, "r"), &i));
    cr_expect(jsonl_true(jsonl_get(v, "t")));
    cr_expect_not(jsonl_true(jsonl_get(v, "f")));
    cr_expect_eq(jsonl_kind(jsonl_get(v, "n")), JSONL_NULL);
    expect_bytes(jsonl_string(jsonl_at(jsonl_get(v, "a"), 1)), "x");
    cr_expect_eq(jsonl_kind(jsonl_at(jsonl_get(v, "a"), 3)), JSONL_ABSENT);
    expect_bytes(jsonl_scalar(jsonl_get(v, "u"), room), "18446744073709551615");
    expect_bytes(jsonl_scalar(jsonl_get(v, "r"), room), "1.5");
    expect_bytes(jsonl_scalar(jsonl_get(v, "f"), room), "false");
    expect_bytes(jsonl_scalar(jsonl_get(v, "o"), room), "");
    jsonl_parser_free(p);
}

Test(json_lines, absent_values_give_nothing)
{
    struct jsonl_value gone = jsonl_get(jsonl_at(JSONL_NOTHING, 3), "x");
    struct jsonl_walk w = jsonl_members(gone);
    struct bytes key;
    struct jsonl_value v;
    int64_t i;
    cr_expect_eq(jsonl_kind(gone), JSONL_ABSENT);
    cr_expect_not(jsonl_integer(gone, &i));
    cr_expect_not(jsonl_next(&w, &key, &v));
    cr_expect_eq(jsonl_string(gone).n, 0);
}

Test(json_lines, walks_in_the_order_of_the_text)
{
    struct jsonl_parser *p = jsonl_parser_new();
    struct jsonl_value v = parse(p, "{\"b\":[1,2],\"a\":{\"x\":1},\"b\":3}");
    struct jsonl_walk w = jsonl_members(v);
    struct bytes key;
    struct jsonl_value member;
    char order[8] = "";
    while (jsonl_next(&w, &key, &member))
        strncat(order, (const char *)key.p, key.n);
    cr_expect_str_eq(order, "bab");
    cr_expect_eq(jsonl_kind(jsonl_get(v, "b")), JSONL_ARRAY, "the first one");
    jsonl_parser_free(p);
}

/* With room behind the text nothing is copied; what stands there has no meaning. */
Test(json_lines, padding_is_not_read_as_text)
{
    char buffer[256];
    struct jsonl_parser *p = jsonl_parser_new();
    struct jsonl_value root;
    memset(buffer, '"', sizeof buffer);
    memcpy(buffer, "{\"a\":12", 7);
    cr_expect_eq(jsonl_parse(p, bytes_of(buffer, 7), sizeof buffer, &root).code,
                 FAULT_TRUNCATED);
    memcpy(buffer, "{\"a\":12}", 8);
    cr_expect_eq(jsonl_parse(p, bytes_of(buffer, 8), sizeof buffer, &root).code,
                 FAULT_NONE);
    int64_t i;
    cr_expect(jsonl_integer(jsonl_get(root, "a"), &i) && i == 12);
    jsonl_parser_free(p);
}

Test(json_lines, limits)
{
    struct jsonl_parser *p = jsonl_parser_new();
    struct jsonl_value root;
    size_t n = LIMIT_LINE + 1;
    char *text = malloc(n);
    memset(text, ' ', n);
    text[0] = '1';
    cr_expect_eq(jsonl_parse(p, bytes_of(text, n), n, &root).code, FAULT_LIMIT);
    cr_expect_eq(jsonl_parse(p, bytes_of(text, n - 1), n, &root).code, FAULT_NONE);
    memset(text, '[', 1000);
    memset(text + 1000, ']', 1000);
    cr_expect_eq(jsonl_parse(p, bytes_of(text, 2000), n, &root).code, FAULT_LIMIT);
    free(text);
    jsonl_parser_free(p);
}
