#include "analyze/process/core_file.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "formats/base/memory.h"

/* A run of memory of one area that is either all in the file or all left out. */
struct segment {
    uint64_t start, size;
    bool filled;
    uint32_t prot;
};

struct core {
    FILE *to;
    bool seekable; /* zeros become holes */
    uint64_t at;   /* bytes written */
    struct segment *v;
    size_t n, capacity;
};

static void add_segment(struct core *core, struct segment s)
{
    struct segment *last = core->n ? &core->v[core->n - 1] : NULL;
    if (last && last->filled == s.filled && last->prot == s.prot &&
        last->start + last->size == s.start) {
        last->size += s.size;
        return;
    }
    core->v = memory_grow(core->v, &core->capacity, core->n + 1, sizeof(*core->v));
    core->v[core->n++] = s;
}

/* Zero pages are filled: anonymous memory is part of a core, and is known to be zero. */
static void plan(struct core *core, const struct process *p)
{
    uint64_t done = 0;
    for (size_t i = 0; i < p->vma_count; i++) {
        const struct vma *v = &p->vmas[i];
        uint64_t at = v->entry->start > done ? v->entry->start : done;
        while (at < v->entry->end) {
            struct memory_piece piece = memory_piece_at(p, v, at, v->entry->end);
            bool filled = memory_has_bytes(piece.origin) || piece.origin == MEMORY_ZERO;
            add_segment(core, (struct segment){at, piece.size, filled, v->entry->prot});
            at += piece.size;
        }
        if (v->entry->end > done)
            done = v->entry->end;
    }
}

static int put(struct core *core, const void *p, size_t n)
{
    if (fwrite(p, 1, n, core->to) != n)
        return -errno;
    core->at += n;
    return 0;
}

static int put_zeros(struct core *core, uint64_t n)
{
    static const uint8_t zeros[4096];
    if (core->seekable) {
        if (fseeko(core->to, (off_t)n, SEEK_CUR))
            return -errno;
        core->at += n;
        return 0;
    }
    for (int r; n;) {
        size_t part = n < sizeof zeros ? (size_t)n : sizeof zeros;
        if ((r = put(core, zeros, part)) < 0)
            return r;
        n -= part;
    }
    return 0;
}

static int put_header(struct core *core, uint16_t machine)
{
    Elf64_Ehdr h = {.e_type = ET_CORE,
                    .e_machine = machine,
                    .e_version = EV_CURRENT,
                    .e_phoff = sizeof h,
                    .e_ehsize = sizeof h,
                    .e_phentsize = sizeof(Elf64_Phdr),
                    .e_phnum = (Elf64_Half)(core->n + 1)};
    memcpy(h.e_ident, ELFMAG, SELFMAG);
    h.e_ident[EI_CLASS] = ELFCLASS64;
    h.e_ident[EI_DATA] = ELFDATA2LSB;
    h.e_ident[EI_VERSION] = EV_CURRENT;
    return put(core, &h, sizeof h);
}

static int put_program_headers(struct core *core, const struct process *p, size_t notes)
{
    uint64_t at = sizeof(Elf64_Ehdr) + (core->n + 1) * sizeof(Elf64_Phdr);
    Elf64_Phdr h = {.p_type = PT_NOTE, .p_offset = at, .p_filesz = notes, .p_align = 4};
    int r = put(core, &h, sizeof h);
    at = (at + notes + p->page_size - 1) / p->page_size * p->page_size;
    for (size_t i = 0; i < core->n && r == 0; i++) {
        const struct segment *s = &core->v[i];
        uint32_t prot = s->prot;
        h = (Elf64_Phdr){.p_type = PT_LOAD,
                         .p_offset = at,
                         .p_vaddr = s->start,
                         .p_filesz = s->filled ? s->size : 0,
                         .p_memsz = s->size,
                         .p_flags = (prot & 1 ? PF_R : 0u) | (prot & 2 ? PF_W : 0u) |
                                    (prot & 4 ? PF_X : 0u),
                         .p_align = p->page_size};
        at += h.p_filesz;
        r = put(core, &h, sizeof h);
    }
    return r ? r : 0;
}

static int put_block(void *context, const struct memory_block *b)
{
    struct core *core = context;
    return b->data.n ? put(core, b->data.p, b->data.n) : put_zeros(core, b->size);
}

/* What a truncated pages file lacks is written as zeros, so that all else keeps its
 * place; the consistency checks tell of the file. */
static int put_memory(struct core *core, struct memory *m, const struct process *p)
{
    int r = 0;
    for (size_t i = 0; i < core->n && r == 0; i++) {
        const struct segment *s = &core->v[i];
        if (s->filled)
            r = memory_walk(m, process_range(p, s->start, s->start + s->size), put_block,
                            core);
    }
    return r;
}

/* A file that ends in a hole gets its length here. */
static int end_hole(struct core *core)
{
    if (!core->seekable)
        return 0;
    return fflush(core->to) || ftruncate(fileno(core->to), (off_t)core->at) ? -errno : 0;
}

enum core_result core_write(struct memory *m, const struct checkpoint *c,
                            const struct process *p, FILE *to)
{
    struct core core = {.to = to, .seekable = fseeko(to, 0, SEEK_SET) == 0};
    struct text notes = {0};
    uint16_t machine;
    enum core_result result = CORE_WRITTEN;
    plan(&core, p);
    if (core.n == 0)
        result = CORE_NO_MEMORY;
    else if (core.n + 1 >= PN_XNUM)
        result = CORE_TOO_MANY;
    else if (!core_notes(c, p, &notes, &machine))
        result = CORE_NO_REGISTERS;
    if (result == CORE_WRITTEN) {
        int r = put_header(&core, machine);
        r = r ? r : put_program_headers(&core, p, notes.n);
        r = r ? r : put(&core, notes.p, notes.n);
        uint64_t pad = (p->page_size - core.at % p->page_size) % p->page_size;
        r = r ? r : put_zeros(&core, pad);
        r = r ? r : put_memory(&core, m, p);
        r = r ? r : end_hole(&core);
        if (r || fflush(to))
            result = CORE_FAILED;
    }
    text_release(&notes);
    free(core.v);
    return result;
}
