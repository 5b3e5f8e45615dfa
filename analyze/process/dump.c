#include "analyze/process/dump.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "formats/base/bisect.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/criu/conntrack.h"

/* Folder and base name of an item in its container, without "./" and "//". */
static void split_name(const struct item *item, struct arena *into, struct bytes *folder,
                       struct bytes *base)
{
    struct text t = {0};
    path_normalise(item->name, &t);
    struct bytes all = arena_copy(into, text_bytes(&t));
    text_release(&t);
    size_t slash = bytes_rfind_byte(all, '/');
    *folder = slash < all.n ? bytes_sub(all, 0, slash) : BYTES_NONE;
    *base = slash < all.n ? bytes_from(all, slash + 1) : all;
}

enum care dump_care(const struct item *item)
{
    struct bytes name = item->name;
    size_t slash = bytes_rfind_byte(name, '/');
    if (slash < name.n)
        name = bytes_from(name, slash + 1);
    if (!bytes_starts(name, BYTES("pages-")))
        return CARE_KEEP;
    uint64_t size = item->entry.has_size ? item->entry.size : UINT64_MAX;
    if (size <= LIMIT_KEPT_PAGES)
        return CARE_CACHE;
    /* In a file of a directory one can go there. */
    bool member = item->parent && item->parent->container != CONTAINER_DIRECTORY;
    return member ? CARE_TAIL : CARE_HASH;
}

static struct dump *dump_new(struct package *p, const struct item *container,
                             struct bytes folder)
{
    struct dump *d = memory_new(1, sizeof(*d));
    d->package = p;
    d->container = container;
    d->folder = arena_copy(&d->arena, folder);
    return d;
}

static struct dump *find_folder(const struct dumps *all, const struct item *container,
                                struct bytes folder)
{
    for (size_t i = all->n; i > 0; i--)
        if (all->v[i - 1]->container == container &&
            bytes_eq(all->v[i - 1]->folder, folder))
            return all->v[i - 1];
    return NULL;
}

static bool is_image(const struct item *item)
{
    struct criu_frame frame;
    return item->entry.type == ENTRY_FILE && item->kept && item_more(item)->content.n &&
           (criu_frame_sniff(item_more(item)->content, &frame) ||
            criu_is_cipher(item_more(item)->content));
}

/* Statistics alone are no dump: runtimes put them elsewhere. */
static bool is_main_image(const struct item *item)
{
    struct criu_frame frame;
    return is_image(item) && criu_frame_sniff(item_more(item)->content, &frame) &&
           frame.type->type != CRIU_STATS && frame.type->type != CRIU_IRMAP_CACHE;
}

/* First pass: every folder that holds an image by content. */
static void find_folders(struct package *p, struct dumps *out)
{
    const struct item *root = package_root(p);
    struct arena scratch = ARENA_INIT;
    for (const struct item *i = root; i; i = item_next(i, root)) {
        struct bytes folder, base;
        if (!is_main_image(i) || out->n == LIMIT_CRIU_DUMPS)
            continue;
        split_name(i, &scratch, &folder, &base);
        const struct item *container = i->parent ? i->parent : i;
        if (!find_folder(out, container, folder)) {
            out->v =
                memory_grow(out->v, &out->capacity, out->n + 1, sizeof(struct dump *));
            out->v[out->n++] = dump_new(p, container, folder);
        }
    }
    arena_release(&scratch);
}

static bool belongs(struct bytes base, const struct item *item)
{
    return bytes_ends(base, BYTES(".img")) || bytes_is(base, "stats-dump") ||
           bytes_is(base, "stats-restore") || bytes_is(base, "irmap-cache") ||
           is_image(item);
}

static void dump_add(struct dump *d, const struct item *item, struct bytes base)
{
    if (item->entry.type == ENTRY_SYMLINK && bytes_is(base, "parent")) {
        d->parent_link = item;
        return;
    }
    if (item->entry.type != ENTRY_FILE || !belongs(base, item))
        return;
    d->images = memory_grow(d->images, &d->capacity, d->count + 1, sizeof(*d->images));
    d->images[d->count++] =
        (struct image){.item = item, .name = arena_copy(&d->arena, base)};
}

/* Second pass: everything in those folders, raw images too. */
static void fill_folders(struct package *p, struct dumps *all)
{
    const struct item *root = package_root(p);
    struct arena scratch = ARENA_INIT;
    for (const struct item *i = item_next(root, root); i; i = item_next(i, root)) {
        struct bytes folder, base;
        split_name(i, &scratch, &folder, &base);
        struct dump *d = find_folder(all, i->parent ? i->parent : root, folder);
        if (d)
            dump_add(d, i, base);
    }
    arena_release(&scratch);
}

static int by_name(const void *a, const void *b)
{
    const struct image *x = a, *y = b;
    int c = bytes_compare(x->name, y->name);
    return c ? c : (x->item->id > y->item->id) - (x->item->id < y->item->id);
}

