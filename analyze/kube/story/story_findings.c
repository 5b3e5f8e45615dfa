/* Findings in the story: what makes a step grave, how sure it is, what speaks against it;
 * and steps that only the file system or the checkpoint shows. */
#include <stdlib.h>

#include "analyze/kube/story/story.h"
#include "analyze/kube/tactics.h"

/* What is told of one case; beyond it the findings stand for themselves. */
#define STORY_FINDINGS 4000

static bool spans_meet(const struct span *a, const struct span *b)
{
    return a->item == b->item && a->offset < b->offset + b->length &&
           b->offset < a->offset + a->length;
}

static bool proves(const struct finding *f, const struct fact *fact)
{
    for (size_t i = 0; i < f->span_count; i++)
        for (size_t k = 0; k < fact->span_count; k++)
            if (spans_meet(&f->spans[i], &fact->spans[k]))
                return true;
    return false;
}

/* A finding that rests on a whole chain of records says nothing of one of them. */
static bool is_about_all(const struct finding *f)
{
    static const char *const kinds[] = {
        "kube.patient-zero",          "kube.patient-zero-account",
        "kube.first-unusual",         "kube.account-at-new-place",
        "kube.nodes-account-misused", "kube.beyond-pattern",
        "kube.not-rotated",           "kube.not-isolated",
        "kube.outlives-containment",  "kube.claim-contradicted"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(f->kind->id, kinds[i]) == 0)
            return true;
    return bytes_starts(bytes_str(f->kind->id), BYTES("coverage.")) || f->not_decidable;
}

static void tie(struct fact *fact, const struct finding *f)
{
    if (fact->finding_count < FACT_FINDINGS)
        fact->findings[fact->finding_count++] = f;
    if (f->confidence > fact->confidence)
        fact->confidence = f->confidence;
    if (strcmp(f->kind->refute, "None known") != 0)
        fact_against(fact, f->kind->refute);
}

static bool tie_to_facts(struct story *y, const struct finding *f)
{
    bool any = false;
    for (size_t i = 0; i < y->facts.n; i++) {
        struct fact *fact = y->facts.v[i];
        if (!proves(f, fact))
            continue;
        tie(fact, f);
        any = true;
    }
    return any;
}

/* -- files and processes ------------------------------------------------------------ */

static bool is_of_file(const struct finding *f)
{
    return bytes_starts(bytes_str(f->kind->id), BYTES("layer."));
}

static bool is_of_process(const struct finding *f)
{
    return bytes_starts(bytes_str(f->kind->id), BYTES("process."));
}

/* The checkpoint that the finding's bytes are of, else the first. */
static const struct mark *checkpoint_of(const struct story *y, const struct finding *f)
{
    const struct scope *s = y->in->scope;
    const struct mark *first = NULL;
    for (size_t i = 0; i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        if (m->kind != EVENT_CHECKPOINT || m->time == INSTANT_NONE)
            continue;
        first = first ? first : m;
        for (const struct item *up = f->spans[0].item; up; up = up->parent)
            if (up->parent && up->role == ROLE_CRIU_CHECKPOINT)
                for (const struct item *own = m->span.item; own; own = own->parent)
                    if (own == up)
                        return m;
    }
    return first;
}

static void say(struct text *t, const struct finding *f)
{
    struct bytes title = bytes_str(f->kind->title);
    if (title.n == 0)
        return;
    text_byte(t, (char)to_lower(title.p[0]));
    text_add(t, bytes_from(title, 1));
}

/* What else is found about the same file or process is said in the same sentence. */
static bool add_to_fact(struct story *y, const struct finding *f)
{
    for (size_t i = 0; i < y->facts.n; i++) {
        struct fact *fact = y->facts.v[i];
        if (!fact->subject.n || !bytes_eq(fact->subject, f->subject) ||
            fact->finding_count == FACT_FINDINGS)
            continue;
        struct text t = {0}, more = {0};
        say(&more, f);
        text_add(&t, fact->sentence);
        if (!bytes_contains(fact->sentence, text_bytes(&more))) {
            text_str(&t, "; ");
            text_add(&t, text_bytes(&more));
        }
        fact->sentence = arena_copy(&y->in->scope->arena, text_bytes(&t));
        text_release(&t);
        text_release(&more);
        tie(fact, f);
        for (size_t k = 0; k < f->span_count; k++)
            fact_span(fact, f->spans[k]);
        return true;
    }
    return false;
}

static struct bytes sentence_of(const struct story *y, const struct finding *f)
{
    struct text t = {0};
    text_add(&t, f->subject);
    text_str(&t, ": ");
    say(&t, f);
    struct bytes kept = arena_copy(&y->in->scope->arena, text_bytes(&t));
    text_release(&t);
    return kept;
}

static void add_fact(struct story *y, const struct finding *f)
{
    struct fact fact = {.time = f->time,
                        .kind = EVENT_FILE_TIME,
                        .precision = PRECISION_NANOSECOND,
                        .phase = tactic_of_techniques(bytes_str(f->kind->attack)),
                        .lead = is_of_file(f)
                                    ? BYTES("The file system of the container shows")
                                    : BYTES("When the container was frozen,"),
                        .sentence = sentence_of(y, f),
                        .subject = f->subject};
    const struct mark *m = is_of_process(f) ? checkpoint_of(y, f) : NULL;
    if (m) {
        fact.time = m->time;
        fact.precision = m->precision;
        fact.kind = m->kind;
    }
    for (size_t i = 0; i < f->span_count; i++)
        fact_span(&fact, f->spans[i]);
    tie(&fact, f);
    story_add(y, fact);
}

static int graver_first(const void *a, const void *b)
{
    const struct finding *x = *(void *const *)a, *y = *(void *const *)b;
    if (x->severity != y->severity)
        return x->severity > y->severity ? -1 : 1;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    int order = strcmp(x->kind->id, y->kind->id);
    if (order == 0)
        order = bytes_compare(x->subject, y->subject);
    return order ? order : moment_compare(x->time, &x->spans[0], y->time, &y->spans[0]);
}

void story_add_findings(struct story *y)
{
    const struct findings *all = y->in->scope->analysis->findings;
    struct list sorted = {0};
    for (size_t i = 0; i < all->n; i++)
        if (!is_about_all(all->v[i]) && all->v[i]->span_count > 0)
            list_add(&sorted, all->v[i]);
    if (sorted.n > 1)
        qsort(sorted.v, sorted.n, sizeof *sorted.v, graver_first);
    for (size_t i = 0; i < sorted.n && i < STORY_FINDINGS; i++) {
        const struct finding *f = sorted.v[i];
        if (tie_to_facts(y, f) || !(is_of_file(f) || is_of_process(f)) ||
            f->severity < SEVERITY_MEDIUM || add_to_fact(y, f))
            continue;
        /* Much that a process does is unusual; a changed file was changed by somebody. */
        if (is_of_file(f) || f->severity >= SEVERITY_HIGH)
            add_fact(y, f);
    }
    free(sorted.v);
}
