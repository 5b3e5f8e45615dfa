/* Pagemap: which pages of an address space, or of a shared object, a dump holds.
 *
 * Record 0 of pagemap-N and pagemap-shmem-N names the pages file; every other record is a
 * run of pages at an address. Only present runs have bytes in the pages file, one after
 * the other. Before CRIU 4.2 the count is field 2, since then field 5; before 3.5 a
 * boolean stands in place of the flags.
 */
#ifndef FORMATS_CRIU_PAGEMAP_H
#define FORMATS_CRIU_PAGEMAP_H

#include "formats/criu/image.h"

enum criu_extent_kind {
    CRIU_EXTENT_HOLE,    /* nothing anywhere: reads as zero */
    CRIU_EXTENT_PRESENT, /* in the pages file */
    CRIU_EXTENT_PARENT,  /* in the dump before this one, at the same address */
    CRIU_EXTENT_LAZY,    /* left on the dumped machine */
};

struct criu_extent {
    uint64_t start; /* address, or offset in the shared object */
    uint64_t size;  /* bytes */
    uint64_t at;    /* PRESENT: where it begins in the pages file */
    enum criu_extent_kind kind;
    uint32_t record_length;
    uint64_t record; /* offset of its record in the pagemap */
};

struct criu_pagemap {
    bool has_pages_id;
    uint32_t pages_id;
    struct criu_extent *extents; /* sorted by start and disjoint; owned */
    size_t count, capacity;
    uint64_t present; /* bytes that the pages file must have */
    bool compressed;  /* pages are stored in a way no release of CRIU writes */
    uint64_t unknown; /* fields of a newer CRIU */
};

/* Reads `image`; page_size from the auxiliary vector. Extents that overlap what stands
 * before them are left out, with a fault. False when it is no pagemap. */
bool criu_pagemap_read(struct criu_pagemap *out, struct bytes image, uint64_t page_size,
                       struct faults *faults);
void criu_pagemap_release(struct criu_pagemap *map);

/* The extent that holds `address`, or the first one after it; NULL past the last. */
const struct criu_extent *criu_pagemap_at(const struct criu_pagemap *map,
                                          uint64_t address);

#endif
