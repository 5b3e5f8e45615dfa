/* Checkpoint: the process model of one dump.
 *
 * Everything points into the images of the dump, which must outlive it; each thing knows
 * the span of the record that says so. Nothing is trusted: identifiers may dangle,
 * parents may be missing or form loops, processes may occur twice. What is not there is
 * NULL.
 */
#ifndef ANALYZE_PROCESS_CHECKPOINT_H
#define ANALYZE_PROCESS_CHECKPOINT_H

#include "analyze/process/dump.h"
#include "formats/criu/file.pb-c.h"
#include "formats/criu/host.pb-c.h"
#include "formats/criu/memory.pb-c.h"
#include "formats/criu/namespace.pb-c.h"
#include "formats/criu/network.pb-c.h"
#include "formats/criu/pagemap.h"

/* An open file description: one record of files.img, or of the image that held its type
 * before files.img was made. */
struct file {
    uint32_t id;
    Criu__FdTypes type;
    const void *message; /* Criu__RegFileEntry for REG, Criu__InetSkEntry for INETSK … */
    struct span span;
    /* The name is gone from its folder; from remap-fpath. */
    const Criu__RemapFilePathEntry *remap;
    struct span remap_span;
    struct image *ghost; /* its content, when it was saved */
    /* MEMFD: the object behind it. */
    const Criu__MemfdInodeEntry *memfd;
    struct span memfd_span;
};

/* What a VMA shows when its own pages do not. */
enum backing {
    BACKING_ANONYMOUS,
    BACKING_FILE,    /* `file` */
    BACKING_SHARED,  /* `object`: anonymous shared memory, memfd, System V segment */
    BACKING_SPECIAL, /* vdso, vvar, vsyscall, asynchronous I/O ring: the kernel's */
};

/* Pages of a process or an object in this dump, and in those before it. */
struct layer {
    struct image *image; /* pagemap-PID, pagemap-shmem-ID */
    struct criu_pagemap map;
    const struct item *pages; /* pages-N, or NULL */
    bool parent_missing;      /* it refers to a dump that is not there */
    struct layer *parent;
};

/* Shared memory that several address spaces may map: pagemap-shmem-N. */
struct object {
    uint64_t shmid;
    uint64_t size; /* bytes, the largest that a user claims */
    struct layer *layer;
    const Criu__MemfdInodeEntry *memfd; /* or NULL */
    const Criu__IpcShmEntry *segment;   /* or NULL */
    bool mapped;                        /* by a process */
};

struct vma {
    const Criu__VmaEntry *entry;
    enum backing backing;
    const struct file *file; /* FILE; SHARED through a memfd */
    struct object *object;   /* SHARED */
    struct span span;        /* the record of mm-N that lists it */
};

struct descriptor {
    uint32_t fd;
    uint32_t flags;          /* 1: closed on exec */
    const struct file *file; /* NULL: files.img does not have it */
    const Criu__FdinfoEntry *entry;
    struct span span;
};

struct thread {
    uint32_t tid;
    const Criu__CoreEntry *core; /* NULL when core-TID is missing or broken */
    struct span span;
};

struct strings {
    struct bytes *v; /* in order, duplicates kept */
    size_t n;
    struct bytes raw; /* the bytes between start and end */
    uint64_t address;
    struct span span; /* where they stand in the pages; item NULL when not in the dump */
    bool complete;    /* every byte of the range was in the dump */
    bool title;       /* the process overwrote its title (setproctitle) */
};

struct process {
    uint32_t pid, ppid, pgid, sid;
    struct span span; /* in pstree.img */
    struct thread *threads;
    size_t thread_count;
    const struct thread *leader; /* core of the process itself, or NULL */
    const Criu__TaskKobjIdsEntry *ids;
    const Criu__MmEntry *mm;
    struct span mm_span;
    const Criu__FsEntry *fs;
    struct span fs_span;
    const Criu__CredsEntry *creds; /* of the leader */
    struct vma *vmas;
    size_t vma_count;
    struct descriptor *descriptors;
    size_t descriptor_count;
    const struct file *exe, *cwd, *root;
    struct layer *layer; /* NULL: no pagemap */
    uint64_t page_size;
    struct strings arguments, environment;
    struct bytes execfn; /* path given to execve, from AT_EXECFN */
    struct process *parent;
    bool duplicate; /* its pid occurred before */
    unsigned depth; /* below the root of the tree */
};

