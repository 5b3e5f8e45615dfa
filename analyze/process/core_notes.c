/* The notes of a core file. Structures are written byte by byte, as the kernel of the
 * dumped machine lays them out, because the examiner's machine may be another one. All
 * machines here are 64-bit little-endian. */
#include <elf.h>

#include "analyze/process/core_file.h"
#include "analyze/process/values.h"
#include "formats/base/cursor.h"

static void put(struct text *t, uint64_t n, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        text_byte(t, (char)(n >> 8 * i & 255));
}

static void put_words(struct text *t, const uint64_t *v, size_t have, size_t want)
{
    for (size_t i = 0; i < want; i++)
        put(t, v && i < have ? v[i] : 0, 8);
}

static void put_padded(struct text *t, struct bytes b, size_t room)
{
    b = bytes_sub(b, 0, room);
    text_add(t, b);
    for (size_t i = b.n; i < room; i++)
        text_byte(t, 0);
}

static void add_note(struct text *notes, const char *name, uint32_t type,
                     const struct text *body)
{
    size_t n = strlen(name) + 1;
    put(notes, n, 4);
    put(notes, body->n, 4);
    put(notes, type, 4);
    put_padded(notes, bytes_str(name), (n + 3) / 4 * 4);
    put_padded(notes, text_bytes(body), (body->n + 3) / 4 * 4);
}

/* -- registers ------------------------------------------------------------------------
 */

static void x86_registers(struct text *t, const Criu__UserX86RegsEntry *r)
{
    const uint64_t v[] = {r->r15,     r->r14,     r->r13, r->r12, r->bp,    r->bx, r->r11,
                          r->r10,     r->r9,      r->r8,  r->ax,  r->cx,    r->dx, r->si,
                          r->di,      r->orig_ax, r->ip,  r->cs,  r->flags, r->sp, r->ss,
                          r->fs_base, r->gs_base, r->ds,  r->es,  r->fs,    r->gs};
    put_words(t, v, sizeof v / sizeof *v, sizeof v / sizeof *v);
}

static void riscv_registers(struct text *t, const Criu__UserRiscv64RegsEntry *r)
{
    const uint64_t v[] = {r->pc, r->ra, r->sp,  r->gp,  r->tp, r->t0, r->t1, r->t2,
                          r->s0, r->s1, r->a0,  r->a1,  r->a2, r->a3, r->a4, r->a5,
                          r->a6, r->a7, r->s2,  r->s3,  r->s4, r->s5, r->s6, r->s7,
                          r->s8, r->s9, r->s10, r->s11, r->t3, r->t4, r->t5, r->t6};
    put_words(t, v, sizeof v / sizeof *v, sizeof v / sizeof *v);
}

/* struct pt_regs of powerpc has 44 words, and the core 48. */
static void ppc64_registers(struct text *t, const Criu__UserPpc64RegsEntry *r)
{
    const uint64_t v[] = {r->nip, r->msr, r->orig_gpr3, r->ctr, r->link, r->xer,
                          r->ccr, 0,      r->trap};
    put_words(t, r->gpr, r->n_gpr, 32);
    put_words(t, v, sizeof v / sizeof *v, 16);
}

static void loongarch_registers(struct text *t, const Criu__UserLoongarch64GpregsEntry *r)
{
    put_words(t, r->regs, r->n_regs, 32);
    put(t, 0, 8);
    put(t, r->pc, 8);
    put_words(t, NULL, 0, 11);
}

/* Appends the general registers; false for a machine that is not written. */
static bool put_registers(struct text *t, const Criu__CoreEntry *core, uint16_t *machine)
{
    if (core->thread_info && core->thread_info->gpregs) {
        /* A core of a 32-bit task has other headers and other structures. */
        if (core->thread_info->gpregs->mode ==
            CRIU__USER_X86_REGS_MODE__USER_X86_REGS_MODE_COMPAT)
            return false;
        *machine = EM_X86_64;
        x86_registers(t, core->thread_info->gpregs);
    } else if (core->ti_aarch64 && core->ti_aarch64->gpregs) {
        const Criu__UserAarch64RegsEntry *r = core->ti_aarch64->gpregs;
        *machine = EM_AARCH64;
        put_words(t, r->regs, r->n_regs, 31);
        put(t, r->sp, 8);
        put(t, r->pc, 8);
        put(t, r->pstate, 8);
    } else if (core->ti_riscv64 && core->ti_riscv64->gpregs) {
        *machine = EM_RISCV;
        riscv_registers(t, core->ti_riscv64->gpregs);
    } else if (core->ti_ppc64 && core->ti_ppc64->gpregs) {
        *machine = EM_PPC64;
        ppc64_registers(t, core->ti_ppc64->gpregs);
    } else if (core->ti_loongarch64 && core->ti_loongarch64->gpregs) {
        *machine = 258; /* EM_LOONGARCH */
        loongarch_registers(t, core->ti_loongarch64->gpregs);
    } else {
        return false;
    }
    return true;
}

