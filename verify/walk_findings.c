/* What the walk itself saw, as findings (walk.h). */
#include <stdio.h>
#include <stdlib.h>

#include "formats/base/memory.h"
#include "verify/identify.h"
#include "verify/walk.h"

static struct span whole(const struct item *i)
{
    return (struct span){i, 0, i->size};
}

static struct text path_of(const struct item *i)
{
    struct text t = {0};
    item_path(i, &t);
    return t;
}

static void add(struct findings *all, const struct finding_kind *kind,
                const struct item *i, const char *why)
{
    struct text path = path_of(i);
    struct finding f = finding_of(kind, text_bytes(&path), whole(i));
    finding_argument(&f, "why", bytes_str(why));
    findings_add(all, &f);
    text_release(&path);
}

/* -- faults -----------------------------------------------------------------------------
 */

static const struct finding_kind *kind_of_fault(const struct item *i)
{
    switch (i->fault.code) {
    case FAULT_LIMIT:
        return INTEGRITY(LIMIT);
    case FAULT_EMPTY:
        return INTEGRITY(EMPTY);
    case FAULT_DUPLICATE:
        return INTEGRITY(DUPLICATE_ENTRY);
    default:
        return i->whole ? INTEGRITY(FAULT) : INTEGRITY(UNREADABLE);
    }
}

static void add_number(struct finding *f, const char *name, uint64_t n, char room[24])
{
    snprintf(room, 24, "%llu", (unsigned long long)n);
    finding_argument(f, name, bytes_str(room));
}

static void fault_finding(const struct item *i, struct findings *all)
{
    struct text path = path_of(i);
    struct span place = {i, i->fault.offset, i->fault.offset < i->size};
    char offset[24], want[24], have[24];
    struct finding f = finding_of(kind_of_fault(i), text_bytes(&path), place);
    finding_argument(&f, "fault", bytes_str(fault_name(i->fault.code)));
    finding_argument(&f, "why", bytes_str(fault_text(i->fault.code)));
    add_number(&f, "offset", i->fault.offset, offset);
    if (i->fault.code == FAULT_READ && i->fault.have) {
        finding_argument(&f, "error", bytes_str(strerror((int)i->fault.have)));
    } else if (i->fault.want || i->fault.have) {
        add_number(&f, "want", i->fault.want, want);
        add_number(&f, "have", i->fault.have, have);
    }
    findings_add(all, &f);
    text_release(&path);
}

/* -- names and types
 * --------------------------------------------------------------------- */

/* Why a name is not to be trusted, or NULL. */
static const char *unsafe_name(const struct item *i)
{
    struct bytes rest = i->name, part;
    uint32_t code;
    while (bytes_split(&rest, '/', &part)) {
        if (bytes_is(part, ".."))
            return "the path climbs out of its root with \"..\"";
    }
    if (i->name.n && i->name.p[0] == '/' && !item_in_root_file_system(i))
        return "the path is absolute";
    if (i->name.n > 1 && i->name.p[1] == ':' && i->name.n > 2 && i->name.p[2] == '\\')
        return "the path begins with a drive";
    rest = i->name;
    while (utf8_next(&rest, &code)) {
        if (code != UTF8_INVALID && code_is_deceptive(code))
            return "the name has control, bidirectional or invisible characters";
    }
    return NULL;
}

/* A link of the package itself must stay in it; inside a file system of a container it
 * points within that. */
static const char *unsafe_link(const struct item *i)
{
    bool is_link = i->entry.type == ENTRY_SYMLINK || i->entry.type == ENTRY_HARDLINK;
    if (!is_link || item_in_root_file_system(i))
        return NULL;
    if (i->entry.link.n && i->entry.link.p[0] == '/')
        return "the link points to an absolute path";
    struct bytes rest = i->name, part;
    long depth = 0;
    /* A symbolic link starts from its own folder, a hard link from the root. */
    if (i->entry.type == ENTRY_SYMLINK) {
        for (depth = -1; bytes_split(&rest, '/', &part);)
            depth += part.n > 0 && !bytes_is(part, ".");
    }
    rest = i->entry.link;
    while (bytes_split(&rest, '/', &part)) {
        if (bytes_is(part, ".."))
            depth--;
        else if (part.n && !bytes_is(part, "."))
            depth++;
        if (depth < 0)
            return "the link leads out of the package";
    }
    return NULL;
}

static const char *special_type(const struct item *i)
{
    switch (i->entry.type) {
    case ENTRY_CHARACTER:
    case ENTRY_BLOCK:
        return item_in_root_file_system(i) ? NULL : "a device node";
    case ENTRY_FIFO:
        return item_in_root_file_system(i) ? NULL : "a FIFO";
    case ENTRY_SOCKET:
        return item_in_root_file_system(i) ? NULL : "a socket";
    default:
        return NULL;
    }
}

static void look_at_name(const struct item *i, struct findings *all)
{
    const char *why = unsafe_name(i);
    if (!why)
        why = unsafe_link(i);
    if (why)
        add(all, INTEGRITY(UNSAFE_PATH), i, why);
    why = special_type(i);
    if (why)
        add(all, INTEGRITY(SPECIAL_FILE), i, why);
}

/* -- duplicates
 * -------------------------------------------------------------------------- */

struct named {
    struct bytes path;
    const struct item *item;
};

static int by_path(const void *pa, const void *pb)
{
    const struct named *a = pa, *b = pb;
    int order = bytes_compare(a->path, b->path);
    return order ? order : a->item->id < b->item->id ? -1 : a->item->id > b->item->id;
}

static void find_duplicates(const struct item *container, struct findings *all)
{
    struct arena arena = ARENA_INIT;
    struct text t = {0};
    struct named *v = memory_new(container->children, sizeof *v);
    size_t n = 0;
    for (const struct item *c = container->child; c; c = c->next) {
        text_clear(&t);
        path_normalise(c->name, &t);
        v[n++] = (struct named){arena_copy(&arena, text_bytes(&t)), c};
    }
    qsort(v, n, sizeof *v, by_path);
    for (size_t i = 1; i < n; i++) {
        bool folders = v[i].item->entry.type == ENTRY_DIRECTORY &&
                       v[i - 1].item->entry.type == ENTRY_DIRECTORY;
        if (!folders && bytes_eq(v[i].path, v[i - 1].path))
            add(all, INTEGRITY(DUPLICATE_ENTRY), v[i].item,
                "another entry of this archive has the same path");
    }
    free(v);
    text_release(&t);
    arena_release(&arena);
}

void walk_findings(const struct package *p, struct findings *all)
{
    struct item *root = package_root(p);
    for (const struct item *i = root; i; i = item_next(i, root)) {
        /* Every file system has empty files; as an artefact one is worth a word. */
        bool inner_empty = i->fault.code == FAULT_EMPTY &&
                           (i->in_root || i->parent != package_content(p));
        if (i->fault.code && !inner_empty)
            fault_finding(i, all);
        if (i->parent)
            look_at_name(i, all);
        if (i->children > 1 && i->container != CONTAINER_DIRECTORY)
            find_duplicates(i, all);
    }
}
