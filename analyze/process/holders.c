/* Who holds a file, and which unix socket has an inode: indexes over the whole dump, so
 * that a thousand processes do not cost a million comparisons. */
#include <stdlib.h>

#include "analyze/process/checkpoint.h"
#include "formats/base/bisect.h"

static int by_file(const void *a, const void *b)
{
    const struct holder *x = a, *y = b;
    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    if (x->process != y->process)
        return x->process < y->process ? -1 : 1;
    return (x->fd > y->fd) - (x->fd < y->fd);
}

static uint32_t inode_of(const struct file *f)
{
    return ((const Criu__UnixSkEntry *)f->message)->ino;
}

/* Of several that claim one inode the first one counts. */
static int by_inode(const void *a, const void *b)
{
    const struct file *x = *(const struct file *const *)a,
                      *y = *(const struct file *const *)b;
    if (inode_of(x) != inode_of(y))
        return inode_of(x) < inode_of(y) ? -1 : 1;
    return (x > y) - (x < y);
}

static void collect_holders(struct checkpoint *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->count; i++)
        n += c->processes[i].descriptor_count;
    c->holders = arena_array(&c->arena, struct holder, n);
    for (size_t i = 0; i < c->count; i++) {
        const struct process *p = &c->processes[i];
        for (size_t k = 0; k < p->descriptor_count; k++)
            if (p->descriptors[k].file)
                c->holders[c->holder_count++] =
                    (struct holder){p->descriptors[k].file, p, p->descriptors[k].fd};
    }
    if (c->holder_count)
        qsort(c->holders, c->holder_count, sizeof *c->holders, by_file);
}

static void collect_unix(struct checkpoint *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->file_count; i++)
        n += c->files[i].type == CRIU__FD_TYPES__FD_TYPES_UNIXSK;
    c->unix_sockets = arena_array(&c->arena, const struct file *, n);
    for (size_t i = 0; i < c->file_count; i++)
        if (c->files[i].type == CRIU__FD_TYPES__FD_TYPES_UNIXSK)
            c->unix_sockets[c->unix_count++] = &c->files[i];
    if (n)
        qsort(c->unix_sockets, n, sizeof *c->unix_sockets, by_inode);
}

void checkpoint_holders(struct checkpoint *c)
{
    collect_holders(c);
    collect_unix(c);
}

const struct holder *checkpoint_holders_of(const struct checkpoint *c,
                                           const struct file *f, size_t *n)
{
    size_t low, end;
    BISECT(low, 0, c->holder_count, c->holders[low].file < f);
    for (end = low; end < c->holder_count && c->holders[end].file == f; end++)
        ;
    *n = end - low;
    return c->holders + low;
}

const struct file *checkpoint_unix_socket(const struct checkpoint *c, uint32_t inode)
{
    size_t low;
    BISECT(low, 0, c->unix_count, inode_of(c->unix_sockets[low]) < inode);
    bool found = low < c->unix_count && inode_of(c->unix_sockets[low]) == inode;
    return found ? c->unix_sockets[low] : NULL;
}
