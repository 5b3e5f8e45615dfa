#include "verify/package_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/base/bisect.h"
#include "formats/base/block.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/base/order.h"
#include "verify/split.h"
#include "verify/storage.h"

/* The folder and the name of a path: "a/b/c" is c in a/b. */
static int open_folder(struct bytes path, struct bytes *name)
{
    size_t slash = bytes_rfind_byte(path, '/');
    struct text folder = {0};
    *name = slash < path.n ? bytes_from(path, slash + 1) : path;
    text_add(&folder, slash < path.n ? bytes_sub(path, 0, slash + 1) : BYTES("."));
    int fd = open(text_c(&folder), O_PATH | O_DIRECTORY | O_CLOEXEC);
    text_release(&folder);
    return fd;
}

/* Of a split archive the package is the whole. False when this is a part of one, but not
 * the first: it would tell little alone. */
static bool find_parts(struct package *p, const char **why)
{
    struct bytes name;
    struct text first = {0};
    p->folder_fd = open_folder(bytes_str(p->path), &name);
    bool zip = split_is_zip_last(p->folder_fd, name);
    bool later = !zip && split_is_later(p->folder_fd, name, &first);
    if (later) {
        *why = "a part of a split archive, and not the first: give the first part";
    } else if (zip || split_is_archive(p->folder_fd, name)) {
        struct source *whole = split_open(p->folder_fd, name);
        p->root.entry.size = whole->size;
        p->root.split = true;
        storage_close(whole);
    }
    text_release(&first);
    return !later;
}

int package_open(const char *path, struct package **out, const char **why)
{
    struct stat st;
    *why = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) < 0) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        *why = strerror(error);
        return -error;
    }
    if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)) {
        close(fd);
        *why = "neither a directory nor a file";
        return -EINVAL;
    }
    struct package *p = memory_new(1, sizeof *p);
    p->files = memory_new(1, sizeof *p->files);
    p->fd = fd;
    p->is_directory = S_ISDIR(st.st_mode);
    p->threads = 1;
    p->blocks = block_pool_new(SIZE_MAX, 1, NULL, NULL);
    p->path = arena_string(&p->arena, bytes_str(path));
    struct bytes name = bytes_str(p->path);
    while (name.n > 1 && name.p[name.n - 1] == '/')
        name.n--;
    size_t slash = bytes_rfind_byte(name, '/');
    p->name =
        arena_string(&p->arena, slash < name.n ? bytes_from(name, slash + 1) : name);
    p->root.name = bytes_str(p->name);
    p->root.container = p->is_directory ? CONTAINER_DIRECTORY : CONTAINER_NONE;
    p->root.entry.type = p->is_directory ? ENTRY_DIRECTORY : ENTRY_FILE;
    p->root.entry.size = (uint64_t)st.st_size;
    p->root.entry.has_size = !p->is_directory;
    p->root.entry.mtime = INSTANT_NONE;
    p->root.entry.rare = &entry_rare_none;
    p->folder_fd = -1;
    if (!p->is_directory && !find_parts(p, why)) {
        package_close(p);
        return -EINVAL;
    }
    *out = p;
    return 0;
}

void package_close(struct package *p)
{
    if (!p)
        return;
    item_release(&p->root);
    for (struct arena_list *a = p->arenas, *next; a; a = next) {
        next = a->next;
        arena_release(&a->arena);
        free(a);
    }
    close(p->fd);
    if (p->folder_fd >= 0)
        close(p->folder_fd);
    free(p->files->v);
    free(p->files);
    block_pool_free(p->blocks);
    arena_release(&p->arena);
    free(p);
}

const char *package_name(const struct package *p)
{
    return p->name;
}

bool package_is_archive(const struct package *p)
{
    return !p->is_directory;
}

struct item *package_root(const struct package *p)
{
    return (struct item *)(uintptr_t)&p->root;
}

