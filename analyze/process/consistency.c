/* Does the dump agree with itself? What CRIU does by habit is known and not told. */
#include "analyze/process/detect.h"

static struct finding dump_finding(enum process_finding which, struct bytes subject,
                                   struct span span)
{
    return finding_of(process_kind(which), subject, span);
}

static struct span whole(const struct item *item)
{
    return (struct span){item, 0, item->size};
}

/* -- images ---------------------------------------------------------------------------
 */

static void broken_images(struct detect *d)
{
    struct dump *dump = d->describe.checkpoint->dump;
    for (size_t i = 0; i < dump->count; i++) {
        struct image *image = &dump->images[i];
        bool used = image->used;
        dump_image(dump, (const char *)image->name.p);
        image->used = used;
        uint64_t unknown = image->data.unknown;
        const struct fault *first = NULL;
        for (size_t k = 0; k < image->faults.n && !first; k++)
            if (image->faults.v[k].code != FAULT_UNKNOWN_FIELD)
                first = &image->faults.v[k];
        if (first) {
            enum process_finding which = first->code == FAULT_UNSUPPORTED
                                             ? PROCESS_UNSUPPORTED
                                             : PROCESS_IMAGE_BROKEN;
            uint64_t at = first->offset < image->item->size ? first->offset : 0;
            struct finding f =
                dump_finding(which, image->name,
                             (struct span){image->item, at, image->item->size - at});
            detect_argument(d, &f, "fault", "%s", fault_name(first->code));
            detect_argument(d, &f, "offset", "%llu", (unsigned long long)first->offset);
            findings_add(d->findings, &f);
        }
        if (unknown) {
            struct finding f =
                dump_finding(PROCESS_NEWER, image->name, whole(image->item));
            detect_argument(d, &f, "fields", "%llu", (unsigned long long)unknown);
            findings_add(d->findings, &f);
        }
    }
}

/* -- pages ----------------------------------------------------------------------------
 */

/* Every layer once; called for processes and objects alike. */
static void pages_size(struct detect *d, const struct layer *layer)
{
    if (!layer)
        return;
    uint64_t have = layer->pages ? layer->pages->size : 0;
    if (!layer->pages && layer->map.present) {
        struct finding f = dump_finding(PROCESS_REFERENCE, layer->image->name,
                                        whole(layer->image->item));
        detect_argument(d, &f, "missing", "pages-%u.img", layer->map.pages_id);
        findings_add(d->findings, &f);
    } else if (layer->pages && have != layer->map.present && !layer->map.compressed) {
        struct finding f = dump_finding(PROCESS_PAGES_SIZE, layer->image->name,
                                        whole(layer->image->item));
        finding_span(&f, whole(layer->pages));
        detect_argument(d, &f, "want", "%llu", (unsigned long long)layer->map.present);
        detect_argument(d, &f, "have", "%llu", (unsigned long long)have);
        findings_add(d->findings, &f);
    }
    if (layer->map.compressed) {
        struct finding f = dump_finding(PROCESS_UNSUPPORTED, layer->image->name,
                                        whole(layer->image->item));
        findings_add(d->findings, &f);
    }
    if (layer->parent_missing) {
        struct finding f = dump_finding(PROCESS_NO_PARENT, layer->image->name,
                                        whole(layer->image->item));
        findings_add(d->findings, &f);
    }
}

/* Every extent has to lie inside the areas; both are sorted. */
static void outside(struct detect *d, const struct process *p)
{
    const struct layer *layer = p->layer;
    uint64_t bytes = 0;
    const struct criu_extent *first = NULL;
    if (!layer || !p->mm)
        return;
    for (size_t i = 0, v = 0; i < layer->map.count; i++) {
        const struct criu_extent *x = &layer->map.extents[i];
        uint64_t at = x->start, end = x->start + x->size;
        while (at < end) {
            while (v < p->vma_count && p->vmas[v].entry->end <= at)
                v++;
            uint64_t from = v < p->vma_count ? p->vmas[v].entry->start : UINT64_MAX;
            if (from > at) {
                uint64_t to = from < end ? from : end;
                bytes += to - at;
                first = first ? first : x;
                at = to;
            } else {
                at = p->vmas[v].entry->end;
            }
        }
    }
    if (!first)
        return;
    struct finding f = detect_finding(
        d, PROCESS_OUTSIDE, p,
        (struct span){layer->image->item, first->record, first->record_length});
    detect_argument(d, &f, "address", "0x%llx", (unsigned long long)first->start);
    detect_argument(d, &f, "bytes", "%llu", (unsigned long long)bytes);
    findings_add(d->findings, &f);
}