/* One descriptor of one process, by its file. */
struct holder {
    const struct file *file;
    const struct process *process;
    uint32_t fd;
};

struct checkpoint {
    struct dump *dump;
    const Criu__InventoryEntry *inventory;
    const Criu__DumpStatsEntry *stats;
    struct span stats_span;
    struct process *processes; /* in the order of pstree.img */
    size_t count;
    struct file *files; /* sorted by id, then by place */
    size_t file_count, file_capacity;
    struct holder *holders; /* sorted by file, process and descriptor */
    size_t holder_count;
    const struct file **unix_sockets; /* sorted by inode */
    size_t unix_count;
    struct object *objects; /* sorted by shmid */
    size_t object_count, object_capacity;
    uint64_t page_size; /* of the first process that tells it, else 4096 */
    struct arena arena;
};

/* Reads all but memory. Never fails: what is broken is missing. */
void checkpoint_load(struct dump *dump, struct checkpoint *out);
void checkpoint_release(struct checkpoint *c);

/* Steps of loading, one per file. */
void checkpoint_files(struct checkpoint *c);
void checkpoint_objects(struct checkpoint *c);
void checkpoint_memory(struct checkpoint *c, struct process *p);
void checkpoint_descriptors(struct checkpoint *c, struct process *p);
void checkpoint_holders(struct checkpoint *c);

const struct file *checkpoint_file(const struct checkpoint *c, uint32_t id);
/* Who holds a file: *n of them, in the order of the processes. */
const struct holder *checkpoint_holders_of(const struct checkpoint *c,
                                           const struct file *f, size_t *n);
/* The unix socket of that inode, or NULL. */
const struct file *checkpoint_unix_socket(const struct checkpoint *c, uint32_t inode);
struct object *checkpoint_object(const struct checkpoint *c, uint64_t shmid);
struct process *checkpoint_process(const struct checkpoint *c, uint32_t pid);

/* The VMA that holds an address, or NULL. */
const struct vma *process_vma(const struct process *p, uint64_t address);

static inline const Criu__TaskCoreEntry *process_task(const struct process *p)
{
    return p->leader && p->leader->core ? p->leader->core->tc : NULL;
}
static inline bool process_is_alive(const struct process *p)
{
    const Criu__TaskCoreEntry *t = process_task(p);
    return !t || t->task_state != 2; /* 2: how CRIU stores a zombie */
}
static inline bool process_is_stopped(const struct process *p)
{
    const Criu__TaskCoreEntry *t = process_task(p);
    return t &&
           t->task_state == 3; /* by a signal, as a debugger or kill -STOP sends it */
}
/* The name a process gave itself, or the kernel gave it: 15 bytes. */
struct bytes process_comm(const struct process *p);
/* Type and value of entry `i` of the auxiliary vector; false behind the last one. */
bool process_auxv_pair(const struct process *p, size_t i, uint64_t pair[2]);
/* A value of the auxiliary vector; false when it is not there. */
bool process_auxv(const struct process *p, uint64_t type, uint64_t *out);

/* The path of a regular file, a FIFO, a memfd ("memfd:NAME"); empty for the others. */
struct bytes file_path(const struct file *f, struct arena *into);
/* The id of a message whose first field is one: of all kinds of files and their parts. */
uint32_t file_id_of(const ProtobufCMessage *m);
bool file_is_deleted(const struct file *f);
/* The name that CRIU gave to a deleted file that has other links, or NULL. */
const struct file *file_kept(const struct checkpoint *c, const struct file *f);
/* "file", "socket", "pipe" … */
const char *file_type_name(Criu__FdTypes type);

#endif
