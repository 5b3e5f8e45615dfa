/* Findings about areas of memory: code that no file holds, and code that was changed. */
#include <math.h>
#include <stdlib.h>

#include "analyze/process/detect.h"
#include "formats/base/memory.h"

enum { PROT_W = 2, PROT_X = 4 };
/* How much of an area is looked at to say what is in it. */
#define SAMPLE (UINT64_C(1) << 16)

/* -- what is in it --------------------------------------------------------------------
 */

/* Bits per byte: code has 5 to 6.5, packed or encrypted data nearly 8. */
static double entropy_of(struct bytes b)
{
    size_t counts[256] = {0};
    double bits = 0;
    for (size_t i = 0; i < b.n; i++)
        counts[b.p[i]]++;
    for (size_t i = 0; i < 256; i++)
        if (counts[i])
            bits -=
                (double)counts[i] / (double)b.n * log2((double)counts[i] / (double)b.n);
    return bits;
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
    /* Hundredths as integers: the same digits on every machine. */
    unsigned hundredths = (unsigned)(entropy_of(b) * 100 + 0.5);
    detect_argument(d, f, "entropy_bits_per_byte", "%u.%02u", hundredths / 100,
                    hundredths % 100);
    detect_argument(d, f, "bytes_used", "%zu", b.n);
}

static void look_into(struct detect *d, struct finding *f, const struct process *p,
                      const struct vma *v)
{
    uint64_t size = v->entry->end - v->entry->start;
    size_t n = size < SAMPLE ? (size_t)size : (size_t)SAMPLE;
    uint8_t *sample = memory_new(n, 1);
    struct span span = {0};
    n = memory_copy(d->describe.memory, p, v->entry->start, n, sample, &span);
    describe_sample(d, f, bytes_of(sample, n));
    if (span.item)
        finding_span(f, span);
    free(sample);
}

static struct finding area_finding(struct detect *d, enum process_finding which,
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

static void area(struct detect *d, const struct process *p, const struct vma *v)
{
    bool anonymous = v->backing == BACKING_ANONYMOUS ||
                     (v->backing == BACKING_SHARED && v->file != p->exe);
    if (!(v->entry->prot & PROT_X) || v->backing == BACKING_SPECIAL)
        return;
    if (v->entry->prot & PROT_W) {
        struct finding f = area_finding(d, PROCESS_WX_MEMORY, p, v);
        look_into(d, &f, p, v);
        findings_add(d->findings, &f);
    } else if (anonymous) {
        struct finding f = area_finding(d, PROCESS_EXEC_ANONYMOUS, p, v);
        if (is_parasite(v)) {
            f.confidence = CONFIDENCE_LOW;
            detect_argument(d, &f, "likely", "CRIU's own, left by a dump that failed");
        }
        look_into(d, &f, p, v);
        findings_add(d->findings, &f);
    }
}

/* -- changed code ---------------------------------------------------------------------
 */

struct comparing {
    const uint8_t *page;
    size_t n;
    bool equal;
};

static void compare_block(void *context, struct bytes block)
{
    struct comparing *c = context;
    struct bytes part = bytes_sub(block, 0, c->n);
    c->equal &= memcmp(c->page, part.p, part.n) == 0;
    c->page += part.n;
    c->n -= part.n;
}

/* What follows the end of the file in its last page is zero. */
static bool rest_is_zero(const struct comparing *c)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->page[i])
            return false;
    return true;
}

static bool has_path(const struct item *item, struct bytes path)
{
    struct text t = {0};
    path_normalise(item->name, &t);
    struct bytes name = text_bytes(&t), want = bytes_from(path, 1);
    bool same = bytes_eq(name, want) || (bytes_ends(name, want) && name.n > want.n &&
                                         name.p[name.n - want.n - 1] == '/');
    text_release(&t);
    return same;
}

/* Every file of that path in the package: the layer's, the image's. */
static void compare_in(struct package *package, struct bytes path, uint64_t offset,
                       struct bytes page, unsigned *found, unsigned *equal)
{
    const struct item *root = package ? package_root(package) : NULL;
    for (const struct item *i = root; i; i = item_next(i, root)) {
        if (i->entry.type != ENTRY_FILE || i->size <= offset || !has_path(i, path))
            continue;
        struct comparing c = {page.p, page.n, true};
        item_read(package, (struct span){i, offset, page.n}, compare_block, &c);
        ++*found;
        *equal += c.equal && rest_is_zero(&c);
    }
}

