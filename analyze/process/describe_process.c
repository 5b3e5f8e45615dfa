/* A process as JSON. */
#include "analyze/process/describe.h"
#include "analyze/process/parts.h"
#include "analyze/process/values.h"

/* -- command line and environment -----------------------------------------------------
 */

json_t *describe_arguments(const struct describe *d, const struct process *p)
{
    json_t *all = json_array();
    for (size_t i = 0; i < p->arguments.n; i++)
        json_array_append_new(all, json_masked(d->mask, p->arguments.v[i]));
    return all;
}

/* Variables whose value says how a program was started and is no secret by itself; all
 * others are masked. */
static bool is_plain(struct bytes name)
{
    static const char *const names[] = {"PATH",
                                        "HOME",
                                        "TERM",
                                        "LANG",
                                        "SHELL",
                                        "USER",
                                        "LOGNAME",
                                        "HOSTNAME",
                                        "PWD",
                                        "OLDPWD",
                                        "SHLVL",
                                        "LD_PRELOAD",
                                        "LD_AUDIT",
                                        "LD_LIBRARY_PATH",
                                        "HISTFILE",
                                        "HISTSIZE",
                                        "HISTFILESIZE",
                                        "HISTCONTROL",
                                        "PROMPT_COMMAND",
                                        "BASH_ENV",
                                        "ENV",
                                        "TZ",
                                        "container",
                                        "_",
                                        "PYTHONPATH",
                                        "PERL5LIB",
                                        "NODE_OPTIONS",
                                        "JAVA_TOOL_OPTIONS",
                                        "POD_NAME",
                                        "POD_NAMESPACE",
                                        "NODE_NAME",
                                        "KUBERNETES_SERVICE_HOST",
                                        "KUBERNETES_SERVICE_PORT"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bytes_is(name, names[i]))
            return true;
    return bytes_starts(name, BYTES("LC_"));
}

static json_t *masked_value(const struct describe *d, struct bytes name,
                            struct bytes value)
{
    if (is_plain(name))
        return json_masked(d->mask, value);
    struct text t = {0};
    mask_value(d->mask, credential_name(name) ? "secret" : "value", value, &t);
    json_t *s = json_evidence(text_bytes(&t));
    text_release(&t);
    return s;
}

json_t *describe_environment(const struct describe *d, const struct process *p)
{
    json_t *all = json_array();
    for (size_t i = 0; i < p->environment.n; i++) {
        struct bytes entry = p->environment.v[i];
        size_t equals = bytes_find_byte(entry, '=');
        json_t *o = json_object();
        json_object_set_new(o, "name", json_masked(d->mask, bytes_sub(entry, 0, equals)));
        if (equals < entry.n)
            json_object_set_new(o, "value",
                                masked_value(d, bytes_sub(entry, 0, equals),
                                             bytes_from(entry, equals + 1)));
        else
            json_object_set_new(o, "value", json_null()); /* no '=': legal and kept */
        json_array_append_new(all, o);
    }
    return all;
}

static json_t *command_of(const struct describe *d, const struct process *p)
{
    struct text t = {0};
    for (size_t i = 0; i < p->arguments.n; i++) {
        text_str(&t, i ? " " : "");
        text_add(&t, p->arguments.v[i]);
    }
    json_t *s = json_masked(d->mask, text_bytes(&t));
    text_release(&t);
    return s;
}

json_t *describe_auxv(const struct process *p)
{
    json_t *o = json_object();
    uint64_t pair[2];
    for (size_t i = 0; process_auxv_pair(p, i, pair); i++) {
        uint64_t type = pair[0], value = pair[1];
        const char *name = value_find(value_auxv, type);
        char number[32];
        snprintf(number, sizeof number, "%llu", (unsigned long long)type);
        if (type == 0)
            break;
        json_object_set_new(o, name ? name : number, json_hex(value));
    }
    return o;
}

/* -- who it is ------------------------------------------------------------------------
 */

static json_t *groups_of(const Criu__CredsEntry *e)
{
    json_t *all = json_array();
    for (size_t i = 0; i < e->n_groups; i++)
        json_array_append_new(all, json_integer(e->groups[i]));
    return all;
}

json_t *describe_identity(const struct describe *d, const struct process *p)
{
    const Criu__CredsEntry *e = p->creds;
    json_t *o = json_object();
    (void)d;
    if (!e)
        return o;
    const uint32_t uids[] = {e->uid, e->euid, e->suid, e->fsuid};
    const uint32_t gids[] = {e->gid, e->egid, e->sgid, e->fsgid};
    static const char *const kinds[] = {"real", "effective", "saved", "filesystem"};
    json_t *uid = json_object(), *gid = json_object(), *caps = json_object();
    for (size_t i = 0; i < 4; i++) {
        json_set_unsigned(uid, kinds[i], uids[i]);
        json_set_unsigned(gid, kinds[i], gids[i]);
    }
    json_object_set_new(o, "uid", uid);
    json_object_set_new(o, "gid", gid);
    json_object_set_new(o, "groups", groups_of(e));
    json_object_set_new(caps, "effective", value_capabilities(e->cap_eff, e->n_cap_eff));
    json_object_set_new(caps, "permitted", value_capabilities(e->cap_prm, e->n_cap_prm));
    json_object_set_new(caps, "inheritable",
                        value_capabilities(e->cap_inh, e->n_cap_inh));
    json_object_set_new(caps, "bounding", value_capabilities(e->cap_bnd, e->n_cap_bnd));
    json_object_set_new(caps, "ambient", value_capabilities(e->cap_amb, e->n_cap_amb));
    json_object_set_new(o, "capabilities", caps);
    json_object_set_new(o, "no_new_privs",
                        e->has_no_new_privs ? json_boolean(e->no_new_privs)
                                            : json_null());
    json_set_unsigned(o, "secure_bits", e->secbits);
    json_set_if(o, "lsm_profile", json_evidence(criu_bytes(e->lsm_profile)));
    return o;
}

