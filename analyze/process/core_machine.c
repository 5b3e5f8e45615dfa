/* The registers of each machine, as its kernel lays them out in a core. Sources: the
 * asm/ptrace.h, asm/elf.h and user_regset tables of each, and bfd's readers of them. */
#include "analyze/process/core_machine.h"

#include <elf.h>

#include "analyze/process/checkpoint.h"

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

void core_put(struct text *t, const struct core_format *f, uint64_t n, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        text_byte(t, (char)(n >> 8 * (f->big_endian ? bytes - 1 - i : i) & 255));
}

void core_put_words(struct text *t, const struct core_format *f, const uint64_t *v,
                    size_t n)
{
    for (size_t i = 0; i < n; i++)
        core_put(t, f, v[i], f->word);
}

/* As many of eight bytes as are wanted; what is not there is zero. */
static void put_padded(struct text *t, const struct core_format *f, const uint64_t *v,
                       size_t have, size_t want)
{
    for (size_t i = 0; i < want; i++)
        core_put(t, f, v && i < have ? v[i] : 0, 8);
}

static void put_padded32(struct text *t, const struct core_format *f, const uint32_t *v,
                         size_t have, size_t want)
{
    for (size_t i = 0; i < want; i++)
        core_put(t, f, v && i < have ? v[i] : 0, 4);
}

static void add(struct text *notes, const struct core_format *f, const char *name,
                uint32_t type, struct text *body)
{
    core_add_note(notes, f, (struct core_note){name, type, text_bytes(body)});
    text_clear(body);
}

/* -- x86 ------------------------------------------------------------------------------
 */

static bool is_compat(const Criu__CoreEntry *core)
{
    return core->thread_info->gpregs->mode ==
           CRIU__USER_X86_REGS_MODE__USER_X86_REGS_MODE_COMPAT;
}

static void x86_registers(struct text *t, const struct core_format *f,
                          const Criu__CoreEntry *core)
{
    const Criu__UserX86RegsEntry *r = core->thread_info->gpregs;
    const uint64_t wide[] = {r->r15,   r->r14, r->r13, r->r12,     r->bp,      r->bx,
                             r->r11,   r->r10, r->r9,  r->r8,      r->ax,      r->cx,
                             r->dx,    r->si,  r->di,  r->orig_ax, r->ip,      r->cs,
                             r->flags, r->sp,  r->ss,  r->fs_base, r->gs_base, r->ds,
                             r->es,    r->fs,  r->gs};
    const uint64_t narrow[] = {r->bx, r->cx, r->dx,    r->si, r->di, r->bp,
                               r->ax, r->ds, r->es,    r->fs, r->gs, r->orig_ax,
                               r->ip, r->cs, r->flags, r->sp, r->ss};
    if (f->word == 8)
        core_put_words(t, f, wide, sizeof wide / sizeof *wide);
    else
        core_put_words(t, f, narrow, sizeof narrow / sizeof *narrow);
}

/* The legacy area of FXSAVE: 512 bytes. */
static void put_fxsave(struct text *t, const struct core_format *f,
                       const Criu__UserX86FpregsEntry *x, uint64_t xcr0)
{
    core_put(t, f, x->cwd, 2);
    core_put(t, f, x->swd, 2);
    core_put(t, f, x->twd, 2);
    core_put(t, f, x->fop, 2);
    core_put(t, f, x->rip, 8);
    core_put(t, f, x->rdp, 8);
    core_put(t, f, x->mxcsr, 4);
    core_put(t, f, x->mxcsr_mask, 4);
    put_padded32(t, f, x->st_space, x->n_st_space, 32);
    put_padded32(t, f, x->xmm_space, x->n_xmm_space, 64);
    /* Of the 96 bytes that software may use, debuggers read the mask at byte 464. */
    put_padded(t, f, NULL, 0, 6);
    core_put(t, f, xcr0, 8);
    put_padded(t, f, NULL, 0, 5);
}