enum sameness { SAME, DIFFERENT, NOT_KNOWN };

static enum sameness compare_page(struct detect *d, const struct vma *v, uint64_t address,
                                  struct bytes page)
{
    struct arena *arena = &d->describe.checkpoint->arena;
    struct bytes path = v->file ? file_path(v->file, arena) : BYTES_NONE;
    uint64_t offset = v->entry->pgoff + (address - v->entry->start);
    unsigned found = 0, equal = 0;
    if (path.n < 2 || path.p[0] != '/')
        return NOT_KNOWN;
    compare_in(d->describe.checkpoint->dump->package, path, offset, page, &found, &equal);
    compare_in(d->base, path, offset, page, &found, &equal);
    return equal ? SAME : found ? DIFFERENT : NOT_KNOWN;
}

struct changed {
    uint64_t first; /* address */
    unsigned different, unknown;
    struct span span;
};

static void changed_page(struct detect *d, const struct process *p, const struct vma *v,
                         uint64_t address, struct changed *c)
{
    uint8_t *page = memory_new((size_t)p->page_size, 1);
    struct span span = {0};
    size_t n =
        memory_copy(d->describe.memory, p, address, (size_t)p->page_size, page, &span);
    enum sameness same = compare_page(d, v, address, bytes_of(page, n));
    free(page);
    if (same == SAME)
        return;
    if (c->different + c->unknown == 0) {
        c->first = address;
        c->span = span;
    }
    c->different += same == DIFFERENT;
    c->unknown += same == NOT_KNOWN;
}

/* A private mapping of a file has pages of its own only where somebody wrote. CRIU's own
 * parasite is put into the first page of the first executable area, and taken out again:
 * that page is in every dump. */
static void changed_code(struct detect *d, const struct process *p, const struct vma *v,
                         bool first_executable)
{
    struct changed c = {0};
    for (uint64_t at = v->entry->start; at < v->entry->end;) {
        struct memory_piece piece = memory_piece_at(p, v, at, v->entry->end);
        bool own = piece.origin == MEMORY_PAGES || piece.origin == MEMORY_PARENT;
        for (uint64_t a = at; own && a < at + piece.size; a += p->page_size)
            if (!(first_executable && a == v->entry->start))
                changed_page(d, p, v, a, &c);
        at += piece.size;
    }
    if (c.different + c.unknown == 0)
        return;
    struct finding f = area_finding(d, PROCESS_CODE_MODIFIED, p, v);
    detect_argument(d, &f, "first_page", "0x%llx", (unsigned long long)c.first);
    detect_argument(d, &f, "pages_that_differ", "%u", c.different);
    detect_argument(d, &f, "pages_without_a_file_to_compare", "%u", c.unknown);
    f.not_decidable = c.different == 0;
    if (f.not_decidable)
        f.confidence = CONFIDENCE_LOW;
    if (c.span.item)
        finding_span(&f, c.span);
    findings_add(d->findings, &f);
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
        struct finding f = area_finding(d, PROCESS_EXECUTING_ELSEWHERE, p, v);
        finding_span(&f, t->span);
        detect_argument(d, &f, "tid", "%u", t->tid);
        detect_argument(d, &f, "instruction", "0x%llx", (unsigned long long)ip);
        findings_add(d->findings, &f);
    }
}

void detect_memory(struct detect *d)
{
    struct checkpoint *c = d->describe.checkpoint;
    for (size_t i = 0; i < c->count; i++) {
        const struct process *p = &c->processes[i];
        bool first = true;
        for (size_t k = 0; k < p->vma_count; k++) {
            const struct vma *v = &p->vmas[k];
            area(d, p, v);
            if (v->entry->prot & PROT_X && v->backing != BACKING_SPECIAL) {
                if (v->backing == BACKING_FILE && !(v->entry->prot & PROT_W))
                    changed_code(d, p, v, first);
                first = false;
            }
        }
        executing(d, p);
    }
}