/* -- floating point -------------------------------------------------------------------
 */

/* The legacy area of FXSAVE: 512 bytes. */
static void put_fxsave(struct text *t, const Criu__UserX86FpregsEntry *f, uint64_t xcr0)
{
    put(t, f->cwd, 2);
    put(t, f->swd, 2);
    put(t, f->twd, 2);
    put(t, f->fop, 2);
    put(t, f->rip, 8);
    put(t, f->rdp, 8);
    put(t, f->mxcsr, 4);
    put(t, f->mxcsr_mask, 4);
    for (size_t i = 0; i < 32; i++)
        put(t, i < f->n_st_space ? f->st_space[i] : 0, 4);
    for (size_t i = 0; i < 64; i++)
        put(t, i < f->n_xmm_space ? f->xmm_space[i] : 0, 4);
    /* Of the 96 bytes that software may use, debuggers read the mask at byte 464. */
    put_words(t, NULL, 0, 6);
    put(t, xcr0, 8);
    put_words(t, NULL, 0, 5);
}

/* XSAVE in the standard layout of the processors that have all of these parts. */
static bool put_xsave(struct text *t, const Criu__UserX86FpregsEntry *f)
{
    const Criu__UserX86XsaveEntry *x = f->xsave;
    if (!x || x->n_ymmh_space == 0)
        return false;
    bool wide = x->n_zmm_upper || x->n_hi16_zmm, keys = x->n_pkru > 0;
    uint64_t xcr0 = 7 | (wide ? 0xe0u : 0) | (keys ? 0x200u : 0);
    put_fxsave(t, f, xcr0);
    put(t, x->xstate_bv & xcr0, 8);
    put_words(t, NULL, 0, 7);
    for (size_t i = 0; i < 64; i++)
        put(t, i < x->n_ymmh_space ? x->ymmh_space[i] : 0, 4);
    if (!wide && !keys)
        return true;
    put_words(t, NULL, 0, (1088 - 832) / 8); /* MPX, which left the kernel in 5.6 */
    put_words(t, x->opmask_reg, x->n_opmask_reg, 8);
    put_words(t, x->zmm_upper, x->n_zmm_upper, 64);
    put_words(t, x->hi16_zmm, x->n_hi16_zmm, 128);
    for (size_t i = 0; i < 2 && keys; i++)
        put(t, i < x->n_pkru ? x->pkru[i] : 0, 4);
    return true;
}

static void add_floating_point(struct text *notes, const Criu__CoreEntry *core)
{
    struct text t = {0};
    if (core->thread_info && core->thread_info->fpregs) {
        put_fxsave(&t, core->thread_info->fpregs, 0);
        add_note(notes, "CORE", NT_FPREGSET, &t);
        text_clear(&t);
        if (put_xsave(&t, core->thread_info->fpregs))
            add_note(notes, "LINUX", NT_X86_XSTATE, &t);
    } else if (core->ti_aarch64 && core->ti_aarch64->fpsimd) {
        const Criu__UserAarch64FpsimdContextEntry *f = core->ti_aarch64->fpsimd;
        put_words(&t, f->vregs, f->n_vregs, 64);
        put(&t, f->fpsr, 4);
        put(&t, f->fpcr, 4);
        put(&t, 0, 8);
        add_note(notes, "CORE", NT_FPREGSET, &t);
        text_clear(&t);
        put(&t, core->ti_aarch64->tls, 8);
        add_note(notes, "LINUX", NT_ARM_TLS, &t);
    } else if (core->ti_riscv64 && core->ti_riscv64->fpsimd) {
        put_words(&t, core->ti_riscv64->fpsimd->f, core->ti_riscv64->fpsimd->n_f, 32);
        put(&t, core->ti_riscv64->fpsimd->fcsr, 8);
        add_note(notes, "CORE", NT_FPREGSET, &t);
    }
    text_release(&t);
}

