#include "analyze/batch/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyze/commands.h"
#include "analyze/opening.h"
#include "analyze/output_directory.h"
#include "analyze/usage.h"
#include "formats/base/memory.h"

static const char help_head[] =
    "usage: exhibit batch ROOT -o OUT [OPTION]...\n"
    "\n"
    "Analyses every package under ROOT, each in a process of its own under limits and "
    "in\n"
    "the sandbox. Killed at any moment, the same command goes on where it was.\n"
    "\n"
    "What is a package: an archive (.tar .tgz .tar.gz .tar.zst .tzst .tar.xz .txz "
    ".tar.bz2\n"
    ".tbz2 .tar.lz4 .zip .7z .cpio .cpio.gz .cpio.zst), or a directory that directly "
    "holds\n"
    "a file which is no archive, with all beneath it. Other directories are folders of\n"
    "cases and looked into, as ROOT itself always is. Names that begin with '.' and "
    "symbolic\n"
    "links below ROOT are passed over. OUT may not lie in ROOT, nor ROOT in OUT.\n"
    "\n"
    "What is not done again: a package that was worked on with the same exhibit, the "
    "same\n"
    "options and the same content of the files they name, and whose listing digest is "
    "the\n"
    "same. It is not even hashed when the names, sizes, times of content and status and\n"
    "inodes of all its files are as they were, the last change was 2 seconds old, and "
    "the\n"
    "file system is one that sets times of status by itself (ext4, XFS, Btrfs, tmpfs, "
    "NFS,\n"
    "overlayfs, F2FS, ZFS). --rehash hashes it even then.\n"
    "\n"
    "  -o, --output OUT         cases/PATH/ for each package, index.html, index.json, "
    "search.db\n"
    "  -j, --jobs N             packages at a time (default: one for each processor)\n"
    "  --verify-only            verify instead of analyze\n"
    "  --list                   only show what would be done, largest first\n"
    "  --retry                  also work on what failed before\n"
    "  --rehash                 do not rely on times: hash what was done before\n"
    "  --memory-limit SIZE      of one process: 4G, 512M; 0: none (default: its share of "
    "80 %\n"
    "                           of memory)\n"
    "  --time-limit SECONDS     of one process (default: 600 and 1 for each 5 MiB)\n"
    "  --quiet                  no progress, no table at the end; of --reverify the "
    "report\n"
    "                           only when it has something to say\n"
    "\n"
    "on a cluster, with a file system that all machines share:\n"
    "  --plan                   write OUT/plan and end\n"
    "  --shard I/N              work on the Ith of N parts of OUT/plan; no index\n"
    "  --merge                  write the index over all that was done (needs no ROOT)\n"
    "\n"
    "over the years:\n"
    "  --reverify               verify again what is done, and report what changed\n"
    "  --within DAYS            locks and certificates that end so soon (default 90)\n"
    "  --json                   the report of --reverify as JSON\n"
    "\n"
    "of analyze, for every package:\n";
static const char help_tail[] =
    "\n"
    "Exit status: 0 all packages hold; 1 one falls short or is gone, or --reverify has\n"
    "something to report; 2 usage; 3 a package was not done (crashed, hung, out of "
    "memory,\n"
    "unreadable).\n"
    "\n"
    "examples:\n"
    "  exhibit batch /evidence -o /cases -j 8 --trust agency-ca.pem\n"
    "  exhibit batch /evidence -o /cases --rules my-rules/ --fail-on high\n"
    "  exhibit batch /evidence -o /cases --reverify --within 180 --trust agency-ca.pem\n";

enum {
    OPTION_VERIFY_ONLY = 0x3000,
    OPTION_LIST,
    OPTION_RETRY,
    OPTION_REHASH,
    OPTION_MEMORY,
    OPTION_TIME,
    OPTION_QUIET,
    OPTION_PLAN,
    OPTION_SHARD,
    OPTION_MERGE,
    OPTION_REVERIFY,
    OPTION_WITHIN,
    OPTION_JSON,
};

static const struct option longs[] = {
    ANALYZE_LONG_OPTIONS,
    {"output", required_argument, NULL, 'o'},
    {"jobs", required_argument, NULL, 'j'},
    {"verify-only", no_argument, NULL, OPTION_VERIFY_ONLY},
    {"list", no_argument, NULL, OPTION_LIST},
    {"retry", no_argument, NULL, OPTION_RETRY},
    {"rehash", no_argument, NULL, OPTION_REHASH},
    {"memory-limit", required_argument, NULL, OPTION_MEMORY},
    {"time-limit", required_argument, NULL, OPTION_TIME},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"plan", no_argument, NULL, OPTION_PLAN},
    {"shard", required_argument, NULL, OPTION_SHARD},
    {"merge", no_argument, NULL, OPTION_MERGE},
    {"reverify", no_argument, NULL, OPTION_REVERIFY},
    {"within", required_argument, NULL, OPTION_WITHIN},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static int complain(const char *what, const char *which)
{
    return usage_error("batch", what, which);
}

/* -- options ---------------------------------------------------------------------------
 */

static void pass(struct batch_command *c, int code, const char *value)
{
    const struct option *o = longs;
    while (o->val != code)
        o++;
    c->passed = memory_grow(c->passed, &c->passed_capacity, c->passed_count + 1,
                            sizeof *c->passed);
    struct batch_passed *p = &c->passed[c->passed_count++];
    *p = (struct batch_passed){.of_verify = code < ANALYZE_OPTION_POD};
    text_printf(&p->text, "--%s%s%s", o->name, o->has_arg ? "=" : "",
                o->has_arg ? value : "");
}

