/* exhibit analyze: a package from disk to reports. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyze/analyze_options.h"
#include "analyze/commands.h"
#include "analyze/events/coverage.h"
#include "analyze/layer/care.h"
#include "analyze/layer/index_store.h"
#include "analyze/opening.h"
#include "analyze/output_directory.h"
#include "analyze/process/pattern.h"
#include "analyze/report/report.h"
#include "analyze/rules/problems.h"
#include "analyze/usage.h"
#include "analyze/zones.h"
#include "verify/sandbox.h"

static const char help[] =
    "usage: exhibit analyze PACKAGE -o DIR [OPTION]...\n"
    "\n"
    "Verifies a package, reads everything in it, and writes what happened to DIR:\n"
    "report.html, case.db, verdict.json, timeline.jsonl, findings.json and more. Nothing "
    "is\n"
    "unpacked, nothing is sent anywhere, and the package is never written to.\n"
    "\n"
    "  -o, --output DIR         where to write; made if it is not there\n"
    "  --threads N              workers (default: one for each processor)\n"
    "  --direct                 what is read does not stay in the page cache: for "
    "evidence\n"
    "                           larger than memory\n"
    "  --index DIR              keeps in DIR, by their digests, what the layers of "
    "--base "
    "hold\n"
    "                           (exhibit diff --help)\n"
    "  --quiet                  no summary at the end\n";

static const char examples[] =
    "\n"
    "examples:\n"
    "  exhibit analyze case-17/ -o case-17.out --trust agency-ca.pem\n"
    "  exhibit analyze case-17/ -o case-17.out --examiner 'A. Person'\n"
    "  exhibit analyze case-17.tar.zst -o out --pod shop/api-0 --base api-1.4.tar\n"
    "  exhibit analyze case-17/ -o out --as audit-log=logs/apiserver-7 --fail-on high\n";

enum { OPTION_THREADS = 0x3000, OPTION_QUIET, OPTION_DIRECT, OPTION_INDEX };

#define MOST_THREADS 1024

struct arguments {
    struct analyze_arguments shared;
    const char *package, *output, *index;
    struct index_store *store; /* of --index */
    size_t threads;
    bool quiet, direct;
};

/* -- options --------------------------------------------------------------------------
 */

static const struct option longs[] = {
    ANALYZE_LONG_OPTIONS,
    {"output", required_argument, NULL, 'o'},
    {"threads", required_argument, NULL, OPTION_THREADS},
    {"index", required_argument, NULL, OPTION_INDEX},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"direct", no_argument, NULL, OPTION_DIRECT},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static int complain(const char *what, const char *which)
{
    return usage_error("analyze", what, which);
}

/* What batch does not share. 0, or an exit status. */
static int own_option(struct arguments *a, int c, const char *value)
{
    uint64_t n;
    switch (c) {
    case 'o':
        a->output = value;
        return 0;
    case OPTION_INDEX:
        a->index = value;
        return 0;
    case OPTION_QUIET:
        a->quiet = true;
        return 0;
    case OPTION_DIRECT:
        a->direct = true;
        return 0;
    case OPTION_THREADS:
        if (!usage_number(value, 1, MOST_THREADS, &n))
            return complain("--threads wants a number from 1: ", value);
        a->threads = (size_t)n;
        return 0;
    default:
        return complain("unknown option", NULL);
    }
}

/* -1 to go on, else an exit status. */
static int parse(struct arguments *a, int argc, char **argv)
{
    for (int c; (c = getopt_long(argc, argv, "o:h", longs, NULL)) != -1;) {
        if (c == 'h') {
            printf("%s%s\n%s%s", help, analyze_options_help, verify_options_help,
                   examples);
            return EXIT_HELD;
        }
        int used = analyze_option(&a->shared, "analyze", c, optarg);
        int status = used < 0 ? EXIT_USAGE : used ? 0 : own_option(a, c, optarg);
        if (status)
            return status;
    }
    if (optind + 1 != argc)
        return complain("name one package", NULL);
    if (!a->output)
        return complain("say with -o where to write", NULL);
    if (a->index && !a->shared.options.base)
        return complain("--index is of the image that --base names", NULL);
    a->package = argv[optind];
    verify_arguments_of(&a->shared.verify, a->package);
    a->shared.options.threads = opening_threads(a->threads);
    return -1;
}

/* -- the work -------------------------------------------------------------------------
 */

static enum care care_of(void *context, const struct item *item)
{
    enum care asked = verification_care(item);
    return asked != CARE_HASH ? asked : analysis_care(context, item);
}

/* The image is read as diff reads it, so that both know what the other kept. */
static int open_base(const struct arguments *a, struct walk_options walk,
                     struct analysis *work)
{
    walk.care = layer_care_of;
    walk.memory = index_store_memory(a->store);
    int status = opening_walk(a->shared.options.base, &walk, &work->base);
    if (status == 0 && a->store)
        index_store_keep(a->store, work->base);
    return status;
}

