/* What a condition says of a record: modifiers, conditions, arrays, what is not shown.
 * Each row is a selection in YAML, a record in JSON, and what Sigma 2.1 says of them. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>

#include "analyze/rules/rules.h"

struct row {
    char detection[300]; /* lines below `detection:`, with the condition */
    char record[300];
    int wanted; /* enum outcome; -1: the rule must be refused */
};

#define SELECTION(text) "  s:\n    " text "\n  condition: s\n"
#define REFUSED         (-1)

static void note(void *context, const struct match *m)
{
    *(int *)context = (int)m->outcome;
}

/* Tetragon's records have free names below process_exec. */
static int outcome_of(const struct row *row)
{
    char yaml[1024];
    int said = OUTCOME_MISS;
    snprintf(yaml, sizeof yaml,
             "title: t\nlogsource:\n  product: tetragon\ndetection:\n%s", row->detection);
    struct rules *r = rules_new();
    rules_add(r, "t.yml", bytes_str(yaml));
    rules_compile(r);
    size_t n, problems;
    rules_all(r, &n);
    rules_problems(r, &problems);
    if (n == 0) {
        rules_free(r);
        return problems ? REFUSED : 99;
    }
    json_t *json = json_loads(row->record, 0, NULL);
    cr_assert(json, "the row's own record is no JSON");
    struct record record = record_of_json(LOG_SOURCE_TETRAGON, json);
    rules_match(r, &record, note, &said);
    json_decref(json);
    rules_free(r);
    return said;
}

