#include "verify/finding.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"

static const char *const severities[] = {"info", "low", "medium", "high", "critical"};

const char *severity_name(enum severity s)
{
    return severities[s];
}

bool severity_by_name(struct bytes name, enum severity *out)
{
    if (bytes_eq_nocase(name, BYTES("informational")))
        name = BYTES("info");
    for (size_t i = 0; i < sizeof severities / sizeof *severities; i++) {
        if (bytes_eq_nocase(name, bytes_str(severities[i]))) {
            *out = (enum severity)i;
            return true;
        }
    }
    return false;
}

const char *confidence_name(enum confidence c)
{
    static const char *const names[] = {"low", "medium", "high"};
    return names[c];
}

struct finding finding_of(const struct finding_kind *kind, struct bytes subject,
                          struct span span)
{
    struct finding f = {
        .kind = kind,
        .severity = kind->severity,
        .subject = subject,
        .confidence = CONFIDENCE_HIGH,
        .time = INSTANT_NONE,
    };
    finding_span(&f, span);
    return f;
}

void finding_span(struct finding *f, struct span span)
{
    if (f->span_count < FINDING_SPANS)
        f->spans[f->span_count++] = span;
    else
        f->more_spans++;
}

void finding_argument(struct finding *f, const char *name, struct bytes value)
{
    if (f->argument_count < FINDING_ARGUMENTS)
        f->arguments[f->argument_count++] = (struct argument){name, value};
}

struct bytes finding_argument_of(const struct finding *f, const char *name)
{
    for (size_t i = 0; i < f->argument_count; i++)
        if (strcmp(f->arguments[i].name, name) == 0)
            return f->arguments[i].value;
    return BYTES_NONE;
}

void findings_add(struct findings *all, const struct finding *f)
{
    struct finding *copy = arena_new(&all->arena, struct finding);
    *copy = *f;
    copy->subject = arena_copy(&all->arena, f->subject);
    for (size_t i = 0; i < f->argument_count; i++) {
        copy->arguments[i].name =
            arena_string(&all->arena, bytes_str(f->arguments[i].name));
        copy->arguments[i].value = arena_copy(&all->arena, f->arguments[i].value);
    }
    all->v = memory_grow(all->v, &all->capacity, all->n + 1, sizeof(struct finding *));
    all->v[all->n++] = copy;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a == b ? 0 : a < b ? -1 : 1;
}

static int compare_times(instant a, instant b)
{
    return a == b ? 0 : a < b ? -1 : 1;
}

static int compare_spans(const struct finding *a, const struct finding *b)
{
    int order = compare_numbers(a->span_count, b->span_count);
    for (size_t i = 0; !order && i < a->span_count; i++) {
        order = compare_numbers(a->spans[i].item->id, b->spans[i].item->id);
        if (!order)
            order = compare_numbers(a->spans[i].offset, b->spans[i].offset);
    }
    return order;
}

static int compare_findings(const void *pa, const void *pb)
{
    const struct finding *a = *(const struct finding *const *)pa;
    const struct finding *b = *(const struct finding *const *)pb;
    if (a->not_decidable != b->not_decidable)
        return a->not_decidable ? 1 : -1;
    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    int order = compare_times(a->time, b->time);
    if (!order)
        order = compare_spans(a, b);
    if (!order)
        order = bytes_compare(bytes_str(a->kind->id), bytes_str(b->kind->id));
    return order ? order : bytes_compare(a->subject, b->subject);
}

void findings_sort(struct findings *all)
{
    if (all->n)
        qsort(all->v, all->n, sizeof *all->v, compare_findings);
}

void findings_release(struct findings *all)
{
    free(all->v);
    arena_release(&all->arena);
    *all = (struct findings){0};
}

static const struct finding_kind integrity[INTEGRITY_COUNT] = {
#define FINDING(name, id, severity, title, why, refute)                                  \
    [INTEGRITY_##name] = {id, SEVERITY_##severity, title, "", why, refute},
#include "verify/findings.def"
#undef FINDING
};

void findings_add_some(struct findings *all, const struct finding *f)
{
    uint32_t *kept = &all->kept[f->kind - integrity];
    if (*kept == LIMIT_FINDINGS) {
        all->more++;
        return;
    }
    ++*kept;
    findings_add(all, f);
}

const struct finding_kind *integrity_kind(enum integrity_finding which)
{
    return &integrity[which];
}
