/* Threads, signals and timers as JSON. */
#include "analyze/process/describe.h"
#include "analyze/process/parts.h"
#include "analyze/process/values.h"
#include "formats/base/cursor.h"

/* asm-generic/siginfo.h */
#define SI_QUEUE (-1)

/* Instruction and stack pointer, where the machine is known. */
bool core_registers(const Criu__CoreEntry *core, uint64_t *ip, uint64_t *sp)
{
    if (core->thread_info && core->thread_info->gpregs) {
        *ip = core->thread_info->gpregs->ip;
        *sp = core->thread_info->gpregs->sp;
    } else if (core->ti_aarch64 && core->ti_aarch64->gpregs) {
        *ip = core->ti_aarch64->gpregs->pc;
        *sp = core->ti_aarch64->gpregs->sp;
    } else if (core->ti_riscv64 && core->ti_riscv64->gpregs) {
        *ip = core->ti_riscv64->gpregs->pc;
        *sp = core->ti_riscv64->gpregs->sp;
    } else if (core->ti_s390 && core->ti_s390->gpregs) {
        *ip = core->ti_s390->gpregs->psw_addr;
        *sp = core->ti_s390->gpregs->n_gprs > 15 ? core->ti_s390->gpregs->gprs[15] : 0;
    } else if (core->ti_ppc64 && core->ti_ppc64->gpregs) {
        *ip = core->ti_ppc64->gpregs->nip;
        *sp = core->ti_ppc64->gpregs->n_gpr > 1 ? core->ti_ppc64->gpregs->gpr[1] : 0;
    } else if (core->ti_arm && core->ti_arm->gpregs) {
        *ip = core->ti_arm->gpregs->pc;
        *sp = core->ti_arm->gpregs->sp;
    } else if (core->ti_loongarch64 && core->ti_loongarch64->gpregs) {
        *ip = core->ti_loongarch64->gpregs->pc;
        *sp = core->ti_loongarch64->gpregs->n_regs > 3
                  ? core->ti_loongarch64->gpregs->regs[3]
                  : 0;
    } else if (core->ti_mips && core->ti_mips->gpregs) {
        *ip = core->ti_mips->gpregs->cp0_epc;
        *sp = core->ti_mips->gpregs->r29;
    } else {
        return false;
    }
    return true;
}

static void set_registers(const struct describe *d, const struct process *p,
                          const struct thread *t, json_t *o)
{
    uint64_t ip, sp;
    if (!core_registers(t->core, &ip, &sp))
        return;
    const struct vma *v = process_vma(p, ip);
    struct text label = {0};
    json_object_set_new(o, "instruction", json_hex(ip));
    json_object_set_new(o, "stack", json_hex(sp));
    if (v)
        vma_label(d->checkpoint, p, v, &label);
    json_object_set_new(o, "executing",
                        v ? json_masked(d->mask, text_bytes(&label)) : json_null());
    text_release(&label);
}

/* Those of a process are in signal-s-PID, of a thread in signal-p-TID, where they are not
 * in its core. */
static json_t *pending_of(const struct describe *d, const Criu__SignalQueueEntry *q,
                          const char *stem, uint32_t id)
{
    struct checkpoint *from = d->checkpoint;
    json_t *all = json_array();
    struct parts signals = parts_inside(q ? q->signals : NULL, q ? q->n_signals : 0);
    if (signals.n == 0)
        signals = parts_apart(from, dump_numbered(from->dump, stem, id), CRIU_SIGNAL);
    for (size_t i = 0; i < signals.n; i++) {
        struct bytes info =
            criu_bytes(((const Criu__SiginfoEntry *)(const void *)signals.v[i])->siginfo);
        struct cursor c = cursor_of(info);
        json_t *o = json_object();
        uint32_t number = cursor_u32le(&c);
        cursor_skip(&c, 4);
        int32_t code = (int32_t)cursor_u32le(&c);
        cursor_skip(&c, 4);
        json_object_set_new(o, "signal", value_or_number(value_signals, number));
        json_object_set_new(o, "code", json_integer(code));
        if (code <= 0) { /* sent by a process: pid and uid follow */
            json_object_set_new(o, "pid", json_integer(cursor_u32le(&c)));
            json_object_set_new(o, "uid", json_integer(cursor_u32le(&c)));
            if (code == SI_QUEUE) /* sigqueue(3): with a value of the sender's choice */
                json_object_set_new(o, "value", json_hex(cursor_u64le(&c)));
        }
        json_array_append_new(all, o);
    }
    return all;
}

