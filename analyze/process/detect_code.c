/* Findings about code: pages of mapped files that somebody wrote to, and programs whose
 * file is another one now. Both need the file: of the layer, of the image, or the content
 * of a deleted file that the dump saved. */
#include <stdlib.h>

#include "analyze/process/detect.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/criu/payload.h"
#include "formats/elf.h"

/* A private mapping of code has few pages of its own; a program that rewrites itself has
 * many, and then the first ones say what there is to say. */
#define MOST_PAGES 1024
/* Pages that are told one by one. */
#define TOLD_PAGES 8

/* What the package and the base have at a path; looked up once, when first asked. */
static const struct candidates *files_at(struct detect *d, struct bytes path)
{
    if (!d->path_files)
        d->path_files = path_files_new(d->describe.checkpoint, d->base);
    return path_files_find(d->path_files, path);
}

/* -- changed code ---------------------------------------------------------------------
 */

struct page {
    uint64_t address, offset; /* in the file */
    uint8_t *bytes;           /* owned */
    size_t n;
    struct span span;
    bool by_criu;          /* where CRIU itself wrote and put back what was there */
    bool compared;         /* there was a file to compare it with */
    size_t differs, first; /* bytes that differ from the file that is most like it */
};

/* Those that a process has of its own in one area. */
struct pages {
    const struct process *process;
    const struct vma *area;
    struct page *v;
    size_t n, capacity, left_out;
};

static void add_page(struct detect *d, struct pages *all, uint64_t address)
{
    const struct process *p = all->process;
    const Criu__VmaEntry *area = all->area->entry;
    if (all->n == MOST_PAGES) {
        all->left_out++;
        return;
    }
    struct page page = {.address = address,
                        .offset = area->pgoff + (address - area->start),
                        .bytes = memory_new((size_t)p->page_size, 1)};
    page.n =
        memory_copy(d->describe.memory, process_range(p, address, address + p->page_size),
                    page.bytes, &page.span);
    all->v = memory_grow(all->v, &all->capacity, all->n + 1, sizeof page);
    all->v[all->n] = page;
    if (page.n)
        all->n++;
    else
        free(page.bytes);
}

/* A private mapping has pages of its own only where somebody wrote. CRIU's parasite is
 * put into the first page of the first executable area, and taken out again: that page is
 * in every dump. */
static void collect(struct detect *d, struct pages *all, bool first_executable)
{
    const struct process *p = all->process;
    const Criu__VmaEntry *area = all->area->entry;
    for (uint64_t at = area->start; at < area->end;) {
        struct memory_piece piece = memory_piece_at(p, all->area, at, area->end);
        bool own = piece.origin == MEMORY_PAGES || piece.origin == MEMORY_PARENT;
        for (uint64_t a = at; own && a < at + piece.size; a += p->page_size)
            add_page(d, all, a);
        at += piece.size;
    }
    if (all->n && first_executable && all->v[0].address == area->start)
        all->v[0].by_criu = true;
}

/* One file as its bytes pass, against all pages: sorted by offset, as they lie. */
struct comparing {
    const struct pages *pages;
    uint64_t at; /* offset in the file of the next byte */
    size_t *differs, *first;
    bool *seen;
};

static void compare_part(struct comparing *c, size_t i, size_t into, struct bytes part)
{
    const struct page *page = &c->pages->v[i];
    c->seen[i] = true;
    for (size_t k = 0; k < part.n; k++)
        if (page->bytes[into + k] != part.p[k] && c->differs[i]++ == 0)
            c->first[i] = into + k;
}

static void compare_block(void *context, struct bytes block)
{
    struct comparing *c = context;
    uint64_t end = c->at + block.n;
    for (size_t i = 0; i < c->pages->n; i++) {
        const struct page *page = &c->pages->v[i];
        uint64_t from = page->offset > c->at ? page->offset : c->at;
        uint64_t to = page->offset + page->n < end ? page->offset + page->n : end;
        if (from < to)
            compare_part(c, i, (size_t)(from - page->offset),
                         bytes_sub(block, (size_t)(from - c->at), (size_t)(to - from)));
    }
    c->at = end;
}

