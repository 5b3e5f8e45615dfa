/* exhibit batch: many packages, resumable, on one machine or on a cluster. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "analyze/batch/index.h"
#include "analyze/batch/reverify.h"
#include "analyze/commands.h"
#include "analyze/opening.h"
#include "analyze/verify_options.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

static const char help_head[] =
    "usage: exhibit batch ROOT -o OUT [OPTION]... [-- OPTION OF analyze OR verify]...\n"
    "\n"
    "Analyses every package under ROOT, each in a process of its own under limits. "
    "Killed "
    "at\n"
    "any moment, the same command goes on where it was. A package is an archive (by the "
    "end\n"
    "of its name), or a directory that directly holds a file which is no archive; other\n"
    "directories are folders of cases.\n"
    "\n"
    "  -o, --output OUT     cases/PATH/ for each package, index.html, index.json, "
    "search.db\n"
    "  -j, --jobs N         packages at a time (default: one for each processor)\n"
    "  --verify-only        verify instead of analyze\n"
    "  --list               only show what would be worked on, largest first\n"
    "  --retry              also work on what failed before\n"
    "  --memory-limit SIZE  of one process: 4G, 512M (default: its share of 80 % of "
    "memory)\n"
    "  --time-limit SECONDS of one process (default: 600 and 1 for each 5 MiB)\n"
    "  --quiet              no table at the end\n"
    "\n"
    "on a cluster, with a file system that all machines share:\n"
    "  --plan               write OUT/plan and end\n"
    "  --shard I/N          work on the Ith of N parts of OUT/plan; no index\n"
    "  --merge              write the index over all that was done\n"
    "\n"
    "over the years:\n"
    "  --reverify           verify again what is done, and report what changed\n"
    "  --within DAYS        locks and certificates that end so soon (default 90)\n"
    "\n"
    "handed on to every package:\n";
static const char help_tail[] =
    "\n"
    "Exit status: 0 all packages hold; 1 one falls short, or --reverify found a change; "
    "2 "
    "usage;\n"
    "3 a package was not done (crashed, hung, out of memory, unreadable).\n"
    "\n"
    "examples:\n"
    "  exhibit batch /evidence -o /cases -j 8 --trust agency-ca.pem\n"
    "  exhibit batch /evidence -o /cases -- --rules my-rules/ --fail-on high\n"
    "  exhibit batch /evidence -o /cases --reverify --within 180\n";

enum {
    OPTION_VERIFY_ONLY = 0x2000,
    OPTION_LIST,
    OPTION_RETRY,
    OPTION_MEMORY,
    OPTION_TIME,
    OPTION_QUIET,
    OPTION_PLAN,
    OPTION_SHARD,
    OPTION_MERGE,
    OPTION_REVERIFY,
    OPTION_WITHIN,
};

enum action { RUN, LIST, PLAN, SHARD, MERGE, REVERIFY };

struct batch_command {
    struct batch_options options;
    enum action action;
    const char **passed;
    size_t passed_capacity;
    struct text *owned; /* "--trust=ca.pem" */
    size_t owned_count, owned_capacity;
    bool memory_given, time_given;
    unsigned within;
    instant now;
};

static const struct option longs[] = {
    VERIFY_LONG_OPTIONS,
    {"output", required_argument, NULL, 'o'},
    {"jobs", required_argument, NULL, 'j'},
    {"verify-only", no_argument, NULL, OPTION_VERIFY_ONLY},
    {"list", no_argument, NULL, OPTION_LIST},
    {"retry", no_argument, NULL, OPTION_RETRY},
    {"memory-limit", required_argument, NULL, OPTION_MEMORY},
    {"time-limit", required_argument, NULL, OPTION_TIME},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"plan", no_argument, NULL, OPTION_PLAN},
    {"shard", required_argument, NULL, OPTION_SHARD},
    {"merge", no_argument, NULL, OPTION_MERGE},
    {"reverify", no_argument, NULL, OPTION_REVERIFY},
    {"within", required_argument, NULL, OPTION_WITHIN},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static int complain(const char *what, const char *which)
{
    fprintf(stderr, "exhibit batch: %s", what);
    if (which)
        print_escaped(stderr, bytes_str(which));
    fputs("\nTry: exhibit batch --help\n", stderr);
    return EXIT_USAGE;
}

static int our_failure(int error)
{
    if (error == -EBUSY)
        return complain("another batch is at work on this output", NULL);
    fprintf(stderr, "exhibit batch: %s\n", strerror(-error));
    return EXIT_OURS;
}

/* -- options ---------------------------------------------------------------------------
 */

static void pass(struct batch_command *c, const char *argument)
{
    c->passed = memory_grow(c->passed, &c->passed_capacity, c->options.passed_count + 1,
                            sizeof *c->passed);
    c->passed[c->options.passed_count++] = argument;
}

