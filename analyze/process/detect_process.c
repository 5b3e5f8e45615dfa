/* Findings about what a process is and calls itself. */
#include "analyze/process/detect.h"
#include "analyze/process/values.h"

static void executable(struct detect *d, const struct process *p)
{
    if (!p->exe)
        return;
    if (p->exe->type == CRIU__FD_TYPES__FD_TYPES_MEMFD) {
        struct finding f = detect_finding(d, PROCESS_EXE_MEMFD, p, p->exe->span);
        if (p->exe->memfd)
            finding_span(&f, p->exe->memfd_span);
        detect_add(d, &f, p);
    } else if (file_is_deleted(p->exe)) {
        struct finding f = detect_finding(d, PROCESS_EXE_DELETED, p, p->exe->span);
        finding_span(&f, p->exe->remap_span);
        detect_argument(d, &f, "recovered", "%s", p->exe->ghost ? "yes" : "no");
        detect_add(d, &f, p);
    }
}

/* Kernel threads have no memory: whatever maps something and is called so, lies. */
static void kernel_name(struct detect *d, const struct process *p)
{
    static const char *const stems[] = {
        "kworker/", "ksoftirqd/", "kthreadd",  "migration/", "rcu_",  "kswapd",
        "kauditd",  "khugepaged", "watchdogd", "cpuhp/",     "jbd2/", "kdevtmpfs"};
    struct bytes zero = process_argument(p, 0), comm = process_comm(p);
    bool hit = zero.n > 2 && zero.p[0] == '[' && bytes_find_byte(zero, ']') < zero.n;
    for (size_t i = 0; i < sizeof stems / sizeof *stems; i++)
        hit |= bytes_starts(comm, bytes_str(stems[i])) ||
               bytes_starts(zero, bytes_str(stems[i]));
    if (!hit || p->vma_count == 0)
        return;
    struct finding f = detect_finding(d, PROCESS_KERNEL_NAME, p, p->arguments.span);
    detect_add(d, &f, p);
}

/* argv[0] names neither the executable nor what was given to execve, and the executable
 * is no program of many names. */
static void name_mismatch(struct detect *d, const struct process *p)
{
    struct bytes zero = base_name_of(process_argument(p, 0)),
                 exe = base_name_of(process_exe(d, p));
    struct bytes given = base_name_of(p->execfn);
    if (zero.n && zero.p[0] == '-')
        zero = bytes_from(zero, 1);
    if (zero.n == 0 || exe.n == 0 || is_multi_call(exe) || is_interpreter(exe) ||
        is_shell(exe) || bytes_eq(zero, exe) || bytes_eq(zero, given))
        return;
    struct finding f = detect_finding(d, PROCESS_NAME_MISMATCH, p, p->arguments.span);
    f.confidence = CONFIDENCE_MEDIUM;
    detect_add(d, &f, p);
}

/* -- environment ----------------------------------------------------------------------
 */

static void variable(struct detect *d, const struct process *p, struct bytes entry)
{
    size_t equals = bytes_find_byte(entry, '=');
    struct bytes name = bytes_sub(entry, 0, equals),
                 value = bytes_from(entry, equals + 1);
    bool loads = (bytes_is(name, "LD_PRELOAD") || bytes_is(name, "LD_AUDIT")) && value.n;
    bool hides =
        (bytes_is(name, "HISTFILE") && (value.n == 0 || bytes_is(value, "/dev/null"))) ||
        ((bytes_is(name, "HISTSIZE") || bytes_is(name, "HISTFILESIZE")) &&
         bytes_is(value, "0"));
    if (!loads && !hides)
        return;
    struct span span = p->environment.span;
    if (span.item) {
        span.offset += (uint64_t)(entry.p - p->environment.raw.p);
        span.length = entry.n;
    }
    struct finding f =
        detect_finding(d, loads ? PROCESS_PRELOAD : PROCESS_HISTORY_OFF, p, span);
    detect_evidence(d, &f, "variable", entry);
    detect_add(d, &f, p);
}

