/* Findings about areas of memory: code that no file holds, and code that was changed. */
#include <stdlib.h>

#include "analyze/process/detect.h"
#include "formats/base/histogram.h"
#include "formats/base/memory.h"

enum { PROT_W = 2, PROT_X = 4 };
/* How much of an area is looked at to say what is in it. */
#define SAMPLE (UINT64_C(1) << 16)

/* -- what is in it --------------------------------------------------------------------
 */

/* What injected code is made of and data seldom has: how it calls the kernel (x86 and
 * aarch64), finds its own address, fills its beginning, and what it wants to start. */
static const struct {
    const char *sign;
    uint8_t n;
    uint8_t octets[16];
} signs[] = {
    {"system call", 2, {0x0f, 0x05}},
    {"system call", 2, {0xcd, 0x80}},
    {"system call", 4, {0x01, 0x00, 0x00, 0xd4}},
    {"call to get its own address", 5, {0xe8, 0, 0, 0, 0}},
    {"filler of no-operations", 8, {0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90}},
    {"function prologue", 4, {0x55, 0x48, 0x89, 0xe5}},
    {"path of a shell", 7, {'/', 'b', 'i', 'n', '/', 's', 'h'}},
    {"path of a shell, as a number", 7, {'/', 'b', 'i', 'n', '/', '/', 's'}},
};

static void code_signs(const struct detect *d, struct finding *f, struct bytes b)
{
    struct text t = {0};
    const char *last = "";
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (strcmp(signs[i].sign, last) == 0 ||
            !bytes_contains(b, bytes_of(signs[i].octets, signs[i].n)))
            continue;
        last = signs[i].sign;
        text_printf(&t, "%s%s", t.n ? ", " : "", last);
    }
    if (t.n)
        detect_argument(d, f, "signs_of_code", "%s", text_c(&t));
    text_release(&t);
}

static void describe_sample(const struct detect *d, struct finding *f, struct bytes b)
{
    char hex[2 * 16 + 1];
    size_t used = b.n, first = 0;
    while (used && b.p[used - 1] == 0)
        used--;
    while (first < used && b.p[first] == 0)
        first++;
    b = bytes_sub(b, first, used - first);
    if (b.n == 0) {
        detect_argument(d, f, "content", "zeros");
        return;
    }
    bytes_to_hex(bytes_sub(b, 0, 16), hex);
    detect_argument(d, f, "content", "%s",
                    bytes_starts(b, BYTES("\x7f"
                                          "ELF"))
                        ? "an ELF header"
                        : "data");
    detect_argument(d, f, "begins", "%s", hex);
    /* Code has 5 to 6.5 bits per byte, packed or encrypted data nearly 8. Hundredths as
     * integers: the same digits on every machine. */
    struct histogram h = {0};
    histogram_add(&h, b);
    unsigned hundredths = (unsigned)(histogram_entropy(&h) * 100 + 0.5);
    detect_argument(d, f, "entropy_bits_per_byte", "%u.%02u", hundredths / 100,
                    hundredths % 100);
    detect_argument(d, f, "bytes_used", "%zu", b.n);
    code_signs(d, f, b);
}

static void look_into(struct detect *d, struct finding *f, const struct process *p,
                      const struct vma *v)
{
    uint64_t size = v->entry->end - v->entry->start;
    size_t n = size < SAMPLE ? (size_t)size : (size_t)SAMPLE;
    uint8_t *sample = memory_new(n, 1);
    struct span span = {0};
    n = memory_copy(d->describe.memory,
                    process_range(p, v->entry->start, v->entry->start + n), sample,
                    &span);
    describe_sample(d, f, bytes_of(sample, n));
    if (span.item)
        finding_span(f, span);
    free(sample);
}

struct finding detect_area(const struct detect *d, enum process_finding which,
                           const struct process *p, const struct vma *v)
{
    struct finding f = detect_finding(d, which, p, v->span);
    struct text label = {0};
    vma_label(d->describe.checkpoint, p, v, &label);
    detect_argument(d, &f, "range", "0x%llx-0x%llx", (unsigned long long)v->entry->start,
                    (unsigned long long)v->entry->end);
    detect_evidence(d, &f, "area", text_bytes(&label));
    text_release(&label);
    return f;
}

