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

static void layer_size(struct detect *d, const struct layer *layer)
{
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

/* Every layer once, those of earlier dumps too; for processes and objects alike. */
static void pages_size(struct detect *d, const struct layer *layer)
{
    for (; layer; layer = layer->parent)
        layer_size(d, layer);
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

/* -- the tree ------------------------------------------------------------------------
 */

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

void detect_consistency(struct detect *d)
{
    struct checkpoint *c = d->describe.checkpoint;
    for (size_t i = 0; i < c->count; i++) {
        tree(d, &c->processes[i]);
        if (!c->processes[i].duplicate)
            pages_size(d, c->processes[i].layer);
        outside(d, &c->processes[i]);
    }
    for (size_t i = 0; i < c->object_count; i++)
        pages_size(d, c->objects[i].layer);
    detect_references(d);
    shared_pages(d);
    if (c->count)
        statistics(d);
    detect_stale(d);
    broken_images(d);
}
