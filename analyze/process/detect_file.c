/* Findings about open files and sockets. */
#include "analyze/process/detect.h"
#include "analyze/process/values.h"

static bool is_mapped_only(const struct process *p, const struct file *f)
{
    return f == p->exe;
}

/* What several processes hold is told of the first, with the numbers of all. */
static bool holds_first(const struct checkpoint *c, const struct process *p,
                        const struct file *f)
{
    size_t n;
    const struct holder *h = checkpoint_holders_of(c, f, &n);
    return n == 0 || h->process == p;
}

static void holders(const struct checkpoint *c, const struct file *f, struct text *t)
{
    size_t n;
    const struct holder *h = checkpoint_holders_of(c, f, &n);
    for (size_t i = 0; i < n && t->n < 200; i++)
        if (i == 0 || h[i].process != h[i - 1].process)
            text_printf(t, "%s%u", t->n ? " " : "", h[i].process->pid);
}

static struct finding file_finding(struct detect *d, enum process_finding which,
                                   const struct process *p, const struct descriptor *fd)
{
    struct finding f = detect_finding(d, which, p, fd->file->span);
    struct text t = {0};
    finding_span(&f, fd->span);
    file_label(d->describe.checkpoint, fd->file, &t);
    detect_evidence(d, &f, "target", text_bytes(&t));
    detect_argument(d, &f, "fd", "%u", fd->fd);
    text_clear(&t);
    holders(d->describe.checkpoint, fd->file, &t);
    detect_evidence(d, &f, "pids", text_bytes(&t));
    text_release(&t);
    return f;
}

static void deleted(struct detect *d, const struct process *p,
                    const struct descriptor *fd)
{
    if (!file_is_deleted(fd->file) || is_mapped_only(p, fd->file) ||
        !holds_first(d->describe.checkpoint, p, fd->file))
        return;
    struct finding f = file_finding(d, PROCESS_OPEN_DELETED, p, fd);
    if (fd->file->remap_span.item)
        finding_span(&f, fd->file->remap_span);
    detect_argument(d, &f, "recovered", "%s", fd->file->ghost ? "yes" : "no");
    findings_add(d->findings, &f);
}

static bool is_secret_path(struct bytes path)
{
    static const char *const parts[] = {"/secrets/kubernetes.io/serviceaccount/token",
                                        "/etc/shadow",
                                        "/.kube/config",
                                        "/.aws/credentials",
                                        "/.ssh/id_",
                                        "/.docker/config.json",
                                        "/etc/kubernetes/pki/",
                                        "/.config/gcloud/",
                                        "/.azure/",
                                        "/.netrc",
                                        "/.git-credentials",
                                        "/.vault-token",
                                        "kubernetes.io~secret"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (bytes_contains(path, bytes_str(parts[i])))
            return true;
    return false;
}

static bool is_runtime_socket(const struct file *f)
{
    static const char *const names[] = {"docker.sock", "containerd.sock", "crio.sock",
                                        "podman.sock"};
    struct bytes path = f->type == CRIU__FD_TYPES__FD_TYPES_UNIXSK
                            ? criu_bytes(((const Criu__UnixSkEntry *)f->message)->name)
                            : BYTES_NONE;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bytes_contains(path, bytes_str(names[i])))
            return true;
    return false;
}

/* -- sockets --------------------------------------------------------------------------
 */

static bool is_declared(const struct detect *d, uint32_t port)
{
    for (size_t i = 0; i < d->port_count; i++)
        if (d->ports[i] == port)
            return true;
    return false;
}

static void inet(struct detect *d, const struct process *p, const struct descriptor *fd)
{
    const Criu__InetSkEntry *s = fd->file->message;
    if (!holds_first(d->describe.checkpoint, p, fd->file))
        return;
    if (s->type == 3) {
        struct finding f = file_finding(d, PROCESS_SNIFFER, p, fd);
        findings_add(d->findings, &f);
    } else if (s->state == 10 && d->ports_known && !is_declared(d, s->src_port)) {
        struct finding f = file_finding(d, PROCESS_LISTENER, p, fd);
        detect_argument(d, &f, "port", "%u", s->src_port);
        findings_add(d->findings, &f);
    } else if (s->state != 10 && s->dst_port &&
               !address_is_private(s->family, s->dst_addr, s->n_dst_addr)) {
        struct finding f = file_finding(d, PROCESS_CONNECTION, p, fd);
        findings_add(d->findings, &f);
    }
}

/* /proc/N/mem: of another process, or for writing. */
static void process_memory(struct detect *d, const struct process *p,
                           const struct descriptor *fd)
{
    struct bytes path = file_path(fd->file, &d->describe.checkpoint->arena), pid;
    uint64_t number = 0;
    if (!bytes_starts(path, BYTES("/proc/")) || !bytes_ends(path, BYTES("/mem")))
        return;
    pid = bytes_sub(path, strlen("/proc/"), path.n - strlen("/proc//mem"));
    if (bytes_is(pid, "self") || !bytes_to_u64(pid, &number) || number == p->pid)
        return;
    struct finding f = file_finding(d, PROCESS_OTHER_MEMORY, p, fd);
    findings_add(d->findings, &f);
}

static void open_file(struct detect *d, const struct process *p,
                      const struct descriptor *fd)
{
    struct arena *arena = &d->describe.checkpoint->arena;
    deleted(d, p, fd);
    process_memory(d, p, fd);
    if (is_secret_path(file_path(fd->file, arena))) {
        struct finding f = file_finding(d, PROCESS_SECRET_OPEN, p, fd);
        findings_add(d->findings, &f);
    }
    if (is_runtime_socket(fd->file)) {
        struct finding f = file_finding(d, PROCESS_RUNTIME_SOCKET, p, fd);
        findings_add(d->findings, &f);
    }
    if (fd->file->type == CRIU__FD_TYPES__FD_TYPES_PACKETSK &&
        holds_first(d->describe.checkpoint, p, fd->file)) {
        struct finding f = file_finding(d, PROCESS_SNIFFER, p, fd);
        findings_add(d->findings, &f);
    }
    if (fd->file->type == CRIU__FD_TYPES__FD_TYPES_INETSK)
        inet(d, p, fd);
}

/* What the kernel keeps in mind longer than the processes. */
static void connection(void *context, const struct item *item,
                       const struct conntrack_entry *e)
{
    struct detect *d = context;
    struct checkpoint *c = d->describe.checkpoint;
    struct text t = {0};
    if (e->expected || !connection_is_public(e) || connection_is_held(c, e))
        return;
    connection_label(e, &t);
    struct finding f = finding_of(process_kind(PROCESS_PAST_CONNECTION),
                                  arena_copy(&c->arena, text_bytes(&t)),
                                  (struct span){item, e->offset, e->length});
    detect_argument(d, &f, "seconds_left", "%u", e->timeout);
    findings_add(d->findings, &f);
    text_release(&t);
}

/* One descriptor of several for one open file is enough. */
static bool is_first(const struct process *p, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (p->descriptors[k].file == p->descriptors[i].file)
            return false;
    return true;
}

void detect_files(struct detect *d)
{
    struct checkpoint *c = d->describe.checkpoint;
    for (size_t i = 0; i < c->count; i++) {
        const struct process *p = &c->processes[i];
        for (size_t k = 0; k < p->descriptor_count; k++)
            if (p->descriptors[k].file && is_first(p, k))
                open_file(d, p, &p->descriptors[k]);
    }
    connections_each(c->dump, connection, d);
}
