#include "verify/item.h"

#include <stdlib.h>

#include "formats/base/memory.h"

const struct item_more item_more_none = {0};

/* Shared by all of which nothing more is to be said than that they are empty: a package
 * can have millions of those. Never written. */
static struct item_more more_of_empty = {.fault = {.code = FAULT_EMPTY}};

struct item_more *item_more_make(struct item *item)
{
    const struct item_more *before = item->more;
    if (before && before != &more_of_empty)
        return item->more;
    item->more = memory_new(1, sizeof *item->more);
    if (before)
        *item->more = *before;
    return item->more;
}

static void release_more(struct item *item)
{
    if (item->more && item->more != &more_of_empty) {
        digest_state_free(item->more->digests);
        free(item->more);
    }
    item->more = NULL;
}

void item_release(struct item *top)
{
    for (struct item *i = top, *next; i; i = next) {
        next = item_next(i, top);
        release_more(i);
    }
}

const char *role_name(enum role r)
{
    static const char *const names[] = {
#define ROLE(id, name) [ROLE_##id] = name,
        ROLES(ROLE)
#undef ROLE
    };
    return names[r];
}

bool role_by_name(struct bytes name, enum role *out)
{
    for (int r = 0; r < ROLE_COUNT; r++) {
        if (bytes_is(name, role_name((enum role)r))) {
            *out = (enum role)r;
            return true;
        }
    }
    return false;
}

const char *identified_name(enum identified how)
{
    static const char *const names[] = {"not identified", "content", "name", "context",
                                        "option"};
    return names[how];
}

void path_normalise(struct bytes name, struct text *t)
{
    struct bytes part;
    bool first = true;
    while (bytes_split(&name, '/', &part)) {
        if (part.n == 0 || bytes_is(part, "."))
            continue;
        if (!first)
            text_byte(t, '/');
        text_add(t, part);
        first = false;
    }
}

static bool is_normal(struct bytes name)
{
    return name.n == 0 ||
           (name.p[0] != '/' && name.p[0] != '.' && !bytes_contains(name, BYTES("//")) &&
            !bytes_contains(name, BYTES("/.")));
}

struct bytes path_normalised(struct bytes name, struct arena *a)
{
    struct text t = {0};
    struct bytes view = name;
    if (bytes_starts(view, BYTES("./")))
        view = bytes_from(view, 2);
    if (view.n && view.p[view.n - 1] == '/')
        view.n--;
    if (is_normal(view))
        return view;
    path_normalise(name, &t);
    struct bytes copy = arena_copy(a, text_bytes(&t));
    text_release(&t);
    return copy;
}

/* The next component that path_normalise() keeps; nothing at the end. */
static struct bytes next_part(struct bytes *rest)
{
    struct bytes part;
    while (bytes_split(rest, '/', &part)) {
        if (part.n && !bytes_is(part, "."))
            return part;
    }
    return BYTES_NONE;
}

/* Of two components of which `x` begins `y`: after `x` comes a slash or the end. */
static int compare_longer(struct bytes x, struct bytes rest, struct bytes y)
{
    return next_part(&rest).n && '/' > y.p[x.n] ? 1 : -1;
}

int path_compare(struct bytes a, struct bytes b)
{
    /* What both begin with needs no look, up to its last slash. */
    size_t same = 0;
    for (size_t i = 0; i < a.n && i < b.n && a.p[i] == b.p[i]; i++) {
        if (a.p[i] == '/')
            same = i + 1;
    }
    a = bytes_from(a, same);
    b = bytes_from(b, same);
    for (;;) {
        struct bytes x = next_part(&a), y = next_part(&b);
        size_t n = x.n < y.n ? x.n : y.n;
        int order = n ? memcmp(x.p, y.p, n) : 0;
        if (order)
            return order < 0 ? -1 : 1;
        if (n == 0)
            return (x.n > 0) - (y.n > 0);
        if (x.n != y.n)
            return x.n < y.n ? compare_longer(x, a, y) : -compare_longer(y, b, x);
    }
}

int item_by_path(const void *pa, const void *pb)
{
    const struct item *a = *(struct item *const *)pa, *b = *(struct item *const *)pb;
    int order = path_compare(a->name, b->name);
    return order ? order : a->id < b->id ? -1 : a->id > b->id;
}

/* The container that a path shows before an item: for members of a compressed archive the
 * compressed file, because the archive inside it is named like it. */
static const struct item *shown_container(const struct item *item)
{
    const struct item *c = item->parent;
    while (c->parent && container_is_filter(c->parent->container))
        c = c->parent;
    return c;
}

void item_path(const struct item *item, struct text *t)
{
    if (!item->parent)
        return;
    const struct item *container = shown_container(item);
    if (container->parent) {
        item_path(container, t);
        text_str(t, "//");
    }
    path_normalise(item->name, t);
}

const struct item *item_root(const struct item *item)
{
    while (item->parent)
        item = item->parent;
    return item;
}

struct item *item_next(const struct item *item, const struct item *top)
{
    if (item_more(item)->child)
        return item_more(item)->child;
    for (; item != top; item = item->parent) {
        if (item->next)
            return item->next;
    }
    return NULL;
}

struct item *item_child(const struct item *item, struct bytes name)
{
    struct text t = {0};
    struct item *found = NULL;
    for (struct item *c = item_more(item)->child; c && !found; c = c->next) {
        text_clear(&t);
        path_normalise(c->name, &t);
        if (bytes_eq(text_bytes(&t), name))
            found = c;
    }
    text_release(&t);
    return found;
}

void item_verdict_set(struct item *item, enum verdict to)
{
    enum verdict v = item->verdict;
    verdict_set(&v, to);
    item->verdict = v;
}

void item_fault(struct item *item, struct fault fault)
{
    if (!item->more && fault.code == FAULT_EMPTY)
        item->more = &more_of_empty;
    else if (item_more(item)->fault.code == FAULT_NONE)
        item_more_make(item)->fault = fault;
}

void item_faults(struct item *item, const struct faults *faults, struct arena *into)
{
    if (faults->n == 0)
        return;
    item_fault(item, faults->v[0]);
    if (faults->n == 1)
        return;
    struct faults *all = arena_new(into, struct faults);
    *all = *faults;
    all->v = arena_array(into, struct fault, faults->n);
    memcpy(all->v, faults->v, faults->n * sizeof *all->v);
    item_more_make(item)->faults = all;
}

struct bytes item_plain_name(const struct item *item)
{
    struct bytes name = item->name;
    while (bytes_starts(name, BYTES("./")) || bytes_starts(name, BYTES("/")))
        name = bytes_from(name, name.p[0] == '/' ? 1 : 2);
    while (name.n && name.p[name.n - 1] == '/')
        name.n--;
    return name;
}

bool item_in_root_file_system(const struct item *item)
{
    if (item->in_root)
        return true;
    for (const struct item *c = item->parent; c; c = c->parent) {
        if (c->in_root || c->role == ROLE_WRITABLE_LAYER || c->role == ROLE_BASE_IMAGE ||
            c->role == ROLE_CRIU_CHECKPOINT)
            return true;
    }
    return false;
}

void item_forget_roles(struct item *top)
{
    for (struct item *i = top; i; i = item_next(i, top)) {
        if (i->role == ROLE_IMAGE_METADATA)
            continue;
        i->role = ROLE_UNKNOWN;
        i->how = BY_NOTHING;
    }
}