/* The memfd from which CRIU runs its parasite inside the process while it dumps. */
static bool is_parasite(const struct vma *v)
{
    return v->file && v->file->memfd &&
           bytes_is(criu_bytes(v->file->memfd->name), "CRIUMFD");
}

static bool is_temporary(struct bytes path)
{
    static const char *const folders[] = {"/tmp/", "/var/tmp/", "/dev/shm/", "/run/"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (bytes_starts(path, bytes_str(folders[i])))
            return true;
    return false;
}

/* Told once for each file of a process, of its executable part. */
static void library(struct detect *d, const struct process *p, const struct vma *v)
{
    struct bytes path = file_path(v->file, &d->describe.checkpoint->arena);
    if (v->file == p->exe || (!file_is_deleted(v->file) && !is_temporary(path)))
        return;
    for (const struct vma *before = p->vmas; before < v; before++)
        if (before->file == v->file && before->entry->prot & PROT_X)
            return;
    struct finding f = detect_area(d, PROCESS_LIBRARY, p, v);
    finding_span(&f, v->file->span);
    findings_add(d->findings, &f);
}

static void area(struct detect *d, const struct process *p, const struct vma *v)
{
    bool anonymous = v->backing == BACKING_ANONYMOUS ||
                     (v->backing == BACKING_SHARED && v->file != p->exe);
    if (!(v->entry->prot & PROT_X) || v->backing == BACKING_SPECIAL)
        return;
    if (v->backing == BACKING_FILE && v->file)
        library(d, p, v);
    if (v->entry->prot & PROT_W) {
        struct finding f = detect_area(d, PROCESS_WX_MEMORY, p, v);
        look_into(d, &f, p, v);
        findings_add(d->findings, &f);
    } else if (anonymous) {
        struct finding f = detect_area(d, PROCESS_EXEC_ANONYMOUS, p, v);
        if (is_parasite(v)) {
            f.confidence = CONFIDENCE_LOW;
            detect_argument(d, &f, "likely", "CRIU's own, left by a dump that failed");
        }
        look_into(d, &f, p, v);
        findings_add(d->findings, &f);
    }
}

/* -- where threads are ----------------------------------------------------------------
 */

static void executing(struct detect *d, const struct process *p)
{
    for (size_t i = 0; i < p->thread_count; i++) {
        uint64_t ip, sp;
        const struct thread *t = &p->threads[i];
        if (!t->core || !core_registers(t->core, &ip, &sp))
            continue;
        const struct vma *v = process_vma(p, ip);
        if (!v || v->backing != BACKING_ANONYMOUS || p->mm == NULL)
            continue;
        struct finding f = detect_area(d, PROCESS_EXECUTING_ELSEWHERE, p, v);
        finding_span(&f, t->span);
        detect_argument(d, &f, "tid", "%u", t->tid);
        detect_argument(d, &f, "instruction", "0x%llx", (unsigned long long)ip);
        findings_add(d->findings, &f);
    }
}

static void areas(struct detect *d, const struct process *p)
{
    bool first = true;
    for (size_t k = 0; k < p->vma_count; k++) {
        const struct vma *v = &p->vmas[k];
        area(d, p, v);
        if (v->entry->prot & PROT_X && v->backing != BACKING_SPECIAL) {
            if (v->backing == BACKING_FILE && !(v->entry->prot & PROT_W))
                detect_changed_code(d, p, v, first);
            first = false;
        }
    }
    executing(d, p);
}

void detect_memory(struct detect *d)
{
    size_t n;
    struct memory_range *all = memory_ranges(d->describe.checkpoint, &n);
    for (size_t i = 0; i < n; i++) {
        if (all[i].process)
            areas(d, all[i].process);
        memory_leave(d->describe.memory);
    }
    free(all);
}
