#include "analyze/process/path_files.h"

#include <stdlib.h>

#include "formats/base/intern.h"
#include "formats/base/memory.h"

struct path_files {
    struct intern *paths, *names; /* without the first slash; their last parts */
    struct candidates **of;       /* by number of the path; NULL: no file */
};

static struct bytes last_part(struct bytes path)
{
    size_t slash = bytes_rfind_byte(path, '/');
    return slash < path.n ? bytes_from(path, slash + 1) : path;
}

static bool is_absolute(struct bytes path)
{
    return path.n > 1 && path.p[0] == '/';
}

static void collect_paths(struct path_files *all, const struct checkpoint *c)
{
    for (size_t i = 0; i < c->file_count; i++) {
        if (c->files[i].type != CRIU__FD_TYPES__FD_TYPES_REG)
            continue;
        struct bytes path =
            criu_bytes(((const Criu__RegFileEntry *)c->files[i].message)->name);
        if (!is_absolute(path))
            continue;
        intern_put(all->paths, bytes_from(path, 1));
        intern_put(all->names, last_part(path));
    }
}

static void add(struct path_files *all, uint32_t number, struct package *package,
                const struct item *item)
{
    struct candidates **of = &all->of[number];
    if (!*of)
        *of = memory_new(1, sizeof **of);
    if ((*of)->n == PATH_FILES)
        return;
    (*of)->item[(*of)->n] = item;
    (*of)->package[(*of)->n++] = package;
}

/* A layer may be a folder of its container, "rootfs/usr/bin/x": every end of the name
 * that begins behind a slash is looked up. */
static void add_item(struct path_files *all, struct package *package,
                     const struct item *item, struct text *scratch)
{
    uint32_t number;
    if (!intern_find(all->names, last_part(item->name), &number))
        return; /* most items, at once */
    text_clear(scratch);
    path_normalise(item->name, scratch);
    struct bytes rest = text_bytes(scratch);
    while (rest.n) {
        if (intern_find(all->paths, rest, &number))
            add(all, number, package, item);
        size_t slash = bytes_find_byte(rest, '/');
        rest = slash < rest.n ? bytes_from(rest, slash + 1) : BYTES_NONE;
    }
}

static void find_in(struct path_files *all, struct package *package)
{
    struct text scratch = {0};
    const struct item *root = package ? package_root(package) : NULL;
    for (const struct item *i = root; i; i = item_next(i, root))
        if (i->entry.type == ENTRY_FILE)
            add_item(all, package, i, &scratch);
    text_release(&scratch);
}

struct path_files *path_files_new(const struct checkpoint *c, struct package *base)
{
    struct path_files *all = memory_new(1, sizeof *all);
    all->paths = intern_new();
    all->names = intern_new();
    collect_paths(all, c);
    all->of = memory_new(intern_count(all->paths) + 1, sizeof *all->of);
    find_in(all, c->dump->package);
    find_in(all, base);
    return all;
}

void path_files_free(struct path_files *all)
{
    if (!all)
        return;
    for (uint32_t i = 0; i < intern_count(all->paths); i++)
        free(all->of[i]);
    free(all->of);
    intern_free(all->paths);
    intern_free(all->names);
    free(all);
}

const struct candidates *path_files_find(const struct path_files *all, struct bytes path)
{
    static const struct candidates none;
    uint32_t number;
    bool found =
        is_absolute(path) && intern_find(all->paths, bytes_from(path, 1), &number);
    return found && all->of[number] ? all->of[number] : &none;
}
