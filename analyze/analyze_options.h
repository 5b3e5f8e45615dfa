/* The options that `analyze` and `batch` share, for getopt_long: those of
 * verify_options.h and what analyze has besides. Used as they are. */
#ifndef ANALYZE_ANALYZE_OPTIONS_H
#define ANALYZE_ANALYZE_OPTIONS_H

#include "analyze/analysis.h"
#include "analyze/verify_options.h"

/* Values above those of verify_options.h. */
enum analyze_option {
    ANALYZE_OPTION_POD = 0x2000,
    ANALYZE_OPTION_BASE,
    ANALYZE_OPTION_BASELINE,
    ANALYZE_OPTION_RULES,
    ANALYZE_OPTION_YARA,
    ANALYZE_OPTION_SINCE,
    ANALYZE_OPTION_UNTIL,
    ANALYZE_OPTION_AS,
    ANALYZE_OPTION_FAIL_ON,
    ANALYZE_OPTION_EXAMINER,
    ANALYZE_OPTION_ZONE,
    ANALYZE_OPTION_REVEAL,
};

#define ANALYZE_LONG_OPTIONS                                                             \
    VERIFY_LONG_OPTIONS, {"pod", required_argument, NULL, ANALYZE_OPTION_POD},           \
        {"base", required_argument, NULL, ANALYZE_OPTION_BASE},                          \
        {"baseline", required_argument, NULL, ANALYZE_OPTION_BASELINE},                  \
        {"rules", required_argument, NULL, ANALYZE_OPTION_RULES},                        \
        {"yara", required_argument, NULL, ANALYZE_OPTION_YARA},                          \
        {"since", required_argument, NULL, ANALYZE_OPTION_SINCE},                        \
        {"until", required_argument, NULL, ANALYZE_OPTION_UNTIL},                        \
        {"as", required_argument, NULL, ANALYZE_OPTION_AS},                              \
        {"fail-on", required_argument, NULL, ANALYZE_OPTION_FAIL_ON},                    \
        {"examiner", required_argument, NULL, ANALYZE_OPTION_EXAMINER},                  \
        {"zone", required_argument, NULL, ANALYZE_OPTION_ZONE},                          \
    {                                                                                    \
        "reveal", no_argument, NULL, ANALYZE_OPTION_REVEAL                               \
    }

/* For --help of both commands; verify_options_help follows it. */
extern const char analyze_options_help[];

struct path_list {
    const char **v; /* NULL-terminated once something is in it */
    size_t n, capacity;
};
/* Borrows `path`. */
void path_list_add(struct path_list *l, const char *path);

/* Owns what the options load; strings are those of the command line. */
struct analyze_arguments {
    struct analyze_options options;
    struct verify_arguments verify;
    struct path_list rules, yara;
    struct role_override *overrides; /* for the walk; NULL when there are none */
    size_t override_count, override_capacity;
    bool fails; /* --fail-on was given */
    enum severity fail_on;
    const char *examiner; /* who examines, for the record; or NULL */
    bool fixed_now;       /* by --at or SOURCE_DATE_EPOCH */
};

void analyze_arguments_init(struct analyze_arguments *a);
void analyze_arguments_release(struct analyze_arguments *a);

/* 1 when `c` was one of these options (or of verify's) and is done, 0 when it is not one
 * of them, -1 when it was wrong: the reason stands on stderr, and the command (named for
 * the message) ends with status 2. */
int analyze_option(struct analyze_arguments *a, const char *command, int c,
                   const char *value);
/* After the last option: `options` is complete and borrows from `a`. */
const struct analyze_options *analyze_arguments_done(struct analyze_arguments *a);

#endif
