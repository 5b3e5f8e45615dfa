/* Address spaces: areas, the pages that the dump holds of them, and shared objects. */
#include <stdio.h>
#include <stdlib.h>

#include "analyze/process/checkpoint.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

/* vma_entry.status */
enum {
    STATUS_VSYSCALL = 1 << 2,
    STATUS_VDSO = 1 << 3,
    STATUS_FILE_PRIVATE = 1 << 6,
    STATUS_FILE_SHARED = 1 << 7,
    STATUS_ANON_SHARED = 1 << 8,
    STATUS_SYSVIPC = 1 << 10,
    STATUS_SOCKET = 1 << 11,
    STATUS_VVAR = 1 << 12,
    STATUS_AIO_RING = 1 << 13,
    STATUS_MEMFD = 1 << 14,
};

/* -- pages ----------------------------------------------------------------------------
 */

static const struct item *pages_of(struct dump *d, const struct criu_pagemap *map)
{
    char name[32];
    snprintf(name, sizeof name, "pages-%u.img", map->pages_id);
    struct image *image = map->has_pages_id ? dump_find(d, name) : NULL;
    if (image)
        image->used = true;
    return image ? image->item : NULL;
}

static bool has_parent_pages(const struct criu_pagemap *map)
{
    for (size_t i = 0; i < map->count; i++)
        if (map->extents[i].kind == CRIU_EXTENT_PARENT)
            return true;
    return false;
}

/* The layers of one pagemap, newest first; dumps_find() made sure that the chain ends. */
static struct layer *load_layers(struct checkpoint *c, struct dump *d, const char *stem,
                                 uint64_t number)
{
    struct layer *top = NULL, **at = &top;
    for (; d; d = d->parent) {
        struct image *image = dump_numbered(d, stem, number);
        if (!image || image->state != IMAGE_READ)
            break;
        struct layer *layer = arena_new(&c->arena, struct layer);
        layer->image = image;
        if (!criu_pagemap_read(&layer->map, item_more(image->item)->content, c->page_size,
                               NULL))
            break;
        layer->pages = pages_of(d, &layer->map);
        *at = layer;
        at = &layer->parent;
        if (!has_parent_pages(&layer->map))
            break;
        layer->parent_missing = d->parent == NULL;
    }
    return top;
}

/* -- shared objects -------------------------------------------------------------------
 */

static int by_shmid(const void *a, const void *b)
{
    const struct object *x = a, *y = b;
    return (x->shmid > y->shmid) - (x->shmid < y->shmid);
}

struct object *checkpoint_object(const struct checkpoint *c, uint64_t shmid)
{
    struct object key = {.shmid = shmid};
    return c->object_count
               ? bsearch(&key, c->objects, c->object_count, sizeof key, by_shmid)
               : NULL;
}

/* The one with that number, which is made when there is none; they are not sorted yet. */
static struct object *add_object(struct checkpoint *c, uint64_t shmid)
{
    struct object *o;
    for (size_t i = 0; i < c->object_count; i++)
        if (c->objects[i].shmid == shmid)
            return &c->objects[i];
    c->objects = memory_grow(c->objects, &c->object_capacity, c->object_count + 1,
                             sizeof(*c->objects));
    o = &c->objects[c->object_count++];
    *o = (struct object){.shmid = shmid};
    o->layer = load_layers(c, c->dump, "pagemap-shmem", shmid);
    if (o->layer && o->layer->map.count) {
        const struct criu_pagemap *map = &o->layer->map;
        o->size = map->extents[map->count - 1].start + map->extents[map->count - 1].size;
    }
    return o;
}

static void add_named_objects(struct checkpoint *c)
{
    for (size_t i = 0; i < c->dump->count; i++) {
        struct bytes name = c->dump->images[i].name;
        struct bytes number = bytes_from(name, strlen("pagemap-shmem-"));
        uint64_t shmid;
        if (bytes_starts(name, BYTES("pagemap-shmem-")) &&
            bytes_ends(name, BYTES(".img")) &&
            bytes_to_u64(bytes_sub(number, 0, number.n - 4), &shmid))
            add_object(c, shmid);
    }
}

static void add_segments(struct checkpoint *c)
{
    for (size_t i = 0; i < c->dump->count; i++) {
        if (!bytes_starts(c->dump->images[i].name, BYTES("ipcns-shm-")))
            continue;
        struct image *image =
            dump_image(c->dump, (const char *)c->dump->images[i].name.p);
        for (size_t k = 0; image && k < image->data.count; k++) {
            const Criu__IpcShmEntry *e = criu_message(&image->data, k);
            if (image->data.frame.type->type != CRIU_IPCNS_SHM || !e || !e->desc)
                continue;
            struct object *o = add_object(c, e->desc->id);
            o->segment = e;
            o->size = e->size;
        }
    }
}

