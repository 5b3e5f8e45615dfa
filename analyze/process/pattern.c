#include "analyze/process/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <errno.h>
#include <pcre2.h>
#include <pthread.h>
#include <stdlib.h>
#include <yara.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"

struct pattern {
    enum { PATTERN_BYTES, PATTERN_REGEX, PATTERN_YARA } kind;
    uint8_t *needle;
    size_t n;
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
    YR_RULES *rules;
};

static bool read_hex(struct pattern *p, struct bytes text)
{
    p->needle = memory_new(text.n / 2 + 1, 1);
    uint8_t pair[2];
    size_t have = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (is_blank(text.p[i]))
            continue;
        pair[have++] = text.p[i];
        if (have == 2 && !bytes_from_hex(bytes_of(pair, 2), &p->needle[p->n++], 1))
            return false;
        have %= 2;
    }
    return have == 0 && p->n > 0;
}

static bool read_regex(struct pattern *p, const char *text)
{
    int error;
    PCRE2_SIZE where;
    p->kind = PATTERN_REGEX;
    p->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                            PCRE2_DOTALL | PCRE2_NEVER_UTF, &error, &where, NULL);
    if (!p->code)
        return false;
    pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE);
    p->match = pcre2_match_data_create_from_pattern(p->code, NULL);
    p->limits = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(p->limits, LIMIT_SEARCH_STEPS);
    return true;
}

struct pattern *pattern_new(const char *text, const char **why)
{
    struct pattern *p = memory_new(1, sizeof(*p));
    struct bytes b = bytes_str(text);
    bool ok = b.n > 0 && b.n <= SCAN_OVERLAP;
    *why = "it is empty or too long";
    if (ok && bytes_starts(b, BYTES("hex:"))) {
        *why = "hex: wants pairs of hexadecimal digits";
        ok = read_hex(p, bytes_from(b, 4));
    } else if (ok && bytes_starts(b, BYTES("re:"))) {
        *why = "the regular expression does not compile";
        ok = read_regex(p, text + 3);
    } else if (ok) {
        p->needle = memory_new(b.n, 1);
        memcpy(p->needle, b.p, b.n);
        p->n = b.n;
    }
    if (ok)
        return p;
    pattern_free(p);
    return NULL;
}

/* NOLINTNEXTLINE(readability-function-size): YARA calls it so */
static void yara_complaint(int level, const char *file, int line, const YR_RULE *rule,
                           const char *message, void *context)
{
    (void)rule;
    if (level == YARA_ERROR_LEVEL_ERROR)
        text_printf(context, "%s:%d: %s\n", file ? file : "", line, message);
}

static bool add_rules(YR_COMPILER *compiler, const char *path, struct text *why)
{
    FILE *f = fopen(path, "r");
    if (!f) {
        text_printf(why, "%s: %s\n", path, strerror(errno));
        return false;
    }
    int errors = yr_compiler_add_file(compiler, f, NULL, path);
    fclose(f);
    return errors == 0;
}

/* Variables that published rules expect to be there. */
static const char *const variables[] = {"filepath", "filename", "extension"};

/* YARA counts its users without a lock. */
static pthread_mutex_t users = PTHREAD_MUTEX_INITIALIZER;

static bool yara_begin(void)
{
    pthread_mutex_lock(&users);
    bool ok = yr_initialize() == ERROR_SUCCESS;
    pthread_mutex_unlock(&users);
    return ok;
}

static void yara_end(void)
{
    pthread_mutex_lock(&users);
    yr_finalize();
    pthread_mutex_unlock(&users);
}

static YR_COMPILER *compiler_new(struct text *why)
{
    YR_COMPILER *compiler;
    if (!yara_begin() || yr_compiler_create(&compiler) != ERROR_SUCCESS) {
        text_str(why, "YARA cannot be started\n");
        return NULL;
    }
    yr_compiler_set_callback(compiler, yara_complaint, why);
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        yr_compiler_define_string_variable(compiler, variables[i], "");
    return compiler;
}

struct pattern *pattern_yara_text(struct bytes rules)
{
    struct text why = {0}, source = {0};
    struct pattern *p = memory_new(1, sizeof(*p));
    YR_COMPILER *compiler = compiler_new(&why);
    p->kind = compiler ? PATTERN_YARA : PATTERN_BYTES;
    text_add(&source, rules);
    bool ok = compiler && yr_compiler_add_string(compiler, text_c(&source), NULL) == 0 &&
              yr_compiler_get_rules(compiler, &p->rules) == ERROR_SUCCESS;
    if (compiler)
        yr_compiler_destroy(compiler);
    text_release(&why);
    text_release(&source);
    if (ok)
        return p;
    pattern_free(p);
    return NULL;
}

void pattern_about(struct pattern *p, const char *path)
{
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    const char *dot = strrchr(name, '.');
    if (p->kind != PATTERN_YARA)
        return;
    yr_rules_define_string_variable(p->rules, "filepath", path);
    yr_rules_define_string_variable(p->rules, "filename", name);
    yr_rules_define_string_variable(p->rules, "extension", dot ? dot : "");
}