/* XSAVE in the standard layout of the processors that have all of these parts. */
static bool put_xsave(struct text *t, const struct core_format *f,
                      const Criu__UserX86FpregsEntry *fp)
{
    const Criu__UserX86XsaveEntry *x = fp->xsave;
    if (!x || x->n_ymmh_space == 0)
        return false;
    bool wide = x->n_zmm_upper || x->n_hi16_zmm, keys = x->n_pkru > 0;
    uint64_t xcr0 = 7 | (wide ? 0xe0u : 0) | (keys ? 0x200u : 0);
    put_fxsave(t, f, fp, xcr0);
    core_put(t, f, x->xstate_bv & xcr0, 8);
    put_padded(t, f, NULL, 0, 7);
    put_padded32(t, f, x->ymmh_space, x->n_ymmh_space, 64);
    if (!wide && !keys)
        return true;
    put_padded(t, f, NULL, 0, (1088 - 832) / 8); /* MPX, which left the kernel in 5.6 */
    put_padded(t, f, x->opmask_reg, x->n_opmask_reg, 8);
    put_padded(t, f, x->zmm_upper, x->n_zmm_upper, 64);
    put_padded(t, f, x->hi16_zmm, x->n_hi16_zmm, 128);
    if (keys)
        put_padded32(t, f, x->pkru, x->n_pkru, 2);
    return true;
}

/* struct user_desc of each entry of the task's table: where its thread pointer is. */
static void put_tls(struct text *t, const struct core_format *f,
                    const Criu__ThreadInfoX86 *x)
{
    for (size_t i = 0; i < x->n_tls; i++) {
        const Criu__UserDescT *d = x->tls[i];
        uint32_t bits = (uint32_t)d->seg_32bit | (uint32_t)d->contents_l << 1 |
                        (uint32_t)d->contents_h << 2 | (uint32_t)d->read_exec_only << 3 |
                        (uint32_t)d->limit_in_pages << 4 |
                        (uint32_t)d->seg_not_present << 5 | (uint32_t)d->usable << 6;
        const uint32_t v[] = {d->entry_number, d->base_addr, d->limit, bits};
        put_padded32(t, f, v, 4, 4);
    }
}

static void x86_others(struct text *notes, const struct core_format *f,
                       const Criu__CoreEntry *core)
{
    struct text t = {0};
    const Criu__UserX86FpregsEntry *fp = core->thread_info->fpregs;
    bool wide = f->word == 8;
    if (fp) {
        put_fxsave(&t, f, fp, 0);
        add(notes, f, wide ? "CORE" : "LINUX", wide ? NT_FPREGSET : NT_PRXFPREG, &t);
        if (put_xsave(&t, f, fp))
            add(notes, f, "LINUX", NT_X86_XSTATE, &t);
    }
    put_tls(&t, f, core->thread_info);
    if (!wide && t.n)
        add(notes, f, "LINUX", NT_386_TLS, &t);
    text_release(&t);
}

/* -- ARM ------------------------------------------------------------------------------
 */

static void arm_registers(struct text *t, const struct core_format *f,
                          const Criu__CoreEntry *core)
{
    const Criu__UserArmRegsEntry *r = core->ti_arm->gpregs;
    const uint64_t v[] = {r->r0, r->r1, r->r2, r->r3, r->r4,   r->r5,
                          r->r6, r->r7, r->r8, r->r9, r->r10,  r->fp,
                          r->ip, r->sp, r->lr, r->pc, r->cpsr, r->orig_r0};
    core_put_words(t, f, v, sizeof v / sizeof *v);
}

static void arm_others(struct text *notes, const struct core_format *f,
                       const Criu__CoreEntry *core)
{
    struct text t = {0};
    const Criu__UserArmVfpstateEntry *v = core->ti_arm->fpstate;
    if (!v)
        return;
    put_padded(&t, f, v->vfp_regs, v->n_vfp_regs, 32);
    core_put(&t, f, v->fpscr, 4);
    add(notes, f, "LINUX", NT_ARM_VFP, &t);
    text_release(&t);
}

