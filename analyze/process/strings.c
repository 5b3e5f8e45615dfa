/* Command line, environment and the path given to execve, as they stand in memory. */
#include <stdlib.h>

#include "analyze/process/memory.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

#define AT_EXECFN 31

/* Splits at NUL; a last part without one is a part as well. Every byte stays: empty
 * strings, strings without '=', duplicates. A run of NULs at the end is room that a
 * changed title left. */
static void split(struct strings *s, struct arena *into)
{
    struct bytes rest = s->raw;
    size_t padding = 0;
    while (padding < rest.n && rest.p[rest.n - 1 - padding] == 0)
        padding++;
    s->title |= padding > 2;
    if (padding)
        rest.n -= padding > 2 ? padding : 1;
    for (size_t i = 0; i < rest.n; i++)
        s->n += rest.p[i] == 0;
    s->n += s->raw.n > 0;
    s->v = arena_array(into, struct bytes, s->n);
    for (size_t i = 0; i < s->n; i++) {
        size_t end = bytes_find_byte(rest, 0);
        s->v[i] = bytes_sub(rest, 0, end);
        rest = bytes_from(rest, end + 1);
    }
}

/* One range, or nothing when the two ends make no sense. */
static void read_range(struct memory *m, struct memory_range range, struct arena *into,
                       struct strings *out)
{
    if (range.end <= range.start || range.start == 0)
        return;
    uint64_t want = range.end - range.start;
    size_t n = want > LIMIT_ARGUMENTS ? LIMIT_ARGUMENTS : (size_t)want;
    /* What cannot be in the dump is not asked for: the range may be a lie. */
    const struct vma *v = process_vma(range.process, range.start);
    if (!v)
        return;
    if (n > v->entry->end - range.start)
        n = (size_t)(v->entry->end - range.start);
    range.end = range.start + n;
    uint8_t *buffer = memory_new(n, 1);
    size_t have = memory_copy(m, range, buffer, &out->span);
    out->raw = arena_copy(into, bytes_of(buffer, have));
    out->address = range.start;
    out->complete = have == want;
    free(buffer);
}

/* A process that wrote its title over its arguments, and on into its environment, has no
 * NUL at the end of the arguments; the kernel then shows what stands up to the next NUL.
 */
static void extend_title(struct process *p, struct arena *into)
{
    struct strings *a = &p->arguments;
    const struct strings *e = &p->environment;
    if (a->raw.n == 0 || !a->complete || a->raw.p[a->raw.n - 1] == 0)
        return;
    a->title = true;
    size_t more = bytes_find_byte(e->raw, 0);
    struct text t = {0};
    text_add(&t, a->raw);
    text_add(&t, bytes_sub(e->raw, 0, more));
    a->raw = arena_copy(into, text_bytes(&t));
    text_release(&t);
}

static void read_execfn(struct memory *m, struct process *p, struct arena *into)
{
    uint64_t address;
    uint8_t path[LIMIT_PATH];
    if (!process_auxv(p, AT_EXECFN, &address) || address == 0)
        return;
    const struct vma *v = process_vma(p, address);
    if (!v)
        return;
    uint64_t room = v->entry->end - address;
    uint64_t end = address + (room < sizeof path ? room : sizeof path);
    size_t n = memory_copy(m, process_range(p, address, end), path, NULL);
    struct bytes all = bytes_of(path, n);
    p->execfn = arena_copy(into, bytes_sub(all, 0, bytes_find_byte(all, 0)));
}

static void read_strings(struct memory *m, struct process *p, struct arena *into)
{
    const Criu__MmEntry *mm = p->mm;
    if (!mm)
        return;
    read_range(m, process_range(p, mm->mm_arg_start, mm->mm_arg_end), into,
               &p->arguments);
    read_range(m, process_range(p, mm->mm_env_start, mm->mm_env_end), into,
               &p->environment);
    extend_title(p, into);
    split(&p->arguments, into);
    split(&p->environment, into);
    read_execfn(m, p, into);
}

void memory_read_strings(struct memory *m, struct checkpoint *c)
{
    size_t n;
    struct memory_range *all = memory_ranges(c, &n);
    for (size_t i = 0; i < n; i++) {
        if (all[i].process)
            read_strings(m, &c->processes[all[i].process - c->processes], &c->arena);
        memory_leave(m);
    }
    free(all);
}