/* "../pre-checkpoint" seen from "checkpoint": resolved by text, never followed on disk.
 * Empty when it leaves the container. */
static struct bytes resolve(struct arena *into, struct bytes folder, struct bytes link)
{
    struct bytes part, rest = link;
    struct bytes at = folder;
    if (bytes_starts(link, BYTES("/")))
        return BYTES_NONE;
    while (bytes_split(&rest, '/', &part)) {
        if (part.n == 0 || bytes_is(part, "."))
            continue;
        if (bytes_is(part, "..")) {
            if (at.n == 0)
                return BYTES_NONE;
            size_t slash = bytes_rfind_byte(at, '/');
            at = slash < at.n ? bytes_sub(at, 0, slash) : BYTES_NONE;
        } else {
            at = bytes_str(arena_printf(into, "%.*s%s%.*s", (int)at.n, (const char *)at.p,
                                        at.n ? "/" : "", (int)part.n,
                                        (const char *)part.p));
        }
    }
    return at;
}

/* The parent is in the same container, or, for podman's separate pre-dump archive, in
 * another one under the last name of the link. */
static struct dump *find_parent(const struct dumps *all, struct dump *d)
{
    struct bytes target =
        resolve(&d->arena, d->folder, entry_link(&d->parent_link->entry));
    struct bytes link = entry_link(&d->parent_link->entry);
    struct dump *found = target.n ? find_folder(all, d->container, target) : NULL;
    size_t slash = bytes_rfind_byte(link, '/');
    struct bytes last = slash < link.n ? bytes_from(link, slash + 1) : link;
    for (size_t i = 0; i < all->n && !found; i++)
        if (all->v[i] != d && last.n && bytes_eq(all->v[i]->folder, last))
            found = all->v[i];
    return found == d ? NULL : found;
}

/* A chain that comes back to itself has no first dump: it is cut where it closes. */
static bool makes_loop(const struct dump *d, const struct dump *parent)
{
    for (const struct dump *p = parent; p; p = p->parent)
        if (p == d)
            return true;
    return false;
}

void dumps_find(struct package *p, struct dumps *out)
{
    *out = (struct dumps){0};
    find_folders(p, out);
    fill_folders(p, out);
    for (size_t i = 0; i < out->n; i++)
        qsort(out->v[i]->images, out->v[i]->count, sizeof(struct image), by_name);
    for (size_t i = 0; i < out->n; i++) {
        struct dump *d = out->v[i];
        struct dump *parent = d->parent_link ? find_parent(out, d) : NULL;
        if (parent && !makes_loop(d, parent))
            d->parent = parent;
    }
}

static void image_release(struct image *image)
{
    criu_image_release(&image->data);
    faults_release(&image->faults);
}

void dumps_release(struct dumps *all)
{
    for (size_t i = 0; i < all->n; i++) {
        struct dump *d = all->v[i];
        for (size_t k = 0; k < d->count; k++)
            image_release(&d->images[k]);
        if (d->stats)
            image_release(d->stats);
        free(d->images);
        arena_release(&d->arena);
        free(d);
    }
    free(all->v);
    *all = (struct dumps){0};
}

static bool numbered(struct bytes name, const char *stem, const char *ending)
{
    return bytes_starts(name, bytes_str(stem)) && bytes_ends(name, bytes_str(ending));
}

bool image_is_raw_name(struct bytes name)
{
    static const char *const stems[] = {
        "pages-",     "ifaddr-",   "route-",    "route6-",    "rule-",  "iptables-",
        "ip6tables-", "nftables-", "netns-ct-", "netns-exp-", "tmpfs-", "amdgpu-"};
    for (size_t i = 0; i < sizeof(stems) / sizeof(*stems); i++)
        if (numbered(name, stems[i], ".img"))
            return true;
    return false;
}

bool image_has_records(const struct image *image)
{
    return !image_is_raw_name(image->name);
}

struct image *dump_find(struct dump *d, const char *name)
{
    struct bytes want = bytes_str(name);
    size_t low;
    BISECT(low, 0, d->count, bytes_compare(d->images[low].name, want) < 0);
    return low < d->count && bytes_eq(d->images[low].name, want) ? &d->images[low] : NULL;
}

/* Netlink dumps, for their faults: what reads them later does not collect any. Empty ones
 * are a habit of CRIU. */
static void check_raw(struct image *image)
{
    static const char *const stems[] = {"ifaddr-", "route-", "route6-", "rule-"};
    struct bytes all = image->item->kept ? item_more(image->item)->content : BYTES_NONE;
    bool tracked = numbered(image->name, "netns-ct-", ".img") ||
                   numbered(image->name, "netns-exp-", ".img");
    bool saved = false;
    for (size_t i = 0; i < sizeof stems / sizeof *stems; i++)
        saved |= numbered(image->name, stems[i], ".img");
    image->state = IMAGE_RAW;
    if (all.n == 0)
        return;
    struct netlink_reader r = {0};
    struct netlink_entry e;
    struct conntrack_entry c;
    if (tracked)
        r = conntrack_open(all, &image->faults);
    while (tracked && conntrack_next(&r, &c))
        ;
    if (saved && netlink_open(&r, all, &image->faults))
        while (netlink_next(&r, &e))
            ;
}

