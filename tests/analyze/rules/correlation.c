/* Windows, groups and order. Events are one letter (which rule), a second, a group and a
 * value; what must be found is counted by hand. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>

#include "analyze/rules/rules.h"

struct row {
    char correlation[400];
    /* "a 0 g v" : rule a at second 0, group g, value v; ';' between events */
    char events[200];
    int wanted;
};

static const char base[] =
    "title: A\nname: a\nlogsource: {product: tetragon}\n"
    "detection:\n  s:\n    process_exec.kind: a\n  condition: s\n---\n"
    "title: B\nname: b\nlogsource: {product: tetragon}\n"
    "detection:\n  s:\n    process_exec.kind: b\n  condition: s\n---\n"
    "title: C\nname: c\nlogsource: {product: tetragon}\n"
    "detection:\n  s:\n    process_exec.kind: c\n  condition: s\n---\n"
    "title: E\nname: e\nlogsource: {product: tetragon}\n"
    "detection:\n  s:\n    process_exec.kind: [a, b, c]\n  condition: s\n---\n"
    "title: X\nname: x\ncorrelation:\n";

static void apply(struct rules_run *run, const char *kind, double second,
                  const char *group, const char *value, struct span span)
{
    json_t *exec = json_pack("{s:s}", "kind", kind);
    json_t *json = json_pack("{s:o}", "process_exec", exec);
    if (strcmp(group, "-") != 0)
        json_object_set_new(exec, "group", json_string(group));
    json_object_set_new(exec, "value", json_string(value));
    struct record record = record_of_json(LOG_SOURCE_TETRAGON, json);
    struct event e = {.time = (instant)(second * (double)NANOSECONDS), .span = span};
    rules_apply(run, &record, &e);
    json_decref(json);
}

static int count(const struct findings *all, const char *id)
{
    int n = 0;
    for (size_t i = 0; i < all->n; i++)
        n += strcmp(all->v[i]->kind->id, id) == 0;
    return n;
}

static int found(const struct row *row, const char *id)
{
    char yaml[2048], kind[8], group[8], value[8];
    struct item item = {0};
    struct mask mask = {.reveal = true};
    struct findings all = {0};
    double second;
    snprintf(yaml, sizeof yaml, "%s%s", base, row->correlation);
    struct rules *r = rules_new();
    rules_add(r, "t.yml", bytes_str(yaml));
    rules_compile(r);
    size_t problems;
    const struct rule_problem *p = rules_problems(r, &problems);
    cr_assert_eq(problems, 0, "%s", problems ? p->text : "");
    struct rules_run *run = rules_run_new(r, &mask);
    struct bytes rest = bytes_str(row->events), part;
    for (uint64_t at = 0; bytes_split(&rest, ';', &part); at += 10) {
        char text[64];
        snprintf(text, sizeof text, "%.*s", (int)part.n, (const char *)part.p);
        cr_assert_eq(sscanf(text, "%7s %lf %7s %7s", kind, &second, group, value), 4);
        apply(run, kind, second, group, value, (struct span){&item, at, 10});
    }
    rules_finish(run, &all);
    int n = count(&all, id);
    findings_release(&all);
    rules_run_free(run);
    rules_free(r);
    return n;
}

#define GROUP "  group-by: [process_exec.group]\n  timespan: 10s\n"
#define COUNT(condition)                                                                 \
    "  type: event_count\n  rules: [a]\n" GROUP "  condition: {" condition "}\n"
#define VALUES(condition)                                                                \
    "  type: value_count\n  rules: [a]\n" GROUP                                          \
    "  condition: {field: process_exec.value, " condition "}\n"
#define SHARE(condition)                                                                 \
    "  type: value_percentile\n  rules: [a]\n" GROUP                                     \
    "  condition: {field: process_exec.value, " condition "}\n"
#define BOTH(type)  "  type: " type "\n  rules: [a, b]\n" GROUP
#define THREE(type) "  type: " type "\n  rules: [a, b, c]\n" GROUP
#define ANY_THEN_B  "  type: temporal_ordered\n  rules: [e, b]\n" GROUP