void checkpoint_objects(struct checkpoint *c)
{
    add_named_objects(c);
    add_segments(c);
    for (size_t i = 0; i < c->file_count; i++) {
        const Criu__MemfdInodeEntry *m = c->files[i].memfd;
        if (!m)
            continue;
        struct object *o = add_object(c, m->shmid);
        o->memfd = m;
        o->size = m->size;
    }
    if (c->object_count)
        qsort(c->objects, c->object_count, sizeof(*c->objects), by_shmid);
}

/* -- areas ----------------------------------------------------------------------------
 */

static void set_backing(struct checkpoint *c, struct vma *v)
{
    const Criu__VmaEntry *e = v->entry;
    if (e->status &
        (STATUS_VSYSCALL | STATUS_VDSO | STATUS_VVAR | STATUS_SOCKET | STATUS_AIO_RING)) {
        v->backing = BACKING_SPECIAL;
    } else if (e->status & (STATUS_FILE_PRIVATE | STATUS_FILE_SHARED | STATUS_MEMFD)) {
        v->file = e->shmid <= UINT32_MAX ? checkpoint_file(c, (uint32_t)e->shmid) : NULL;
        v->backing = BACKING_FILE;
        if (v->file && v->file->memfd) {
            v->object = checkpoint_object(c, v->file->memfd->shmid);
            v->backing = BACKING_SHARED;
        }
    } else if (e->status & (STATUS_ANON_SHARED | STATUS_SYSVIPC)) {
        v->object = checkpoint_object(c, e->shmid);
        v->backing = BACKING_SHARED;
    }
    if (v->object)
        v->object->mapped = true;
}

static int by_start(const void *a, const void *b)
{
    const struct vma *x = a, *y = b;
    if (x->entry->start != y->entry->start)
        return x->entry->start < y->entry->start ? -1 : 1;
    return (x->entry->end > y->entry->end) - (x->entry->end < y->entry->end);
}

static void add_vma(struct checkpoint *c, struct process *p, const Criu__VmaEntry *e,
                    struct span span)
{
    if (e->end <= e->start)
        return;
    struct vma *v = &p->vmas[p->vma_count++];
    *v = (struct vma){.entry = e, .span = span};
    set_backing(c, v);
}

/* Before its list moved into mm-PID it had an image of its own. */
static void add_vmas(struct checkpoint *c, struct process *p)
{
    struct image *image = dump_numbered(c->dump, "vmas", p->pid);
    bool old =
        image && image->state == IMAGE_READ && image->data.frame.type->type == CRIU_VMAS;
    size_t n = (p->mm ? p->mm->n_vmas : 0) + (old ? image->data.count : 0);
    if (n > LIMIT_CRIU_VMAS)
        n = LIMIT_CRIU_VMAS;
    p->vmas = arena_array(&c->arena, struct vma, n);
    for (size_t i = 0; p->mm && i < p->mm->n_vmas && p->vma_count < n; i++)
        add_vma(c, p, p->mm->vmas[i], p->mm_span);
    for (size_t i = 0; old && i < image->data.count && p->vma_count < n; i++) {
        const void *e = criu_message(&image->data, i);
        if (e)
            add_vma(c, p, e, image_span(image, i));
    }
}

/* When the list of areas is lost, the pages still say where memory was. */
static void add_vmas_of_pages(struct checkpoint *c, struct process *p)
{
    const struct criu_pagemap *map = &p->layer->map;
    p->vmas = arena_array(&c->arena, struct vma, map->count);
    for (size_t i = 0; i < map->count; i++) {
        Criu__VmaEntry *e = arena_new(&c->arena, Criu__VmaEntry);
        criu__vma_entry__init(e);
        e->start = map->extents[i].start;
        e->end = map->extents[i].start + map->extents[i].size;
        add_vma(c, p, e, image_span(p->layer->image, i + 1));
    }
}

void checkpoint_memory(struct checkpoint *c, struct process *p)
{
    p->layer = load_layers(c, c->dump, "pagemap", p->pid);
    add_vmas(c, p);
    if (p->vma_count == 0 && p->layer)
        add_vmas_of_pages(c, p);
    if (p->vma_count)
        qsort(p->vmas, p->vma_count, sizeof(*p->vmas), by_start);
}
