/* The notes of a core file: the structures of linux/elfcore.h, of 64-bit and of 32-bit
 * tasks. */
#include <elf.h>

#include "analyze/process/core_file.h"
#include "formats/base/cursor.h"

static void put_padded(struct text *t, struct bytes b, size_t room)
{
    b = bytes_sub(b, 0, room);
    text_add(t, b);
    for (size_t i = b.n; i < room; i++)
        text_byte(t, 0);
}

void core_add_note(struct text *notes, const struct core_format *f, struct core_note note)
{
    size_t n = strlen(note.name) + 1;
    core_put(notes, f, n, 4);
    core_put(notes, f, note.body.n, 4);
    core_put(notes, f, note.type, 4);
    put_padded(notes, bytes_str(note.name), (n + 3) / 4 * 4);
    put_padded(notes, note.body, (note.body.n + 3) / 4 * 4);
}

static void add(struct text *notes, const struct core_format *f, uint32_t type,
                struct text *body)
{
    core_add_note(notes, f, (struct core_note){"CORE", type, text_bytes(body)});
    text_release(body);
}

static void put_ids(struct text *t, const struct core_format *f, uint32_t id,
                    const struct process *p)
{
    const uint32_t ids[] = {id, p->ppid, p->pgid, p->sid};
    for (size_t i = 0; i < 4; i++)
        core_put(t, f, ids[i], 4);
}

/* struct elf_prstatus */
static void add_status(struct text *notes, const struct core_format *f,
                       const struct process *p, const struct thread *thread)
{
    const Criu__TaskCoreEntry *task = process_task(p);
    struct text t = {0};
    put_padded(&t, BYTES_NONE, 16); /* no signal ended it */
    core_put(&t, f, 0, f->word);    /* pending */
    core_put(&t, f, task ? task->blk_sigset : 0, f->word);
    put_ids(&t, f, thread->tid, p);
    put_padded(&t, BYTES_NONE, 8 * f->word); /* processor times, which no image holds */
    f->registers(&t, f, thread->core);
    core_put(&t, f, 1, 4); /* floating point registers follow */
    put_padded(&t, BYTES_NONE, f->word - 4u);
    add(notes, f, NT_PRSTATUS, &t);
}

/* struct elf_prpsinfo; users of 32-bit tasks have 16 bits there. */
static void add_information(struct text *notes, const struct core_format *f,
                            const struct process *p)
{
    struct text t = {0}, arguments = {0};
    size_t user = f->word / 2u;
    for (size_t i = 0; i < p->arguments.n && arguments.n < 80; i++) {
        text_str(&arguments, i ? " " : "");
        text_add(&arguments, p->arguments.v[i]);
    }
    core_put(&t, f, 0, 1);
    text_byte(&t, process_is_alive(p) ? 'R' : 'Z');
    core_put(&t, f, !process_is_alive(p), 1);
    put_padded(&t, BYTES_NONE, f->word - 3u);
    core_put(&t, f, 0, f->word);
    core_put(&t, f, p->creds ? p->creds->uid : 0, user);
    core_put(&t, f, p->creds ? p->creds->gid : 0, user);
    put_ids(&t, f, p->pid, p);
    put_padded(&t, bytes_sub(process_comm(p), 0, 15), 16);
    put_padded(&t, bytes_sub(text_bytes(&arguments), 0, 79), 80);
    add(notes, f, NT_PRPSINFO, &t);
    text_release(&arguments);
}

static void add_auxv(struct text *notes, const struct core_format *f,
                     const struct process *p)
{
    struct text t = {0};
    uint64_t pair[2];
    if (!p->mm)
        return;
    for (size_t i = 0; process_auxv_pair(p, i, pair); i++)
        core_put_words(&t, f, pair, 2);
    put_padded(&t, BYTES_NONE, 2u * f->word);
    add(notes, f, NT_AUXV, &t);
}

/* The mapped files: count, page size, then start, end and page offset of each, then their
 * names. */
static void add_files(struct text *notes, const struct core_format *f,
                      const struct process *p)
{
    struct text t = {0}, names = {0};
    struct arena arena = ARENA_INIT;
    size_t count = 0;
    for (size_t i = 0; i < p->vma_count; i++)
        count += p->vmas[i].file != NULL;
    core_put(&t, f, count, f->word);
    core_put(&t, f, p->page_size, f->word);
    for (size_t i = 0; i < p->vma_count; i++) {
        const struct vma *v = &p->vmas[i];
        if (!v->file)
            continue;
        const uint64_t place[] = {v->entry->start, v->entry->end,
                                  v->entry->pgoff / p->page_size};
        core_put_words(&t, f, place, 3);
        struct bytes path = file_path(v->file, &arena);
        text_add(&names, bytes_sub(path, 0, bytes_find_byte(path, 0)));
        text_byte(&names, 0);
    }
    text_add(&t, text_bytes(&names));
    if (count)
        add(notes, f, NT_FILE, &t);
    arena_release(&arena);
    text_release(&t);
    text_release(&names);
}

const struct core_format *core_notes(const struct process *p, struct text *notes)
{
    const struct core_format *format = NULL;
    for (size_t i = 0; i < p->thread_count; i++) {
        const Criu__CoreEntry *core = p->threads[i].core;
        const struct core_format *f = core ? core_format(core) : NULL;
        if (!f || (format && f != format))
            continue;
        add_status(notes, f, p, &p->threads[i]);
        if (!format) { /* what is the process's follows its first thread */
            add_information(notes, f, p);
            add_auxv(notes, f, p);
            add_files(notes, f, p);
        }
        format = f;
        if (f->others)
            f->others(notes, f, core);
    }
    return format;
}
