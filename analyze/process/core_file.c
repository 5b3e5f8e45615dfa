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
    const struct core_format *format;
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

/* Sizes of the headers of ELF: of the file, of a segment. */
static uint64_t header_size(const struct core_format *f)
{
    return f->word == 8 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
}

static uint64_t segment_size(const struct core_format *f)
{
    return f->word == 8 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
}

static void add_header(struct text *t, const struct core_format *f, size_t segments)
{
    const uint8_t identity[EI_NIDENT] = {
        ELFMAG0,
        ELFMAG1,
        ELFMAG2,
        ELFMAG3,
        f->word == 8 ? ELFCLASS64 : ELFCLASS32,
        f->big_endian ? ELFDATA2MSB : ELFDATA2LSB,
        EV_CURRENT,
    };
    const uint64_t places[] = {0, header_size(f), 0}; /* entry, segments, sections */
    text_add(t, bytes_of(identity, sizeof identity));
    core_put(t, f, ET_CORE, 2);
    core_put(t, f, f->machine, 2);
    core_put(t, f, EV_CURRENT, 4);
    core_put_words(t, f, places, 3);
    core_put(t, f, 0, 4); /* flags */
    core_put(t, f, header_size(f), 2);
    core_put(t, f, segment_size(f), 2);
    core_put(t, f, segments, 2);
    for (size_t i = 0; i < 3; i++)
        core_put(t, f, 0, 2); /* no sections */
}

struct program_header {
    uint32_t type, flags;
    uint64_t offset, address, in_file, in_memory, align;
};

/* The flags stand elsewhere in 32-bit files. */
static void add_program_header(struct text *t, const struct core_format *f,
                               const struct program_header *h)
{
    const uint64_t places[] = {h->offset, h->address, 0, h->in_file, h->in_memory};
    core_put(t, f, h->type, 4);
    if (f->word == 8)
        core_put(t, f, h->flags, 4);
    core_put_words(t, f, places, 5);
    if (f->word == 4)
        core_put(t, f, h->flags, 4);
    core_put(t, f, h->align, f->word);
}

/* Header, segments, notes, up to the page where memory begins. Returns where the file
 * will end. */
static uint64_t add_headers(struct text *t, const struct core *core,
                            const struct process *p, const struct text *notes)
{
    const struct core_format *f = core->format;
    uint64_t at = header_size(f) + (core->n + 1) * segment_size(f);
    const struct program_header note = {
        .type = PT_NOTE, .offset = at, .in_file = notes->n, .align = 4};
    add_header(t, f, core->n + 1);
    add_program_header(t, f, &note);
    at = (at + notes->n + p->page_size - 1) / p->page_size * p->page_size;
    uint64_t begin = at;
    for (size_t i = 0; i < core->n; i++) {
        const struct segment *s = &core->v[i];
        const struct program_header load = {.type = PT_LOAD,
                                            .flags = (s->prot & 1 ? PF_R : 0u) |
                                                     (s->prot & 2 ? PF_W : 0u) |
                                                     (s->prot & 4 ? PF_X : 0u),
                                            .offset = at,
                                            .address = s->start,
                                            .in_file = s->filled ? s->size : 0,
                                            .in_memory = s->size,
                                            .align = p->page_size};
        add_program_header(t, f, &load);
        at += load.in_file;
    }
    text_add(t, text_bytes(notes));
    while (t->n < begin)
        text_byte(t, 0);
    return at;
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

enum core_result core_write(struct memory *m, const struct process *p, FILE *to)
{
    struct core core = {.to = to, .seekable = fseeko(to, 0, SEEK_SET) == 0};
    struct text notes = {0}, headers = {0};
    enum core_result result = CORE_WRITTEN;
    plan(&core, p);
    core.format = core_notes(p, &notes);
    if (core.n == 0)
        result = CORE_NO_MEMORY;
    else if (core.n + 1 >= PN_XNUM)
        result = CORE_TOO_MANY;
    else if (!core.format)
        result = CORE_NO_REGISTERS;
    else if (add_headers(&headers, &core, p, &notes) > UINT32_MAX &&
             core.format->word == 4)
        result = CORE_TOO_LARGE;
    if (result == CORE_WRITTEN) {
        int r = put(&core, headers.p, headers.n);
        r = r ? r : put_memory(&core, m, p);
        r = r ? r : end_hole(&core);
        if (r || fflush(to))
            result = CORE_FAILED;
    }
    text_release(&notes);
    text_release(&headers);
    free(core.v);
    return result;
}
