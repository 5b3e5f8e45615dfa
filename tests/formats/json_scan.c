#include "formats/json_scan.h"

#include <dirent.h>
#include <jansson.h>

#include "formats/json_lines.h"
#include "tests/sample.h"

/* y_ must be accepted and n_ refused, by the scan and by the fast parser alike. */
Test(json_scan, test_suite_of_parsers)
{
    DIR *d = opendir("corpus/samples/json");
    struct jsonl_parser *p = jsonl_parser_new();
    size_t seen = 0;
    cr_assert(d);
    for (struct dirent *e; (e = readdir(d));) {
        if (e->d_name[1] != '_')
            continue;
        char path[1024];
        snprintf(path, sizeof path, "corpus/samples/json/%s", e->d_name);
        struct bytes text = sample(path);
        struct jsonl_value root;
        bool good = e->d_name[0] == 'y';
        cr_expect_eq(json_check(text).code == FAULT_NONE, good, "scan: %s", e->d_name);
        cr_expect_eq(jsonl_parse(p, text, text.n, &root).code == FAULT_NONE, good,
                     "parse: %s", e->d_name);
        cr_expect_eq(root.document != NULL, good);
        sample_free(text);
        seen++;
    }
    closedir(d);
    jsonl_parser_free(p);
    cr_expect_eq(seen, 281);
}

Test(json_scan, tells_where_it_breaks)
{
    static const struct {
        char text[32];
        enum fault_code code;
        uint64_t offset;
    } cases[] = {
        {"{\"a\":1", FAULT_TRUNCATED, 6},   {"{\"a\" 1}", FAULT_SYNTAX, 5},
        {"[1,2", FAULT_TRUNCATED, 4},       {"[1,]", FAULT_SYNTAX, 3},
        {"{\"a\":1} x", FAULT_TRAILING, 8}, {"\"ab", FAULT_TRUNCATED, 3},
        {"\"a\nb\"", FAULT_SYNTAX, 2},      {"[tru", FAULT_TRUNCATED, 1},
        {"[\"\xff\"]", FAULT_ENCODING, 2},  {"", FAULT_EMPTY, 0},
        {"[1}", FAULT_SYNTAX, 2},           {"{\"a\":}", FAULT_SYNTAX, 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fault f = json_check(bytes_str(cases[i].text));
        cr_expect_eq(f.code, cases[i].code, "%s: %s", cases[i].text, fault_name(f.code));
        cr_expect_eq(f.offset, cases[i].offset, "%s: %zu", cases[i].text,
                     (size_t)f.offset);
    }
}

/* A string is read in steps of eight: what ends or breaks it is seen at each place of
 * them, whatever is around it. */
Test(json_scan, each_place_of_a_string)
{
    static const struct {
        char octet;
        enum fault_code code;
        size_t behind; /* the octet: where the fault is */
    } cases[] = {
        {'"', FAULT_TRAILING, 1}, {'\n', FAULT_SYNTAX, 0},     {'\x1f', FAULT_SYNTAX, 0},
        {'\\', FAULT_SYNTAX, 1},  {'\xff', FAULT_ENCODING, 0}, {'\x7f', FAULT_NONE, 0},
        {' ', FAULT_NONE, 0},     {'#', FAULT_NONE, 0},        {']', FAULT_NONE, 0},
    };
    char text[40];
    for (size_t n = 3; n < sizeof text; n++) {
        memset(text, '!', n);
        text[0] = text[n - 1] = '"';
        cr_expect_eq(json_check(bytes_of(text, n)).code, FAULT_NONE);
        cr_expect_eq(json_check(bytes_of(text, n - 1)).code, FAULT_TRUNCATED);
        for (size_t at = 1; at + 2 < n; at++) {
            for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                text[at] = cases[i].octet;
                struct fault f = json_check(bytes_of(text, n));
                cr_expect_eq(f.code, cases[i].code, "%zu of %zu: %zu", at, n, i);
                if (f.code)
                    cr_expect_eq(f.offset, at + cases[i].behind, "%zu of %zu", at, n);
            }
            text[at] = '!';
        }
    }
}