/* What follows the end of the file in its last page is zero. */
static void compare_rest(struct comparing *c, uint64_t size)
{
    for (size_t i = 0; i < c->pages->n; i++) {
        const struct page *page = &c->pages->v[i];
        for (size_t k = 0; c->seen[i] && k < page->n; k++)
            if (page->offset + k >= size && page->bytes[k] && c->differs[i]++ == 0)
                c->first[i] = k;
    }
}

typedef void feed_fn(const void *file, struct comparing *c);

/* The file that is most like a page counts: of several images one may be the right one.
 */
static void compare_file(struct pages *all, const void *file, uint64_t size,
                         feed_fn *feed)
{
    struct comparing c = {.pages = all,
                          .differs = memory_new(all->n, sizeof(size_t)),
                          .first = memory_new(all->n, sizeof(size_t)),
                          .seen = memory_new(all->n, sizeof(bool))};
    feed(file, &c);
    compare_rest(&c, size);
    for (size_t i = 0; i < all->n; i++) {
        struct page *page = &all->v[i];
        if (!c.seen[i] || (page->compared && page->differs <= c.differs[i]))
            continue;
        page->compared = true;
        page->differs = c.differs[i];
        page->first = c.first[i];
    }
    free(c.differs);
    free(c.first);
    free(c.seen);
}

struct package_file {
    struct package *package;
    const struct item *item;
    uint64_t from, length; /* what the pages lie in */
};

static void feed_item(const void *file, struct comparing *c)
{
    const struct package_file *f = file;
    c->at = f->from;
    item_read(f->package, (struct span){f->item, f->from, f->length}, compare_block, c);
}

static void feed_ghost(const void *file, struct comparing *c)
{
    const struct image *ghost = file;
    struct criu_chunk chunk;
    struct fault fault;
    for (size_t at = 0; criu_ghost_next(&ghost->data.records[0], &at, &chunk, &fault);) {
        c->at = chunk.offset;
        compare_block(c, chunk.data);
    }
}

static void compare(struct detect *d, const struct file *f, struct pages *all)
{
    const struct candidates *files =
        files_at(d, file_path(f, &d->describe.checkpoint->arena));
    const struct page *last = &all->v[all->n - 1];
    if (file_is_deleted(f)) {
        /* What has its path now is another file. */
        const struct image *ghost = f->ghost && f->ghost->data.count ? f->ghost : NULL;
        const Criu__GhostFileEntry *g = ghost ? criu_message(&ghost->data, 0) : NULL;
        if (g)
            compare_file(all, ghost, g->has_size ? g->size : UINT64_MAX, feed_ghost);
        return;
    }
    for (size_t i = 0; i < files->n; i++) {
        struct package_file one = {files->package[i], files->item[i], all->v[0].offset,
                                   last->offset + last->n - all->v[0].offset};
        compare_file(all, &one, files->item[i]->size, feed_item);
    }
}

/* "0x7f…(+0x1d000, 5 bytes from 0x7f…)": address, offset in the file, what differs. */
static void tell_pages(const struct detect *d, struct finding *f, const struct pages *all)
{
    struct text t = {0};
    size_t told = 0;
    for (size_t i = 0; i < all->n && told < TOLD_PAGES; i++) {
        const struct page *page = &all->v[i];
        if (page->differs == 0)
            continue;
        text_printf(&t, "%s0x%llx (+0x%llx, %zu bytes from 0x%llx)", told++ ? ", " : "",
                    (unsigned long long)page->address, (unsigned long long)page->offset,
                    page->differs, (unsigned long long)(page->address + page->first));
        if (page->span.item)
            finding_span(f, page->span);
    }
    if (t.n)
        detect_evidence(d, f, "pages", text_bytes(&t));
    text_release(&t);
}

