/* exhibit verify: is this still what was collected? */
#include <stdlib.h>
#include <unistd.h>

#include "analyze/commands.h"
#include "analyze/opening.h"
#include "analyze/verify_options.h"
#include "verify/sandbox.h"

static const char help_head[] =
    "usage: exhibit verify [OPTION]... PACKAGE...\n"
    "\n"
    "Checks every file of a package against its manifests, the manifests' signatures "
    "and\n"
    "time-stamps against what you trust, and captured locks against what you demand. A\n"
    "package is a directory or an archive; nothing is unpacked or written.\n"
    "\n";
static const char help_tail[] =
    "  --json                   verdict.json on standard output; of several packages "
    "one\n"
    "                           document each, one after the other\n"
    "  --threads N              readers at a time (default: one for each processor)\n"
    "\n"
    "Verdicts: verified, unsealed (exit status 0); incomplete, failed (1).\n"
    "\n"
    "examples:\n"
    "  exhibit verify case-17/\n"
    "  exhibit verify --trust ca.pem --retain-until 2033-01-01 case-17.tar.zst\n"
    "  exhibit verify --key evidence.pub --json case-17/ > verdict.json\n";

enum { OPTION_JSON = 'j', OPTION_THREADS = 't', OPTION_HELP = 'h' };

struct verify_command {
    struct verify_arguments arguments;
    const struct verification_options *options;
    bool json;
    size_t threads;
};

static enum care care_of(void *context, const struct item *item)
{
    (void)context;
    return verification_care(item);
}

static void print_json(const struct verification *v)
{
    json_t *document = verification_to_json(v);
    json_dumpf(document, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(document);
}

static void print_text(const struct verification *v)
{
    struct text t = {0};
    bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
    verification_to_text(v, colour, &t);
    fputs(text_c(&t), stdout);
    text_release(&t);
}

/* What does not change the verdict and must not pass unseen by who reads that alone. */
static void tell_remarks(const struct verification *v)
{
    size_t n = 0;
    for (size_t i = 0; i < v->findings->n; i++)
        n += v->findings->v[i]->kind->severity >= SEVERITY_LOW;
    if (n == 0 || verification_status(v))
        return;
    fputs("exhibit: ", stderr);
    print_escaped(stderr, bytes_str(package_name(v->package)));
    fprintf(stderr, ": %zu finding%s to look at\n", n, n == 1 ? "" : "s");
}

static int judge(const struct verify_command *command, struct package *p)
{
    struct findings findings = {0};
    struct verification v;
    int error = verification_run(p, command->options, &findings, &v);
    if (error < 0)
        fprintf(stderr, "exhibit: verifying failed: %s\n", strerror(-error));
    else if (command->json)
        print_json(&v);
    else
        print_text(&v);
    if (error == 0)
        tell_remarks(&v);
    int status = error < 0 ? EXIT_OURS : verification_status(&v) ? EXIT_SHORT : EXIT_HELD;
    verification_release(&v);
    findings_release(&findings);
    return status;
}

static int verify_package(const struct verify_command *command, const char *path)
{
    const struct walk_options walk = {.threads = opening_threads(command->threads),
                                      .care = care_of,
                                      .progress = progress_terminal()};
    struct package *p;
    int status = opening_walk(path, &walk, &p);
    if (status != EXIT_HELD)
        return status;
    status = judge(command, p);
    package_close(p);
    return status;
}

/* -1 to go on, else an exit status. */
static int parse(struct verify_command *command, int argc, char **argv)
{
    static const struct option longs[] = {
        VERIFY_LONG_OPTIONS,
        {"json", no_argument, NULL, OPTION_JSON},
        {"threads", required_argument, NULL, OPTION_THREADS},
        {"help", no_argument, NULL, OPTION_HELP},
        {0},
    };
    for (int c; (c = getopt_long(argc, argv, "h", longs, NULL)) != -1;) {
        int ours = verify_option(&command->arguments, c, optarg);
        if (ours < 0)
            return EXIT_USAGE;
        if (c == OPTION_HELP) {
            printf("%s%s%s", help_head, verify_options_help, help_tail);
            return EXIT_HELD;
        }
        if (c == '?') {
            fputs("Try: exhibit verify --help\n", stderr);
            return EXIT_USAGE;
        }
        command->json |= c == OPTION_JSON;
        if (c == OPTION_THREADS)
            command->threads = strtoul(optarg, NULL, 10);
    }
    if (optind < argc)
        return -1;
    fputs("exhibit: verify needs a PACKAGE\nTry: exhibit verify --help\n", stderr);
    return EXIT_USAGE;
}

int cmd_verify(int argc, char **argv)
{
    struct verify_command command = {0};
    verify_arguments_init(&command.arguments);
    int status = parse(&command, argc, argv);
    if (status < 0) {
        status = EXIT_HELD;
        /* argv ends with NULL, as the list of what may be read does. */
        const struct sandbox_paths paths = {(const char *const *)(argv + optind), NULL};
        command.arguments.options.sandbox = sandbox_enter(&paths);
        if (strncmp(command.arguments.options.sandbox, "none", 4) == 0)
            fprintf(stderr, "exhibit: no sandbox: %s\n",
                    command.arguments.options.sandbox);
        command.options = verify_arguments_done(&command.arguments);
        for (int i = optind; i < argc; i++) {
            int one = verify_package(&command, argv[i]);
            status = one > status ? one : status;
            if (i + 1 < argc && !command.json)
                putchar('\n');
        }
    }
    verify_arguments_release(&command.arguments);
    return status;
}