static void shared_pages(struct detect *d)
{
    struct checkpoint *c = d->describe.checkpoint;
    size_t n = 0;
    struct layer **all =
        arena_array(&c->arena, struct layer *, c->count + c->object_count);
    for (size_t i = 0; i < c->count; i++)
        if (c->processes[i].layer && !c->processes[i].duplicate)
            all[n++] = c->processes[i].layer;
    for (size_t i = 0; i < c->object_count; i++)
        if (c->objects[i].layer)
            all[n++] = c->objects[i].layer;
    for (size_t i = 0; i < n && n < 4096; i++)
        for (size_t k = 0; k < i; k++) {
            if (!all[i]->pages || all[i]->pages != all[k]->pages)
                continue;
            struct finding f = dump_finding(PROCESS_SHARED_PAGES, all[i]->image->name,
                                            whole(all[i]->image->item));
            finding_span(&f, whole(all[k]->image->item));
            detect_evidence(d, &f, "other", all[k]->image->name);
            findings_add(d->findings, &f);
        }
}

static void statistics(struct detect *d)
{
    const struct checkpoint *c = d->describe.checkpoint;
    uint64_t process = 0, shared = 0;
    if (!c->stats)
        return;
    for (size_t i = 0; i < c->count; i++)
        if (c->processes[i].layer && !c->processes[i].duplicate)
            process += c->processes[i].layer->map.present / c->page_size;
    for (size_t i = 0; i < c->object_count; i++)
        if (c->objects[i].layer)
            shared += c->objects[i].layer->map.present / c->page_size;
    bool shared_differs =
        c->stats->has_shpages_written && shared != c->stats->shpages_written;
    if (process == c->stats->pages_written && !shared_differs)
        return;
    struct finding f =
        dump_finding(PROCESS_STATISTICS, BYTES("stats-dump"), c->stats_span);
    detect_argument(d, &f, "pages_written", "%llu",
                    (unsigned long long)c->stats->pages_written);
    detect_argument(d, &f, "pages_found", "%llu", (unsigned long long)process);
    detect_argument(d, &f, "shared_pages_written", "%llu",
                    (unsigned long long)c->stats->shpages_written);
    detect_argument(d, &f, "shared_pages_found", "%llu", (unsigned long long)shared);
    findings_add(d->findings, &f);
}

/* -- references -----------------------------------------------------------------------
 */

/* What `span` refers to, "file " and its number, is not there. */
static void missing(struct detect *d, const struct process *p, struct span span,
                    const char *what, uint64_t number)
{
    struct finding f = detect_finding(d, PROCESS_REFERENCE, p, span);
    detect_argument(d, &f, "missing", "%s%llu", what, (unsigned long long)number);
    findings_add(d->findings, &f);
}

/* Does a record with that number exist in an image of this name and type? `number` takes
 * it from a message. An image that is not there says nothing. */
typedef bool number_fn(const void *message, uint64_t number);

static bool is_listed(const struct checkpoint *c, const char *name, number_fn *has,
                      uint64_t number)
{
    const struct image *image = dump_image(c->dump, name);
    if (!image || image->state != IMAGE_READ)
        return true;
    for (size_t i = 0; i < image->data.count; i++)
        if (image->data.records[i].message && has(image->data.records[i].message, number))
            return true;
    return false;
}