#define F "process_exec.f"
static struct row rows[] = {
    /* plain values */
    {SELECTION(F ": Abc"), "{\"process_exec\":{\"f\":\"aBC\"}}", OUTCOME_HIT},
    {SELECTION(F ": abc"), "{\"process_exec\":{\"f\":\"abcd\"}}", OUTCOME_MISS},
    {SELECTION(F ": 5"), "{\"process_exec\":{\"f\":5}}", OUTCOME_HIT},
    {SELECTION(F ": 5"), "{\"process_exec\":{\"f\":\"5\"}}", OUTCOME_HIT},
    {SELECTION(F ": true"), "{\"process_exec\":{\"f\":true}}", OUTCOME_HIT},
    {SELECTION(F ": [a, b]"), "{\"process_exec\":{\"f\":\"b\"}}", OUTCOME_HIT},
    {SELECTION(F ": null"), "{\"process_exec\":{}}", OUTCOME_HIT},
    {SELECTION(F ": null"), "{\"process_exec\":{\"f\":null}}", OUTCOME_HIT},
    {SELECTION(F ": null"), "{\"process_exec\":{\"f\":\"\"}}", OUTCOME_MISS},
    {SELECTION(F ": ''"), "{\"process_exec\":{\"f\":\"\"}}", OUTCOME_HIT},
    {SELECTION(F ": ''"), "{\"process_exec\":{}}", OUTCOME_MISS},
    /* wildcards and escapes */
    {SELECTION(F ": 'a*c'"), "{\"process_exec\":{\"f\":\"axxc\"}}", OUTCOME_HIT},
    {SELECTION(F ": 'a?c'"), "{\"process_exec\":{\"f\":\"ac\"}}", OUTCOME_MISS},
    {SELECTION(F ": 'a?c'"), "{\"process_exec\":{\"f\":\"a\\u00e4c\"}}", OUTCOME_HIT},
    {SELECTION(F ": 'a\\*c'"), "{\"process_exec\":{\"f\":\"axc\"}}", OUTCOME_MISS},
    {SELECTION(F ": 'a\\*c'"), "{\"process_exec\":{\"f\":\"a*c\"}}", OUTCOME_HIT},
    {SELECTION(F ": 'a\\\\*'"), "{\"process_exec\":{\"f\":\"a\\\\xyz\"}}", OUTCOME_HIT},
    {SELECTION(F ": 'a\\b'"), "{\"process_exec\":{\"f\":\"a\\\\b\"}}", OUTCOME_HIT},
    {SELECTION(F ": 'a\\\\b'"), "{\"process_exec\":{\"f\":\"a\\\\b\"}}", OUTCOME_HIT},
    {SELECTION(F ": '*'"), "{\"process_exec\":{\"f\":{\"g\":1}}}", OUTCOME_HIT},
    {SELECTION(F ": '*a*b*'"), "{\"process_exec\":{\"f\":\"xxaxxbxx\"}}", OUTCOME_HIT},
    {SELECTION(F ": '*a*b*'"), "{\"process_exec\":{\"f\":\"xxbxxaxx\"}}", OUTCOME_MISS},
    /* places */
    {SELECTION(F "|contains: bc"), "{\"process_exec\":{\"f\":\"aBCd\"}}", OUTCOME_HIT},
    {SELECTION(F "|startswith: ab"), "{\"process_exec\":{\"f\":\"abc\"}}", OUTCOME_HIT},
    {SELECTION(F "|startswith: bc"), "{\"process_exec\":{\"f\":\"abc\"}}", OUTCOME_MISS},
    {SELECTION(F "|endswith: bc"), "{\"process_exec\":{\"f\":\"abc\"}}", OUTCOME_HIT},
    {SELECTION(F "|endswith: ab"), "{\"process_exec\":{\"f\":\"abc\"}}", OUTCOME_MISS},
    {SELECTION(F "|contains|all: [a, c]"), "{\"process_exec\":{\"f\":\"abc\"}}",
     OUTCOME_HIT},
    {SELECTION(F "|contains|all: [a, d]"), "{\"process_exec\":{\"f\":\"abc\"}}",
     OUTCOME_MISS},
    {SELECTION(F "|cased: Abc"), "{\"process_exec\":{\"f\":\"abc\"}}", OUTCOME_MISS},
    {SELECTION(F "|contains|cased: BC"), "{\"process_exec\":{\"f\":\"aBC\"}}",
     OUTCOME_HIT},
    /* there or not, unlike */
    {SELECTION(F "|exists: true"), "{\"process_exec\":{\"f\":null}}", OUTCOME_HIT},
    {SELECTION(F "|exists: true"), "{\"process_exec\":{}}", OUTCOME_MISS},
    {SELECTION(F "|exists: false"), "{\"process_exec\":{}}", OUTCOME_HIT},
    {SELECTION(F "|neq: a"), "{\"process_exec\":{\"f\":\"b\"}}", OUTCOME_HIT},
    {SELECTION(F "|neq: a"), "{\"process_exec\":{\"f\":\"A\"}}", OUTCOME_MISS},
    {SELECTION(F "|neq: a"), "{\"process_exec\":{}}", OUTCOME_HIT},
    /* expressions */
    {SELECTION(F "|re: '^a.c$'"), "{\"process_exec\":{\"f\":\"abc\"}}", OUTCOME_HIT},
    {SELECTION(F "|re: '^a.c$'"), "{\"process_exec\":{\"f\":\"ABC\"}}", OUTCOME_MISS},
    {SELECTION(F "|re|i: '^a.c$'"), "{\"process_exec\":{\"f\":\"ABC\"}}", OUTCOME_HIT},
    {SELECTION(F "|re: '^b$'"), "{\"process_exec\":{\"f\":\"a\\nb\"}}", OUTCOME_MISS},
    {SELECTION(F "|re|m: '^b$'"), "{\"process_exec\":{\"f\":\"a\\nb\"}}", OUTCOME_HIT},
    {SELECTION(F "|re: 'a.b'"), "{\"process_exec\":{\"f\":\"a\\nb\"}}", OUTCOME_MISS},
    {SELECTION(F "|re|s: 'a.b'"), "{\"process_exec\":{\"f\":\"a\\nb\"}}", OUTCOME_HIT},
    {SELECTION(F "|re: '^(a+)+$'"),
     "{\"process_exec\":{\"f\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"}}",
     OUTCOME_NOT_DECIDABLE},
    /* encodings: printf x | base64, iconv -t utf-16le | base64 */
    {SELECTION(F "|base64: foobar"), "{\"process_exec\":{\"f\":\"Zm9vYmFy\"}}",
     OUTCOME_HIT},
    {SELECTION(F "|base64: foobar"), "{\"process_exec\":{\"f\":\"zm9vymfy\"}}",
     OUTCOME_MISS},
    {SELECTION(F "|base64offset|contains: foobar"),
     "{\"process_exec\":{\"f\":\"eHhmb29iYXJ4eA==\"}}", OUTCOME_HIT},
    {SELECTION(F "|base64offset|contains: foobar"),
     "{\"process_exec\":{\"f\":\"eGZvb2Jhcng=\"}}", OUTCOME_HIT},
    {SELECTION(F "|base64offset|contains: foobar"),
     "{\"process_exec\":{\"f\":\"Zm9vYmF6\"}}", OUTCOME_MISS},
    {SELECTION(F "|wide|base64: ab"), "{\"process_exec\":{\"f\":\"YQBiAA==\"}}",
     OUTCOME_HIT},
    {SELECTION(F "|utf16be|base64: ab"), "{\"process_exec\":{\"f\":\"AGEAYg==\"}}",
     OUTCOME_HIT},
    {SELECTION(F "|utf16|base64: ab"), "{\"process_exec\":{\"f\":\"//5hAGIA\"}}",
     OUTCOME_HIT},
    {SELECTION(F "|windash|contains: ' -f '"), "{\"process_exec\":{\"f\":\"x /f y\"}}",
     OUTCOME_HIT},
    {SELECTION(F "|windash|contains: ' -f '"),
     "{\"process_exec\":{\"f\":\"x \\u2013f y\"}}", OUTCOME_HIT},
    /* numbers, dates, addresses */
    {SELECTION(F "|gt: 5"), "{\"process_exec\":{\"f\":5}}", OUTCOME_MISS},
    {SELECTION(F "|gte: 5"), "{\"process_exec\":{\"f\":5}}", OUTCOME_HIT},
    {SELECTION(F "|lt: 5"), "{\"process_exec\":{\"f\":4.5}}", OUTCOME_HIT},
    {SELECTION(F "|lte: 5"), "{\"process_exec\":{\"f\":\"5\"}}", OUTCOME_HIT},
    {SELECTION(F "|hour: 23"), "{\"process_exec\":{\"f\":\"2026-11-23T23:05:00Z\"}}",
     OUTCOME_HIT},
    {SELECTION(F "|hour|gte: 22"), "{\"process_exec\":{\"f\":\"2026-11-23T21:05:00Z\"}}",
     OUTCOME_MISS},
    {SELECTION(F "|minute: 5"), "{\"process_exec\":{\"f\":\"2026-11-23T23:05:00Z\"}}",
     OUTCOME_HIT},
    {SELECTION(F "|day: 23"), "{\"process_exec\":{\"f\":\"2026-11-23T23:05:00Z\"}}",
     OUTCOME_HIT},
    {SELECTION(F "|week: 48"), "{\"process_exec\":{\"f\":\"2026-11-23T23:05:00Z\"}}",
     OUTCOME_HIT},
    {SELECTION(F "|month: 11"), "{\"process_exec\":{\"f\":\"2026-11-23T23:05:00Z\"}}",
     OUTCOME_HIT},
    {SELECTION(F "|year: 2025"), "{\"process_exec\":{\"f\":\"2026-11-23T23:05:00Z\"}}",
     OUTCOME_MISS},
    {SELECTION(F "|cidr: 10.0.0.0/8"), "{\"process_exec\":{\"f\":\"10.255.0.1\"}}",
     OUTCOME_HIT},
    {SELECTION(F "|cidr: 10.0.0.0/8"), "{\"process_exec\":{\"f\":\"11.0.0.1\"}}",
     OUTCOME_MISS},
    {SELECTION(F "|cidr: 2001:db8::/33"),
     "{\"process_exec\":{\"f\":\"2001:db8:7fff::1\"}}", OUTCOME_HIT},
    {SELECTION(F "|cidr: 2001:db8::/33"),
     "{\"process_exec\":{\"f\":\"2001:db8:8000::1\"}}", OUTCOME_MISS},
    /* another field */
    {SELECTION(F "|fieldref: process_exec.g"),
     "{\"process_exec\":{\"f\":\"a\",\"g\":\"A\"}}", OUTCOME_HIT},
    {SELECTION(F "|fieldref|startswith: process_exec.g"),
     "{\"process_exec\":{\"f\":\"ab\",\"g\":\"a\"}}", OUTCOME_HIT},
    {SELECTION(F "|fieldref|neq: process_exec.g"),
     "{\"process_exec\":{\"f\":\"a\",\"g\":\"b\"}}", OUTCOME_HIT},
    {SELECTION(F "|fieldref: process_exec.g"),
     "{\"process_exec\":{\"f\":\"a*\",\"g\":\"*\"}}", OUTCOME_MISS},
    /* arrays: any element, or one and the same */
    {SELECTION(F ".g: 2"), "{\"process_exec\":{\"f\":[{\"g\":1},{\"g\":2}]}}",
     OUTCOME_HIT},
    {"  s:\n    " F ".g: 1\n    " F ".h: 2\n  condition: s\n",
     "{\"process_exec\":{\"f\":[{\"g\":1,\"h\":1},{\"g\":2,\"h\":2}]}}", OUTCOME_HIT},
    {"  s:\n    " F "[]:\n      g: 1\n      h: 2\n  condition: s\n",
     "{\"process_exec\":{\"f\":[{\"g\":1,\"h\":1},{\"g\":2,\"h\":2}]}}", OUTCOME_MISS},
    {"  s:\n    " F "[]:\n      g: 2\n      h: 2\n  condition: s\n",
     "{\"process_exec\":{\"f\":[{\"g\":1,\"h\":1},{\"g\":2,\"h\":2}]}}", OUTCOME_HIT},
    {SELECTION(F ".a.b/c: 1"), "{\"process_exec\":{\"f\":{\"a.b/c\":1}}}", OUTCOME_HIT},
    {SELECTION(F ".a.b: 1"), "{\"process_exec.f\":{\"a\":{\"b\":1}}}", OUTCOME_HIT},
    /* keywords */
    {"  k:\n    - needle\n  condition: k\n",
     "{\"process_exec\":{\"f\":{\"g\":\"xNEEDLEx\"}}}", OUTCOME_HIT},
    {"  k:\n    '|all':\n      - a1\n      - b1\n  condition: k\n",
     "{\"process_exec\":{\"f\":\"a1\",\"g\":\"c1\"}}", OUTCOME_MISS},
    {"  k:\n    '|all':\n      - a1\n      - b1\n  condition: k\n",
     "{\"process_exec\":{\"f\":\"a1\",\"g\":\"b1\"}}", OUTCOME_HIT},
    /* conditions */
    {"  a:\n    " F ": 1\n  b:\n    " F ": 2\n  condition: a or b and not a\n",
     "{\"process_exec\":{\"f\":1}}", OUTCOME_HIT},
    {"  a:\n    " F ": 1\n  b:\n    " F ": 2\n  condition: (a or b) and not a\n",
     "{\"process_exec\":{\"f\":1}}", OUTCOME_MISS},
    {"  sel_a:\n    " F ": 1\n  sel_b:\n    " F ": 2\n  condition: 1 of sel_*\n",
     "{\"process_exec\":{\"f\":2}}", OUTCOME_HIT},
    {"  sel_a:\n    " F ": 1\n  sel_b:\n    " F ": 2\n  condition: all of sel_*\n",
     "{\"process_exec\":{\"f\":2}}", OUTCOME_MISS},
    {"  _a:\n    " F ": 1\n  b:\n    " F ": 2\n  condition: 1 of them\n",
     "{\"process_exec\":{\"f\":1}}", OUTCOME_MISS},
    {"  a:\n    - " F ": 1\n    - process_exec.g: 2\n  condition: all of them\n",
     "{\"process_exec\":{\"g\":2}}", OUTCOME_HIT},
    {"  a:\n    " F ": 1\n  b:\n    " F ": 2\n  condition:\n    - a\n    - b\n",
     "{\"process_exec\":{\"f\":2}}", OUTCOME_HIT},
    /* what must be refused */
    {SELECTION("proces_exec.f: 1"), "{}", REFUSED},
    {SELECTION(F "|contain: 1"), "{}", REFUSED},
    {SELECTION(F "|re: '('"), "{}", REFUSED},
    {SELECTION(F "|cidr: 10.0.0.0/33"), "{}", REFUSED},
    {SELECTION(F "|gt: many"), "{}", REFUSED},
    {SELECTION(F "|re|contains: a"), "{}", REFUSED},
    {SELECTION(F "|exists: maybe"), "{}", REFUSED},
    {SELECTION(F "|expand: '%nobody%'"), "{}", REFUSED},
    {SELECTION(F ": [a, null]"), "{}", REFUSED},
    {SELECTION(F ": {g: 1}"), "{}", REFUSED},
    {"  s:\n    " F ": 1\n  condition: t\n", "{}", REFUSED},
    {"  s:\n    " F ": 1\n  condition: (s\n", "{}", REFUSED},
    {"  s:\n    " F ": 1\n  condition: s | count() > 5\n", "{}", REFUSED},
    {"  s:\n    " F ": 1\n  timeframe: 5m\n  condition: s\n", "{}", REFUSED},
    {"  s:\n    " F ": 1\n", "{}", REFUSED},
};