static const char **vector(const struct batch_command *c, bool only_verify)
{
    const char **v = memory_new(c->passed_count + 1, sizeof *v);
    size_t n = 0;
    for (size_t i = 0; i < c->passed_count; i++)
        if (!only_verify || c->passed[i].of_verify)
            v[n++] = text_c(&c->passed[i].text);
    return v;
}

static bool shard(const char *text, struct batch_options *o)
{
    struct bytes rest = bytes_str(text), part = BYTES_NONE;
    uint64_t i, n;
    if (!bytes_split(&rest, '/', &part) || !bytes_to_u64(part, &i) ||
        !bytes_to_u64(rest, &n) || i < 1 || n > 100000 || i > n)
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
        if (!usage_number(value, 1, 1024, &n))
            return complain("--jobs wants a number from 1: ", value);
        c->options.jobs = (size_t)n;
        return 0;
    case OPTION_MEMORY:
        c->memory_given = true;
        return usage_size(value, &c->options.limits.memory)
                   ? 0
                   : complain("--memory-limit wants a size: ", value);
    case OPTION_TIME:
        if (!usage_number(value, 1, INT32_MAX, &n))
            return complain("--time-limit wants seconds: ", value);
        c->options.limits.seconds = (unsigned)n;
        return 0;
    case OPTION_SHARD:
        c->action = BATCH_SHARD;
        return shard(value, &c->options) ? 0 : complain("--shard wants I/N: ", value);
    default:
        if (!usage_number(value, 1, 36500, &n))
            return complain("--within wants days: ", value);
        c->within = (unsigned)n;
        return 0;
    }
}

/* What analyze does not share. 0, or an exit status. */
static int own_option(struct batch_command *c, int code, const char *value)
{
    static const struct {
        int code;
        enum batch_action action;
    } actions[] = {{OPTION_LIST, BATCH_LIST},
                   {OPTION_PLAN, BATCH_PLAN},
                   {OPTION_MERGE, BATCH_MERGE},
                   {OPTION_REVERIFY, BATCH_REVERIFY}};
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (actions[i].code != code)
            continue;
        c->action = actions[i].action;
        return 0;
    }
    switch (code) {
    case '?':
        return complain("unknown option", NULL);
    case 'o':
        c->options.out = value;
        return 0;
    case OPTION_VERIFY_ONLY:
        c->options.verify_only = true;
        return 0;
    case OPTION_RETRY:
        c->options.retry = true;
        return 0;
    case OPTION_REHASH:
        c->options.rehash = true;
        return 0;
    case OPTION_QUIET:
        c->options.quiet = true;
        return 0;
    case OPTION_JSON:
        c->json = true;
        return 0;
    default:
        return valued_option(c, code, value);
    }
}

static int option(struct batch_command *c, int code, const char *value)
{
    int used = analyze_option(&c->shared, "batch", code, value);
    if (used > 0)
        pass(c, code, value);
    return used < 0 ? EXIT_USAGE : used ? 0 : own_option(c, code, value);
}

/* A share of four fifths of the memory for each process at a time. */
static void set_defaults(struct batch_command *c)
{
    struct batch_options *o = &c->options;
    uint64_t pages = (uint64_t)sysconf(_SC_PHYS_PAGES),
             page = (uint64_t)sysconf(_SC_PAGESIZE);
    o->jobs = opening_threads(o->jobs);
    if (!c->memory_given)
        o->limits.memory = pages * page / 5 * 4 / o->jobs;
    c->vectors[0] = vector(c, false);
    c->vectors[1] = vector(c, true);
    o->options = c->vectors[0];
    o->verify_options = c->vectors[1];
}

/* 0, or an exit status. */
static int check(const struct batch_command *c)
{
    const struct batch_options *o = &c->options;
    if (!o->root && c->action != BATCH_MERGE)
        return complain("name the directory with the packages", NULL);
    if (!o->out && c->action != BATCH_LIST)
        return complain("say with -o where to write", NULL);
    for (size_t i = 0; o->verify_only && i < c->passed_count; i++)
        if (!c->passed[i].of_verify)
            return complain("with --verify-only there is no ",
                            text_c(&c->passed[i].text));
    if (o->root && o->out && path_is_inside(o->out, o->root))
        return complain("OUT lies in ROOT: evidence is never written to: ", o->out);
    if (o->root && o->out && path_is_inside(o->root, o->out))
        return complain("ROOT lies in OUT: evidence is never written to: ", o->root);
    return 0;
}

int batch_options_parse(struct batch_command *c, int argc, char **argv)
{
    *c = (struct batch_command){.options = {.shard = 1, .shards = 1}, .within = 90};
    analyze_arguments_init(&c->shared);
    for (int code; (code = getopt_long(argc, argv, "o:j:h", longs, NULL)) != -1;) {
        if (code == 'h') {
            printf("%s%s\n%s%s", help_head, analyze_options_help, verify_options_help,
                   help_tail);
            return EXIT_HELD;
        }
        int status = option(c, code, optarg);
        if (status)
            return status;
    }
    if (optind < argc)
        c->options.root = argv[optind++];
    if (optind < argc)
        return complain("name one directory, not also ", argv[optind]);
    set_defaults(c);
    int status = check(c);
    return status ? status : -1;
}

void batch_options_release(struct batch_command *c)
{
    for (size_t i = 0; i < c->passed_count; i++)
        text_release(&c->passed[i].text);
    free(c->passed);
    free(c->vectors[0]);
    free(c->vectors[1]);
    analyze_arguments_release(&c->shared);
}