static struct row rows[] = {
    /* the window includes both ends, and nothing beyond */
    {COUNT("gte: 3"), "a 0 g v;a 5 g v;a 10 g v", 1},
    {COUNT("gte: 3"), "a 0 g v;a 5 g v;a 10.000001 g v", 0},
    /* windows slide: no round boundaries */
    {COUNT("gte: 3"), "a 8 g v;a 11 g v;a 13 g v", 1},
    {COUNT("gt: 2"), "a 0 g v;a 1 g v;a 2 g v", 1},
    {COUNT("gt: 2"), "a 0 g v;a 1 g v", 0},
    /* one burst is one finding; a second burst later is another */
    {COUNT("gte: 2"), "a 0 g v;a 1 g v;a 2 g v;a 3 g v", 1},
    {COUNT("gte: 2"), "a 0 g v;a 1 g v;a 100 g v;a 101 g v", 2},
    /* groups are apart; what has no group belongs to none */
    {COUNT("gte: 2"), "a 0 g v;a 1 h v", 0},
    {COUNT("gte: 2"), "a 0 g v;a 1 h v;a 2 g v;a 3 h v", 2},
    {COUNT("gte: 2"), "a 0 - v;a 1 - v", 0},
    /* the order of reading does not matter, that of time does */
    {COUNT("gte: 3"), "a 10 g v;a 0 g v;a 5 g v", 1},
    {COUNT("eq: 2"), "a 0 g v;a 1 g v;a 2 g v", 0},
    {COUNT("eq: 3"), "a 0 g v;a 1 g v;a 2 g v", 1},
    {COUNT("lt: 3"), "a 0 g v;a 1 g v", 1},
    {COUNT("lt: 3"), "a 0 g v;a 1 g v;a 2 g v", 0},
    {COUNT("neq: 3"), "a 0 g v;a 1 g v;a 2 g v", 0},
    {COUNT("gt: 1, lte: 3"), "a 0 g v;a 1 g v;a 2 g v", 1},
    {COUNT("gt: 1, lte: 3"), "a 0 g v;a 1 g v;a 2 g v;a 3 g v", 0},
    /* other rules' events do not count */
    {COUNT("gte: 2"), "a 0 g v;b 1 g v", 0},
    /* values: distinct ones within the window */
    {VALUES("gte: 2"), "a 0 g v;a 1 g v;a 2 g v", 0},
    {VALUES("gte: 2"), "a 0 g v;a 1 g w", 1},
    {VALUES("gte: 3"), "a 0 g v;a 6 g w;a 12 g x", 0},
    {VALUES("gte: 2"), "a 0 g v;a 1 h w", 0},
    /* temporal: all rules, any order, one group */
    {BOTH("temporal"), "b 0 g v;a 1 g v", 1},
    {BOTH("temporal"), "a 0 g v;b 10 g v", 1},
    {BOTH("temporal"), "a 0 g v;b 10.5 g v", 0},
    {BOTH("temporal"), "a 0 g v;b 1 h v", 0},
    {THREE("temporal"), "a 0 g v;b 1 g v;b 2 g v", 0},
    {THREE("temporal"), "c 0 g v;b 1 g v;a 2 g v", 1},
    /* ordered: every rule after the one before it, not only after the first */
    {BOTH("temporal_ordered"), "a 0 g v;b 1 g v", 1},
    {BOTH("temporal_ordered"), "b 0 g v;a 1 g v", 0},
    {BOTH("temporal_ordered"), "a 0 h v;b 1 g v", 0},
    {THREE("temporal_ordered"), "a 0 g v;b 1 g v;c 2 g v", 1},
    {THREE("temporal_ordered"), "a 0 g v;c 1 g v;b 2 g v", 0},
    {THREE("temporal_ordered"), "a 0 g v;b 6 g v;c 11 g v", 0},
    /* a later first event begins a chain that still fits */
    {THREE("temporal_ordered"), "a 0 g v;a 5 g v;b 6 g v;c 11 g v", 1},
    /* a record that both rules find follows what was before it, not itself */
    {ANY_THEN_B, "b 0 g v", 0},
    {ANY_THEN_B, "a 0 g v;b 1 g v", 1},
    {ANY_THEN_B, "b 0 g v;b 1 g v", 1},
    /* aliases: another field of each rule */
    {"  type: temporal\n  rules: [a, b]\n  aliases: {k: {a: process_exec.group, b: "
     "process_exec.value}}\n  group-by: [k]\n  timespan: 10s\n",
     "a 0 one x;b 1 y one", 1},
    {"  type: temporal\n  rules: [a, b]\n  aliases: {k: {a: process_exec.group, b: "
     "process_exec.value}}\n  group-by: [k]\n  timespan: 10s\n",
     "a 0 one x;b 1 one y", 0},
    {"  type: value_sum\n  rules: [a]\n" GROUP
     "  condition: {field: process_exec.value, gt: 10}\n",
     "a 0 g 6;a 1 g 5", 1},
    {"  type: value_avg\n  rules: [a]\n" GROUP
     "  condition: {field: process_exec.value, gt: 5}\n",
     "a 0 g 9;a 1 g 1", 0},
    /* a percentile of the numbers, nearest rank; the median is that of 50 */
    {SHARE("percentile: 90, gte: 9"), "a 0 g 1;a 1 g 2;a 2 g 3;a 3 g 9", 1},
    {SHARE("percentile: 75, gte: 9"), "a 0 g 1;a 1 g 2;a 2 g 3;a 3 g 9", 0},
    {SHARE("percentile: 75, eq: 3"), "a 0 g 9;a 1 g 2;a 2 g 3;a 3 g 1", 1},
    {SHARE("percentile: 0, eq: 1"), "a 0 g 9;a 1 g 1", 1},
    {SHARE("percentile: 100, eq: 9"), "a 0 g 9;a 1 g 1", 1},
    {SHARE("percentile: 50, gte: 0"), "a 0 g v;a 1 g w", 0},
    {"  type: value_median\n  rules: [a]\n" GROUP
     "  condition: {field: process_exec.value, eq: 2}\n",
     "a 0 g 1;a 1 g 2;a 2 g 30", 1},
    /* the part of a window's events that has one value, in per cent */
    {SHARE("lte: 25"), "a 0 g v;a 1 g v;a 2 g w;a 3 g v", 1},
    {SHARE("lt: 25"), "a 0 g v;a 1 g v;a 2 g w;a 3 g v", 0},
    {SHARE("lte: 25"), "a 0 g v;a 1 g w;a 2 g v;a 3 g w", 0},
    {SHARE("lte: 25"), "a 0 g x;a 1 g v;a 2 g w;a 3 g y", 4},
    {SHARE("gte: 75"), "a 0 g v;a 1 g v;a 2 g w;a 3 g v", 1},
    {SHARE("lte: 25"), "a 0 g v;a 1 g v;a 2 h w;a 3 g v", 0},
    {SHARE("lte: 25"), "a 0 g v;a 1 g v;a 20 g w;a 3 g v", 0},
};

