/* The options that `verify` and `analyze` share, for getopt_long.
 *
 *     static const struct option options[] = {VERIFY_LONG_OPTIONS, {"json", ...}, {0}};
 *     case 0 of the switch: default: r = verify_option(&arguments, c, optarg);
 */
#ifndef ANALYZE_VERIFY_OPTIONS_H
#define ANALYZE_VERIFY_OPTIONS_H

#include <getopt.h>

#include "verify/policy.h"
#include "verify/trust.h"
#include "verify/verification.h"

/* Values above any character, so that they never meet a command's own letters. */
enum verify_option {
    VERIFY_OPTION_TRUST = 0x1000,
    VERIFY_OPTION_CRL,
    VERIFY_OPTION_KEY,
    VERIFY_OPTION_ALLOWED_SIGNERS,
    VERIFY_OPTION_TRUSTED_ROOT,
    VERIFY_OPTION_IDENTITY,
    VERIFY_OPTION_IDENTITY_ISSUER,
    VERIFY_OPTION_BLOCK_HEADERS,
    VERIFY_OPTION_POLICY,
    VERIFY_OPTION_RETAIN_UNTIL,
    VERIFY_OPTION_AT,
};

#define VERIFY_LONG_OPTIONS                                                              \
    {"trust", required_argument, NULL, VERIFY_OPTION_TRUST},                             \
        {"crl", required_argument, NULL, VERIFY_OPTION_CRL},                             \
        {"key", required_argument, NULL, VERIFY_OPTION_KEY},                             \
        {"allowed-signers", required_argument, NULL, VERIFY_OPTION_ALLOWED_SIGNERS},     \
        {"trusted-root", required_argument, NULL, VERIFY_OPTION_TRUSTED_ROOT},           \
        {"identity", required_argument, NULL, VERIFY_OPTION_IDENTITY},                   \
        {"identity-issuer", required_argument, NULL, VERIFY_OPTION_IDENTITY_ISSUER},     \
        {"block-headers", required_argument, NULL, VERIFY_OPTION_BLOCK_HEADERS},         \
        {"policy", required_argument, NULL, VERIFY_OPTION_POLICY},                       \
        {"retain-until", required_argument, NULL, VERIFY_OPTION_RETAIN_UNTIL},           \
    {                                                                                    \
        "at", required_argument, NULL, VERIFY_OPTION_AT                                  \
    }

/* For --help of both commands. */
extern const char verify_options_help[];

/* Owns what the options load. */
struct verify_arguments {
    struct trust *trust;
    struct policy *policy;
    struct given_file *given; /* what trust and policy were read from */
    struct verification_options options;
};

/* `now` is SOURCE_DATE_EPOCH, else the clock; --at replaces it. */
void verify_arguments_init(struct verify_arguments *a);
void verify_arguments_release(struct verify_arguments *a);

/* Which package is judged next: a file that trust or policy came from may lie in it. */
void verify_arguments_of(struct verify_arguments *a, const char *package);

/* 1 when `c` was one of these options and is done, 0 when it is not one of them, -1 when
 * it was wrong: the reason stands on stderr and the command ends with status 2. */
int verify_option(struct verify_arguments *a, int c, const char *argument);
/* After the last option: `options` is complete and borrows from `a`. */
const struct verification_options *verify_arguments_done(struct verify_arguments *a);

#endif