ParameterizedTestParameters(matching, row)
{
    return cr_make_param_array(struct row, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct row *row, matching, row)
{
    int said = outcome_of(row);
    cr_assert_eq(said, row->wanted, "%s on %s: %d, wanted %d", row->detection,
                 row->record, said, row->wanted);
}

/* -- loading ------------------------------------------------------------------------ */

static struct rules *rules_of(const char *yaml)
{
    struct rules *r = rules_new();
    rules_add(r, "file.yml", bytes_str(yaml));
    rules_compile(r);
    return r;
}

Test(loading, a_problem_tells_file_and_line)
{
    struct rules *r = rules_of("title: t\n"
                               "logsource:\n"
                               "  product: kubernetes\n"
                               "  service: audit\n"
                               "detection:\n"
                               "  s:\n"
                               "    verb: get\n"
                               "    objectRef.resources: pods\n"
                               "  condition: s\n");
    size_t n;
    const struct rule_problem *p = rules_problems(r, &n);
    cr_assert_eq(n, 1);
    cr_assert_eq(p->level, RULE_ERROR);
    cr_assert_str_eq(p->file, "file.yml");
    cr_assert_eq(p->line, 8);
    cr_assert(strstr(p->text, "objectRef.resource\""), "%s", p->text);
    rules_free(r);
}

Test(loading, rules_of_other_products_are_skipped_and_said)
{
    struct rules *r = rules_of("title: t\nlogsource:\n  product: windows\ndetection:\n"
                               "  s:\n    EventID: 1\n  condition: s\n");
    size_t n, all;
    const struct rule_problem *p = rules_problems(r, &n);
    rules_all(r, &all);
    cr_assert_eq(n, 1);
    cr_assert_eq(all, 0);
    cr_assert_eq(p->level, RULE_SKIPPED);
    rules_free(r);
}

Test(loading, placeholders_come_from_a_document_of_their_own)
{
    struct rules *r = rules_of("placeholders:\n  names: [alice, bob]\n---\n"
                               "title: t\nlogsource:\n  product: tetragon\ndetection:\n"
                               "  s:\n    node_name|expand: 'x-%names%'\n"
                               "  condition: s\n");
    json_t *json = json_pack("{s:s}", "node_name", "x-bob");
    struct record record = record_of_json(LOG_SOURCE_TETRAGON, json);
    int said = OUTCOME_MISS;
    rules_match(r, &record, note, &said);
    cr_assert_eq(said, OUTCOME_HIT);
    json_decref(json);
    rules_free(r);
}

Test(loading, a_filter_takes_matches_away_from_the_rules_it_names)
{
    struct rules *r = rules_of("title: t\nname: rule_t\nlogsource:\n  product: tetragon\n"
                               "detection:\n  s:\n    time: '*'\n  condition: s\n---\n"
                               "title: f\nlogsource:\n  product: tetragon\nfilter:\n"
                               "  rules:\n    - rule_t\n  lab:\n    node_name: lab\n"
                               "  condition: lab\n");
    const char *const nodes[] = {"lab", "worker"};
    const int wanted[] = {OUTCOME_MISS, OUTCOME_HIT};
    for (size_t i = 0; i < 2; i++) {
        json_t *json = json_pack("{s:s, s:s}", "node_name", nodes[i], "time", "1");
        struct record record = record_of_json(LOG_SOURCE_TETRAGON, json);
        int said = OUTCOME_MISS;
        rules_match(r, &record, note, &said);
        cr_assert_eq(said, wanted[i]);
        json_decref(json);
    }
    rules_free(r);
}

Test(loading, two_rules_with_one_name_are_an_error)
{
    const char *one = "title: t\nname: same\nlogsource:\n  product: tetragon\n"
                      "detection:\n  s:\n    time: 1\n  condition: s\n";
    char yaml[512];
    snprintf(yaml, sizeof yaml, "%s---\n%s", one, one);
    struct rules *r = rules_of(yaml);
    size_t n, all;
    rules_problems(r, &n);
    rules_all(r, &all);
    cr_assert_eq(n, 1);
    cr_assert_eq(all, 1);
    rules_free(r);
}

static void count_hit(void *context, const struct match *m)
{
    *(int *)context += m->outcome == OUTCOME_HIT;
}

/* Which of three nodes the rules of a collection find, and how often. */
static void found_by(const char *yaml, size_t problems, const int wanted[3])
{
    static const char *const nodes[] = {"a", "b", "c"};
    struct rules *r = rules_of(yaml);
    size_t n;
    const struct rule_problem *p = rules_problems(r, &n);
    cr_expect_eq(n, problems, "%s", n ? p[0].text : "");
    for (size_t i = 0; i < 3; i++) {
        json_t *json = json_pack("{s:s,s:s}", "node_name", nodes[i], "time", "now");
        struct record record = record_of_json(LOG_SOURCE_TETRAGON, json);
        int hits = 0;
        rules_match(r, &record, count_hit, &hits);
        cr_expect_eq(hits, wanted[i], "%s: %d", nodes[i], hits);
        json_decref(json);
    }
    rules_free(r);
}

#define GLOBAL                                                                           \
    "action: global\ntitle: t\nid: 1\nlogsource:\n  product: tetragon\n"                 \
    "detection:\n  condition: s and other\n---\n"
#define OTHER              "action: global\ndetection:\n  other:\n    time: now\n---\n"
#define RULE(action, node) action "detection:\n  s:\n    node_name: " node "\n"

Test(loading, what_is_global_is_in_all_rules_that_follow)
{
    found_by(GLOBAL OTHER RULE("", "a") "---\n" RULE("", "b"), 0, (int[]){1, 1, 0});
}

Test(loading, a_rule_is_repeated_with_something_else_in_it)
{
    found_by(GLOBAL OTHER RULE("", "a") "---\n" RULE("action: repeat\n",
                                                     "b") "---\n"
                                                          "action: repeat\n"
                                                          "detection:\n"
                                                          "  other:\n"
                                                          "    time: then\n",
             0, (int[]){1, 1, 0});
}

Test(loading, a_reset_ends_what_was_global)
{
    found_by(GLOBAL OTHER RULE("", "a") "---\naction: reset\n---\n"
                                        "title: u\nlogsource:\n  product: tetragon\n"
                                        "detection:\n  s:\n    node_name: c\n"
                                        "  condition: s\n---\n" RULE("", "b"),
             1, (int[]){1, 0, 1}); /* the last one has no title any more */
}

Test(loading, actions_that_are_none)
{
    found_by("action: repeat\ntitle: t\n", 1, (int[]){0, 0, 0});
    found_by("action: merge\ntitle: t\n", 1, (int[]){0, 0, 0});
    found_by("action: [global]\ntitle: t\n", 1, (int[]){0, 0, 0});
}

Test(loading, the_builtin_rules_have_no_problem)
{
    struct rules *r = NULL;
    const char *why = "";
    size_t n, all;
    cr_assert_eq(rules_load(NULL, true, &r, &why), 0, "%s", why);
    rules_problems(r, &n);
    rules_all(r, &all);
    cr_assert_eq(n, 0);
    cr_assert_geq(all, 90);
    rules_free(r);
}