ParameterizedTestParameters(correlation, row)
{
    return cr_make_param_array(struct row, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct row *row, correlation, row)
{
    int n = found(row, "x");
    cr_assert_eq(n, row->wanted, "%s%s: %d, wanted %d", row->correlation, row->events, n,
                 row->wanted);
}

Test(chain, a_correlation_of_correlations)
{
    struct row row = {"  type: event_count\n  rules: [a]\n" GROUP
                      "  condition: {gte: 2}\n---\n"
                      "title: Y\nname: y\ncorrelation:\n  type: temporal_ordered\n"
                      "  rules: [x, b]\n" GROUP,
                      "a 0 g v;a 1 g v;b 2 g v", 1};
    cr_assert_eq(found(&row, "y"), 1);
    strcpy(row.events, "a 0 g v;a 1 g v;b 2 h v");
    cr_assert_eq(found(&row, "y"), 0);
    /* what is counted may go on while the next thing happens */
    strcpy(row.events, "a 0 g v;a 1 g v;b 2 g v;a 3 g v;a 20 g v");
    cr_assert_eq(found(&row, "y"), 1);
    strcpy(row.events, "a 0 g v;b 1 g v;a 2 g v");
    cr_assert_eq(found(&row, "y"), 0);
}

/* A burst is one event for what counts bursts, however long it is. */
Test(chain, a_count_of_correlations)
{
    struct row row = {"  type: event_count\n  rules: [a]\n" GROUP
                      "  condition: {gte: 2}\n---\n"
                      "title: Y\nname: y\ncorrelation:\n  type: event_count\n"
                      "  rules: [x]\n  group-by: [process_exec.group]\n"
                      "  timespan: 1m\n  condition: {gte: 2}\n",
                      "a 0 g v;a 1 g v;a 2 g v;a 3 g v", 1};
    cr_assert_eq(found(&row, "y"), 0);
    strcpy(row.events, "a 0 g v;a 1 g v;a 20 g v;a 21 g v");
    cr_assert_eq(found(&row, "y"), 1);
}

Test(generate, base_rules_are_told_only_when_asked_for)
{
    struct row row = {COUNT("gte: 9"), "a 0 g v", 0};
    cr_assert_eq(found(&row, "a"), 0);
    strcat(row.correlation, "  generate: true\n");
    cr_assert_eq(found(&row, "a"), 1);
}