/* Signals 1 to 64 of a mask, by name. */
static json_t *signals_of(uint64_t mask)
{
    json_t *all = json_array();
    for (unsigned n = 1; n <= 64; n++)
        if (mask >> (n - 1) & 1)
            json_array_append_new(all, value_or_number(value_signals, n));
    return all;
}

/* Credentials belong to threads: one may have more than the others. */
static void set_privileges(json_t *o, const struct process *p,
                           const Criu__CredsEntry *creds)
{
    if (!creds)
        return;
    json_set_unsigned(o, "uid", creds->euid);
    json_set_unsigned(o, "gid", creds->egid);
    json_set_unsigned(o, "no_new_privs", creds->no_new_privs);
    const Criu__CredsEntry *leader = p->creds;
    if (leader && value_words(creds->cap_eff, creds->n_cap_eff) !=
                      value_words(leader->cap_eff, leader->n_cap_eff))
        json_object_set_new(o, "effective",
                            value_capabilities(creds->cap_eff, creds->n_cap_eff));
}

static void set_stack_and_signals(json_t *o, const Criu__ThreadCoreEntry *core)
{
    if (core->blk_sigset)
        json_object_set_new(o, "blocked", signals_of(core->blk_sigset));
    if (core->pdeath_sig)
        json_object_set_new(o, "parent_death_signal",
                            value_or_number(value_signals, core->pdeath_sig));
    if (core->sas && core->sas->ss_size) {
        json_object_set_new(o, "signal_stack", json_hex(core->sas->ss_sp));
        json_set_unsigned(o, "signal_stack_size", core->sas->ss_size);
    }
}

/* Before threads had modes of their own, that of the task held for all. */
static void set_seccomp(json_t *o, const struct process *p,
                        const Criu__ThreadCoreEntry *core)
{
    static const char *const modes[] = {"disabled", "strict", "filter"};
    const Criu__TaskCoreEntry *task = process_task(p);
    bool old = !core->has_seccomp_mode && task && task->has_old_seccomp_mode;
    unsigned mode = (unsigned)(old ? task->old_seccomp_mode : core->seccomp_mode);
    bool has_filter = old ? task->has_old_seccomp_filter : core->has_seccomp_filter;
    json_object_set_new(o, "seccomp", json_string(mode < 3 ? modes[mode] : "unknown"));
    if (mode == 2 && has_filter)
        json_set_unsigned(o, "seccomp_filter",
                          old ? task->old_seccomp_filter : core->seccomp_filter);
}

json_t *describe_threads(const struct describe *d, const struct process *p)
{
    json_t *all = json_array();
    for (size_t i = 0; i < p->thread_count; i++) {
        const struct thread *t = &p->threads[i];
        json_t *o = json_object();
        json_set_unsigned(o, "tid", t->tid);
        if (!t->core) {
            json_object_set_new(o, "missing", json_true());
            json_array_append_new(all, o);
            continue;
        }
        const Criu__ThreadCoreEntry *core = t->core->thread_core;
        if (core && core->has_comm)
            json_object_set_new(o, "comm", json_evidence(criu_bytes(core->comm)));
        set_registers(d, p, t, o);
        if (core) {
            set_seccomp(o, p, core);
            json_object_set_new(o, "scheduler",
                                value_or_number(value_scheduler, core->sched_policy));
            json_object_set_new(o, "nice", json_integer(core->sched_nice));
            set_privileges(o, p, core->creds ? core->creds : p->creds);
            json_set_if(o, "pending", pending_of(d, core->signals_p, "signal-p", t->tid));
            set_stack_and_signals(o, core);
        }
        json_object_set_new(o, "span", json_span(t->span));
        json_array_append_new(all, o);
    }
    return all;
}

