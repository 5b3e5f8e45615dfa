#include "analyze/process/detect.h"

#include <stdarg.h>
#include <stdio.h>

#include "formats/yaml.h"

const struct finding_kind *process_kind(enum process_finding which)
{
    static const struct finding_kind kinds[PROCESS_FINDING_COUNT] = {
#define FINDING(name, id, severity, title, attack, why, refute)                          \
    [PROCESS_##name] = {id, SEVERITY_##severity, title, attack, why, refute},
#include "analyze/process/findings.def"
#undef FINDING
    };
    return &kinds[which];
}

/* Who starts a program by its descriptor (fexecve) gets its number for a name:
 * execve(2) takes the last component of /dev/fd/5. The file says more. */
static struct bytes telling_name(const struct detect *d, const struct process *p)
{
    struct bytes comm = process_comm(p), exe = process_exe(d, p);
    bool number = comm.n > 0;
    for (size_t i = 0; i < comm.n; i++)
        number = number && comm.p[i] >= '0' && comm.p[i] <= '9';
    return number && exe.n ? exe : comm;
}

struct finding detect_finding(const struct detect *d, enum process_finding which,
                              const struct process *p, struct span span)
{
    struct bytes name = bytes_sub(telling_name(d, p), 0, 256);
    const char *subject =
        arena_printf(&d->describe.checkpoint->arena, "pid %u (%.*s)", p->pid, (int)name.n,
                     name.n ? (const char *)name.p : "");
    return finding_of(process_kind(which), bytes_str(subject),
                      span.item ? span : p->span);
}

void detect_argument(const struct detect *d, struct finding *f, const char *name,
                     const char *format, ...)
{
    char line[512];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    finding_argument(f, name,
                     arena_copy(&d->describe.checkpoint->arena, bytes_str(line)));
}

void detect_evidence(const struct detect *d, struct finding *f, const char *name,
                     struct bytes value)
{
    struct text t = {0};
    mask_text(d->describe.mask, bytes_sub(value, 0, 1024), &t);
    finding_argument(f, name, arena_copy(&d->describe.checkpoint->arena, text_bytes(&t)));
    text_release(&t);
}

struct bytes process_exe(const struct detect *d, const struct process *p)
{
    return p->exe ? file_path(p->exe, &d->describe.checkpoint->arena) : BYTES_NONE;
}

struct bytes process_argument(const struct process *p, size_t i)
{
    return i < p->arguments.n ? p->arguments.v[i] : BYTES_NONE;
}

void detect_add(struct detect *d, struct finding *f, const struct process *p)
{
    struct bytes exe = process_exe(d, p);
    if (exe.n)
        detect_evidence(d, f, "exe", exe);
    if (p->arguments.n)
        detect_evidence(d, f, "argv0", process_argument(p, 0));
    if (p->arguments.title)
        detect_argument(d, f, "title", "written over its arguments");
    findings_add(d->findings, f);
}

struct bytes base_name_of(struct bytes path)
{
    size_t slash = bytes_rfind_byte(path, '/');
    return slash < path.n ? bytes_from(path, slash + 1) : path;
}

static bool one_of(struct bytes name, const char *const *names)
{
    for (; *names; names++)
        if (bytes_is(name, *names))
            return true;
    return false;
}

bool is_shell(struct bytes name)
{
    static const char *const shells[] = {"sh",  "bash", "dash", "ash",   "zsh", "ksh",
                                         "csh", "tcsh", "fish", "rbash", NULL};
    if (name.n && name.p[0] == '-') /* a login shell */
        name = bytes_from(name, 1);
    return one_of(name, shells);
}

bool is_interpreter(struct bytes name)
{
    static const char *const stems[] = {"python", "perl", "ruby", "php",
                                        "node",   "lua",  NULL};
    for (const char *const *s = stems; *s; s++) {
        struct bytes rest = bytes_from(name, strlen(*s));
        bool version = true;
        for (size_t i = 0; i < rest.n; i++)
            version &= is_digit(rest.p[i]) || rest.p[i] == '.';
        if (bytes_starts(name, bytes_str(*s)) && version)
            return true;
    }
    return false;
}

bool is_multi_call(struct bytes name)
{
    return bytes_starts(name, BYTES("busybox")) || bytes_starts(name, BYTES("toybox")) ||
           bytes_starts(name, BYTES("coreutils"));
}

/* -- what the pod declares ------------------------------------------------------------
 */

static void add_ports(struct detect *d, const json_t *containers)
{
    size_t i, k;
    json_t *container, *port;
    json_array_foreach(containers, i, container)
    {
        json_array_foreach(tree_get(container, "ports"), k, port)
        {
            int64_t number;
            if (tree_integer(port, "containerPort", &number) && number > 0 &&
                number < 65536 && d->port_count < sizeof d->ports / sizeof *d->ports)
                d->ports[d->port_count++] = (uint32_t)number;
        }
    }
}

void detect_ports(struct detect *d)
{
    const struct item *root = package_root(d->describe.checkpoint->dump->package);
    for (const struct item *i = root; i; i = item_next(i, root)) {
        struct documents all = {0};
        if (i->role != ROLE_POD_MANIFEST || !i->kept)
            continue;
        if (json_looks_like(item_more(i)->content))
            json_read(item_more(i)->content, &all);
        else
            yaml_read(item_more(i)->content, &all);
        for (size_t k = 0; k < all.n; k++) {
            const json_t *spec = tree_get(all.v[k].root, "spec");
            d->ports_known |= tree_get(spec, "containers") != NULL;
            add_ports(d, tree_get(spec, "containers"));
            add_ports(d, tree_get(spec, "initContainers"));
            add_ports(d, tree_get(spec, "ephemeralContainers"));
        }
        documents_release(&all);
    }
}

void detect_all(struct detect *d)
{
    detect_ports(d);
    detect_processes(d);
    detect_files(d);
    detect_memory(d);
    detect_content(d);
    detect_consistency(d);
    path_files_free(d->path_files);
    d->path_files = NULL;
}