/* -- memory ---------------------------------------------------------------------------
 */

void vma_label(const struct checkpoint *c, const struct process *p, const struct vma *v,
               struct text *t)
{
    const Criu__VmaEntry *e = v->entry;
    if (v->file)
        file_label(c, v->file, t);
    else if (e->status & (1 << 2))
        text_str(t, "[vsyscall]");
    else if (e->status & (1 << 3))
        text_str(t, "[vdso]");
    else if (e->status & (1 << 12))
        text_str(t, "[vvar]");
    else if (e->status & (1 << 13))
        text_str(t, "[aio]");
    else if (v->backing == BACKING_SHARED)
        text_printf(t, "[shared %llu]", (unsigned long long)e->shmid);
    else if (p->mm && e->end > p->mm->mm_start_brk && e->start < p->mm->mm_brk)
        text_str(t, "[heap]");
    else if (p->mm && p->mm->mm_start_stack >= e->start && p->mm->mm_start_stack < e->end)
        text_str(t, "[stack]");
    else
        text_str(t, "[anonymous]");
}

/* Bytes of an area by where they come from. A private mapping of a file has pages of its
 * own only where somebody wrote to it. */
static void set_origins(json_t *area, const struct process *p, const struct vma *v)
{
    uint64_t bytes[MEMORY_SPECIAL + 1] = {0};
    json_t *o = json_object();
    for (uint64_t at = v->entry->start; at < v->entry->end;) {
        struct memory_piece piece = memory_piece_at(p, v, at, v->entry->end);
        bytes[piece.origin] += piece.size;
        at += piece.size;
    }
    for (int i = 0; i <= MEMORY_SPECIAL; i++)
        if (bytes[i])
            json_set_unsigned(o, memory_origin_name((enum memory_origin)i), bytes[i]);
    json_object_set_new(area, "bytes", o);
    if (v->file && !(v->entry->flags & 1 /* MAP_SHARED */))
        json_set_unsigned(area, "dirty_bytes",
                          bytes[MEMORY_PAGES] + bytes[MEMORY_PARENT]);
}

json_t *describe_maps(const struct describe *d, const struct process *p)
{
    json_t *all = json_array();
    for (size_t i = 0; i < p->vma_count; i++) {
        const struct vma *v = &p->vmas[i];
        const Criu__VmaEntry *e = v->entry;
        char prot[5] = {e->prot & 1 ? 'r' : '-', e->prot & 2 ? 'w' : '-',
                        e->prot & 4 ? 'x' : '-', e->flags & 1 ? 's' : 'p', 0};
        struct text label = {0};
        json_t *o = json_object();
        json_object_set_new(o, "start", json_hex(e->start));
        json_object_set_new(o, "end", json_hex(e->end));
        json_object_set_new(o, "protection", json_string(prot));
        vma_label(d->checkpoint, p, v, &label);
        json_object_set_new(o, "name", json_masked(d->mask, text_bytes(&label)));
        text_release(&label);
        if (v->file) {
            json_set_unsigned(o, "file_id", v->file->id);
            json_object_set_new(o, "offset", json_hex(e->pgoff));
        }
        json_set_if(o, "kind", value_bits(value_vma_status, e->status & ~1u));
        json_set_if(o, "advice", value_bits(value_advice, e->madv));
        set_origins(o, p, v);
        json_object_set_new(o, "span", json_span(v->span));
        json_array_append_new(all, o);
    }
    return all;
}

/* -- the whole ------------------------------------------------------------------------
 */

static json_t *limits_of(const struct describe *d, const struct process *p)
{
    const Criu__TaskCoreEntry *t = process_task(p);
    const Criu__TaskRlimitsEntry *own = t ? t->rlimits : NULL;
    json_t *o = json_object();
    struct parts limits = parts_of_task(
        d->checkpoint, parts_inside(own ? own->rlimits : NULL, own ? own->n_rlimits : 0),
        CRIU_RLIMIT, p->pid);
    for (size_t i = 0; i < limits.n && i < 16; i++) {
        const Criu__RlimitEntry *e = (const void *)limits.v[i];
        json_t *pair = json_array();
        json_array_append_new(pair, e->cur == UINT64_MAX ? json_string("unlimited")
                                                         : json_unsigned(e->cur));
        json_array_append_new(pair, e->max == UINT64_MAX ? json_string("unlimited")
                                                         : json_unsigned(e->max));
        json_object_set_new(o, value_find(value_rlimits, i), pair);
    }
    return o;
}