/* -- arguments ------------------------------------------------------------------------
 */

/* The first process of a container begins with the arguments that its specification
 * names. A program that it started in its place has others. */
static void other_arguments(struct detect *d, const struct process *p)
{
    const json_t *want = metadata_arguments(d->describe.metadata);
    bool same = json_array_size(want) == p->arguments.n;
    if (p->parent || p->duplicate || !json_is_array(want) || !p->arguments.complete ||
        p->arguments.n == 0)
        return;
    for (size_t i = 0; i < p->arguments.n && same; i++)
        same = bytes_eq(p->arguments.v[i], tree_string(json_array_get(want, i), ""));
    if (same)
        return;
    struct finding f = detect_finding(d, PROCESS_ARGUMENTS, p, p->arguments.span);
    struct text t = {0};
    for (size_t i = 0; i < json_array_size(want); i++) {
        text_str(&t, i ? " " : "");
        text_add(&t, tree_string(json_array_get(want, i), ""));
    }
    detect_evidence(d, &f, "specified", text_bytes(&t));
    text_release(&t);
    f.confidence = CONFIDENCE_LOW;
    detect_add(d, &f, p);
}

/* -- debuggers ------------------------------------------------------------------------
 */

#define NO_RANDOMISATION 0x40000 /* ADDR_NO_RANDOMIZE of personality(2) */

/* CRIU cannot dump a process while another one traces it; what is left are the tools, and
 * what they do to their targets. */
static void debugger(struct detect *d, const struct process *p)
{
    static const char *const tools[] = {
        "gdb",         "gdbserver",    "strace",       "ltrace", "lldb",
        "lldb-server", "frida-server", "frida-inject", "reptyr", "pyrasite",
        "delve",       "dlv",          "bpftrace"};
    const Criu__TaskCoreEntry *t = process_task(p);
    struct bytes exe = base_name_of(process_exe(d, p));
    const char *sign =
        t && t->personality & NO_RANDOMISATION
            ? "addresses are not randomised, as a debugger starts a program"
            : NULL;
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++)
        if (bytes_is(exe, tools[i]))
            sign = "it is a debugger or tracer";
    if (!sign)
        return;
    struct finding f =
        detect_finding(d, PROCESS_TRACE, p, p->leader ? p->leader->span : p->span);
    detect_argument(d, &f, "sign", "%s", sign);
    f.confidence = CONFIDENCE_MEDIUM;
    detect_add(d, &f, p);
}

/* -- privileges -----------------------------------------------------------------------
 */

static uint64_t capability_bits(const json_t *names)
{
    uint64_t bits = 0;
    size_t i;
    json_t *name;
    json_array_foreach(names, i, name)
    {
        for (unsigned bit = 0; value_capability(bit); bit++)
            if (bytes_eq_nocase(tree_string(name, ""), bytes_str(value_capability(bit))))
                bits |= (uint64_t)1 << bit;
    }
    return bits;
}

/* Without a specification only those are told that give the node away. */
static uint64_t dangerous(void)
{
    static const char *const names[] = {
        "CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_SYS_MODULE",      "CAP_SYS_RAWIO",
        "CAP_BPF",       "CAP_NET_ADMIN",  "CAP_DAC_READ_SEARCH", "CAP_SYS_BOOT"};
    uint64_t bits = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (unsigned bit = 0; value_capability(bit); bit++)
            if (strcmp(names[i], value_capability(bit)) == 0)
                bits |= (uint64_t)1 << bit;
    return bits;
}

static void capabilities(struct detect *d, const struct process *p)
{
    const json_t *spec = tree_get(d->describe.metadata->spec, "process/capabilities");
    uint64_t have = p->creds ? value_words(p->creds->cap_eff, p->creds->n_cap_eff) : 0;
    uint64_t more =
        spec ? have & ~capability_bits(tree_get(spec, "bounding")) : have & dangerous();
    struct text t = {0};
    if (more == 0 || !p->leader)
        return;
    for (unsigned bit = 0; bit < 64; bit++)
        if (more >> bit & 1)
            text_printf(&t, "%s%s", t.n ? " " : "",
                        value_capability(bit) ? value_capability(bit) : "unknown");
    struct finding f = detect_finding(d, PROCESS_CAPABILITY, p, p->leader->span);
    detect_evidence(d, &f, "capabilities", text_bytes(&t));
    detect_argument(
        d, &f, "compared_with", "%s",
        spec ? "the bounding set of the container's specification"
             : "capabilities that give the node away; no specification was there");
    text_release(&t);
    detect_add(d, &f, p);
}

