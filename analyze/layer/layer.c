#include "analyze/layer/layer_private.h"

#include <jansson.h>
#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/json.h"
#include "verify/identify_folder.h"

const char *dialect_name(enum dialect d)
{
    static const char *const names[] = {
        "plain",      "oci",   "overlay",   "deletions-listed",
        "whole-root", "mount", "names-only"};
    return names[d];
}

const char *oddity_name(enum oddity_kind k)
{
    static const char *const names[] = {
#define ODDITY(id, name) [ODDITY_##id] = name,
        LAYER_ODDITIES(ODDITY)
#undef ODDITY
    };
    return names[k];
}

void layer_odd(struct layer *l, enum oddity_kind kind, const struct item *item)
{
    struct oddities *o = &l->oddities;
    o->v = memory_grow(o->v, &o->capacity, o->n + 1, sizeof *o->v);
    o->v[o->n++] = (struct oddity){kind, item};
}

void layer_release(struct layer *l)
{
    free(l->oddities.v);
    l->oddities = (struct oddities){0};
}

const struct item *layer_container(const struct item *item)
{
    while (item && container_is_filter(item->container))
        item = item_more(item)->child;
    return item && item->container != CONTAINER_NONE ? item : NULL;
}

struct fault layer_fault(const struct layer *l)
{
    struct fault none = {0};
    for (const struct item *i = l->container; i; i = i->parent) {
        if (item_more(i)->fault.code && i->container != CONTAINER_DIRECTORY)
            return item_more(i)->fault;
        if (!i->parent || !container_is_filter(i->parent->container))
            break;
    }
    return none;
}

/* -- names --------------------------------------------------------------------------- */

bool layer_strip_folder(struct bytes folder, struct bytes *path)
{
    while (bytes_starts(*path, BYTES("./")))
        *path = bytes_from(*path, 2);
    if (folder.n == 0)
        return true;
    if (!bytes_starts(*path, folder) || (path->n > folder.n && path->p[folder.n] != '/'))
        return false;
    *path = bytes_from(*path, folder.n + 1);
    return true;
}

bool layer_member_path(const struct layer *l, const struct item *member,
                       struct bytes *path)
{
    *path = member->name;
    return layer_strip_folder(l->prefix, path);
}

struct root_place root_place_of(const struct item *item)
{
    if (item && item->entry.type == ENTRY_DIRECTORY && item->parent)
        return (struct root_place){item->parent, item_plain_name(item)};
    struct root_place p = {.container = layer_container(item)};
    if (p.container && p.container->container != CONTAINER_DIRECTORY)
        p.prefix = identify_root_folder(p.container);
    return p;
}

bool root_place_is_own(const struct item *root, const struct item *item)
{
    const struct item *container = layer_container(root);
    while (item->parent && item->parent != container)
        item = item->parent;
    return item->parent && identify_is_root_file(item_plain_name(item));
}

void layer_split_path(struct bytes path, struct bytes *folder, struct bytes *name)
{
    while (path.n &&
           (path.p[path.n - 1] == '/' ||
            (path.p[path.n - 1] == '.' && (path.n == 1 || path.p[path.n - 2] == '/'))))
        path.n--;
    size_t slash = bytes_rfind_byte(path, '/');
    bool has_folder = slash < path.n;
    *folder = has_folder ? bytes_sub(path, 0, slash) : BYTES_NONE;
    *name = has_folder ? bytes_from(path, slash + 1) : path;
}

static bool is_unsafe(struct bytes path)
{
    struct bytes part;
    while (bytes_split(&path, '/', &part)) {
        if (bytes_is(part, ".."))
            return true;
    }
    return false;
}

const struct item *layer_usable(const struct layer *l, const struct item *m,
                                struct bytes *path)
{
    for (; m; m = m->next) {
        if (layer_member_path(l, m, path) && path->n <= LIMIT_PATH && !is_unsafe(*path))
            return m;
    }
    return NULL;
}

/* -- what kind of layer it is -------------------------------------------------------- */

/* Marks that only one dialect has. */
struct marks_seen {
    bool oci, overlay;
};

static void examine_entry(struct layer *l, const struct item *m, struct bytes path,
                          struct marks_seen *seen)
{
    struct overlay_marks marks;
    struct bytes folder, name, hidden;
    layer_split_path(path, &folder, &name);
    seen->overlay |= overlay_marks_of(&m->entry, &marks);
    seen->oci |= whiteout_of(name, &hidden) != WHITEOUT_NONE;
    l->has_xattrs |= m->entry.rare->traits->xattrs != NULL;
    l->whole_seconds &=
        m->entry.mtime == INSTANT_NONE || m->entry.mtime % NANOSECONDS == 0;
    l->entries++;
    if (marks.malformed)
        layer_odd(l, ODDITY_MALFORMED_MARK, m);
    if (bytes_starts(name, BYTES(".gvisor.filestore.")))
        layer_odd(l, ODDITY_GVISOR_STORE, m);
}

static void examine_names(struct layer *l)
{
    for (const struct item *m = item_more(l->container)->child; m; m = m->next) {
        struct bytes path;
        if (!layer_member_path(l, m, &path))
            continue;
        if (path.n > LIMIT_PATH)
            layer_odd(l, ODDITY_LONG_PATH, m);
        else if (is_unsafe(path))
            layer_odd(l, ODDITY_UNSAFE_PATH, m);
    }
}

/* A device 0/0 or an overlay attribute can stand in an upper folder alone, where ".wh."
 * names are ordinary files; a container that makes such a file must not delete with it.
 */
void layer_examine(struct layer *l, enum dialect hint)
{
    struct bytes path;
    struct marks_seen seen = {0};
    l->whole_seconds = true;
    l->entries = 0;
    examine_names(l);
    EACH_MEMBER(l, m, path)
    examine_entry(l, m, path, &seen);
    if (hint == DIALECT_WHOLE || hint == DIALECT_MOUNT)
        l->dialect = hint;
    else if (l->listing)
        l->dialect = DIALECT_NAMES;
    else if (seen.overlay)
        l->dialect = DIALECT_OVERLAY;
    else if (seen.oci)
        l->dialect = DIALECT_OCI;
    else
        l->dialect = l->deleted ? DIALECT_LISTED : hint;
}
