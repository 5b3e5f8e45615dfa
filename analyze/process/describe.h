/* Describe: the model as JSON, for processes.json and `exhibit checkpoint --json`.
 *
 * Strings are escaped and masked here. Every object has the span of what says it. */
#ifndef ANALYZE_PROCESS_DESCRIBE_H
#define ANALYZE_PROCESS_DESCRIBE_H

#include <jansson.h>

#include "analyze/process/memory.h"
#include "analyze/process/metadata.h"
#include "formats/base/mask.h"
#include "formats/criu/conntrack.h"

struct describe {
    struct checkpoint *checkpoint;
    struct memory *memory;
    const struct mask *mask;
    const struct metadata *metadata;
};

/* A process with everything that belongs to it. */
json_t *describe_process(const struct describe *d, const struct process *p);

/* Its parts. */
json_t *describe_arguments(const struct describe *d, const struct process *p);
json_t *describe_environment(const struct describe *d, const struct process *p);
json_t *describe_maps(const struct describe *d, const struct process *p);
json_t *describe_identity(const struct describe *d, const struct process *p);
json_t *describe_threads(const struct describe *d, const struct process *p);
json_t *describe_signals(const struct describe *d, const struct process *p);
json_t *describe_timers(const struct describe *d, const struct process *p);
json_t *describe_auxv(const struct process *p);

/* An open file: what it is, and what it refers to. NULL gives null. */
json_t *describe_file(const struct describe *d, const struct file *f);
json_t *describe_descriptors(const struct describe *d, const struct process *p);
/* Sockets of a process, or of all when p is NULL, each once, with their owners. */
json_t *describe_sockets(const struct describe *d, const struct process *p);
/* What is in a socket's or pipe's queue: {bytes, text, span}. */
json_t *describe_data(const struct describe *d, struct bytes data, struct span span);

/* The dump as a whole. */
json_t *describe_mounts(const struct describe *d);
json_t *describe_network(const struct describe *d);
/* What an image of addresses, routes, rules or connections has; empty for others. */
json_t *describe_network_image(const struct describe *d, const struct image *image);
/* Connections and expectations that the kernel kept in mind, each once. */
typedef void connection_fn(void *context, const struct item *item,
                           const struct conntrack_entry *e);
void connections_each(const struct dump *dump, connection_fn *each, void *context);
/* Has a socket of the dump its two ends? Others ended, or are of processes outside. */
bool connection_is_held(const struct checkpoint *c, const struct conntrack_entry *e);
/* Does it lead to the Internet, as it was asked for or as it was translated? */
bool connection_is_public(const struct conntrack_entry *e);
/* "tcp 10.0.0.5:40000 -> 203.0.113.9:443" */
void connection_label(const struct conntrack_entry *e, struct text *t);
json_t *describe_namespaces(const struct describe *d);
json_t *describe_ipc(const struct describe *d);
/* Sets of control groups with their processes, paths and limits. */
json_t *describe_cgroups(const struct describe *d);
/* Number of a process's set, of the process itself or of its first thread; 0: none. */
uint32_t process_cgroup_set(const struct process *p);
/* All seccomp filters, disassembled, with the threads that they bind. */
json_t *describe_seccomp(const struct describe *d);
json_t *describe_locks(const struct describe *d);
json_t *describe_dump(const struct describe *d);
/* An image that has no records: pages, netlink dumps, firewall rules, tmpfs archives. */
json_t *describe_raw(const struct describe *d, const struct image *image);

/* Instruction and stack pointer; false for a machine whose registers are not known. */
bool core_registers(const Criu__CoreEntry *core, uint64_t *ip, uint64_t *sp);
/* Path of a file for people: "/tmp/x (deleted)", "memfd:kworker", "socket:[12]". */
void file_label(const struct checkpoint *c, const struct file *f, struct text *t);
/* A short name for an area: its file, "[heap]", "[stack]", "[vdso]", "[anonymous]". */
void vma_label(const struct checkpoint *c, const struct process *p, const struct vma *v,
               struct text *t);
/* The records of all images named STEM-N, one after the other. */
typedef void record_fn(void *context, const struct image *image, size_t record,
                       const void *message);
void each_record(struct checkpoint *c, const char *stem, enum criu_type type,
                 record_fn *each, void *context);

#endif