/* -- the notes ------------------------------------------------------------------------
 */

/* struct elf_prstatus */
static bool add_status(struct text *notes, const struct process *p,
                       const struct thread *thread, uint16_t *machine)
{
    const Criu__TaskCoreEntry *task = process_task(p);
    struct text t = {0};
    put_words(&t, NULL, 0, 3); /* no signal ended it */
    put(&t, task ? task->blk_sigset : 0, 8);
    put(&t, thread->tid, 4);
    put(&t, p->ppid, 4);
    put(&t, p->pgid, 4);
    put(&t, p->sid, 4);
    put_words(&t, NULL, 0, 8); /* processor times, which no image holds */
    bool known = put_registers(&t, thread->core, machine);
    put(&t, 1, 4); /* floating point registers follow */
    put(&t, 0, 4);
    if (known)
        add_note(notes, "CORE", NT_PRSTATUS, &t);
    text_release(&t);
    return known;
}

/* struct elf_prpsinfo */
static void add_information(struct text *notes, const struct process *p)
{
    struct text t = {0}, arguments = {0};
    for (size_t i = 0; i < p->arguments.n && arguments.n < 80; i++) {
        text_str(&arguments, i ? " " : "");
        text_add(&arguments, p->arguments.v[i]);
    }
    put(&t, 0, 1);
    text_byte(&t, process_is_alive(p) ? 'R' : 'Z');
    put(&t, !process_is_alive(p), 1);
    put(&t, 0, 5);
    put(&t, 0, 8);
    put(&t, p->creds ? p->creds->uid : 0, 4);
    put(&t, p->creds ? p->creds->gid : 0, 4);
    put(&t, p->pid, 4);
    put(&t, p->ppid, 4);
    put(&t, p->pgid, 4);
    put(&t, p->sid, 4);
    put_padded(&t, bytes_sub(process_comm(p), 0, 15), 16);
    put_padded(&t, bytes_sub(text_bytes(&arguments), 0, 79), 80);
    add_note(notes, "CORE", NT_PRPSINFO, &t);
    text_release(&t);
    text_release(&arguments);
}

static void add_auxv(struct text *notes, const struct process *p)
{
    struct text t = {0};
    if (!p->mm)
        return;
    put_words(&t, p->mm->mm_saved_auxv, p->mm->n_mm_saved_auxv,
              p->mm->n_mm_saved_auxv / 2 * 2);
    put_words(&t, NULL, 0, 2);
    add_note(notes, "CORE", NT_AUXV, &t);
    text_release(&t);
}

/* The mapped files: count, page size, then start, end and page offset of each, then their
 * names. */
static void add_files(struct text *notes, const struct checkpoint *c,
                      const struct process *p)
{
    struct text t = {0}, names = {0};
    struct arena arena = ARENA_INIT;
    size_t count = 0;
    for (size_t i = 0; i < p->vma_count; i++)
        count += p->vmas[i].file != NULL;
    (void)c;
    put(&t, count, 8);
    put(&t, p->page_size, 8);
    for (size_t i = 0; i < p->vma_count; i++) {
        const struct vma *v = &p->vmas[i];
        if (!v->file)
            continue;
        put(&t, v->entry->start, 8);
        put(&t, v->entry->end, 8);
        put(&t, v->entry->pgoff / p->page_size, 8);
        struct bytes path = file_path(v->file, &arena);
        text_add(&names, bytes_sub(path, 0, bytes_find_byte(path, 0)));
        text_byte(&names, 0);
    }
    text_add(&t, text_bytes(&names));
    if (count)
        add_note(notes, "CORE", NT_FILE, &t);
    arena_release(&arena);
    text_release(&t);
    text_release(&names);
}

bool core_notes(const struct checkpoint *c, const struct process *p, struct text *notes,
                uint16_t *machine)
{
    bool known = false;
    for (size_t i = 0; i < p->thread_count; i++) {
        const struct thread *thread = &p->threads[i];
        if (!thread->core || !add_status(notes, p, thread, machine))
            continue;
        if (!known) { /* what is the process's follows its first thread */
            add_information(notes, p);
            add_auxv(notes, p);
            add_files(notes, c, p);
        }
        known = true;
        add_floating_point(notes, thread->core);
    }
    return known;
}
