/* exhibit: the command table, nothing else. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "analyze/commands.h"
#include "formats/archive.h"
#include "formats/base/memory.h"

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"list", cmd_list, "what is in a package: role, how identified, size, digest"},
    {"verify", cmd_verify,
     "is this still what was collected, who sealed it, is it locked"},
    {"show", cmd_show, "the bytes behind a statement"},
    {"checkpoint", cmd_checkpoint,
     "processes, files, sockets and memory of a checkpoint"},
    {"analyze", cmd_analyze, "what happened: everything, into a directory of reports"},
    {"diff", cmd_diff, "a writable layer, or an image, against an image"},
    {"report", cmd_report, "any report again, from a case file alone"},
    {"rules", cmd_rules, "the detections: list, check, test"},
    {"batch", cmd_batch, "many packages: resumable, in parallel, on a cluster"},
    {"search", cmd_search, "over the case files of many analyses"},
};

static void usage(FILE *to)
{
    fputs("exhibit " EXHIBIT_VERSION
          ": offline verifier and analyzer of Kubernetes evidence packages\n"
          "\n"
          "usage: exhibit COMMAND [OPTION]...\n"
          "\n",
          to);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(to, "  %-11s %s\n", commands[i].name, commands[i].help);
    fputs("\n"
          "exhibit COMMAND --help shows options and examples.\n"
          "Exit status: 0 all that was asked was checked and held; 1 the evidence falls "
          "short;\n"
          "2 usage, or the package cannot be opened; 3 exhibit's own failure.\n",
          to);
}

static _Noreturn void give_up(void)
{
    static const char message[] = "exhibit: out of memory\n";
    ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);
    (void)ignored;
    _exit(EXIT_OURS);
}

/* Every thread reads sixteen files at a time; the usual limit is for programs that watch
 * their descriptors with select(). */
static void allow_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
    memory_exhausted = give_up;
    allow_descriptors();
    /* Names are bytes and numbers have points, whatever the examiner's locale. */
    setlocale(LC_ALL, "C");
    archive_prepare();
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return EXIT_HELD;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("exhibit " EXHIBIT_VERSION);
        return EXIT_HELD;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    fprintf(stderr, "exhibit: no such command: %s\nTry: exhibit --help\n", argv[1]);
    return EXIT_USAGE;
}
