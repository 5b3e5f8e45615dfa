/* exhibit analyze: a package from disk to reports. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyze/analysis.h"
#include "analyze/commands.h"
#include "analyze/opening.h"
#include "analyze/output_directory.h"
#include "analyze/process/pattern.h"
#include "analyze/report/report.h"
#include "analyze/rules/problems.h"
#include "analyze/verify_options.h"
#include "formats/base/memory.h"
#include "verify/sandbox.h"

static const char help[] =
    "usage: exhibit analyze PACKAGE -o DIR [OPTION]...\n"
    "\n"
    "Verifies a package, reads everything in it, and writes what happened to DIR:\n"
    "report.html, case.db, verdict.json, timeline.jsonl, findings.json and more. Nothing "
    "is\n"
    "unpacked, nothing is sent anywhere, and the package is never written to.\n"
    "\n"
    "  -o, --output DIR     where to write; made if it is not there\n"
    "  --pod NS/NAME        which pod it is about (default: what the package makes "
    "plain)\n"
    "  --base IMAGE         the image of the container, when it is not in the package\n"
    "  --baseline AUDIT     an audit log of ordinary days, to tell what is new\n"
    "  --rules DIR          Sigma rules besides the built-in ones (may be repeated)\n"
    "  --yara FILE          YARA rules over files and process memory (may be repeated)\n"
    "  --since T, --until T only events of this time\n"
    "  --as ROLE=PATH       what an item is, where its content does not tell\n"
    "  --fail-on LEVEL      exit 1 on a finding of this severity or worse\n"
    "  --reveal             do not mask credentials\n"
    "  --threads N          workers (default: one for each processor)\n"
    "  --quiet              no summary at the end\n"
    "\n";

static const char examples[] =
    "\n"
    "examples:\n"
    "  exhibit analyze case-17/ -o case-17.out --trust agency-ca.pem\n"
    "  exhibit analyze case-17.tar.zst -o out --pod shop/api-0 --base api-1.4.tar\n"
    "  exhibit analyze case-17/ -o out --as audit-log=logs/apiserver-7 --fail-on high\n";

/* Values above those of verify_options.h. */
enum {
    OPTION_POD = 0x2000,
    OPTION_BASE,
    OPTION_BASELINE,
    OPTION_RULES,
    OPTION_YARA,
    OPTION_SINCE,
    OPTION_UNTIL,
    OPTION_AS,
    OPTION_FAIL_ON,
    OPTION_REVEAL,
    OPTION_THREADS,
    OPTION_QUIET,
};

struct list {
    const char **v; /* NULL-terminated once something is in it */
    size_t n, capacity;
};

struct arguments {
    struct analyze_options analyze;
    struct verify_arguments verify;
    const char *package, *output;
    struct list rules, yara;
    struct role_override *overrides;
    size_t override_count, override_capacity;
    bool fails, quiet;
    bool fixed_now; /* by --at or SOURCE_DATE_EPOCH */
    enum severity fail_on;
};

static int complain(const char *what, const char *which)
{
    fprintf(stderr, "exhibit analyze: %s", what);
    if (which)
        print_escaped(stderr, bytes_str(which));
    fputs("\nTry: exhibit analyze --help\n", stderr);
    return EXIT_USAGE;
}

/* -- options --------------------------------------------------------------------------
 */

static void list_add(struct list *l, const char *s)
{
    l->v = memory_grow(l->v, &l->capacity, l->n + 2, sizeof *l->v);
    l->v[l->n++] = s;
    l->v[l->n] = NULL;
}

static bool override_add(struct arguments *a, const char *text)
{
    const char *equals = strchr(text, '=');
    struct role_override o = {.path = equals ? equals + 1 : NULL};
    if (!equals || !equals[1] ||
        !role_by_name(bytes_of(text, (size_t)(equals - text)), &o.role))
        return false;
    a->overrides = memory_grow(a->overrides, &a->override_capacity, a->override_count + 2,
                               sizeof *a->overrides);
    a->overrides[a->override_count++] = o;
    a->overrides[a->override_count] = (struct role_override){0};
    return true;
}

static int option_value(struct arguments *a, int c, const char *value)
{
    uint64_t n;
    switch (c) {
    case OPTION_SINCE:
        return instant_parse_date(bytes_str(value), &a->analyze.since, NULL)
                   ? 0
                   : complain("--since is no time: ", value);
    case OPTION_UNTIL:
        return instant_parse_date(bytes_str(value), &a->analyze.until, NULL)
                   ? 0
                   : complain("--until is no time: ", value);
    case OPTION_AS:
        return override_add(a, value) ? 0 : complain("--as wants ROLE=PATH: ", value);
    case OPTION_FAIL_ON:
        a->fails = true;
        return severity_by_name(bytes_str(value), &a->fail_on)
                   ? 0
                   : complain("--fail-on wants info, low, medium, high or critical: ",
                              value);
    default:
        if (!bytes_to_u64(bytes_str(value), &n) || n < 1 || n > 1024)
            return complain("--threads wants a number from 1: ", value);
        a->analyze.threads = (size_t)n;
        return 0;
    }
}