/* An option of verify, as "--name=value". */
static void pass_option(struct batch_command *c, int code, const char *value)
{
    const struct option *o = longs;
    while (o->val != code)
        o++;
    c->owned =
        memory_grow(c->owned, &c->owned_capacity, c->owned_count + 1, sizeof *c->owned);
    struct text *t = &c->owned[c->owned_count++];
    *t = (struct text){0};
    text_printf(t, "--%s=%s", o->name, value);
    pass(c, text_c(t));
}

static bool number(const char *text, uint64_t most, uint64_t *out)
{
    return bytes_to_u64(bytes_str(text), out) && *out >= 1 && *out <= most;
}

/* "4G", "512M", "100K" or bytes; "0" is no limit. */
static bool size(const char *text, uint64_t *out)
{
    struct bytes b = bytes_str(text);
    unsigned shift = 0;
    uint8_t unit = b.n ? to_lower(b.p[b.n - 1]) : 0;
    if (unit == 'k' || unit == 'm' || unit == 'g') {
        shift = unit == 'k' ? 10 : unit == 'm' ? 20 : 30;
        b.n--;
    }
    return bytes_to_u64(b, out) && *out <= UINT64_MAX >> shift &&
           ((*out <<= shift), true);
}

static bool shard(const char *text, struct batch_options *o)
{
    struct bytes rest = bytes_str(text), part = BYTES_NONE;
    uint64_t i, n;
    if (!bytes_split(&rest, '/', &part) || !bytes_to_u64(part, &i) ||
        !bytes_to_u64(rest, &n) || i < 1 || n > 1000000 || i > n)
        return false;
    o->shard = (size_t)i;
    o->shards = (size_t)n;
    return true;
}

static int valued_option(struct batch_command *c, int code, const char *value)
{
    uint64_t n = 0;
    switch (code) {
    case 'j':
        if (!number(value, 1024, &n))
            return complain("--jobs wants a number from 1: ", value);
        c->options.jobs = (size_t)n;
        return 0;
    case OPTION_MEMORY:
        c->memory_given = true;
        return size(value, &c->options.limits.memory)
                   ? 0
                   : complain("--memory-limit wants a size: ", value);
    case OPTION_TIME:
        if (!number(value, INT32_MAX, &n))
            return complain("--time-limit wants seconds: ", value);
        c->options.limits.seconds = (unsigned)n;
        return 0;
    case OPTION_SHARD:
        c->action = SHARD;
        return shard(value, &c->options) ? 0 : complain("--shard wants I/N: ", value);
    default:
        if (!number(value, 36500, &n))
            return complain("--within wants days: ", value);
        c->within = (unsigned)n;
        return 0;
    }
}

static int option(struct batch_command *c, int code, const char *value)
{
    switch (code) {
    case 'o':
        c->options.out = value;
        return 0;
    case OPTION_VERIFY_ONLY:
        c->options.verify_only = true;
        return 0;
    case OPTION_RETRY:
        c->options.retry = true;
        return 0;
    case OPTION_QUIET:
        c->options.quiet = true;
        return 0;
    case OPTION_LIST:
        c->action = LIST;
        return 0;
    case OPTION_PLAN:
        c->action = PLAN;
        return 0;
    case OPTION_MERGE:
        c->action = MERGE;
        return 0;
    case OPTION_REVERIFY:
        c->action = REVERIFY;
        return 0;
    case VERIFY_OPTION_AT:
        if (!instant_parse_date(bytes_str(value), &c->now, NULL))
            return complain("--at is no time: ", value);
        pass_option(c, code, value);
        return 0;
    default:
        if (code >= VERIFY_OPTION_TRUST && code < VERIFY_OPTION_AT)
            pass_option(c, code, value);
        else
            return valued_option(c, code, value);
        return 0;
    }
}

/* A share of four fifths of the memory for each process at a time. */
static void default_limits(struct batch_options *o)
{
    uint64_t pages = (uint64_t)sysconf(_SC_PHYS_PAGES),
             page = (uint64_t)sysconf(_SC_PAGESIZE);
    o->limits.memory = pages * page / 5 * 4 / o->jobs;
}

/* -1 to go on, else an exit status. */
static int parse(struct batch_command *c, int argc, char **argv)
{
    for (int code; (code = getopt_long(argc, argv, "o:j:h", longs, NULL)) != -1;) {
        if (code == 'h') {
            printf("%s%s%s", help_head, verify_options_help, help_tail);
            return EXIT_HELD;
        }
        int status =
            code == '?' ? complain("unknown option", NULL) : option(c, code, optarg);
        if (status)
            return status;
    }
    bool needs_root = c->action != MERGE;
    if (optind >= argc && needs_root)
        return complain("name the directory with the packages", NULL);
    if (!c->options.out && c->action != LIST)
        return complain("say with -o where to write", NULL);
    if (optind < argc)
        c->options.root = argv[optind++];
    while (optind < argc)
        pass(c, argv[optind++]);
    c->options.jobs = opening_threads(c->options.jobs);
    if (!c->memory_given)
        default_limits(&c->options);
    c->options.passed = c->passed;
    return -1;
}

/* -- actions ---------------------------------------------------------------------------
 */

