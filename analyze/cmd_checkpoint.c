/* exhibit checkpoint: what CRIU froze. */
#include <getopt.h>
#include <stdlib.h>

#include "analyze/commands.h"
#include "analyze/opening.h"
#include "analyze/process/command.h"

static const char help[] =
    "usage: exhibit checkpoint CHECKPOINT [WHAT [ARGUMENT]...] [OPTION]...\n"
    "\n"
    "CHECKPOINT is a podman, CRI-O, kubelet or containerd checkpoint archive, a folder "
    "of\n"
    "CRIU images (runc, crun, Docker), or a package that holds one. WHAT is one of\n"
    "\n"
    "  ps        the process tree with command lines (the default)\n"
    "  info      container, dump, statistics, and what is wrong with the images\n"
    "  env       environments; values are masked, but for PATH, HOME and their like\n"
    "  files     open files, deleted ones with their content\n"
    "  sockets   sockets with both ends, state, queues and owners\n"
    "  mounts    mount points\n"
    "  network   devices, addresses, routes, firewall rules, connections kept in mind\n"
    "  maps      memory areas and where their bytes are\n"
    "  cgroups   control groups with their limits and processes\n"
    "  threads   threads with credentials, seccomp and where they were executing\n"
    "  seccomp   system call filters, disassembled\n"
    "  strings   printable strings of memory, with addresses\n"
    "  search    TEXT, hex:4d5a or re:REGEX, or --yara FILE, in memory\n"
    "  extract   START-END, a mapping's name, or a file: memfd:NAME, ghost:ID, or a "
    "path\n"
    "  core      an ELF core of one process, for gdb\n"
    "  findings  what somebody should look at\n"
    "  decode    IMAGE.img: any image as JSON, field by field\n"
    "\n"
    "  --pid N        one process\n"
    "  --json         for machines\n"
    "  --reveal       show the values of credentials\n"
    "  --yara FILE    rules for search; may be given again\n"
    "  --min N        shortest string (6)\n"
    "  --context N    bytes shown around a hit (32)\n"
    "  --dump N       which dump, from 1, when there are several (the newest)\n"
    "  -o FILE        where core, extract and decode write\n"
    "\n"
    "examples:\n"
    "  exhibit checkpoint checkpoint.tar.zst\n"
    "  exhibit checkpoint checkpoint.tar.zst files --pid 14\n"
    "  exhibit checkpoint case-17 search 're:https?://[a-z0-9.]+' --json\n"
    "  exhibit checkpoint checkpoint.tar core --pid 14 -o core.14; gdb -c core.14\n"
    "  exhibit checkpoint checkpoint.tar extract memfd:payload -o payload.bin\n"
    "\n"
    "Exit status: 0 shown; 1 nothing found, or part of the checkpoint is missing or "
    "broken;\n"
    "2 usage, or it cannot be opened or holds no checkpoint; 3 exhibit's own failure.\n";

enum {
    OPTION_PID = 256,
    OPTION_JSON,
    OPTION_REVEAL,
    OPTION_YARA,
    OPTION_MIN,
    OPTION_CONTEXT,
    OPTION_DUMP,
};

static const struct option longs[] = {
    {"pid", required_argument, NULL, OPTION_PID},
    {"json", no_argument, NULL, OPTION_JSON},
    {"reveal", no_argument, NULL, OPTION_REVEAL},
    {"yara", required_argument, NULL, OPTION_YARA},
    {"min", required_argument, NULL, OPTION_MIN},
    {"context", required_argument, NULL, OPTION_CONTEXT},
    {"dump", required_argument, NULL, OPTION_DUMP},
    {"output", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {0}};

static int complain(const char *what, const char *which)
{
    fprintf(stderr, "exhibit checkpoint: %s%s%s\nTry: exhibit checkpoint --help\n", what,
            which ? ": " : "", which ? which : "");
    return EXIT_USAGE;
}

static bool number(const char *text, uint64_t most, uint64_t *out)
{
    return bytes_to_u64(bytes_str(text), out) && *out <= most;
}

static int option(struct checkpoint_request *r, int c, const char *value)
{
    uint64_t n = 0;
    switch (c) {
    case OPTION_PID:
        if (!number(value, UINT32_MAX, &n))
            return complain("not a pid", value);
        r->pid = (uint32_t)n;
        r->one_pid = true;
        return 0;
    case OPTION_JSON:
        r->json = true;
        return 0;
    case OPTION_REVEAL:
        r->reveal = true;
        return 0;
    case OPTION_YARA:
        if (r->yara_count == REQUEST_YARA)
            return complain("too many --yara", NULL);
        r->yara[r->yara_count++] = value;
        return 0;
    case OPTION_MIN:
        if (!number(value, 4096, &n) || n == 0)
            return complain("--min is 1 to 4096", value);
        r->shortest = (size_t)n;
        return 0;
    case OPTION_CONTEXT:
        if (!number(value, 4096, &n))
            return complain("--context is at most 4096", value);
        r->context = (size_t)n;
        return 0;
    case OPTION_DUMP:
        if (!number(value, LIMIT_CRIU_DUMPS, &n))
            return complain("not a number of a dump", value);
        r->dump = (size_t)n;
        return 0;
    case 'o':
        r->output = value;
        return 0;
    default:
        return complain("unknown option", NULL);
    }
}

static enum care care_of(void *context, const struct item *item)
{
    (void)context;
    if (item->role == ROLE_CHECKPOINT_METADATA || item->role == ROLE_POD_MANIFEST)
        return CARE_KEEP; /* the manifest says which ports the pod declares */
    enum care care = item->role == ROLE_CRIU_IMAGE ? dump_care(item) : CARE_HASH;
    /* Gigabytes of pages are read when memory is asked for, not to show a process tree.
     */
    return item->role == ROLE_CRIU_IMAGE && care == CARE_HASH ? CARE_LEAVE : care;
}

int cmd_checkpoint(int argc, char **argv)
{
    struct checkpoint_request r = {.shortest = 6, .context = 32, .what = "ps"};
    struct package *p;
    for (int c; (c = getopt_long(argc, argv, "o:h", longs, NULL)) != -1;) {
        if (c == 'h') {
            fputs(help, stdout);
            return EXIT_HELD;
        }
        int status = option(&r, c, optarg);
        if (status)
            return status;
    }
    if (optind == argc)
        return complain("name a checkpoint", NULL);
    if (optind + 1 < argc)
        r.what = argv[optind + 1];
    r.arguments = (const char *const *)(argv + (optind + 2 < argc ? optind + 2 : argc));
    if (!checkpoint_knows(r.what))
        return complain("unknown", r.what);
    struct walk_options walk = {
        .threads = opening_threads(0), .care = care_of, .progress = progress_terminal()};
    int status = opening_walk(argv[optind], &walk, &p);
    progress_end();
    if (status)
        return status;
    status = checkpoint_command(p, &r);
    package_close(p);
    return status;
}