/* 0, or an exit status. */
static int option(struct arguments *a, int c, const char *value)
{
    switch (c) {
    case 'o':
        a->output = value;
        return 0;
    case OPTION_POD:
        a->analyze.pod = value;
        return 0;
    case OPTION_BASE:
        a->analyze.base = value;
        return 0;
    case OPTION_BASELINE:
        a->analyze.baseline = value;
        return 0;
    case OPTION_RULES:
        list_add(&a->rules, value);
        return 0;
    case OPTION_YARA:
        list_add(&a->yara, value);
        return 0;
    case OPTION_REVEAL:
        a->analyze.reveal = true;
        return 0;
    case OPTION_QUIET:
        a->quiet = true;
        return 0;
    default:
        return option_value(a, c, value);
    }
}

static const struct option longs[] = {
    VERIFY_LONG_OPTIONS,
    {"output", required_argument, NULL, 'o'},
    {"pod", required_argument, NULL, OPTION_POD},
    {"base", required_argument, NULL, OPTION_BASE},
    {"baseline", required_argument, NULL, OPTION_BASELINE},
    {"rules", required_argument, NULL, OPTION_RULES},
    {"yara", required_argument, NULL, OPTION_YARA},
    {"since", required_argument, NULL, OPTION_SINCE},
    {"until", required_argument, NULL, OPTION_UNTIL},
    {"as", required_argument, NULL, OPTION_AS},
    {"fail-on", required_argument, NULL, OPTION_FAIL_ON},
    {"reveal", no_argument, NULL, OPTION_REVEAL},
    {"threads", required_argument, NULL, OPTION_THREADS},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"help", no_argument, NULL, 'h'},
    {0},
};

/* -1 to go on, else an exit status. */
static int parse(struct arguments *a, int argc, char **argv)
{
    for (int c; (c = getopt_long(argc, argv, "o:h", longs, NULL)) != -1;) {
        if (c == 'h') {
            printf("%s%s%s", help, verify_options_help, examples);
            return EXIT_HELD;
        }
        if (c == '?')
            return complain("unknown option", NULL);
        a->fixed_now |= c == VERIFY_OPTION_AT;
        int used = verify_option(&a->verify, c, optarg);
        if (used < 0)
            return EXIT_USAGE;
        int status = used ? 0 : option(a, c, optarg);
        if (status)
            return status;
    }
    if (optind + 1 != argc)
        return complain("name one package", NULL);
    if (!a->output)
        return complain("say with -o where to write", NULL);
    a->package = argv[optind];
    a->analyze.rules = a->rules.v;
    a->analyze.yara = a->yara.v;
    a->analyze.threads = opening_threads(a->analyze.threads);
    return -1;
}

/* -- the work -------------------------------------------------------------------------
 */

static enum care care_of(void *context, const struct item *item)
{
    enum care asked = verification_care(item);
    return asked != CARE_HASH ? asked : analysis_care(context, item);
}

static int open_packages(const struct arguments *a, struct analysis *work)
{
    struct walk_options base = *work->walk;
    int status = opening_walk(a->package, work->walk, &work->package);
    base.overrides = NULL;
    if (status == 0 && a->analyze.base)
        status = opening_walk(a->analyze.base, &base, &work->base);
    if (status == 0 && a->analyze.baseline)
        status = opening_walk(a->analyze.baseline, &base, &work->baseline);
    return status;
}

static int add_meta(struct analysis *work, const struct arguments *a)
{
    char when[INSTANT_TEXT];
    struct casefile *c = work->casefile;
    int r = case_meta(c, "schema", "exhibit/case/1");
    if (r == 0)
        r = case_meta(c, "tool", "exhibit");
    if (r == 0)
        r = case_meta(c, "version", EXHIBIT_VERSION);
    if (r == 0)
        r = case_meta(c, "package", package_name(work->package));
    if (r == 0 && a->fixed_now)
        r = case_meta(c, "analyzed_at",
                      instant_format(a->analyze.now, PRECISION_SECOND, when));
    if (r == 0)
        r = case_meta(c, "masked", a->analyze.reveal ? "no" : "yes");
    return r;
}

static int store_findings(struct analysis *work)
{
    int r = 0;
    findings_sort(work->findings);
    for (size_t i = 0; r == 0 && i < work->findings->n; i++)
        r = case_finding(work->casefile, work->findings->v[i]);
    return r;
}

static int verify(struct analysis *work, struct arguments *a, int *status)
{
    struct verification v;
    const struct verification_options *options = verify_arguments_done(&a->verify);
    int r = verification_run(work->package, options, work->findings, &v);
    if (r < 0)
        return r;
    json_t *document = verification_to_json(&v);
    /* The clock of the examiner's machine would make each run's output another one. */
    if (!a->fixed_now)
        json_object_del(document, "judged_at");
    *status = verification_status(&v);
    r = case_document(work->casefile, "verdict", document);
    json_decref(document);
    verification_release(&v);
    return r;
}

