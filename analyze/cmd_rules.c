/* exhibit rules: the detections, whether they are sound, whether they do what they say.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>

#include "analyze/commands.h"
#include "analyze/opening.h"
#include "analyze/rules/problems.h"
#include "analyze/rules/rules.h"
#include "analyze/rules/trial.h"

static const char help[] =
    "usage: exhibit rules list  [--no-builtin] [--json] [RULES]...\n"
    "       exhibit rules check [--no-builtin] [--json] [RULES]...\n"
    "       exhibit rules test  [--no-builtin] [--json] [--rules RULES]... [SAMPLES]\n"
    "\n"
    "The detections that `exhibit analyze` runs: Sigma 2.1 rules, correlations and "
    "filters,\n"
    "the builtin ones and those of RULES (a file, or a directory with *.yml at any "
    "depth).\n"
    "\n"
    "  list    every rule that is used: level, log source, id, ATT&CK, title\n"
    "  check   everything that is wrong with a rule, with file and line; status 1 when\n"
    "          a rule has an error and is therefore not used\n"
    "  test    runs each rule over SAMPLES/NAME/hit.jsonl (every line must match, or for "
    "a\n"
    "          correlation the whole file), miss.jsonl (nothing may), and "
    "undecided.jsonl\n"
    "          if there is one (every line must be not decidable); NAME is the rule's "
    "name,\n"
    "          or its id. SAMPLES is corpus/rules unless given. Status 1 when one "
    "fails.\n"
    "\n"
    "  --rules RULES   more rules, for test\n"
    "  --no-builtin    without the builtin rules\n"
    "  --json          one JSON document\n"
    "\n"
    "What exhibit adds to Sigma: \"field[]: {…}\" (one and the same element of an array "
    "meets\n"
    "all of it), fields named exhibit.* that are derived from the record, and documents\n"
    "\"placeholders: {NAME: […]}\" for |expand.\n"
    "\n"
    "examples:\n"
    "  exhibit rules list | grep critical\n"
    "  exhibit rules check my-rules/\n"
    "  exhibit rules test --rules my-rules my-samples\n";

struct rules_options {
    bool json, builtin;
    const char *paths[64]; /* NULL-terminated */
    size_t path_count;
};

/* -- list --------------------------------------------------------------------------- */

static const char *source_of_rule(const struct rule *r)
{
    return r->correlation ? "correlation" : log_source_name(r->source);
}

static void list_text(const struct rules *r)
{
    size_t n;
    const struct rule *const *all = rules_all(r, &n);
    printf("%-8s  %-18s  %-36s  %-20s  %s\n", "LEVEL", "SOURCE", "NAME", "ATT&CK",
           "TITLE");
    for (size_t i = 0; i < n; i++) {
        const struct finding_kind *k = &all[i]->kind;
        printf("%-8s  %-18s  ", severity_name(k->severity), source_of_rule(all[i]));
        printf("%-36s  %-20s  ", k->id, k->attack);
        print_escaped(stdout, bytes_str(k->title));
        puts(all[i]->reported ? "" : "  (for correlations only)");
    }
    printf("%zu rules\n", n);
}

static json_t *rule_to_json(const struct rule *r)
{
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:b, s:b}", "id", r->kind.id,
        "name", r->name, "title", r->kind.title, "level", severity_name(r->kind.severity),
        "source", source_of_rule(r), "attack", r->kind.attack, "description", r->kind.why,
        "falsepositives", r->kind.refute, "file", r->file, "line", (int)r->line,
        "builtin", (int)r->builtin, "reported", (int)r->reported);
}

