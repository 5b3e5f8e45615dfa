/* exhibit verify: is this still what was collected? */
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyze/commands.h"
#include "analyze/opening.h"
#include "analyze/screen.h"
#include "analyze/verify_options.h"
#include "verify/custody.h"
#include "verify/sandbox.h"
#include "verify/seal_writer.h"

static const char help_head[] =
    "usage: exhibit verify [OPTION]... PACKAGE...\n"
    "\n"
    "Checks every file of a package against its manifests, the manifests' signatures "
    "and\n"
    "time-stamps against what you trust, and captured locks against what you demand. A\n"
    "package is a directory or an archive; nothing is unpacked or written.\n"
    "\n";
static const char help_tail[] =
    "  --seal KEY CERT -o DIR   write verdict.json and a certificate of verification "
    "(text,\n"
    "                           HTML) to DIR, each with a CMS signature by KEY (PEM)\n"
    "  --custody FILE           append an entry to this custody log, whose chain is "
    "checked\n"
    "  --examiner NAME          who examines, for the custody log (default: the "
    "account)\n"
    "  --json                   verdict.json on standard output; of several packages "
    "one\n"
    "                           document each, one after the other\n"
    "  --reveal                 do not mask credentials that names hold\n"
    "  --threads N              readers at a time (default: one for each processor)\n"
    "  --direct                 what is read does not stay in the page cache: for "
    "evidence\n"
    "                           larger than memory\n"
    "\n"
    "Verdicts: verified, unsealed (exit status 0); incomplete, failed (1).\n"
    "\n"
    "examples:\n"
    "  exhibit verify case-17/\n"
    "  exhibit verify --trust ca.pem --retain-until 2033-01-01 case-17.tar.zst\n"
    "  exhibit verify --key evidence.pub --json case-17/ > verdict.json\n";

enum {
    OPTION_SEAL = 's',
    OPTION_OUT = 'o',
    OPTION_CUSTODY = 'c',
    OPTION_EXAMINER = 'e',
    OPTION_JSON = 'j',
    OPTION_REVEAL = 'r',
    OPTION_THREADS = 't',
    OPTION_DIRECT = 'd',
    OPTION_HELP = 'h'
};

struct verify_command {
    struct verify_arguments arguments;
    const struct verification_options *options;
    bool json, direct;
    size_t threads;
    const char *key, *certificate, *out;
    const char *custody_path, *examiner;
    struct seal_writer *seal;
    struct custody *custody;
};

static enum care care_of(void *context, const struct item *item)
{
    (void)context;
    return verification_care(item);
}

static void print_text(const struct verification *v)
{
    struct text t = {0};
    verification_to_text(v, screen_of(STDOUT_FILENO).colour, &t);
    fputs(text_c(&t), stdout);
    text_release(&t);
}

/* What does not change the verdict and must not pass unseen by who reads that alone. */
static void tell_remarks(const struct verification *v)
{
    size_t n = 0;
    for (size_t i = 0; i < v->findings->n; i++)
        n += v->findings->v[i]->severity >= SEVERITY_LOW;
    if (n == 0 || verification_status(v))
        return;
    fputs("exhibit: ", stderr);
    print_masked(stderr, &v->mask, bytes_str(package_name(v->package)));
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
        verification_print_json(&v, stdout);
    else
        print_text(&v);
    if (error == 0)
        tell_remarks(&v);
    if (error == 0 && command->seal)
        error = seal_writer_write(command->seal, &v);
    if (error == 0 && command->custody)
        error = custody_append(command->custody, &v);
    if (error < 0)
        fprintf(stderr, "exhibit: writing failed: %s\n", strerror(-error));
    int status = error < 0 ? EXIT_OURS : verification_status(&v) ? EXIT_SHORT : EXIT_HELD;
    verification_release(&v);
    findings_release(&findings);
    return status;
}