static int fill(struct analysis *work, struct arguments *a, int *status)
{
    int r = case_package(work->casefile, work->package, "");
    if (r == 0 && work->base)
        r = case_package(work->casefile, work->base, "base");
    if (r == 0 && work->baseline)
        r = case_package(work->casefile, work->baseline, "baseline");
    if (r == 0)
        r = add_meta(work, a);
    if (r == 0)
        r = analysis_run(work);
    rules_tell_problems(work->rules, false, stderr);
    if (r == 0)
        r = verify(work, a, status);
    return r == 0 ? store_findings(work) : r;
}

static int render(const struct arguments *a, const char *path)
{
    struct case_reader *casefile;
    const char *why;
    struct text summary = {0};
    int r = case_open(path, &casefile, &why);
    if (r < 0)
        return r;
    r = report_write_all(casefile, a->output);
    bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
    if (r == 0 && !a->quiet)
        r = report_summary(casefile, a->output, colour, &summary);
    fputs(text_c(&summary), stdout);
    text_release(&summary);
    case_close(casefile);
    return r;
}

static int analyze(struct analysis *work, struct arguments *a, int *status)
{
    struct text path = {0};
    text_printf(&path, "%s/case.db", a->output);
    int r = case_create(text_c(&path), &work->mask, &work->casefile);
    if (r == 0) {
        r = fill(work, a, status);
        progress_end();
        if (r == 0)
            r = case_close_write(work->casefile);
        else
            case_abandon(work->casefile);
    }
    if (r == 0)
        r = render(a, text_c(&path));
    text_release(&path);
    return r;
}

static bool fails_on(const struct arguments *a, const struct findings *all)
{
    for (size_t i = 0; a->fails && i < all->n; i++)
        if (all->v[i]->kind->severity >= a->fail_on)
            return true;
    return false;
}

static void list_add_all(struct list *to, const struct list *from)
{
    for (size_t i = 0; i < from->n; i++)
        list_add(to, from->v[i]);
}

/* From here on the process reads its inputs, writes its output, and does nothing else. */
static void enter_sandbox(struct arguments *a)
{
    struct list read = {0};
    list_add(&read, a->package);
    if (a->analyze.base)
        list_add(&read, a->analyze.base);
    if (a->analyze.baseline)
        list_add(&read, a->analyze.baseline);
    list_add_all(&read, &a->rules);
    list_add_all(&read, &a->yara);
    /* The types of libmagic. */
    list_add(&read, "/usr/share/misc");
    list_add(&read, "/usr/lib/file");
    /* SQLite sorts what is larger than its cache in a file of its own. */
    setenv("SQLITE_TMPDIR", a->output, 1);
    const struct sandbox_paths paths = {read.v, a->output};
    const char *held = sandbox_enter(&paths);
    a->verify.options.sandbox = held;
    if (strncmp(held, "none", 4) == 0)
        fprintf(stderr, "exhibit: no sandbox: %s\n", held);
    free(read.v);
}

/* Rules that do not compile are told before anything is done. */
static bool yara_compiles(const struct arguments *a)
{
    struct text why = {0};
    struct pattern *p = NULL;
    size_t count = 0;
    while (a->analyze.yara && a->analyze.yara[count])
        count++;
    if (count)
        p = pattern_yara(a->analyze.yara, count, &why);
    if (count && !p)
        fprintf(stderr, "exhibit analyze: %s", text_c(&why));
    if (p)
        pattern_free(p);
    text_release(&why);
    return count == 0 || p != NULL;
}

static int run(struct arguments *a)
{
    struct findings findings = {0};
    struct walk_options walk = {.threads = a->analyze.threads,
                                .overrides = a->overrides,
                                .care = care_of,
                                .progress = progress_terminal()};
    struct analysis work = {.options = &a->analyze, .walk = &walk, .findings = &findings};
    int held = EXIT_HELD;
    a->analyze.now = verify_arguments_done(&a->verify)->now;
    if (!yara_compiles(a))
        return EXIT_USAGE;
    const char *why = output_directory_make(a->output, a->package);
    if (why)
        return complain(why, NULL);
    enter_sandbox(a);
    int status = open_packages(a, &work);
    if (status == EXIT_HELD) {
        work.mask = analysis_mask(work.package, a->analyze.reveal);
        int r = analyze(&work, a, &held);
        if (r < 0)
            fprintf(stderr, "exhibit analyze: the results could not be written: %s\n",
                    strerror(-r));
        status = r < 0 ? EXIT_OURS : held;
        if (status == EXIT_HELD && fails_on(a, &findings))
            status = EXIT_SHORT;
    }
    findings_release(&findings);
    analysis_release(&work);
    package_close(work.baseline);
    package_close(work.base);
    package_close(work.package);
    return status;
}

int cmd_analyze(int argc, char **argv)
{
    struct arguments a = {.analyze = {.since = INSTANT_NONE, .until = INSTANT_NONE},
                          .fixed_now = getenv("SOURCE_DATE_EPOCH") != NULL};
    verify_arguments_init(&a.verify);
    int status = parse(&a, argc, argv);
    if (status < 0)
        status = run(&a);
    verify_arguments_release(&a.verify);
    free(a.rules.v);
    free(a.yara.v);
    free(a.overrides);
    return status;
}