static void aarch64_registers(struct text *t, const struct core_format *f,
                              const Criu__CoreEntry *core)
{
    const Criu__UserAarch64RegsEntry *r = core->ti_aarch64->gpregs;
    const uint64_t v[] = {r->sp, r->pc, r->pstate};
    put_padded(t, f, r->regs, r->n_regs, 31);
    core_put_words(t, f, v, 3);
}

static void aarch64_others(struct text *notes, const struct core_format *f,
                           const Criu__CoreEntry *core)
{
    struct text t = {0};
    const Criu__UserAarch64FpsimdContextEntry *v = core->ti_aarch64->fpsimd;
    if (v) {
        put_padded(&t, f, v->vregs, v->n_vregs, 64);
        core_put(&t, f, v->fpsr, 4);
        core_put(&t, f, v->fpcr, 4);
        core_put(&t, f, 0, 8);
        add(notes, f, "CORE", NT_FPREGSET, &t);
    }
    core_put(&t, f, core->ti_aarch64->tls, 8);
    add(notes, f, "LINUX", NT_ARM_TLS, &t);
    text_release(&t);
}

/* -- others ---------------------------------------------------------------------------
 */

static void riscv64_registers(struct text *t, const struct core_format *f,
                              const Criu__CoreEntry *core)
{
    const Criu__UserRiscv64RegsEntry *r = core->ti_riscv64->gpregs;
    const uint64_t v[] = {r->pc, r->ra, r->sp,  r->gp,  r->tp, r->t0, r->t1, r->t2,
                          r->s0, r->s1, r->a0,  r->a1,  r->a2, r->a3, r->a4, r->a5,
                          r->a6, r->a7, r->s2,  r->s3,  r->s4, r->s5, r->s6, r->s7,
                          r->s8, r->s9, r->s10, r->s11, r->t3, r->t4, r->t5, r->t6};
    core_put_words(t, f, v, sizeof v / sizeof *v);
}

static void riscv64_others(struct text *notes, const struct core_format *f,
                           const Criu__CoreEntry *core)
{
    struct text t = {0};
    const Criu__UserRiscv64DExtEntry *v = core->ti_riscv64->fpsimd;
    if (!v)
        return;
    put_padded(&t, f, v->f, v->n_f, 32);
    core_put(&t, f, v->fcsr, 4);
    add(notes, f, "CORE", NT_FPREGSET, &t);
    text_release(&t);
}

/* struct pt_regs of powerpc has 44 words, and the core 48. */
static void ppc64_registers(struct text *t, const struct core_format *f,
                            const Criu__CoreEntry *core)
{
    const Criu__UserPpc64RegsEntry *r = core->ti_ppc64->gpregs;
    const uint64_t v[] = {r->nip, r->msr, r->orig_gpr3, r->ctr, r->link, r->xer,
                          r->ccr, 0,      r->trap};
    put_padded(t, f, r->gpr, r->n_gpr, 32);
    put_padded(t, f, v, sizeof v / sizeof *v, 16);
}

static void loongarch_registers(struct text *t, const struct core_format *f,
                                const Criu__CoreEntry *core)
{
    const Criu__UserLoongarch64GpregsEntry *r = core->ti_loongarch64->gpregs;
    const uint64_t v[] = {0, r->pc};
    put_padded(t, f, r->regs, r->n_regs, 32);
    put_padded(t, f, v, 2, 13);
}

static void mips64_registers(struct text *t, const struct core_format *f,
                             const Criu__CoreEntry *core)
{
    const Criu__UserMipsRegsEntry *r = core->ti_mips->gpregs;
    const uint64_t v[] = {
        r->r0,           r->r1,         r->r2,       r->r3,  r->r4,  r->r5,  r->r6,
        r->r7,           r->r8,         r->r9,       r->r10, r->r11, r->r12, r->r13,
        r->r14,          r->r15,        r->r16,      r->r17, r->r18, r->r19, r->r20,
        r->r21,          r->r22,        r->r23,      r->r24, r->r25, r->r26, r->r27,
        r->r28,          r->r29,        r->r30,      r->r31, r->lo,  r->hi,  r->cp0_epc,
        r->cp0_badvaddr, r->cp0_status, r->cp0_cause};
    put_padded(t, f, v, sizeof v / sizeof *v, 45);
}

