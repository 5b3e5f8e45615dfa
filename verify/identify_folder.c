#include "verify/identify_folder.h"

#include <stdlib.h>

#include "formats/base/bisect.h"
#include "formats/base/intern.h"
#include "formats/base/memory.h"
#include "formats/layer.h"
#include "verify/identify_name.h"

/* Folders deeper than this are not looked at: "overlay2/ID/diff" in a package is three.
 */
#define DEEPEST 8
struct facts {
    unsigned roots; /* which standard folders of a root file system are in it */
    bool marks;     /* whiteouts or overlay attributes below it */
    bool layout, index, manifest, version, repositories;
};

struct chosen {
    struct bytes path;
    struct identity is;
};

struct survey {
    struct intern *folders;
    struct facts *facts; /* of each folder, by its number */
    size_t capacity;
    struct chosen *v; /* bytewise by path, none inside another */
    size_t n, room;
};

/* -- looking at members -------------------------------------------------------------- */

static struct facts *facts_of(struct survey *s, struct bytes folder)
{
    uint32_t known = intern_count(s->folders), n = intern_put(s->folders, folder);
    s->facts = memory_grow(s->facts, &s->capacity, n + 1, sizeof *s->facts);
    if (n == known)
        s->facts[n] = (struct facts){0};
    return &s->facts[n];
}

static bool is_mark(const struct item *m, struct bytes name)
{
    struct overlay_marks marks;
    struct bytes hidden;
    return overlay_marks_of(&m->entry, &marks) ||
           whiteout_of(name, &hidden) != WHITEOUT_NONE;
}

static void look_at_file(struct survey *s, struct bytes folder, struct bytes name)
{
    static const struct bytes names[] = {{(const uint8_t *)"oci-layout", 10},
                                         {(const uint8_t *)"index.json", 10},
                                         {(const uint8_t *)"manifest.json", 13},
                                         {(const uint8_t *)"version", 7},
                                         {(const uint8_t *)"repositories", 12}};
    size_t which = 0;
    while (which < 5 && !bytes_eq(name, names[which]))
        which++;
    if (which == 5)
        return;
    struct facts *f = facts_of(s, folder);
    f->layout |= which == 0;
    f->index |= which == 1;
    f->manifest |= which == 2;
    f->version |= which == 3;
    f->repositories |= which == 4;
}

/* How a collector names the copy of an upper folder, or the node's own name for it. */
static bool is_layer_name(struct bytes name)
{
    return name_holds(name, "layer") || name_holds(name, "diff") ||
           name_holds(name, "upper") || bytes_is(name, "fs");
}

static void look_at(struct survey *s, const struct item *m, struct bytes path)
{
    struct bytes rest = path, part;
    bool mark = is_mark(m, name_base(path));
    for (size_t depth = 0, at = 0; depth < DEEPEST && bytes_split(&rest, '/', &part);
         depth++) {
        struct bytes folder = bytes_sub(path, 0, at ? at - 1 : 0);
        bool is_folder = rest.n || m->entry.type == ENTRY_DIRECTORY;
        int root = name_root_folder(part);
        if (root >= 0 && is_folder)
            facts_of(s, folder)->roots |= 1u << root;
        if (mark && (root >= 0 || is_layer_name(name_base(folder))))
            facts_of(s, folder)->marks = true;
        if (!is_folder)
            look_at_file(s, folder, part);
        at += part.n + 1;
    }
}

/* -- what a folder is ---------------------------------------------------------------- */

static bool is_image(const struct facts *f)
{
    /* What skopeo writes to a dir: has "version"; docker save, unpacked, "repositories".
     */
    return (f->layout && f->index) || (f->manifest && (f->version || f->repositories));
}

static bool has_root(const struct facts *f, const char *name)
{
    return f->roots >> name_root_folder(bytes_str(name)) & 1;
}

/* What makes a root that programs run in. A node's logs, copied with their paths, do not.
 */