static json_t *namespaces_of(const struct process *p)
{
    const Criu__TaskKobjIdsEntry *e = p->ids;
    json_t *o = json_object();
    if (!e)
        return o;
    const struct {
        const char *name;
        bool has;
        uint32_t id;
    } all[] = {{"pid", e->has_pid_ns_id, e->pid_ns_id},
               {"net", e->has_net_ns_id, e->net_ns_id},
               {"ipc", e->has_ipc_ns_id, e->ipc_ns_id},
               {"uts", e->has_uts_ns_id, e->uts_ns_id},
               {"mount", e->has_mnt_ns_id, e->mnt_ns_id},
               {"user", e->has_user_ns_id, e->user_ns_id},
               {"cgroup", e->has_cgroup_ns_id, e->cgroup_ns_id},
               {"time", e->has_time_ns_id, e->time_ns_id}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].has)
            json_set_unsigned(o, all[i].name, all[i].id);
    return o;
}

static void set_state(json_t *o, const struct process *p)
{
    const Criu__TaskCoreEntry *t = process_task(p);
    static const char *const states[] = {"unknown", "alive",  "dead",  "stopped",
                                         "helper",  "thread", "zombie"};
    json_object_set_new(
        o, "state",
        json_string(t && t->task_state < 7 ? states[t->task_state] : "unknown"));
    if (!t)
        return;
    if (t->task_state == 2 || t->task_state == 6) {
        json_set_unsigned(o, "exit_status", t->exit_code >> 8 & 255);
        json_set_unsigned(o, "exit_signal", t->exit_code & 127);
    }
    if (t->has_stop_signo)
        json_object_set_new(o, "stop_signal",
                            value_or_number(value_signals, t->stop_signo));
    if (t->has_oom_score_adj)
        json_object_set_new(o, "oom_score_adj", json_integer(t->oom_score_adj));
    if (t->has_loginuid)
        json_object_set_new(o, "login_uid",
                            t->loginuid == UINT32_MAX ? json_null()
                                                      : json_integer(t->loginuid));
    if (process_cgroup_set(p))
        json_set_unsigned(o, "cgroup_set", process_cgroup_set(p));
}

static json_t *file_brief(const struct describe *d, const struct file *f)
{
    if (!f)
        return json_null();
    json_t *o = describe_file(d, f);
    if (!json_object_get(o, "deleted"))
        json_object_set_new(o, "deleted", json_boolean(file_is_deleted(f)));
    if (!json_object_get(o, "memfd"))
        json_object_set_new(o, "memfd", json_false());
    return o;
}

static json_t *path_brief(const struct describe *d, const struct file *f)
{
    return f ? json_masked(d->mask, file_path(f, &d->checkpoint->arena)) : json_null();
}

json_t *describe_process(const struct describe *d, const struct process *p)
{
    json_t *o = json_object();
    json_set_unsigned(o, "pid", p->pid);
    json_set_unsigned(o, "ppid", p->ppid);
    json_set_unsigned(o, "pgid", p->pgid);
    json_set_unsigned(o, "sid", p->sid);
    json_object_set_new(o, "comm", json_evidence(process_comm(p)));
    json_object_set_new(o, "command", command_of(d, p));
    json_object_set_new(o, "argv", describe_arguments(d, p));
    json_object_set_new(o, "argv_complete", json_boolean(p->arguments.complete));
    json_object_set_new(o, "argv_span", json_span(p->arguments.span));
    set_state(o, p);
    json_object_set_new(o, "exe", file_brief(d, p->exe));
    json_object_set_new(o, "execfn", json_masked(d->mask, p->execfn));
    json_object_set_new(o, "cwd", path_brief(d, p->cwd));
    if (p->cwd && file_is_deleted(p->cwd))
        json_object_set_new(o, "cwd_deleted", json_true());
    json_object_set_new(o, "root", path_brief(d, p->root));
    if (p->fs && p->fs->has_umask) {
        char octal[16];
        snprintf(octal, sizeof octal, "%04o", p->fs->umask & 07777);
        json_object_set_new(o, "umask", json_string(octal));
    }
    json_object_update_new(o, describe_identity(d, p));
    json_object_set_new(o, "environment", describe_environment(d, p));
    json_object_set_new(o, "namespaces", namespaces_of(p));
    json_object_set_new(o, "limits", limits_of(d, p));
    json_object_set_new(o, "signals", describe_signals(d, p));
    json_set_if(o, "timers", describe_timers(d, p));
    json_object_set_new(o, "auxv", describe_auxv(p));
    json_object_set_new(o, "threads", describe_threads(d, p));
    json_object_set_new(o, "files", describe_descriptors(d, p));
    json_object_set_new(o, "sockets", describe_sockets(d, p));
    json_object_set_new(o, "maps", describe_maps(d, p));
    json_object_set_new(o, "span", json_span(p->span));
    return o;
}