static void s390_registers(struct text *t, const struct core_format *f,
                           const Criu__CoreEntry *core)
{
    const Criu__UserS390RegsEntry *r = core->ti_s390->gpregs;
    core_put(t, f, r->psw_mask, 8);
    core_put(t, f, r->psw_addr, 8);
    put_padded(t, f, r->gprs, r->n_gprs, 16);
    put_padded32(t, f, r->acrs, r->n_acrs, 16);
    core_put(t, f, r->orig_gpr2, 8);
}

static void s390_others(struct text *notes, const struct core_format *f,
                        const Criu__CoreEntry *core)
{
    struct text t = {0};
    const Criu__ThreadInfoS390 *x = core->ti_s390;
    if (x->fpregs) {
        core_put(&t, f, x->fpregs->fpc, 4);
        core_put(&t, f, 0, 4);
        put_padded(&t, f, x->fpregs->fprs, x->fpregs->n_fprs, 16);
        add(notes, f, "CORE", NT_FPREGSET, &t);
    }
    core_put(&t, f, x->gpregs->system_call, 4);
    add(notes, f, "LINUX", NT_S390_SYSTEM_CALL, &t);
    if (x->vxrs_low) {
        put_padded(&t, f, x->vxrs_low->regs, x->vxrs_low->n_regs, 16);
        add(notes, f, "LINUX", NT_S390_VXRS_LOW, &t);
    }
    if (x->vxrs_high) {
        put_padded(&t, f, x->vxrs_high->regs, x->vxrs_high->n_regs, 32);
        add(notes, f, "LINUX", NT_S390_VXRS_HIGH, &t);
    }
    text_release(&t);
}

/* -- which ----------------------------------------------------------------------------
 */

const struct core_format *core_format(const Criu__CoreEntry *core)
{
    static const struct core_format x86_64 = {EM_X86_64, 8, false, x86_registers,
                                              x86_others};
    static const struct core_format i386 = {EM_386, 4, false, x86_registers, x86_others};
    static const struct core_format arm = {EM_ARM, 4, false, arm_registers, arm_others};
    static const struct core_format aarch64 = {EM_AARCH64, 8, false, aarch64_registers,
                                               aarch64_others};
    static const struct core_format riscv64 = {EM_RISCV, 8, false, riscv64_registers,
                                               riscv64_others};
    static const struct core_format ppc64 = {EM_PPC64, 8, false, ppc64_registers, NULL};
    static const struct core_format loongarch = {EM_LOONGARCH, 8, false,
                                                 loongarch_registers, NULL};
    static const struct core_format mips64 = {EM_MIPS, 8, false, mips64_registers, NULL};
    static const struct core_format s390x = {EM_S390, 8, true, s390_registers,
                                             s390_others};
    if (core->thread_info && core->thread_info->gpregs)
        return is_compat(core) ? &i386 : &x86_64;
    if (core->ti_arm && core->ti_arm->gpregs)
        return &arm;
    if (core->ti_aarch64 && core->ti_aarch64->gpregs)
        return &aarch64;
    if (core->ti_riscv64 && core->ti_riscv64->gpregs)
        return &riscv64;
    if (core->ti_ppc64 && core->ti_ppc64->gpregs)
        return &ppc64;
    if (core->ti_loongarch64 && core->ti_loongarch64->gpregs)
        return &loongarch;
    if (core->ti_mips && core->ti_mips->gpregs)
        return &mips64;
    if (core->ti_s390 && core->ti_s390->gpregs)
        return &s390x;
    return NULL;
}
