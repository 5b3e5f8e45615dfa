#include "analyze/verify_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "analyze/output_directory.h"
#include "formats/base/memory.h"

const char verify_options_help[] =
    "  --trust FILE             certificate (PEM or DER) that may vouch for seals; "
    "repeatable\n"
    "  --crl FILE               certificate revocation list; repeatable\n"
    "  --key FILE               public key: OpenPGP, minisign, signify, OpenSSH or PEM;\n"
    "                           repeatable\n"
    "  --allowed-signers FILE   OpenSSH allowed_signers, for SSHSIG signatures\n"
    "  --trusted-root FILE      trusted_root.json of a Sigstore instance, for bundles;\n"
    "                           repeatable\n"
    "  --identity NAME          who may sign by such an instance's certificate: the "
    "e-mail\n"
    "                           address or URI in it; repeatable\n"
    "  --identity-issuer URL    who must have vouched for that name; repeatable\n"
    "  --block-headers FILE     Bitcoin block headers, for OpenTimestamps proofs\n"
    "  --policy FILE            what the package must have (JSON, see README)\n"
    "  --retain-until DATE      every lock must last until then\n"
    "  --at TIME                judge as of this moment instead of now (RFC 3339)\n";

/* A file that the examiner named; the path is that of argv. */
struct given_file {
    const char *path;
    struct given_file *next;
};

static instant now_of_environment(void)
{
    const char *fixed = getenv("SOURCE_DATE_EPOCH");
    int64_t seconds;
    instant t;
    if (fixed && bytes_to_i64(bytes_str(fixed), &seconds) &&
        instant_from_epoch(seconds, PRECISION_SECOND, &t))
        return t;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (instant)now.tv_sec * NANOSECONDS;
}

void verify_arguments_init(struct verify_arguments *a)
{
    *a = (struct verify_arguments){.trust = trust_new()};
    a->options.retain_until = INSTANT_NONE;
    a->options.now = now_of_environment();
}

void verify_arguments_release(struct verify_arguments *a)
{
    trust_free(a->trust);
    policy_free(a->policy);
    for (struct given_file *f = a->given, *next; f; f = next) {
        next = f->next;
        free(f);
    }
    *a = (struct verify_arguments){0};
}

static int complain(const char *option, const char *argument, const char *why)
{
    struct text t = {0};
    text_printf(&t, "exhibit: %s ", option);
    escape_terminal(&t, bytes_str(argument));
    text_printf(&t, ": %s\n", why);
    fputs(text_c(&t), stderr);
    text_release(&t);
    return -1;
}

static int read_time(const char *option, const char *argument, instant *out)
{
    if (instant_parse_date(bytes_str(argument), out, NULL))
        return 1;
    return complain(option, argument,
                    "expected a date or time: 2033-11-23 or 2033-11-23T00:00:00Z");
}

static void keep(struct verify_arguments *a, const char *path)
{
    struct given_file *f = memory_new(1, sizeof *f);
    *f = (struct given_file){path, a->given};
    a->given = f;
}

static int read_policy(struct verify_arguments *a, const char *argument)
{
    const char *why;
    policy_free(a->policy);
    a->policy = NULL;
    keep(a, argument);
    if (policy_load(argument, &a->policy, &why))
        return complain("--policy", argument, why);
    return 1;
}

void verify_arguments_of(struct verify_arguments *a, const char *package)
{
    a->options.own_trust = NULL;
    for (const struct given_file *f = a->given; f; f = f->next) {
        if (path_is_inside(f->path, package))
            a->options.own_trust = f->path;
    }
}

int verify_option(struct verify_arguments *a, int c, const char *argument)
{
    static const struct {
        int option;
        const char *name;
        int (*add)(struct trust *t, const char *path, const char **why);
        bool vouches; /* a file that seals are believed for */
    } files[] = {
        {VERIFY_OPTION_TRUST, "--trust", trust_add_anchors, true},
        {VERIFY_OPTION_CRL, "--crl", trust_add_crl, false},
        {VERIFY_OPTION_KEY, "--key", trust_add_key, true},
        {VERIFY_OPTION_ALLOWED_SIGNERS, "--allowed-signers", trust_add_allowed_signers,
         true},
        {VERIFY_OPTION_TRUSTED_ROOT, "--trusted-root", trust_add_root, true},
        {VERIFY_OPTION_IDENTITY, "--identity", trust_add_identity, false},
        {VERIFY_OPTION_IDENTITY_ISSUER, "--identity-issuer", trust_add_issuer, false},
        {VERIFY_OPTION_BLOCK_HEADERS, "--block-headers", trust_add_block_headers, true},
    };
    const char *why;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (files[i].option != c)
            continue;
        if (files[i].vouches)
            keep(a, argument);
        return files[i].add(a->trust, argument, &why)
                   ? complain(files[i].name, argument, why)
                   : 1;
    }
    switch (c) {
    case VERIFY_OPTION_POLICY:
        return read_policy(a, argument);
    case VERIFY_OPTION_RETAIN_UNTIL:
        return read_time("--retain-until", argument, &a->options.retain_until);
    case VERIFY_OPTION_AT:
        return read_time("--at", argument, &a->options.now);
    default:
        return 0;
    }
}

const struct verification_options *verify_arguments_done(struct verify_arguments *a)
{
    a->options.trust = a->trust;
    a->options.policy = a->policy;
    return &a->options;
}
