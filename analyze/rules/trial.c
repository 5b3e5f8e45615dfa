#include "analyze/rules/trial.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/rules/private.h"
#include "analyze/rules/sample.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

/* What a rule said of one line, or of a whole file. */
struct verdict_of {
    const struct rule *rule;
    enum outcome outcome;
};

static void note(void *context, const struct match *m)
{
    struct verdict_of *v = context;
    if (m->rule == v->rule)
        v->outcome = m->outcome;
}

static bool read_whole(const char *path, uint8_t **out, size_t *n)
{
    FILE *f = fopen(path, "rb");
    size_t capacity = 0;
    *out = NULL;
    *n = 0;
    if (!f)
        return false;
    for (size_t got = 1; got > 0 && *n < 64 * MIB; *n += got) {
        *out = memory_grow(*out, &capacity, *n + LIMIT_BLOCK, 1);
        got = fread(*out + *n, 1, LIMIT_BLOCK, f);
    }
    fclose(f);
    return true;
}

__attribute__((format(printf, 2, 3))) static void fail(struct trial *t,
                                                       const char *format, ...)
{
    va_list args;
    if (t->passed) {
        va_start(args, format);
        vsnprintf(t->why, sizeof t->why, format, args);
        va_end(args);
    }
    t->passed = false;
}

/* -- one record at a time ------------------------------------------------------------ */

static const char *const outcome_words[] = {[OUTCOME_MISS] = "a miss",
                                            [OUTCOME_HIT] = "a hit",
                                            [OUTCOME_NOT_DECIDABLE] = "not decidable"};

static size_t try_lines(const struct rules *r, const struct rule *rule, struct bytes text,
                        enum outcome wanted, struct trial *t)
{
    struct sample_reader *reader = sample_reader_new();
    struct sample *sample = memory_new(1, sizeof *sample);
    struct bytes line;
    size_t lines = 0;
    while (bytes_split(&text, '\n', &line)) {
        struct verdict_of said = {rule, OUTCOME_MISS};
        if (bytes_trim(line).n == 0)
            continue;
        lines++;
        if (!sample_read(reader, rule->source, line, sample)) {
            fail(t, "sample line %zu is no record of %s", lines,
                 log_source_name(rule->source));
            continue;
        }
        rules_match(r, &sample->record, note, &said);
        if (said.outcome != wanted)
            fail(t, "sample line %zu is %s, wanted %s", lines,
                 outcome_words[said.outcome], outcome_words[wanted]);
    }
    free(sample);
    sample_reader_free(reader);
    return lines;
}

/* -- correlations: the file as a whole ------------------------------------------------
 */

/* All plain rules below a correlation, by their log sources. */
static void sources_below(const struct correlation *c, bool sources[LOG_SOURCE_COUNT])
{
    for (size_t i = 0; i < c->rule_count; i++) {
        const struct compiled *rule = c->rules[i].rule;
        if (rule->correlation)
            sources_below(rule->correlation, sources);
        else
            sources[rule->rule.source] = true;
    }
}

static void apply_line(struct rules_run *run, struct sample_reader *reader,
                       const bool sources[LOG_SOURCE_COUNT], struct bytes line,
                       struct span span)
{
    struct sample *sample = memory_new(1, sizeof *sample);
    for (unsigned s = 0; s < LOG_SOURCE_COUNT; s++) {
        if (!sources[s] || !sample_read(reader, (enum log_source)s, line, sample))
            continue;
        sample->event.span = span;
        rules_apply(run, &sample->record, &sample->event);
        break;
    }
    free(sample);
}

static size_t count_findings(const struct findings *all, const struct rule *rule)
{
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++)
        n += all->v[i]->kind == &rule->kind && !all->v[i]->not_decidable;
    return n;
}

static size_t try_file(const struct rules *r, const struct rule *rule, struct bytes text,
                       enum outcome wanted, struct trial *t)
{
    struct mask mask = {.reveal = true};
    struct sample_reader *reader = sample_reader_new();
    struct rules_run *run = rules_run_new(r, &mask);
    struct findings all = {0};
    bool sources[LOG_SOURCE_COUNT] = {false};
    struct item item = {0};
    struct bytes line;
    uint64_t offset = 0;
    size_t lines = 0;
    sources_below(compiled_of(rule)->correlation, sources);
    while (bytes_split(&text, '\n', &line)) {
        apply_line(run, reader, sources, line, (struct span){&item, offset, line.n});
        offset += line.n + 1;
        lines += bytes_trim(line).n > 0;
    }
    rules_finish(run, &all);
    size_t found = count_findings(&all, rule);
    if ((found > 0) != (wanted == OUTCOME_HIT))
        fail(t, "the samples give %zu findings, wanted %s", found,
             wanted == OUTCOME_HIT ? "some" : "none");
    findings_release(&all);
    rules_run_free(run);
    sample_reader_free(reader);
    return lines;
}

static size_t try_samples(const struct rules *r, const struct rule *rule,
                          const char *path, enum outcome wanted, struct trial *t)
{
    uint8_t *text;
    size_t n, lines;
    if (!read_whole(path, &text, &n)) {
        if (wanted != OUTCOME_NOT_DECIDABLE)
            fail(t, "no sample %s", path);
        return 0;
    }
    lines = rule->correlation ? try_file(r, rule, bytes_of(text, n), wanted, t)
                              : try_lines(r, rule, bytes_of(text, n), wanted, t);
    if (lines == 0)
        fail(t, "%s is empty", path);
    free(text);
    return lines;
}

void trial_run(const struct rules *r, const struct rule *rule, const char *folder,
               struct trial *out)
{
    struct arena arena = ARENA_INIT;
    const char *name = rule->kind.id;
    *out = (struct trial){.passed = true};
    out->hits = try_samples(
        r, rule, arena_printf(&arena, "%s/%s/hit.jsonl", folder, name), OUTCOME_HIT, out);
    out->misses =
        try_samples(r, rule, arena_printf(&arena, "%s/%s/miss.jsonl", folder, name),
                    OUTCOME_MISS, out);
    try_samples(r, rule, arena_printf(&arena, "%s/%s/undecided.jsonl", folder, name),
                OUTCOME_NOT_DECIDABLE, out);
    arena_release(&arena);
}