static struct source *open_item(const struct package *p, const struct item *item)
{
    if (item->parent && item->parent->container == CONTAINER_SPLIT)
        return split_open(p->fd, item->parent->name);
    if (item->parent)
        return storage_open(p->fd, item->name);
    return item->split ? split_open(p->folder_fd, bytes_str(p->name))
                       : storage_open(p->fd, BYTES_NONE);
}

struct source *package_file_open(const struct package *p, const struct item *item)
{
    struct source *s = open_item(p, item);
    if (p->direct)
        storage_pass(s);
    return s;
}

/* -- package-level files --------------------------------------------------------------
 */

/* The container whose members are the package: the directory, or the archive behind its
 * compression. */
struct item *package_content(const struct package *p)
{
    struct item *c = package_root(p);
    while (container_is_filter(c->container) && item_more(c)->child)
        c = item_more(c)->child;
    return c;
}

/* The one folder that holds everything in an archive, with its slash, or nothing. */
static struct bytes single_folder(const struct item *container, struct arena *a)
{
    struct bytes folder = BYTES_NONE;
    for (const struct item *c = item_more(container)->child; c; c = c->next) {
        struct bytes name = path_normalised(c->name, a);
        size_t slash = bytes_find_byte(name, '/');
        if (name.n == 0)
            continue;
        if (slash == name.n && c->entry.type != ENTRY_DIRECTORY)
            return BYTES_NONE;
        struct bytes first = bytes_sub(name, 0, slash);
        if (folder.n && !bytes_eq(folder, first))
            return BYTES_NONE;
        folder = first;
    }
    if (folder.n == 0)
        return BYTES_NONE;
    return bytes_str(arena_printf(a, "%.*s/", (int)folder.n, (const char *)folder.p));
}

void package_file_path(const struct package *p, const struct item *file, struct text *t)
{
    struct text whole = {0};
    path_normalise(file->name, &whole);
    struct bytes path = text_bytes(&whole);
    if (p->folder.n && bytes_starts(path, p->folder))
        path = bytes_from(path, p->folder.n);
    text_add(t, path);
    text_release(&whole);
}

static bool is_file(const struct item *item)
{
    return item->entry.type == ENTRY_FILE || item->entry.type == ENTRY_HARDLINK;
}

void package_index(struct package *p)
{
    struct arena a = ARENA_INIT;
    struct item *content = package_content(p);
    if (!p->is_directory && content->container != CONTAINER_NONE) {
        struct bytes folder = single_folder(content, &a);
        p->folder = arena_copy(&p->arena, folder);
    }
    arena_release(&a);
}

static void list_files(struct file_list *list, struct item *content)
{
    list->v = memory_new(item_more(content)->children + 1, sizeof *list->v);
    for (struct item *c = item_more(content)->child; c; c = c->next) {
        if (is_file(c))
            list->v[list->n++] = c;
    }
    sort_if_needed(list->v, list->n, sizeof *list->v, item_by_path);
    /* A package that is one plain file holds just that. */
    if (list->n == 0 && content->container == CONTAINER_NONE)
        list->v[list->n++] = content;
}

struct item *const *package_files(const struct package *p, size_t *count)
{
    if (!p->files->v)
        list_files(p->files, package_content(p));
    *count = p->files->n;
    return p->files->v;
}

static bool is_empty_link(const struct item *item)
{
    return item->entry.type == ENTRY_HARDLINK && item->size == 0;
}

/* A container's own members, by path; of one path as they stand. */
static void link_members(const struct item *container, size_t children)
{
    const struct item **v = memory_new(children, sizeof *v);
    size_t n = 0, low;
    for (const struct item *c = item_more(container)->child; c; c = c->next)
        v[n++] = c;
    sort_if_needed(v, n, sizeof *v, item_by_path);
    for (struct item *c = item_more(container)->child; c; c = c->next) {
        struct bytes target = entry_link(&c->entry);
        if (!is_empty_link(c))
            continue;
        BISECT(low, 0, n, path_compare(v[low]->name, target) < 0);
        if (low < n && path_compare(v[low]->name, target) == 0)
            item_more_make(c)->linked = v[low];
    }
    free(v);
}

