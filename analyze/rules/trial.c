#include "analyze/rules/trial.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/rules/private.h"
#include "analyze/rules/sample.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

/* A rule on trial: what its samples should give, and what they gave. */
struct trying {
    const struct rules *rules;
    const struct rule *rule;
    enum outcome wanted;
    struct trial *result;
};

/* What a rule said of one line. */
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

__attribute__((format(printf, 2, 3))) static void fail(const struct trying *of,
                                                       const char *format, ...)
{
    struct trial *t = of->result;
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

static size_t try_lines(const struct trying *t, struct bytes text)
{
    enum log_source source = t->rule->source;
    struct sample_reader *reader = sample_reader_new();
    struct sample *sample = memory_new(1, sizeof *sample);
    struct bytes line;
    size_t lines = 0;
    while (bytes_split(&text, '\n', &line)) {
        struct verdict_of said = {t->rule, OUTCOME_MISS};
        if (bytes_trim(line).n == 0)
            continue;
        lines++;
        if (!sample_read(reader, source, line, sample)) {
            fail(t, "sample line %zu is no record of %s", lines, log_source_name(source));
            continue;
        }
        rules_match(t->rules, &sample->record, note, &said);
        if (said.outcome != t->wanted)
            fail(t, "sample line %zu is %s, wanted %s", lines,
                 outcome_words[said.outcome], outcome_words[t->wanted]);
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

/* A run over one file of samples, each line of the first source that it is a record of.
 */
struct file_run {
    struct rules_run *run;
    struct sample_reader *reader;
    bool sources[LOG_SOURCE_COUNT];
};

static void apply_line(const struct file_run *f, struct bytes line, struct span span)
{
    struct sample *sample = memory_new(1, sizeof *sample);
    for (unsigned s = 0; s < LOG_SOURCE_COUNT; s++) {
        if (!f->sources[s] || !sample_read(f->reader, (enum log_source)s, line, sample))
            continue;
        sample->event.span = span;
        rules_apply(f->run, &sample->record, &sample->event);
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

static size_t try_file(const struct trying *t, struct bytes text)
{
    struct mask mask = {.reveal = true};
    struct file_run f = {rules_run_new(t->rules, &mask), sample_reader_new(), {false}};
    struct findings all = {0};
    struct item item = {0};
    struct bytes line;
    uint64_t offset = 0;
    size_t lines = 0;
    sources_below(compiled_of(t->rule)->correlation, f.sources);
    while (bytes_split(&text, '\n', &line)) {
        apply_line(&f, line, (struct span){&item, offset, line.n});
        offset += line.n + 1;
        lines += bytes_trim(line).n > 0;
    }
    rules_finish(f.run, &all);
    size_t found = count_findings(&all, t->rule);
    if ((found > 0) != (t->wanted == OUTCOME_HIT))
        fail(t, "the samples give %zu findings, wanted %s", found,
             t->wanted == OUTCOME_HIT ? "some" : "none");
    findings_release(&all);
    rules_run_free(f.run);
    sample_reader_free(f.reader);
    return lines;
}

/* FOLDER/NAME/{hit,miss,undecided}.jsonl, by what is wanted of it. */
static const char *const sample_files[] = {[OUTCOME_HIT] = "hit",
                                           [OUTCOME_MISS] = "miss",
                                           [OUTCOME_NOT_DECIDABLE] = "undecided"};

static size_t try_samples(const struct trying *t, const char *folder)
{
    struct arena arena = ARENA_INIT;
    const char *path = arena_printf(&arena, "%s/%s/%s.jsonl", folder, t->rule->kind.id,
                                    sample_files[t->wanted]);
    uint8_t *text;
    size_t n, lines = 0;
    if (read_whole(path, &text, &n)) {
        lines = t->rule->correlation ? try_file(t, bytes_of(text, n))
                                     : try_lines(t, bytes_of(text, n));
        if (lines == 0)
            fail(t, "%s is empty", path);
    } else if (t->wanted != OUTCOME_NOT_DECIDABLE) {
        fail(t, "no sample %s", path);
    }
    free(text);
    arena_release(&arena);
    return lines;
}

void trial_run(const struct rules *r, const struct rule *rule, const char *folder,
               struct trial *out)
{
    struct trying hit = {r, rule, OUTCOME_HIT, out};
    struct trying miss = {r, rule, OUTCOME_MISS, out};
    struct trying undecided = {r, rule, OUTCOME_NOT_DECIDABLE, out};
    *out = (struct trial){.passed = true};
    out->hits = try_samples(&hit, folder);
    out->misses = try_samples(&miss, folder);
    try_samples(&undecided, folder);
}