static void seccomp(struct detect *d, const struct process *p)
{
    if (!tree_get(d->describe.metadata->spec, "linux/seccomp"))
        return;
    for (size_t i = 0; i < p->thread_count; i++) {
        const Criu__CoreEntry *core = p->threads[i].core;
        if (!core || !core->thread_core || !core->thread_core->has_seccomp_mode ||
            core->thread_core->seccomp_mode != 0)
            continue;
        struct finding f = detect_finding(d, PROCESS_NO_SECCOMP, p, p->threads[i].span);
        detect_argument(d, &f, "tid", "%u", p->threads[i].tid);
        detect_add(d, &f, p);
        return;
    }
}

struct namespaces {
    const char *name;
    uint32_t own, host, first;
};

/* Identifiers are CRIU's; those of its own process are the node's. */
static void namespaces(struct detect *d, const struct process *p)
{
    const struct checkpoint *c = d->describe.checkpoint;
    const Criu__TaskKobjIdsEntry *i = p->ids, *h = NULL, *f = c->processes[0].ids;
    if (c->inventory)
        h = c->inventory->root_ids;
    if (!i || !f || !h)
        return;
    const struct namespaces all[] = {
        {"pid", i->pid_ns_id, h->pid_ns_id, f->pid_ns_id},
        {"network", i->net_ns_id, h->net_ns_id, f->net_ns_id},
        {"ipc", i->ipc_ns_id, h->ipc_ns_id, f->ipc_ns_id},
        {"mount", i->mnt_ns_id, h->mnt_ns_id, f->mnt_ns_id},
        {"user", i->user_ns_id, h->user_ns_id, f->user_ns_id}};
    struct text host = {0}, other = {0};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        /* Most containers share the user namespace; CRIU stays in its own pid and network
         * namespace only when the container has its own. */
        if (all[k].own && all[k].own == all[k].host && k != 4)
            text_printf(&host, "%s%s", host.n ? " " : "", all[k].name);
        if (all[k].own && all[k].first && all[k].own != all[k].first)
            text_printf(&other, "%s%s", other.n ? " " : "", all[k].name);
    }
    /* An external pid or network namespace looks like the host's: runc keeps the network
     * outside of the dump. So only the mount namespace makes it certain. */
    bool certain = bytes_contains(text_bytes(&host), BYTES("mount"));
    if (host.n && p == &c->processes[0] && certain) {
        struct finding x = detect_finding(d, PROCESS_HOST_NAMESPACE, p, p->span);
        detect_evidence(d, &x, "namespaces", text_bytes(&host));
        detect_add(d, &x, p);
    }
    if (other.n) {
        struct finding x = detect_finding(d, PROCESS_OTHER_NAMESPACE, p, p->span);
        detect_evidence(d, &x, "namespaces", text_bytes(&other));
        detect_add(d, &x, p);
    }
    text_release(&host);
    text_release(&other);
}

void detect_processes(struct detect *d)
{
    struct checkpoint *c = d->describe.checkpoint;
    for (size_t i = 0; i < c->count; i++) {
        const struct process *p = &c->processes[i];
        executable(d, p);
        detect_replaced(d, p);
        kernel_name(d, p);
        name_mismatch(d, p);
        other_arguments(d, p);
        debugger(d, p);
        detect_shell(d, p);
        for (size_t k = 0; k < p->environment.n; k++)
            variable(d, p, p->environment.v[k]);
        capabilities(d, p);
        seccomp(d, p);
        namespaces(d, p);
    }
}
