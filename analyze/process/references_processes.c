/* What processes refer to: images of their own, open files, filters, control groups. */
#include "analyze/process/references.h"

typedef bool number_fn(const void *message, uint64_t number);

/* Does a record of the image have that number? What cannot be known counts as there. */
static bool is_listed(const struct image *image, number_fn *has, uint64_t number)
{
    if (!image_is_whole(image))
        return true;
    for (size_t i = 0; i < image->data.count; i++)
        if (image->data.records[i].message && has(image->data.records[i].message, number))
            return true;
    return false;
}

static bool has_set(const void *message, uint64_t number)
{
    const Criu__CgroupEntry *e = message;
    for (size_t i = 0; i < e->n_sets; i++)
        if (e->sets[i]->id == number)
            return true;
    return false;
}

static bool has_filter(const void *message, uint64_t number)
{
    return number < ((const Criu__SeccompEntry *)message)->n_seccomp_filters;
}

static struct image *typed(struct references *r, const char *name, enum criu_type type)
{
    struct image *image = dump_image(r->checkpoint->dump, name);
    bool other =
        image && image->state == IMAGE_READ && image->data.frame.type->type != type;
    return other ? NULL : image;
}

static void filter_reference(struct references *r, struct span span, uint32_t filter)
{
    struct image *image = typed(r, "seccomp.img", CRIU_SECCOMP);
    if (!image)
        references_no_image(r, span, "seccomp.img");
    else if (!is_listed(image, has_filter, filter))
        references_lack(r, REFERENCE_FILTER, span, filter);
}

/* Where CRIU was told to leave control groups alone there is no image of them. */
static void group_reference(struct references *r, struct span span, uint32_t set)
{
    const Criu__InventoryEntry *inventory = r->checkpoint->inventory;
    if (inventory && set == inventory->root_cg_set)
        return; /* CRIU's own */
    if (!is_listed(typed(r, "cgroup.img", CRIU_CGROUP), has_set, set))
        references_lack(r, REFERENCE_CONTROL_GROUPS, span, set);
}

static void thread_references(struct references *r, const struct thread *t)
{
    const Criu__ThreadCoreEntry *core = t->core ? t->core->thread_core : NULL;
    const Criu__TaskCoreEntry *task = t->core ? t->core->tc : NULL;
    if (core && core->seccomp_mode == CRIU__SECCOMP_MODE__SECCOMP_MODE_filter &&
        core->has_seccomp_filter)
        filter_reference(r, t->span, core->seccomp_filter);
    else if (task && task->old_seccomp_mode == CRIU__SECCOMP_MODE__SECCOMP_MODE_filter &&
             task->has_old_seccomp_filter)
        filter_reference(r, t->span, task->old_seccomp_filter);
    if (core && core->has_cg_set)
        group_reference(r, t->span, core->cg_set);
    else if (task && task->has_cg_set)
        group_reference(r, t->span, task->cg_set);
}

/* An image of the process's own, missing and not merely broken. */
static void own_image(struct references *r, const struct process *p, const char *stem,
                      uint32_t number)
{
    if (!dump_numbered(r->checkpoint->dump, stem, number))
        references_no_image(r, p->span, "%s-%u.img", stem, number);
}

static void images_of(struct references *r, const struct process *p)
{
    for (size_t i = 0; i < p->thread_count; i++)
        if (!p->threads[i].core)
            own_image(r, p, "core", p->threads[i].tid);
    if (!process_is_alive(p))
        return;
    own_image(r, p, "mm", p->pid);
    own_image(r, p, "pagemap", p->pid);
    own_image(r, p, "fs", p->pid);
    if (!p->ids)
        own_image(r, p, "ids", p->pid);
    else /* before tables were shared each process had its own */
        own_image(r, p, "fdinfo", p->ids->has_files_id ? p->ids->files_id : p->pid);
}

static void file_reference(struct references *r, struct span span, uint64_t id)
{
    references_want(r, REFERENCE_FILE, &r->files, span, id);
}

static void area_reference(struct references *r, const struct vma *v)
{
    if (v->backing == BACKING_FILE && !v->file)
        file_reference(r, v->span, v->entry->shmid);
    if (v->backing != BACKING_SHARED || v->file)
        return;
    bool segment = v->entry->status >> 10 & 1; /* VMA_AREA_SYSVIPC */
    if (segment && (!v->object || !v->object->segment) &&
        images_are_whole(r->checkpoint->dump, "ipcns-shm-"))
        references_lack(r, REFERENCE_SEGMENT, v->span, v->entry->shmid);
    else if (!segment && !v->object)
        references_no_image(r, v->span, "pagemap-shmem-%llu.img",
                            (unsigned long long)v->entry->shmid);
}

static void references_of(struct references *r, const struct process *p)
{
    images_of(r, p);
    for (size_t i = 0; i < p->thread_count; i++)
        thread_references(r, &p->threads[i]);
    if (p->mm && p->mm->exe_file_id && !p->exe)
        file_reference(r, p->mm_span, p->mm->exe_file_id);
    if (p->fs && p->fs->cwd_id && !p->cwd)
        file_reference(r, p->fs_span, p->fs->cwd_id);
    if (p->fs && p->fs->root_id && !p->root)
        file_reference(r, p->fs_span, p->fs->root_id);
    for (size_t i = 0; i < p->descriptor_count; i++)
        if (!p->descriptors[i].file)
            file_reference(r, p->descriptors[i].span, p->descriptors[i].entry->id);
    for (size_t i = 0; i < p->vma_count; i++)
        area_reference(r, &p->vmas[i]);
}

/* Each filter names the older one that it stands on. */
static void filter_chain(struct references *r)
{
    const struct image *image = typed(r, "seccomp.img", CRIU_SECCOMP);
    const Criu__SeccompEntry *e =
        image && image->state == IMAGE_READ ? criu_message(&image->data, 0) : NULL;
    for (size_t i = 0; e && i < e->n_seccomp_filters; i++)
        if (e->seccomp_filters[i]->has_prev &&
            e->seccomp_filters[i]->prev >= e->n_seccomp_filters)
            references_lack(r, REFERENCE_FILTER, image_span(image, 0),
                            e->seccomp_filters[i]->prev);
}

/* Files have an image for each type in dumps of CRIU before 3.4; those are whole as far
 * as what is there is. */
static void collect_files(struct references *r)
{
    const struct checkpoint *c = r->checkpoint;
    struct image *image = typed(r, "files.img", CRIU_FILES);
    struct image *old = typed(r, "reg-files.img", CRIU_REG_FILES);
    r->files.whole = image_is_whole(image) || (!image && image_is_whole(old));
    for (size_t i = 0; i < c->file_count; i++)
        numbers_add(&r->files, c->files[i].id, &c->files[i]);
    numbers_sort(&r->files);
    if (!image && !old && c->count)
        references_no_image(r, c->processes[0].span, "files.img");
}

static void collect_processes(struct references *r)
{
    const struct checkpoint *c = r->checkpoint;
    r->processes.whole = image_is_whole(typed(r, "pstree.img", CRIU_PSTREE));
    for (size_t i = 0; i < c->count; i++)
        numbers_add(&r->processes, c->processes[i].pid, &c->processes[i]);
    numbers_sort(&r->processes);
}

void references_of_processes(struct references *r)
{
    collect_processes(r);
    collect_files(r);
    for (size_t i = 0; i < r->checkpoint->count; i++)
        references_of(r, &r->checkpoint->processes[i]);
    filter_chain(r);
}