static void print_json(json_t *document)
{
    json_dumpf(document, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(document);
}

static int run_list(const struct rules *r, const struct rules_options *options)
{
    size_t n;
    const struct rule *const *all = rules_all(r, &n);
    if (!options->json) {
        list_text(r);
        return EXIT_HELD;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, rule_to_json(all[i]));
    print_json(json_pack("{s:s, s:o}", "schema", "exhibit.rules/1", "rules", list));
    return EXIT_HELD;
}

/* -- check -------------------------------------------------------------------------- */

static const char *const problem_words[] = {
    [RULE_SKIPPED] = "skipped", [RULE_WARNING] = "warning", [RULE_ERROR] = "error"};

static json_t *problem_to_json(const struct rule_problem *p)
{
    return json_pack("{s:s, s:s, s:i, s:s}", "level", problem_words[p->level], "file",
                     p->file, "line", (int)p->line, "text", p->text);
}

static int run_check(const struct rules *r, const struct rules_options *options)
{
    size_t n, counts[RULE_ERROR + 1] = {0}, rules;
    const struct rule_problem *problems = rules_problems(r, &n);
    json_t *list = json_array();
    rules_all(r, &rules);
    for (size_t i = 0; i < n; i++) {
        counts[problems[i].level]++;
        if (options->json)
            json_array_append_new(list, problem_to_json(&problems[i]));
    }
    if (!options->json)
        rules_tell_problems(r, true, stdout);
    if (options->json)
        print_json(json_pack("{s:s, s:i, s:O}", "schema", "exhibit.rules-check/1",
                             "rules", (int)rules, "problems", list));
    else
        printf("%zu rules used, %zu errors, %zu warnings, %zu skipped\n", rules,
               counts[RULE_ERROR], counts[RULE_WARNING], counts[RULE_SKIPPED]);
    json_decref(list);
    return counts[RULE_ERROR] ? EXIT_SHORT : EXIT_HELD;
}

/* -- test --------------------------------------------------------------------------- */

static json_t *trial_to_json(const struct rule *r, const struct trial *t)
{
    return json_pack("{s:s, s:s, s:i, s:i, s:b, s:s}", "rule", r->kind.id, "id", r->id,
                     "hits", (int)t->hits, "misses", (int)t->misses, "passed",
                     (int)t->passed, "why", t->why);
}

static void print_trial(const struct rule *r, const struct trial *t)
{
    printf("%-4s  %5zu  %5zu  %s", t->passed ? "ok" : "FAIL", t->hits, t->misses,
           r->kind.id);
    if (!t->passed) {
        fputs(": ", stdout);
        print_escaped(stdout, bytes_str(t->why));
    }
    putchar('\n');
}

static int run_test(const struct rules *r, const struct rules_options *options,
                    const char *samples)
{
    size_t n, failed = 0;
    const struct rule *const *all = rules_all(r, &n);
    json_t *list = json_array();
    if (!options->json)
        puts("      HITS  MISSES  RULE");
    for (size_t i = 0; i < n; i++) {
        struct trial t = {0};
        trial_run(r, all[i], samples, &t);
        failed += !t.passed;
        if (options->json)
            json_array_append_new(list, trial_to_json(all[i], &t));
        else
            print_trial(all[i], &t);
    }
    if (options->json)
        print_json(
            json_pack("{s:s, s:O}", "schema", "exhibit.rules-test/1", "rules", list));
    else
        printf("%zu passed, %zu failed\n", n - failed, failed);
    json_decref(list);
    return failed ? EXIT_SHORT : EXIT_HELD;
}

/* ----------------------------------------------------------------------------------- */

static bool add_path(struct rules_options *o, const char *path)
{
    if (o->path_count + 1 >= sizeof o->paths / sizeof *o->paths)
        return false;
    o->paths[o->path_count++] = path;
    return true;
}

static int load(const struct rules_options *o, bool quiet, struct rules **out)
{
    const char *why = "";
    int result = rules_load(o->paths, o->builtin, out, &why);
    if (result < 0) {
        fputs("exhibit rules: ", stderr);
        print_escaped(stderr, bytes_str(why));
        fputc('\n', stderr);
        return EXIT_USAGE;
    }
    if (!quiet)
        rules_tell_problems(*out, false, stderr);
    return EXIT_HELD;
}

static int run(const char *what, struct rules_options *o, int argc, char **argv)
{
    struct rules *r = NULL;
    bool test = strcmp(what, "test") == 0, check = strcmp(what, "check") == 0;
    if (!test && !check && strcmp(what, "list") != 0) {
        fputs(help, stderr);
        return EXIT_USAGE;
    }
    for (int i = 0; i < argc && !test; i++)
        if (!add_path(o, argv[i]))
            return EXIT_USAGE;
    if (test && argc > 1) {
        fputs(help, stderr);
        return EXIT_USAGE;
    }
    int status = load(o, check, &r);
    if (status == EXIT_HELD)
        status = test    ? run_test(r, o, argc ? argv[0] : "corpus/rules")
                 : check ? run_check(r, o)
                         : run_list(r, o);
    rules_free(r);
    return status;
}

int cmd_rules(int argc, char **argv)
{
    static const struct option longs[] = {{"rules", required_argument, NULL, 'r'},
                                          {"no-builtin", no_argument, NULL, 'n'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    struct rules_options o = {.builtin = true};
    for (int c; (c = getopt_long(argc, argv, "h", longs, NULL)) != -1;) {
        if (c == 'h') {
            fputs(help, stdout);
            return EXIT_HELD;
        }
        if (c == 'r' && !add_path(&o, optarg))
            return EXIT_USAGE;
        o.json = o.json || c == 'j';
        o.builtin = o.builtin && c != 'n';
        if (c == '?') {
            fputs(help, stderr);
            return EXIT_USAGE;
        }
    }
    if (optind == argc) {
        fputs(help, stderr);
        return EXIT_USAGE;
    }
    return run(argv[optind], &o, argc - optind - 1, argv + optind + 1);
}
