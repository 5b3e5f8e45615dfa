#include "analyze/process/references.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "formats/base/memory.h"

#define TOLD_NUMBERS 16 /* of one kind; the others are counted */

/* -- numbers --------------------------------------------------------------------------
 */

void numbers_add(struct numbers *all, uint64_t number, const void *what)
{
    all->v = memory_grow(all->v, &all->capacity, all->n + 1, sizeof *all->v);
    all->v[all->n++] = (struct numbered){number, what};
}

static int by_number(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

void numbers_sort(struct numbers *all)
{
    if (all->n)
        qsort(all->v, all->n, sizeof *all->v, by_number);
}

const struct numbered *numbers_find(const struct numbers *all, uint64_t number)
{
    struct numbered key = {.number = number};
    return all->n ? bsearch(&key, all->v, all->n, sizeof *all->v, by_number) : NULL;
}

/* -- telling --------------------------------------------------------------------------
 */

static const char *const reference_names[] = {
#define REFERENCE(name, what, home) what,
#include "analyze/process/references.def"
#undef REFERENCE
};
static const char *const reference_homes[] = {
#define REFERENCE(name, what, home) home,
#include "analyze/process/references.def"
#undef REFERENCE
};

void references_lack(struct references *r, enum reference kind, struct span span,
                     uint64_t number)
{
    struct lack *l = &r->lacks[kind];
    if (l->count == 0)
        l->finding = finding_of(process_kind(PROCESS_DANGLING),
                                base_name_of(span.item->name), span);
    else
        finding_span(&l->finding, span);
    if (l->count < TOLD_NUMBERS && (l->count == 0 || number != l->last))
        text_printf(&l->numbers, "%s%llu", l->numbers.n ? ", " : "",
                    (unsigned long long)number);
    l->last = number;
    l->count++;
}

void references_want(struct references *r, enum reference kind, const struct numbers *all,
                     struct span span, uint64_t number)
{
    if (all->whole && !numbers_find(all, number))
        references_lack(r, kind, span, number);
}

void references_no_image(struct references *r, struct span span, const char *format, ...)
{
    char name[64];
    va_list list;
    va_start(list, format);
    vsnprintf(name, sizeof name, format, list);
    va_end(list);
    struct finding f =
        finding_of(process_kind(PROCESS_REFERENCE), base_name_of(span.item->name), span);
    detect_argument(r->detect, &f, "missing", "%s", name);
    findings_add(r->detect->findings, &f);
}

static void tell(struct references *r)
{
    for (size_t i = 0; i < REFERENCE_COUNT; i++) {
        struct lack *l = &r->lacks[i];
        if (l->count == 0)
            continue;
        finding_argument(&l->finding, "what", bytes_str(reference_names[i]));
        finding_argument(&l->finding, "missing", text_bytes(&l->numbers));
        finding_argument(&l->finding, "wanted_in", bytes_str(reference_homes[i]));
        detect_argument(r->detect, &l->finding, "references", "%llu",
                        (unsigned long long)l->count);
        findings_add(r->detect->findings, &l->finding);
        text_release(&l->numbers);
    }
}

static void tell_first(struct references *r, struct lack *l)
{
    if (l->count == 0)
        return;
    detect_argument(r->detect, &l->finding, "times", "%llu",
                    (unsigned long long)l->count);
    findings_add(r->detect->findings, &l->finding);
}

void detect_references(struct detect *d)
{
    struct references r = {.detect = d, .checkpoint = d->describe.checkpoint};
    struct numbers *const all[] = {&r.processes, &r.files, &r.namespaces, &r.mounts,
                                   &r.pipes,     &r.fifos, &r.bpf_maps};
    if (r.checkpoint->count == 0)
        return; /* a pre-dump has pages alone */
    references_of_processes(&r);
    references_of_files(&r);
    references_of_namespaces(&r);
    tell(&r);
    tell_first(&r, &r.peers);
    tell_first(&r, &r.kinds);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]->v);
}