static void report(struct detect *d, const struct pages *all)
{
    size_t different = 0, same = 0, unknown = all->left_out;
    for (size_t i = 0; i < all->n; i++) {
        const struct page *page = &all->v[i];
        different += page->differs > 0;
        same += page->compared && page->differs == 0;
        unknown += !page->compared && !page->by_criu;
    }
    if (different + unknown == 0)
        return;
    struct finding f = detect_area(d, PROCESS_CODE_MODIFIED, all->process, all->area);
    tell_pages(d, &f, all);
    detect_argument(d, &f, "pages_that_differ", "%zu", different);
    detect_argument(d, &f, "pages_as_in_the_file", "%zu", same);
    detect_argument(d, &f, "pages_without_a_file_to_compare", "%zu", unknown);
    f.not_decidable = different == 0;
    if (f.not_decidable)
        f.confidence = CONFIDENCE_LOW;
    if (f.not_decidable && all->n && all->v[all->n - 1].span.item)
        finding_span(&f, all->v[all->n - 1].span);
    findings_add(d->findings, &f);
}

void detect_changed_code(struct detect *d, const struct process *p, const struct vma *v,
                         bool first_executable)
{
    if (p->page_size > LIMIT_HEAD || !v->file)
        return;
    struct pages all = {.process = p, .area = v};
    collect(d, &all, first_executable);
    if (all.n) {
        compare(d, v->file, &all);
        report(d, &all);
    }
    for (size_t i = 0; i < all.n; i++)
        free(all.v[i].bytes);
    free(all.v);
}

/* -- replaced programs ----------------------------------------------------------------
 */

/* NT_GNU_BUILD_ID (type 3, name "GNU") among the notes of the first pages. */
static struct bytes build_id_of(struct bytes head)
{
    static const uint8_t name[] = {3, 0, 0, 0, 'G', 'N', 'U', 0};
    struct bytes mark = bytes_of(name, sizeof name);
    size_t at = elf_probe(head) ? bytes_find(head, mark) : head.n;
    if (at < 4 || at >= head.n || head.p[at - 4] > 64)
        return BYTES_NONE;
    return bytes_sub(head, at + mark.n, head.p[at - 4]);
}

/* The words of reg_file_entry hold the octets, the last word padded with zeros. */
static bool same_build_id(const Criu__RegFileEntry *r, struct bytes id)
{
    for (size_t i = 0; i < r->n_build_id * 4; i++)
        if ((r->build_id[i / 4] >> 8 * (i % 4) & 255) != (i < id.n ? id.p[i] : 0))
            return false;
    return id.n <= r->n_build_id * 4;
}

/* Is the file at the program's path the one that runs, as far as the dump says? */
static bool is_running_file(const Criu__RegFileEntry *r, const struct candidates *files,
                            size_t i)
{
    const struct item *item = files->item[i];
    if (r->has_size && r->size != item->size)
        return false;
    if (r->n_build_id == 0)
        return true;
    uint8_t *head = memory_new(LIMIT_HEAD, 1);
    struct bytes id = build_id_of(
        item_copy(files->package[i], (struct span){item, 0, LIMIT_HEAD}, head));
    bool same = id.n == 0 || same_build_id(r, id);
    free(head);
    return same;
}

void detect_replaced(struct detect *d, const struct process *p)
{
    if (!p->exe || p->exe->type != CRIU__FD_TYPES__FD_TYPES_REG)
        return;
    const Criu__RegFileEntry *r = p->exe->message;
    struct bytes path = file_path(p->exe, &d->describe.checkpoint->arena);
    const struct candidates *files = files_at(d, path);
    bool deleted = file_is_deleted(p->exe), found = false;
    for (size_t i = 0; i < files->n && !found; i++)
        found = !deleted && is_running_file(r, files, i);
    if (files->n == 0 || found)
        return;
    struct finding f = detect_finding(d, PROCESS_EXE_REPLACED, p, p->exe->span);
    finding_span(&f, (struct span){files->item[0], 0, files->item[0]->size});
    detect_evidence(d, &f, "exe", path);
    detect_argument(d, &f, "running", "%s, %llu bytes",
                    deleted ? "deleted" : "not the file of that path",
                    (unsigned long long)r->size);
    detect_argument(d, &f, "there_now", "%llu bytes",
                    (unsigned long long)files->item[0]->size);
    if (deleted)
        f.confidence = CONFIDENCE_MEDIUM; /* an image's file may lie under a whiteout */
    findings_add(d->findings, &f);
}
