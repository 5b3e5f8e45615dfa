/* Detect: findings about a checkpoint. Each detector looks at one thing; the catalogue is
 * findings.def. */
#ifndef ANALYZE_PROCESS_DETECT_H
#define ANALYZE_PROCESS_DETECT_H

#include "analyze/process/describe.h"
#include "analyze/process/path_files.h"
#include "verify/finding.h"

enum process_finding {
#define FINDING(name, id, severity, title, attack, why, refute) PROCESS_##name,
#include "analyze/process/findings.def"
#undef FINDING
    PROCESS_FINDING_COUNT
};
const struct finding_kind *process_kind(enum process_finding which);

struct detect {
    struct describe describe;
    struct findings *findings;
    struct casefile *casefile; /* that will keep excerpts of what is cited, or NULL */
    /* Ports that the pod's manifest declares; ports_known: there is a manifest. */
    uint32_t ports[64];
    size_t port_count;
    bool ports_known;
    struct package *base;          /* from --base, or NULL */
    struct path_files *path_files; /* detect_all() makes and frees it */
    size_t threads;                /* for searches of memory; 0 is 1 */
    const char *const *yara;       /* rule files, NULL-terminated; may be NULL */
};

void detect_ports(struct detect *d);
void detect_processes(struct detect *d);
void detect_files(struct detect *d);
void detect_memory(struct detect *d);
void detect_content(struct detect *d);
void detect_consistency(struct detect *d);
/* Numbers and images that the dump refers to and does not have; part of it. */
void detect_references(struct detect *d);
/* Images that nothing in the dump refers to; part of it, after the references. */
void detect_stale(struct detect *d);
/* All of them. */
void detect_all(struct detect *d);

/* "pid 14 (.cache-x)": subject of what is about a process. */
struct finding detect_finding(const struct detect *d, enum process_finding which,
                              const struct process *p, struct span span);
/* The same about an area of its memory. */
struct finding detect_area(const struct detect *d, enum process_finding which,
                           const struct process *p, const struct vma *v);
/* Pages of a file's code that the process has of its own, each against the file. */
void detect_changed_code(struct detect *d, const struct process *p, const struct vma *v,
                         bool first_executable);
/* The file at the path of the program is not the one that runs. */
void detect_replaced(struct detect *d, const struct process *p);
/* Copies; lives as long as the checkpoint. */
__attribute__((format(printf, 4, 5))) void detect_argument(const struct detect *d,
                                                           struct finding *f,
                                                           const char *name,
                                                           const char *format, ...);
/* Evidence as an argument, credentials masked. */
void detect_evidence(const struct detect *d, struct finding *f, const char *name,
                     struct bytes value);

/* Adds what is about a process, with its program and first argument. */
void detect_add(struct detect *d, struct finding *f, const struct process *p);
void detect_shell(struct detect *d, const struct process *p);

/* The path of its executable, and an argument; nothing where there is none. */
struct bytes process_exe(const struct detect *d, const struct process *p);
struct bytes process_argument(const struct process *p, size_t i);
struct bytes base_name_of(struct bytes path);
bool is_shell(struct bytes name);
/* One file that is many programs: busybox and its like. */
bool is_multi_call(struct bytes name);
bool is_interpreter(struct bytes name);

#endif