Test(json_scan, depth_has_a_limit)
{
    char deep[LIMIT_JSON_DEPTH + 2];
    memset(deep, '[', sizeof deep);
    cr_expect_eq(json_check(bytes_of(deep, LIMIT_JSON_DEPTH)).code, FAULT_TRUNCATED);
    struct fault f = json_check(bytes_of(deep, LIMIT_JSON_DEPTH + 1));
    cr_expect_eq(f.code, FAULT_LIMIT);
    cr_expect_eq(f.offset, LIMIT_JSON_DEPTH);
    cr_expect_eq(f.want, LIMIT_JSON_DEPTH);
}

static void expect_repaired(const char *text, const char *want, bool cut)
{
    struct text t = {0};
    cr_expect_eq(json_repair(bytes_str(text), &t), cut, "%s", text);
    cr_expect_str_eq(text_c(&t), want);
    text_release(&t);
}

Test(json_scan, repair_keeps_what_is_sound)
{
    expect_repaired("{\"a\":1,\"b\":[2,{\"c\":\"d", "{\"a\":1,\"b\":[2,{}]}", true);
    expect_repaired("{\"a\":1,\"b\":", "{\"a\":1}", true);
    expect_repaired("{\"a\" : 1,\n \"b\":2}", "{\"a\" : 1,\n \"b\":2}", false);
    expect_repaired("{\"a\":\"x\ty\"}", "{\"a\":\"x\\u0009y\"}", false);
    expect_repaired("[\"\xff\"]", "[\"\xef\xbf\xbd\"]", false);
    expect_repaired("", "", true);
}

/* The length of what stands before it; 0: no such thing. */
Test(json_scan, banners)
{
    static const struct {
        const char *banner, *text;
        bool is;
    } cases[] = {
        {"# a tool, 1.2\n", "{\n  \"a\": 1\n}\n", true},
        {"Warning: [x] is {old}\n\n", "[\n {\n  \"a\": 1\n }\n]\n", true},
        {"a\nb\nc\nd\ne\nf\ng\nh\n", "{\n\"a\": 1}", true},
        {"a\nb\nc\nd\ne\nf\ng\nh\ni\n", "{\n\"a\": 1}", false},
        {"", "{\n  \"a\": 1\n}\n", false},
        {"# a tool\n", "{\"a\": 1}\n{\"a\": 2}\n", false},
        {"{\"a\": 1}\n", "{\n  \"a\": 1\n}\n", false},
        {"10:00:00 stdout {\"a\": 1}\n", "{\n  \"a\": 1\n}\n", false},
        {"so it looks:\n```json\n", "{\n  \"a\": 1\n}\n", false},
        {"a b\n", "[x] y\n", false},
        {"a b\n", "{\nint main\n}\n", false},
        {"only text\n", "", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text t = {0};
        text_str(&t, cases[i].banner);
        text_str(&t, cases[i].text);
        cr_expect_eq(json_banner(text_bytes(&t)),
                     cases[i].is ? strlen(cases[i].banner) : 0, "case %zu", i);
        text_release(&t);
    }
}

/* Whatever is cut off, what is left is JSON. */
Test(json_scan, every_cut_of_a_record_can_be_repaired)
{
    struct bytes log = sample("corpus/packages/inventory/audit.log"), line;
    struct bytes rest = log;
    cr_assert(bytes_split(&rest, '\n', &line));
    for (size_t n = 1; n < line.n; n++) {
        struct text t = {0};
        cr_expect(json_repair(bytes_sub(line, 0, n), &t));
        json_t *j = json_loadb(text_c(&t), t.n, JSON_REJECT_DUPLICATES, NULL);
        cr_expect(j, "cut at %zu: %s", n, text_c(&t));
        json_decref(j);
        text_release(&t);
    }
    sample_free(log);
}