/* sigactions holds signals 1 to 64 without KILL and STOP, which cannot be handled. */
static unsigned signal_of(size_t i)
{
    unsigned n = (unsigned)i + 1;
    n += n >= 9;
    n += n >= 19;
    return n;
}

json_t *describe_signals(const struct describe *d, const struct process *p)
{
    const Criu__TaskCoreEntry *t = process_task(p);
    json_t *o = json_object(), *handlers = json_array(), *ignored = json_array();
    struct parts actions = parts_of_task(
        d->checkpoint, parts_inside(t ? t->sigactions : NULL, t ? t->n_sigactions : 0),
        CRIU_SIGACT, p->pid);
    for (size_t i = 0; i < actions.n && i < 62; i++) {
        unsigned n = signal_of(i);
        uint64_t action = ((const Criu__SaEntry *)(const void *)actions.v[i])->sigaction;
        if (action == 1) {
            json_array_append_new(ignored, value_or_number(value_signals, n));
        } else if (action) {
            json_t *h = json_object();
            json_object_set_new(h, "signal", value_or_number(value_signals, n));
            json_object_set_new(h, "handler", json_hex(action));
            json_array_append_new(handlers, h);
        }
    }
    json_set_if(o, "handlers", handlers);
    json_set_if(o, "ignored", ignored);
    json_set_if(o, "pending", pending_of(d, t ? t->signals_s : NULL, "signal-s", p->pid));
    if (t && t->blk_sigset)
        json_object_set_new(o, "blocked", signals_of(t->blk_sigset));
    return o;
}

static void add_interval_timer(json_t *all, const char *name, const Criu__ItimerEntry *e)
{
    if (!e || !(e->vsec || e->vusec))
        return;
    json_t *o = json_object();
    json_object_set_new(o, "timer", json_string(name));
    json_set_unsigned(o, "expires_in_seconds", e->vsec);
    json_set_unsigned(o, "interval_seconds", e->isec);
    json_array_append_new(all, o);
}

json_t *describe_timers(const struct describe *d, const struct process *p)
{
    static const char *const names[] = {"real", "virtual", "profiling"};
    const Criu__TaskCoreEntry *t = process_task(p);
    const Criu__TaskTimersEntry *own = t ? t->timers : NULL;
    void *inside[] = {own ? own->real : NULL, own ? own->virt : NULL,
                      own ? own->prof : NULL};
    json_t *all = json_array();
    struct parts intervals = parts_of_task(
        d->checkpoint, parts_inside(inside, own ? 3 : 0), CRIU_ITIMERS, p->pid);
    for (size_t i = 0; i < intervals.n && i < 3; i++)
        add_interval_timer(all, names[i], (const void *)intervals.v[i]);
    struct parts timers = parts_of_task(
        d->checkpoint, parts_inside(own ? own->posix : NULL, own ? own->n_posix : 0),
        CRIU_POSIX_TIMERS, p->pid);
    for (size_t i = 0; i < timers.n; i++) {
        const Criu__PosixTimerEntry *e = (const void *)timers.v[i];
        json_t *o = json_object();
        json_set_unsigned(o, "timer", e->it_id);
        json_object_set_new(o, "clock", value_or_number(value_clocks, e->clock_id));
        json_object_set_new(o, "signal", value_or_number(value_signals, e->si_signo));
        json_set_unsigned(o, "expires_in_seconds", e->vsec);
        json_set_unsigned(o, "interval_seconds", e->isec);
        json_array_append_new(all, o);
    }
    return all;
}