static int verify_package(const struct verify_command *command, const char *path)
{
    const struct walk_options walk = {.threads = opening_threads(command->threads),
                                      .direct = command->direct,
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

/* --seal takes two arguments: the second is the next word. */
static void read_record_option(struct verify_command *command, int c, int argc,
                               char **argv)
{
    if (c == OPTION_SEAL) {
        command->key = optarg;
        command->certificate = optind < argc ? argv[optind++] : NULL;
    }
    if (c == OPTION_OUT)
        command->out = optarg;
    if (c == OPTION_CUSTODY)
        command->custody_path = optarg;
    if (c == OPTION_EXAMINER)
        command->examiner = optarg;
}

/* Nothing is ever written into a package. */
static bool is_inside(const char *path, const char *package)
{
    char *root = realpath(package, NULL), *at = realpath(path, NULL);
    if (!at) { /* not there yet: the folder that it will be in */
        struct text folder = {0};
        const char *slash = strrchr(path, '/');
        text_add(&folder,
                 slash ? bytes_of(path, (size_t)(slash - path) + 1) : BYTES("."));
        at = realpath(text_c(&folder), NULL);
        text_release(&folder);
    }
    bool inside = root && at && strncmp(at, root, strlen(root)) == 0 &&
                  (at[strlen(root)] == '/' || at[strlen(root)] == '\0');
    free(root);
    free(at);
    return inside;
}

static int refuse(const char *option, const char *why)
{
    fprintf(stderr, "exhibit: %s: %s\n", option, why);
    return EXIT_USAGE;
}

static const char *account_name(void)
{
    const struct passwd *account = getpwuid(getuid());
    return account ? account->pw_name : "unknown";
}

/* What is written is opened before the sandbox closes. -1 to go on. */
static int open_records(struct verify_command *command, char *const *packages)
{
    const char *why;
    for (char *const *p = packages; *p; p++) {
        if ((command->out && is_inside(command->out, *p)) ||
            (command->custody_path && is_inside(command->custody_path, *p)))
            return refuse(*p, "nothing is written into a package: choose another folder");
    }
    if (command->key && (!command->certificate || !command->out || packages[1]))
        return refuse("--seal", "needs KEY, CERT, -o DIR and one PACKAGE");
    if (command->key || command->custody_path) /* they name the program by its digest */
        tool_sha256();
    if (command->key && (why = seal_writer_open(command->key, command->certificate,
                                                command->out, &command->seal)))
        return refuse("--seal", why);
    if (command->custody_path &&
        custody_open(command->custody_path,
                     command->examiner ? command->examiner : account_name(),
                     &command->custody, &why))
        return refuse("--custody", why);
    return -1;
}

/* -1 to go on, else an exit status. */
static int parse(struct verify_command *command, int argc, char **argv)
{
    static const struct option longs[] = {
        VERIFY_LONG_OPTIONS,
        {"seal", required_argument, NULL, OPTION_SEAL},
        {"out", required_argument, NULL, OPTION_OUT},
        {"custody", required_argument, NULL, OPTION_CUSTODY},
        {"examiner", required_argument, NULL, OPTION_EXAMINER},
        {"json", no_argument, NULL, OPTION_JSON},
        {"reveal", no_argument, NULL, OPTION_REVEAL},
        {"threads", required_argument, NULL, OPTION_THREADS},
        {"direct", no_argument, NULL, OPTION_DIRECT},
        {"help", no_argument, NULL, OPTION_HELP},
        {0},
    };
    for (int c; (c = getopt_long(argc, argv, "ho:", longs, NULL)) != -1;) {
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
        read_record_option(command, c, argc, argv);
        command->json |= c == OPTION_JSON;
        command->direct |= c == OPTION_DIRECT;
        command->arguments.options.reveal |= c == OPTION_REVEAL;
        if (c == OPTION_THREADS)
            command->threads = strtoul(optarg, NULL, 10);
    }
    if (optind < argc)
        return open_records(command, argv + optind);
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
        const char *const written[] = {command.seal ? command.out : NULL, NULL};
        const struct sandbox_paths paths = {(const char *const *)(argv + optind),
                                            written};
        command.arguments.options.sandbox = sandbox_enter(&paths);
        if (strncmp(command.arguments.options.sandbox, "none", 4) == 0)
            fprintf(stderr, "exhibit: no sandbox: %s\n",
                    command.arguments.options.sandbox);
        command.options = verify_arguments_done(&command.arguments);
        for (int i = optind; i < argc; i++) {
            verify_arguments_of(&command.arguments, argv[i]);
            int one = verify_package(&command, argv[i]);
            status = one > status ? one : status;
            if (i + 1 < argc && !command.json)
                putchar('\n');
        }
    }
    seal_writer_close(command.seal);
    custody_close(command.custody);
    verify_arguments_release(&command.arguments);
    return status;
}