static bool is_terminal(const void *message, uint64_t number)
{
    return ((const Criu__TtyInfoEntry *)message)->id == number;
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

static void file_references(struct detect *d, const struct process *p,
                            const struct descriptor *fd)
{
    const struct checkpoint *c = d->describe.checkpoint;
    const struct file *f = fd->file;
    if (!f) {
        missing(d, p, fd->span, "file ", fd->entry->id);
    } else if (f->type == CRIU__FD_TYPES__FD_TYPES_MEMFD && !f->memfd) {
        missing(d, p, f->span, "memfd of file ", f->id);
    } else if (f->type == CRIU__FD_TYPES__FD_TYPES_TTY) {
        uint32_t terminal = ((const Criu__TtyFileEntry *)f->message)->tty_info_id;
        if (!is_listed(c, "tty-info.img", is_terminal, terminal))
            missing(d, p, f->span, "terminal ", terminal);
    }
}

/* What threads refer to outside of their own image. */
static void thread_references(struct detect *d, const struct process *p)
{
    const struct checkpoint *c = d->describe.checkpoint;
    uint32_t own = c->inventory ? c->inventory->root_cg_set : 0; /* CRIU's own set */
    for (size_t i = 0; i < p->thread_count; i++) {
        const struct thread *t = &p->threads[i];
        const Criu__ThreadCoreEntry *core = t->core ? t->core->thread_core : NULL;
        if (!t->core)
            missing(d, p, p->span, "core-", t->tid);
        if (!core)
            continue;
        if (core->seccomp_mode == CRIU__SECCOMP_MODE__SECCOMP_MODE_filter &&
            core->has_seccomp_filter &&
            !is_listed(c, "seccomp.img", has_filter, core->seccomp_filter))
            missing(d, p, t->span, "seccomp filter ", core->seccomp_filter);
        if (core->has_cg_set && core->cg_set != own &&
            !is_listed(c, "cgroup.img", has_set, core->cg_set))
            missing(d, p, t->span, "control group set ", core->cg_set);
    }
}

static void references(struct detect *d, const struct process *p)
{
    thread_references(d, p);
    if (!process_is_alive(p))
        return;
    if (!p->mm)
        missing(d, p, p->span, "mm-", p->pid);
    if (!p->layer)
        missing(d, p, p->span, "pagemap-", p->pid);
    if (!p->fs)
        missing(d, p, p->span, "fs-", p->pid);
    if (!p->ids)
        missing(d, p, p->span, "ids-", p->pid);
    else if (p->descriptor_count == 0 &&
             !dump_numbered(d->describe.checkpoint->dump, "fdinfo", p->ids->files_id))
        missing(d, p, p->span, "fdinfo-", p->ids->files_id);
    if (p->mm && p->mm->exe_file_id && !p->exe)
        missing(d, p, p->mm_span, "file ", p->mm->exe_file_id);
    for (size_t i = 0; i < p->descriptor_count; i++)
        file_references(d, p, &p->descriptors[i]);
    for (size_t i = 0; i < p->vma_count; i++)
        if (p->vmas[i].backing == BACKING_FILE && !p->vmas[i].file)
            missing(d, p, p->vmas[i].span, "file ", p->vmas[i].entry->shmid);
}

static void tree(struct detect *d, const struct process *p)
{
    if (p->duplicate) {
        struct finding f = detect_finding(d, PROCESS_DUPLICATE_PID, p, p->span);
        findings_add(d->findings, &f);
    }
    if (p->ppid && !p->parent) {
        struct finding f = detect_finding(d, PROCESS_ORPHAN, p, p->span);
        detect_argument(d, &f, "ppid", "%u", p->ppid);
        findings_add(d->findings, &f);
    }
}

static void ghosts(struct detect *d)
{
    const struct checkpoint *c = d->describe.checkpoint;
    for (size_t i = 0; i < c->file_count; i++) {
        const struct file *f = &c->files[i];
        bool ghost = f->remap && (f->remap->has_remap_type ? f->remap->remap_type == 1
                                                           : f->remap->remap_id >> 31);
        if (!ghost || f->ghost)
            continue;
        struct finding x =
            dump_finding(PROCESS_REFERENCE, BYTES("remap-fpath.img"), f->remap_span);
        detect_argument(d, &x, "missing", "ghost-file-%x.img",
                        f->remap->remap_id & ~(1u << 31));
        findings_add(d->findings, &x);
    }
}

/* -- left-overs -----------------------------------------------------------------------
 */

static bool is_mapped(const struct checkpoint *c, const struct object *o)
{
    if (o->memfd || o->segment)
        return true;
    for (size_t i = 0; i < c->count; i++)
        for (size_t k = 0; k < c->processes[i].vma_count; k++)
            if (c->processes[i].vmas[k].object == o)
                return true;
    return false;
}

static void stale(struct detect *d)
{
    const struct checkpoint *c = d->describe.checkpoint;
    static const char *const stems[] = {"core-",   "mm-",  "pagemap-", "pages-",
                                        "fdinfo-", "ids-", "fs-",      "ghost-file-"};
    if (c->count == 0)
        return; /* a pre-dump has no process tree to compare with */
    for (size_t i = 0; i < c->object_count; i++)
        if (c->objects[i].layer && !is_mapped(c, &c->objects[i])) {
            const struct image *image = c->objects[i].layer->image;
            struct finding f =
                dump_finding(PROCESS_STALE, image->name, whole(image->item));
            findings_add(d->findings, &f);
        }
    for (size_t i = 0; i < c->dump->count; i++) {
        const struct image *image = &c->dump->images[i];
        for (size_t k = 0; k < sizeof stems / sizeof *stems && !image->used; k++) {
            if (!bytes_starts(image->name, bytes_str(stems[k])))
                continue;
            struct finding f =
                dump_finding(PROCESS_STALE, image->name, whole(image->item));
            findings_add(d->findings, &f);
            break;
        }
    }
}

void detect_consistency(struct detect *d)
{
    struct checkpoint *c = d->describe.checkpoint;
    for (size_t i = 0; i < c->count; i++) {
        tree(d, &c->processes[i]);
        references(d, &c->processes[i]);
        if (!c->processes[i].duplicate)
            pages_size(d, c->processes[i].layer);
        outside(d, &c->processes[i]);
    }
    for (size_t i = 0; i < c->object_count; i++)
        pages_size(d, c->objects[i].layer);
    ghosts(d);
    shared_pages(d);
    if (c->count)
        statistics(d);
    stale(d);
    broken_images(d);
}