static int open_packages(const struct arguments *a, struct analysis *work)
{
    struct walk_options base = *work->walk;
    int status = opening_walk(a->package, work->walk, &work->package);
    base.overrides = NULL;
    if (status == 0 && a->shared.options.base)
        status = open_base(a, base, work);
    if (status == 0 && a->shared.options.baseline)
        status = opening_walk(a->shared.options.baseline, &base, &work->baseline);
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
    if (r == 0 && a->shared.fixed_now)
        r = case_meta(c, "analyzed_at",
                      instant_format(a->shared.options.now, PRECISION_SECOND, when));
    if (r == 0 && a->shared.examiner)
        r = case_meta(c, "examiner", a->shared.examiner);
    if (r == 0)
        r = case_meta(c, "masked", a->shared.options.reveal ? "no" : "yes");
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
    a->shared.verify.options.reveal = a->shared.options.reveal;
    const struct verification_options *options = verify_arguments_done(&a->shared.verify);
    int r = verification_run(work->package, options, work->findings, &v);
    if (r < 0)
        return r;
    coverage_after_seal(work->coverage, &v, work);
    json_t *document = verification_to_json(&v);
    /* The clock of the examiner's machine would make each run's output another one. */
    if (!a->shared.fixed_now)
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
    int r = report_write_all(path, a->output, a->shared.options.threads);
    if (r < 0 || a->quiet)
        return r;
    r = case_open(path, &casefile, &why);
    if (r < 0)
        return r;
    r = report_summary(casefile, a->output, screen_of(STDOUT_FILENO), &summary);
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
    for (size_t i = 0; a->shared.fails && i < all->n; i++)
        if (!all->v[i]->not_decidable && all->v[i]->severity >= a->shared.fail_on)
            return true;
    return false;
}

static void add_all(struct path_list *to, const struct path_list *from)
{
    for (size_t i = 0; i < from->n; i++)
        path_list_add(to, from->v[i]);
}

/* From here on the process reads its inputs, writes its output, and does nothing else. */
static void enter_sandbox(struct arguments *a)
{
    struct path_list read = {0};
    path_list_add(&read, a->package);
    if (a->shared.options.base)
        path_list_add(&read, a->shared.options.base);
    if (a->shared.options.baseline)
        path_list_add(&read, a->shared.options.baseline);
    add_all(&read, &a->shared.rules);
    add_all(&read, &a->shared.yara);
    /* The types of libmagic. */
    path_list_add(&read, "/usr/share/misc");
    path_list_add(&read, "/usr/lib/file");
    path_list_add(&read, ZONES_FOLDER);
    /* SQLite sorts what is larger than its cache in a file of its own. */
    setenv("SQLITE_TMPDIR", a->output, 1);
    if (a->index)
        path_list_add(&read, a->index);
    const char *const written[] = {a->output, a->index, NULL};
    const struct sandbox_paths paths = {read.v, written};
    const char *held = sandbox_enter(&paths);
    a->shared.verify.options.sandbox = held;
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
    while (a->shared.options.yara && a->shared.options.yara[count])
        count++;
    if (count)
        p = pattern_yara(a->shared.options.yara, count, &why);
    if (count && !p)
        fprintf(stderr, "exhibit analyze: %s", text_c(&why));
    if (p)
        pattern_free(p);
    text_release(&why);
    return count == 0 || p != NULL;
}

/* Rules that cannot be read are the analyst's to mend. */
static int failed(const struct analysis *work, int error)
{
    if (work->rules_failure)
        return complain(work->rules_why, NULL);
    fprintf(stderr, "exhibit analyze: the results could not be written: %s\n",
            strerror(-error));
    return EXIT_OURS;
}

static int run(struct arguments *a)
{
    struct findings findings = {0};
    struct walk_options walk = {.threads = a->shared.options.threads,
                                .direct = a->direct,
                                .hash_streams = true,
                                .xattrs = true,
                                .overrides = a->shared.overrides,
                                .care = care_of,
                                .progress = progress_terminal()};
    struct analysis work = {.options = analyze_arguments_done(&a->shared),
                            .walk = &walk,
                            .findings = &findings};
    int held = EXIT_HELD;
    if (!yara_compiles(a))
        return EXIT_USAGE;
    const char *why = output_directory_make(a->output, a->package);
    if (why)
        return complain(why, NULL);
    const char *const evidence[] = {a->package, a->shared.options.base, NULL};
    int status = opening_index("analyze", a->index, evidence, &a->store);
    if (status)
        return status;
    enter_sandbox(a);
    analysis_load_rules(&work);
    status = open_packages(a, &work);
    if (status == EXIT_HELD) {
        work.mask = package_mask(work.package, a->shared.options.reveal);
        int r = analyze(&work, a, &held);
        status = r < 0 ? failed(&work, r) : held;
        if (status == EXIT_HELD && fails_on(a, &findings))
            status = EXIT_SHORT;
    }
    findings_release(&findings);
    analysis_release(&work);
    package_close(work.baseline);
    package_close(work.base);
    package_close(work.package);
    index_store_close(a->store);
    return status;
}

int cmd_analyze(int argc, char **argv)
{
    struct arguments a = {0};
    analyze_arguments_init(&a.shared);
    int status = parse(&a, argc, argv);
    if (status < 0)
        status = run(&a);
    analyze_arguments_release(&a.shared);
    return status;
}