static bool is_whole_root(const struct facts *f)
{
    return has_root(f, "etc") && has_root(f, "usr") &&
           (has_root(f, "bin") || has_root(f, "lib") || has_root(f, "sbin"));
}

static struct identity identity_of(const struct facts *f, struct bytes name)
{
    bool named = is_layer_name(name);
    if (is_image(f))
        return (struct identity){ROLE_BASE_IMAGE, BY_CONTENT};
    if (f->marks && (f->roots || named))
        return (struct identity){ROLE_WRITABLE_LAYER, BY_CONTENT};
    if (f->roots && named)
        return (struct identity){ROLE_WRITABLE_LAYER, BY_NAME};
    if (is_whole_root(f) || (f->roots && name_holds(name, "rootfs")))
        return (struct identity){ROLE_BASE_IMAGE, BY_NAME};
    return (struct identity){ROLE_UNKNOWN, BY_NOTHING};
}

static void choose(struct survey *s, struct bytes path, struct identity is)
{
    s->v = memory_grow(s->v, &s->room, s->n + 1, sizeof *s->v);
    s->v[s->n++] = (struct chosen){path, is};
}

/* As bytes, but "/" before all others: then all that is below a folder follows it. */
static int path_order(struct bytes a, struct bytes b)
{
    size_t i = 0, n = a.n < b.n ? a.n : b.n;
    while (i < n && a.p[i] == b.p[i])
        i++;
    if (i == n)
        return a.n < b.n ? -1 : a.n > b.n;
    if (a.p[i] == '/' || b.p[i] == '/')
        return a.p[i] == '/' ? -1 : 1;
    return a.p[i] < b.p[i] ? -1 : 1;
}

/* What --as says comes first of two for the same folder. */
static int by_path(const void *pa, const void *pb)
{
    const struct chosen *a = pa, *b = pb;
    int order = path_order(a->path, b->path);
    return order ? order : (int)b->is.how - (int)a->is.how;
}

static bool is_in(struct bytes path, struct bytes folder)
{
    return bytes_starts(path, folder) && (path.n == folder.n || path.p[folder.n] == '/');
}

/* Of folders inside each other the outer one: a root holds many that look like one. */
static void keep_outermost(struct survey *s)
{
    size_t kept = 0;
    if (s->n)
        qsort(s->v, s->n, sizeof *s->v, by_path);
    for (size_t i = 0; i < s->n; i++) {
        if (kept == 0 || !is_in(s->v[i].path, s->v[kept - 1].path))
            s->v[kept++] = s->v[i];
    }
    s->n = kept;
}

/* Where engines keep upper folders: ".../overlay2/ID/diff", ".../snapshots/12/fs". */
static bool is_engine_store(struct bytes path)
{
    struct bytes name = name_base(path);
    return (bytes_is(name, "diff") || bytes_is(name, "fs")) &&
           (bytes_contains(path, BYTES("overlay/")) ||
            bytes_contains(path, BYTES("overlay2/")) ||
            bytes_contains(path, BYTES("snapshots/")));
}

/* A folder below "var" belongs to the root file system that the container is; unless only
 * some paths of a node were copied, with its store of upper folders. */
static bool is_part_of_top(struct survey *s, struct bytes path)
{
    struct bytes first = bytes_sub(path, 0, bytes_find_byte(path, '/'));
    return name_root_folder(first) >= 0 &&
           (!is_engine_store(path) || is_whole_root(facts_of(s, BYTES_NONE)));
}

static void choose_all(struct survey *s)
{
    for (uint32_t i = 0; s->facts && i < intern_count(s->folders); i++) {
        struct bytes path = intern_get(s->folders, i);
        struct identity is = identity_of(&s->facts[i], name_base(path));
        if (path.n && is.role != ROLE_UNKNOWN && !is_part_of_top(s, path))
            choose(s, path, is);
    }
}