struct image *dump_image(struct dump *d, const char *name)
{
    struct image *image = dump_find(d, name);
    if (!image)
        return NULL;
    image->used = true;
    if (image->state == IMAGE_UNREAD && image_has_records(image)) {
        bool ok = image->item->kept &&
                  criu_image_read(&image->data, item_more(image->item)->content,
                                  &image->faults);
        image->state = ok ? IMAGE_READ : IMAGE_BROKEN;
    } else if (image->state == IMAGE_UNREAD) {
        check_raw(image);
    }
    return image;
}

struct image *dump_numbered(struct dump *d, const char *stem, uint64_t number)
{
    char name[64];
    snprintf(name, sizeof name, "%s-%" PRIu64 ".img", stem, number);
    return dump_image(d, name);
}

struct image *dump_numbered_hex(struct dump *d, const char *stem, uint64_t number)
{
    char name[64];
    snprintf(name, sizeof name, "%s-%" PRIx64 ".img", stem, number);
    return dump_image(d, name);
}

bool image_is_whole(const struct image *image)
{
    if (!image || image->state != IMAGE_READ)
        return false;
    for (size_t i = 0; i < image->faults.n; i++)
        if (image->faults.v[i].code != FAULT_UNKNOWN_FIELD)
            return false;
    return true;
}

bool image_number(struct bytes name, const char *stem, uint64_t *out)
{
    size_t n = strlen(stem);
    return bytes_starts(name, bytes_str(stem)) && bytes_ends(name, BYTES(".img")) &&
           name.n > n + 4 && bytes_to_u64(bytes_sub(name, n, name.n - n - 4), out);
}

bool dump_has_stem(const struct dump *d, const char *stem)
{
    for (size_t i = 0; i < d->count; i++)
        if (bytes_starts(d->images[i].name, bytes_str(stem)))
            return true;
    return false;
}

bool images_are_whole(struct dump *dump, const char *stem)
{
    for (size_t i = 0; i < dump->count; i++)
        if (bytes_starts(dump->images[i].name, bytes_str(stem)) &&
            !image_is_whole(dump_image(dump, (const char *)dump->images[i].name.p)))
            return false;
    return true;
}

struct span image_span(const struct image *image, size_t i)
{
    if (i >= image->data.count)
        return (struct span){image->item, 0, image->item->size};
    const struct criu_record *r = &image->data.records[i];
    return (struct span){image->item, r->offset, r->length};
}

const struct item *dump_beside(const struct dump *d, const char *name)
{
    struct text t = {0};
    size_t slash = bytes_rfind_byte(d->folder, '/');
    struct bytes above =
        slash < d->folder.n ? bytes_sub(d->folder, 0, slash) : BYTES_NONE;
    const struct item *found = NULL;
    for (int in_folder = 0; in_folder < 2 && !found; in_folder++) {
        text_clear(&t);
        struct bytes where = in_folder ? d->folder : above;
        text_add(&t, where);
        text_str(&t, where.n ? "/" : "");
        text_str(&t, name);
        found = item_child(d->container, text_bytes(&t));
    }
    text_release(&t);
    return found;
}

/* Is the item in a folder beside the folder of the images, one that holds no images? */
static bool is_work(const struct dump *d, const struct item *item, const char *name,
                    struct arena *scratch)
{
    struct bytes folder, base, above = BYTES_NONE, own = BYTES_NONE;
    struct text inventory = {0};
    split_name(item, scratch, &folder, &base);
    size_t slash = bytes_rfind_byte(folder, '/'), mine = bytes_rfind_byte(d->folder, '/');
    if (slash < folder.n)
        above = bytes_sub(folder, 0, slash);
    if (mine < d->folder.n)
        own = bytes_sub(d->folder, 0, mine);
    if (!bytes_is(base, name) || folder.n == 0 || bytes_eq(folder, d->folder) ||
        !bytes_eq(above, own))
        return false;
    text_add(&inventory, folder);
    text_str(&inventory, "/inventory.img");
    bool dump = item_child(d->container, text_bytes(&inventory)) != NULL;
    text_release(&inventory);
    return !dump;
}

const struct item *dump_in_work(const struct dump *d, const char *name)
{
    struct arena scratch = ARENA_INIT;
    const struct item *found = NULL;
    bool several = false;
    for (const struct item *i = item_more(d->container)->child; i; i = i->next)
        if (bytes_ends(i->name, bytes_str(name)) && is_work(d, i, name, &scratch)) {
            several |= found != NULL;
            found = i;
        }
    arena_release(&scratch);
    return several ? NULL : found;
}
