/* Pattern: what a search looks for: text, bytes, a regular expression, or YARA rules. */
#ifndef ANALYZE_PROCESS_PATTERN_H
#define ANALYZE_PROCESS_PATTERN_H

#include "analyze/process/scan.h"

struct hit {
    struct passage passage;
    const char *rule; /* YARA: the rule; else NULL */
    const char *tag;  /* YARA: the first tag of the rule, or "" */
    const char *part; /* YARA: the string's identifier */
};
typedef void hit_fn(void *context, const struct hit *hit);

struct pattern;
/* "TEXT", "hex:4d 5a", "re:EXPRESSION" (PCRE2, bytes). NULL, with *why (static), when it
 * is none. */
struct pattern *pattern_new(const char *text, const char **why);
/* Rules of these files. NULL, with `why`, when one of them does not compile. */
struct pattern *pattern_yara(const char *const *files, size_t count, struct text *why);
/* Rules of a NULL-terminated list of files that did compile before. NULL when the list is
 * NULL or empty, or a file is another one since. */
struct pattern *pattern_yara_list(const char *const *files);
/* Rules that are compiled in: they always compile. */
struct pattern *pattern_yara_text(struct bytes rules);
/* What YARA rules know as the variables filepath, filename and extension, until the next
 * call; empty before the first. Other patterns know nothing of files. */
void pattern_about(struct pattern *p, const char *path);
void pattern_free(struct pattern *p); /* may be NULL */

/* A window_fn over a `struct searching`. */
struct searching {
    struct pattern *pattern;
    hit_fn *found;
    void *context;
};
size_t pattern_search(void *searching, const struct window *w);

#endif