/* --as ROLE=PATH for a folder. */
static void choose_overrides(struct survey *s, const struct item *m, struct bytes path,
                             const struct role_override *o)
{
    struct text whole = {0};
    if (!o || m->entry.type != ENTRY_DIRECTORY)
        return;
    item_path(m, &whole);
    for (; o->path; o++) {
        struct bytes asked = bytes_str(o->path);
        while (asked.n && asked.p[asked.n - 1] == '/')
            asked.n--;
        if (!bytes_eq(text_bytes(&whole), asked))
            continue;
        facts_of(s, path);
        choose(s, intern_get(s->folders, intern_put(s->folders, path)),
               (struct identity){o->role, BY_OPTION});
    }
    text_release(&whole);
}

/* -- telling the members ------------------------------------------------------------- */

static const struct chosen *chosen_above(const struct survey *s, struct bytes path)
{
    size_t low;
    BISECT(low, 0, s->n, path_order(s->v[low].path, path) <= 0);
    return low && is_in(path, s->v[low - 1].path) ? &s->v[low - 1] : NULL;
}

static void tell(const struct survey *s, struct item *m, struct bytes path)
{
    const struct chosen *c = chosen_above(s, path);
    if (!c)
        return;
    if (bytes_eq(c->path, path) && m->entry.type == ENTRY_DIRECTORY) {
        m->role = c->is.role;
        m->how = c->is.how;
        return;
    }
    m->in_root = true;
    item_forget_roles(m);
}

bool identify_folders(struct item *container, const struct role_override *overrides)
{
    struct survey s = {.folders = intern_new()};
    struct text path = {0};
    for (struct item *m = item_more(container)->child; m; m = m->next) {
        text_clear(&path);
        path_normalise(m->name, &path);
        look_at(&s, m, text_bytes(&path));
        choose_overrides(&s, m, text_bytes(&path), overrides);
    }
    choose_all(&s);
    keep_outermost(&s);
    for (struct item *m = s.n ? item_more(container)->child : NULL; m; m = m->next) {
        text_clear(&path);
        path_normalise(m->name, &path);
        tell(&s, m, text_bytes(&path));
    }
    bool any = s.n > 0;
    intern_free(s.folders);
    free(s.facts);
    free(s.v);
    text_release(&path);
    return any;
}

/* -- archives of one folder ---------------------------------------------------------- */

/* What all members below `folder` begin with besides; false when a root file system
 * begins here, or members part. */
static bool deeper(const struct item *container, struct bytes *folder)
{
    struct bytes first = BYTES_NONE;
    for (const struct item *m = item_more(container)->child; m; m = m->next) {
        struct bytes path = item_plain_name(m), part;
        if (!is_in(path, *folder) && folder->n)
            return false;
        path = bytes_from(path, folder->n ? folder->n + 1 : 0);
        if (!bytes_split(&path, '/', &part) || part.n == 0)
            continue;
        bool is_file = path.n == 0 && m->entry.type != ENTRY_DIRECTORY;
        if (is_file || name_root_folder(part) >= 0 || (first.n && !bytes_eq(first, part)))
            return false;
        first = part;
    }
    if (first.n == 0)
        return false;
    *folder = bytes_of(first.p - (folder->n ? folder->n + 1 : 0),
                       first.n + (folder->n ? folder->n + 1 : 0));
    return true;
}

/* True when a root file system begins in `folder`. */
static bool begins_root(const struct item *container, struct bytes folder)
{
    for (const struct item *m = item_more(container)->child; m; m = m->next) {
        struct bytes path = item_plain_name(m), part;
        path = bytes_from(path, folder.n + 1);
        if (bytes_split(&path, '/', &part) && name_root_folder(part) >= 0)
            return true;
    }
    return false;
}

struct bytes identify_root_folder(const struct item *container)
{
    struct bytes folder = BYTES_NONE;
    for (int depth = 0; depth < DEEPEST && deeper(container, &folder); depth++)
        continue;
    if (folder.n && (begins_root(container, folder) || is_layer_name(name_base(folder))))
        return folder;
    return BYTES_NONE;
}