/* What is in a root file system no manifest tells of: a diff has its own tree of it. */
void package_link(struct package *p)
{
    for (struct item *i = &p->root; i; i = item_next(i, &p->root)) {
        bool links = false;
        for (const struct item *c = item_more(i)->child; c && !links; c = c->next)
            links = is_empty_link(c) && !item_in_root_file_system(c);
        if (links)
            link_members(i, item_more(i)->children);
    }
}

/* A hard link in an archive has the content of the member that it names. */
const struct item *package_linked(const struct item *file)
{
    const struct item *target = is_empty_link(file) ? item_more(file)->linked : NULL;
    return target ? target : file;
}

bool package_listing(const struct package *p, struct digest *out)
{
    struct digest_state *s = digest_state_new(DIGEST_BIT(DIGEST_SHA256));
    struct text line = {0};
    bool whole = true;
    size_t count;
    struct item *const *files = package_files(p, &count);
    for (size_t i = 0; i < count; i++) {
        const struct item *file = package_linked(files[i]);
        char hex[2 * DIGEST_MAX + 1];
        whole &= file->hashed;
        bytes_to_hex(bytes_of(file->sha256, sizeof file->sha256), hex);
        text_clear(&line);
        text_str(&line, hex);
        text_str(&line, "  ");
        package_file_path(p, files[i], &line);
        text_byte(&line, '\n');
        digest_state_update(s, text_bytes(&line));
    }
    digest_state_final(s);
    *out = *digest_state_result(s, DIGEST_SHA256);
    digest_state_free(s);
    text_release(&line);
    return whole;
}

/* -- finding by name -------------------------------------------------------------------
 */

static struct item *child_through_filters(struct item *container, struct bytes name)
{
    struct item *found = item_child(container, name);
    while (!found && item_more(container)->child &&
           container_is_filter(container->container)) {
        container = item_more(container)->child;
        found = item_child(container, name);
    }
    return found;
}

static struct item *find_path(struct item *at, struct bytes which)
{
    while (at && which.n) {
        size_t end = bytes_find(which, BYTES("//"));
        struct text t = {0};
        path_normalise(bytes_sub(which, 0, end), &t);
        at = child_through_filters(at, text_bytes(&t));
        text_release(&t);
        which = end < which.n ? bytes_from(which, end + 2) : BYTES_NONE;
    }
    return at;
}

static struct item *find_number(const struct package *p, uint64_t id)
{
    struct item *root = package_root(p), *at = root;
    while (at && at->id != id)
        at = item_next(at, root);
    return at;
}

struct item *package_find(const struct package *p, struct bytes which)
{
    uint64_t id;
    struct item *found = bytes_to_u64(which, &id) ? find_number(p, id) : NULL;
    if (!found)
        found = find_path(package_root(p), which);
    if (found || p->folder.n == 0)
        return found;
    /* The listing leaves out the one folder that holds everything in an archive. */
    struct text t = {0};
    text_add(&t, p->folder);
    text_add(&t, which);
    found = find_path(package_root(p), text_bytes(&t));
    text_release(&t);
    return found;
}

void package_number(struct package *p)
{
    uint32_t id = 0;
    for (struct item *i = &p->root; i; i = item_next(i, &p->root))
        i->id = id++;
}

struct mask package_mask(const struct package *p, bool reveal)
{
    size_t count;
    struct item *const *files = package_files(p, &count);
    struct digest_state *identity = digest_state_new(DIGEST_BIT(DIGEST_SHA256));
    struct text line = {0};
    for (size_t i = 0; i < count; i++) {
        text_clear(&line);
        package_file_path(p, files[i], &line);
        text_printf(&line, "%c%llu%c", 0, (unsigned long long)files[i]->entry.size, 0);
        digest_state_update(identity, text_bytes(&line));
    }
    text_release(&line);
    digest_state_final(identity);
    const struct digest *d = digest_state_result(identity, DIGEST_SHA256);
    struct mask mask = mask_of(bytes_of(d->octets, digest_size(DIGEST_SHA256)), reveal);
    digest_state_free(identity);
    return mask;
}