static void print_plan(const struct plan *p)
{
    for (size_t i = 0; i < p->n; i++) {
        struct text t = {0};
        text_printf(&t, "%14llu  %s  ", (unsigned long long)p->v[i].size,
                    p->v[i].directory ? "directory" : "archive  ");
        escape_terminal(&t, bytes_str(p->v[i].path));
        puts(text_c(&t));
        text_release(&t);
    }
    printf("%zu packages, %llu bytes; %llu other entries passed over\n", p->n,
           (unsigned long long)p->size, (unsigned long long)p->passed);
}

static int write_index(const struct batch_command *c)
{
    json_t *document = NULL;
    struct text t = {0};
    int r = index_write(c->options.out, &document);
    if (r < 0)
        return our_failure(r);
    index_text(document, &t);
    if (!c->options.quiet)
        printf("%s%s/index.html\n", text_c(&t), c->options.out);
    text_release(&t);
    json_decref(document);
    return EXIT_HELD;
}

static int work(struct batch_command *c, struct plan *plan)
{
    struct batch_result result = {0};
    if (c->action == SHARD)
        plan_shard(plan, c->options.shard, c->options.shards);
    int r = batch_run(&c->options, plan, &result);
    if (r < 0)
        return our_failure(r);
    if (!c->options.quiet)
        printf(
            "%zu packages: %zu done now, %zu were done before, %zu could not be done\n",
            plan->n, result.done, result.skipped, result.failed);
    int status = c->action == RUN ? write_index(c) : EXIT_HELD;
    return status > result.worst ? status : result.worst;
}

/* The plan of this action: from the file for a shard, else from the disk. */
static int get_plan(const struct batch_command *c, const char *file, struct plan *plan)
{
    int r = c->action == SHARD ? plan_read(plan, file)
                               : plan_scan(plan, c->options.root, c->options.out);
    if (r == 0)
        return 0;
    fprintf(stderr, "exhibit batch: ");
    print_escaped(stderr, bytes_str(c->action == SHARD ? file : c->options.root));
    fprintf(stderr, ": %s\n", r == -EBADMSG ? "not a plan" : strerror(-r));
    return EXIT_USAGE;
}

static int with_plan(struct batch_command *c)
{
    struct plan plan = {0};
    struct text file = {0};
    text_printf(&file, "%s/plan", c->options.out);
    int status = get_plan(c, text_c(&file), &plan);
    if (status == 0 && c->action == LIST)
        print_plan(&plan);
    else if (status == 0 && c->action == PLAN) {
        int r = plan_write(&plan, text_c(&file));
        status = r < 0 ? our_failure(r) : EXIT_HELD;
        printf("%zu packages, %llu bytes: %s\n", plan.n, (unsigned long long)plan.size,
               text_c(&file));
    } else if (status == 0)
        status = work(c, &plan);
    text_release(&file);
    plan_release(&plan);
    return status;
}

static void print_changes(const json_t *document)
{
    size_t i, k;
    json_t *one, *change, *cases = json_object_get(document, "cases");
    struct text t = {0};
    json_array_foreach(cases, i, one)
    {
        json_array_foreach(json_object_get(one, "changes"), k, change)
        {
            escape_terminal(&t,
                            bytes_str(json_string_value(json_object_get(one, "path"))));
            text_printf(&t, "  %s: ", json_string_value(json_object_get(change, "what")));
            escape_terminal(
                &t, bytes_str(json_string_value(json_object_get(change, "detail"))));
            text_byte(&t, '\n');
        }
    }
    printf("%s%zu packages changed or soon will\n", text_c(&t), json_array_size(cases));
    text_release(&t);
}

static int reverify(const struct batch_command *c)
{
    json_t *document = NULL;
    int r = reverify_run(&c->options, c->now, c->within, &document);
    if (r < 0)
        return our_failure(r);
    if (!c->options.quiet)
        print_changes(document);
    int status =
        json_array_size(json_object_get(document, "cases")) ? EXIT_SHORT : EXIT_HELD;
    json_decref(document);
    return status;
}

static int run(struct batch_command *c)
{
    if (c->options.out) {
        struct text t = {0};
        text_printf(&t, "%s/", c->options.out);
        make_parents(text_c(&t));
        text_release(&t);
    }
    if (c->action == MERGE)
        return write_index(c);
    return c->action == REVERIFY ? reverify(c) : with_plan(c);
}

static instant now_of_machine(void)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    int64_t seconds;
    instant now;
    if (!epoch || !bytes_to_i64(bytes_str(epoch), &seconds))
        seconds = time(NULL);
    return instant_from_epoch(seconds, PRECISION_SECOND, &now) ? now : 0;
}

int cmd_batch(int argc, char **argv)
{
    struct batch_command c = {
        .options = {.shard = 1, .shards = 1}, .within = 90, .now = now_of_machine()};
    int status = parse(&c, argc, argv);
    if (status < 0)
        status = run(&c);
    for (size_t i = 0; i < c.owned_count; i++)
        text_release(&c.owned[i]);
    free(c.owned);
    free(c.passed);
    return status;
}