struct pattern *pattern_yara(const char *const *files, size_t count, struct text *why)
{
    struct pattern *p = memory_new(1, sizeof(*p));
    YR_COMPILER *compiler = compiler_new(why);
    p->kind = PATTERN_YARA;
    if (!compiler) {
        free(p);
        return NULL;
    }
    /* Rules read nothing but themselves: an include could name any file. */
    yr_compiler_set_include_callback(compiler, NULL, NULL, NULL);
    bool ok = true;
    for (size_t i = 0; i < count && ok; i++)
        ok = add_rules(compiler, files[i], why);
    ok = ok && yr_compiler_get_rules(compiler, &p->rules) == ERROR_SUCCESS;
    yr_compiler_destroy(compiler);
    if (ok)
        return p;
    pattern_free(p);
    return NULL;
}

struct pattern *pattern_yara_list(const char *const *files)
{
    size_t count = 0;
    struct text why = {0};
    while (files && files[count])
        count++;
    struct pattern *p = count ? pattern_yara(files, count, &why) : NULL;
    text_release(&why);
    return p;
}

void pattern_free(struct pattern *p)
{
    if (!p)
        return;
    if (p->rules)
        yr_rules_destroy(p->rules);
    if (p->kind == PATTERN_YARA)
        yara_end();
    pcre2_match_context_free(p->limits);
    pcre2_match_data_free(p->match);
    pcre2_code_free(p->code);
    free(p->needle);
    free(p);
}

/* -- searching ------------------------------------------------------------------------
 */

static void tell(const struct searching *s, const struct window *w, size_t at, size_t n)
{
    struct hit hit = {{w, at, n}, NULL, NULL, NULL};
    s->found(s->context, &hit);
}

static void search_bytes(const struct searching *s, const struct window *w)
{
    const struct pattern *p = s->pattern;
    for (size_t at = 0; at < w->limit;) {
        const uint8_t *hit = memmem(w->bytes.p + at, w->bytes.n - at, p->needle, p->n);
        if (!hit || (size_t)(hit - w->bytes.p) >= w->limit)
            return;
        at = (size_t)(hit - w->bytes.p);
        tell(s, w, at++, p->n);
    }
}

/* What a match ends behind the limit is not begun again. */
static size_t search_regex(const struct searching *s, const struct window *w)
{
    const struct pattern *p = s->pattern;
    size_t at = 0;
    while (at < w->limit) {
        int n = pcre2_match(p->code, w->bytes.p, w->bytes.n, at, 0, p->match, p->limits);
        const PCRE2_SIZE *v = pcre2_get_ovector_pointer(p->match);
        if (n < 0 || v[0] >= w->limit)
            break;
        if (v[1] > v[0])
            tell(s, w, v[0], v[1] - v[0]);
        at = v[1] > at ? v[1] : at + 1;
    }
    return at > w->limit ? at : w->limit;
}

struct yara_search {
    const struct searching *searching;
    const struct window *window;
};

static const char *tag_of(const YR_RULE *rule)
{
    return rule->tags ? rule->tags : "";
}

/* The matches of one string. libyara packs its matches without regard to alignment, so
 * each is copied before it is looked at. */
static bool yara_string(struct yara_search *y, const YR_RULE *rule,
                        const YR_STRING *string, const YR_MATCH *match)
{
    bool any = false;
    YR_MATCH m;
    for (; match; match = m.next) {
        memcpy(&m, match, sizeof m);
        if (m.is_private)
            continue;
        struct passage passage = {y->window, (size_t)(m.base + m.offset),
                                  (size_t)m.match_length};
        struct hit hit = {passage, rule->identifier, tag_of(rule), string->identifier};
        any = true;
        if (passage.at < y->window->limit)
            y->searching->found(y->searching->context, &hit);
    }
    return any;
}

static int yara_match(YR_SCAN_CONTEXT *scan, int message, void *data, void *context)
{
    struct yara_search *y = context;
    const YR_RULE *rule = data;
    const YR_STRING *string;
    bool any = false;
    if (message != CALLBACK_MSG_RULE_MATCHING)
        return CALLBACK_CONTINUE;
    yr_rule_strings_foreach(rule, string)
    {
        any |= yara_string(y, rule, string, scan->matches[string->idx].head);
    }
    if (!any) { /* a rule without strings is about the window as a whole */
        struct hit hit = {{y->window, 0, 0}, rule->identifier, tag_of(rule), ""};
        y->searching->found(y->searching->context, &hit);
    }
    return CALLBACK_CONTINUE;
}

size_t pattern_search(void *searching, const struct window *w)
{
    const struct searching *s = searching;
    struct yara_search y = {s, w};
    switch (s->pattern->kind) {
    case PATTERN_BYTES:
        search_bytes(s, w);
        break;
    case PATTERN_REGEX:
        return search_regex(s, w);
    case PATTERN_YARA:
        yr_rules_scan_mem(s->pattern->rules, w->bytes.p, w->bytes.n,
                          SCAN_FLAGS_REPORT_RULES_MATCHING, yara_match, &y, 60);
    }
    return w->limit;
}
