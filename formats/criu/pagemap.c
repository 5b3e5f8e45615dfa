#include "formats/criu/pagemap.h"

#include <stdlib.h>

#include "formats/base/bisect.h"
#include "formats/base/memory.h"
#include "formats/criu/memory.pb-c.h"

/* pagemap_entry.flags */
enum { PE_PARENT = 1, PE_LAZY = 2, PE_PRESENT = 4 };

static enum criu_extent_kind kind_of(const Criu__PagemapEntry *e)
{
    if (!e->has_flags)
        return e->in_parent ? CRIU_EXTENT_PARENT : CRIU_EXTENT_PRESENT;
    if (e->flags & PE_PARENT)
        return CRIU_EXTENT_PARENT;
    if (e->flags & PE_PRESENT)
        return CRIU_EXTENT_PRESENT;
    return e->flags & PE_LAZY ? CRIU_EXTENT_LAZY : CRIU_EXTENT_HOLE;
}

static uint64_t pages_of(const Criu__PagemapEntry *e)
{
    return e->has_nr_pages ? e->nr_pages : e->compat_nr_pages;
}

/* Adds one run, unless its size overflows or it overlaps the run before. A present run
 * takes its place in the pages file even when its address is of no use. */
static void add(struct criu_pagemap *map, const struct criu_record *record,
                uint64_t page_size, struct faults *faults)
{
    const void *message = record->message;
    const Criu__PagemapEntry *e = message;
    uint64_t pages = pages_of(e), size;
    const struct criu_extent *last = map->count ? &map->extents[map->count - 1] : NULL;
    if (__builtin_mul_overflow(pages, page_size, &size) || size > UINT64_MAX - e->vaddr ||
        size > UINT64_MAX - map->present) {
        faults_add(faults, (struct fault){FAULT_LENGTH, record->offset, 0, pages});
        return;
    }
    struct criu_extent x = {
        e->vaddr,      size, map->present, kind_of(e), (uint32_t)record->length,
        record->offset};
    if (x.kind == CRIU_EXTENT_PRESENT)
        map->present += size;
    map->compressed |= e->has_blocks || e->has_total_compressed_size;
    if (size == 0)
        return;
    if (e->vaddr % page_size || (last && e->vaddr < last->start + last->size)) {
        faults_add(faults, (struct fault){FAULT_ORDER, record->offset,
                                          last ? last->start + last->size : 0, e->vaddr});
        return;
    }
    map->extents =
        memory_grow(map->extents, &map->capacity, map->count + 1, sizeof(*map->extents));
    map->extents[map->count++] = x;
}

static void read_head(struct criu_pagemap *out, const struct criu_record *record)
{
    const void *message = record->message;
    const Criu__PagemapHead *head = message;
    out->has_pages_id = head && head->has_pages_id;
    out->pages_id = head ? head->pages_id : 0;
}

bool criu_pagemap_read(struct criu_pagemap *out, struct bytes image, uint64_t page_size,
                       struct faults *faults)
{
    struct criu_reader r;
    *out = (struct criu_pagemap){0};
    if (!criu_reader_open(&r, image, faults))
        return false;
    if (r.frame.type->type != CRIU_PAGEMAP) {
        faults_add(faults, (struct fault){FAULT_MAGIC, 0, 0, r.frame.type->magic});
        return false;
    }
    struct criu_record record;
    while (criu_reader_next(&r, &record)) {
        out->unknown += record.unknown;
        if (r.count == 1)
            read_head(out, &record);
        else if (record.message)
            add(out, &record, page_size, faults);
        criu_record_release(&record);
    }
    if (out->compressed)
        faults_add(faults, (struct fault){FAULT_UNSUPPORTED, 0, 0, 0});
    return true;
}

void criu_pagemap_release(struct criu_pagemap *map)
{
    free(map->extents);
    *map = (struct criu_pagemap){0};
}

const struct criu_extent *criu_pagemap_at(const struct criu_pagemap *map,
                                          uint64_t address)
{
    size_t low;
    BISECT(low, 0, map->count,
           map->extents[low].start + map->extents[low].size <= address);
    return low < map->count ? &map->extents[low] : NULL;
}
