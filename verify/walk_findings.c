/* What the walk itself saw, as findings (walk.h). */
#include <stdio.h>
#include <stdlib.h>

#include "formats/base/bisect.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/base/order.h"
#include "verify/identify.h"
#include "verify/member_header.h"
#include "verify/walk.h"

/* What there is to tell goes to `all`; of members, the place of their headers is told. */
struct telling {
    struct findings *all;
    struct header_lookup headers;
};

static struct text path_of(const struct item *i)
{
    struct text t = {0};
    item_path(i, &t);
    return t;
}

static void add(struct telling *t, const struct finding_kind *kind, const struct item *i,
                const char *why)
{
    struct text path = path_of(i);
    struct finding f = finding_of(kind, text_bytes(&path), member_header(&t->headers, i));
    finding_argument(&f, "why", bytes_str(why));
    findings_add_some(t->all, &f);
    text_release(&path);
}

/* -- faults -----------------------------------------------------------------------------
 */

static const struct finding_kind *kind_of_fault(const struct item *i,
                                                const struct fault *fault)
{
    switch (fault->code) {
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

static void fault_finding(const struct item *i, const struct fault *fault,
                          uint64_t not_shown, struct telling *t)
{
    struct text path = path_of(i);
    struct span place = {i, fault->offset, fault->offset < i->size};
    if (fault->code == FAULT_EMPTY)
        place = member_header(&t->headers, i);
    char offset[24], want[24], have[24], more[24];
    struct finding f = finding_of(kind_of_fault(i, fault), text_bytes(&path), place);
    finding_argument(&f, "fault", bytes_str(fault_name(fault->code)));
    finding_argument(&f, "why", bytes_str(fault_text(fault->code)));
    add_number(&f, "offset", fault->offset, offset);
    if (fault->code == FAULT_READ && fault->have) {
        finding_argument(&f, "error", bytes_str(strerror((int)fault->have)));
    } else if (fault->want || fault->have) {
        add_number(&f, "want", fault->want, want);
        add_number(&f, "have", fault->have, have);
    }
    if (not_shown)
        add_number(&f, "not_shown", not_shown, more);
    findings_add_some(t->all, &f);
    text_release(&path);
}

/* The item's own fault, then the others of an archive, which begin with it unless the
 * reading of the item failed before that of the archive. */
static void fault_findings(const struct item *i, struct telling *t)
{
    const struct fault *own = &item_more(i)->fault;
    const struct faults *list = item_more(i)->faults;
    fault_finding(i, own, 0, t);
    for (size_t n = 0; list && n < list->n; n++) {
        uint64_t not_shown = n + 1 == list->n ? list->more : 0;
        if (list->v[n].code != own->code || list->v[n].offset != own->offset)
            fault_finding(i, &list->v[n], not_shown, t);
    }
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
        if (bytes_starts(part, BYTES("..\\")) || bytes_contains(part, BYTES("\\..\\")))
            return "the path climbs out of its root where \"\\\" separates folders";
    }
    if (i->name.n && i->name.p[0] == '/')
        return "the path is absolute";
    bool drive = i->name.n > 2 && i->name.p[1] == ':' &&
                 (i->name.p[2] == '\\' || i->name.p[2] == '/');
    if (drive)
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
    if (bytes_starts(entry_link(&i->entry), BYTES("/")))
        return "the link points to an absolute path";
    struct bytes rest = i->name, part;
    long depth = 0;
    /* A symbolic link starts from its own folder, a hard link from the root. */
    if (i->entry.type == ENTRY_SYMLINK) {
        for (depth = -1; bytes_split(&rest, '/', &part);)
            depth += part.n > 0 && !bytes_is(part, ".");
    }
    rest = entry_link(&i->entry);
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

/* With the name as it stands where the path that is shown differs from it. */
static void add_unsafe(struct telling *t, const struct item *i, const char *why)
{
    struct text path = path_of(i);
    struct finding f = finding_of(INTEGRITY(UNSAFE_PATH), text_bytes(&path),
                                  member_header(&t->headers, i));
    finding_argument(&f, "why", bytes_str(why));
    if (!bytes_ends(text_bytes(&path), i->name))
        finding_argument(&f, "name", i->name);
    if (entry_link(&i->entry).n)
        finding_argument(&f, "target", entry_link(&i->entry));
    findings_add_some(t->all, &f);
    text_release(&path);
}

static void look_at_name(const struct item *i, struct telling *t)
{
    const char *why = unsafe_name(i);
    if (!why)
        why = unsafe_link(i);
    if (why)
        add_unsafe(t, i, why);
    why = special_type(i);
    if (why)
        add(t, INTEGRITY(SPECIAL_FILE), i, why);
}

/* -- members that concern each other ---------------------------------------------------
 */

/* The members of an archive, sorted by path. */
struct members_by_path {
    const struct item **v;
    size_t n;
    struct arena arena;
};

/* The first member whose path is not before this one. */
static size_t first_from(const struct members_by_path *m, struct bytes path)
{
    size_t low;
    BISECT(low, 0, m->n, path_compare(m->v[low]->name, path) < 0);
    return low;
}

static void find_duplicates(const struct members_by_path *m, struct telling *t)
{
    for (size_t i = 1; i < m->n; i++) {
        const struct item *a = m->v[i - 1], *b = m->v[i];
        bool folders =
            a->entry.type == ENTRY_DIRECTORY && b->entry.type == ENTRY_DIRECTORY;
        if (!folders && path_compare(a->name, b->name) == 0)
            add(t, INTEGRITY(DUPLICATE_ENTRY), b,
                "another entry of this archive has the same path");
    }
}

/* A hard link has the content of a member before it, and nothing else has. */
static void look_at_hard_link(struct members_by_path *m, const struct item *link,
                              struct telling *t)
{
    struct bytes target = path_normalised(entry_link(&link->entry), &m->arena);
    size_t at = first_from(m, target);
    if (at == m->n || path_compare(m->v[at]->name, target) != 0)
        add(t, INTEGRITY(DANGLING_LINK), link, "no member of this archive has that name");
    else if (m->v[at]->id >= link->id)
        add(t, INTEGRITY(DANGLING_LINK), link,
            "it names itself or a member that comes after it");
}

/* Who extracts what lies "in" a symbolic link writes to where that points. */
static void look_at_symlink(struct members_by_path *m, const struct item *link,
                            struct telling *t)
{
    struct bytes path = path_normalised(link->name, &m->arena);
    struct bytes inside =
        bytes_str(arena_printf(&m->arena, "%.*s/\1", (int)path.n, (const char *)path.p));
    /* No name of a component comes before the octet 1. */
    size_t at = first_from(m, inside);
    struct bytes folder = bytes_sub(inside, 0, inside.n - 1);
    if (at < m->n && bytes_starts(path_normalised(m->v[at]->name, &m->arena), folder))
        add(t, INTEGRITY(UNSAFE_PATH), m->v[at],
            "the path leads through a symbolic link of the same archive");
}

static void look_at_members(const struct item *container, struct telling *t)
{
    size_t children = item_more(container)->children;
    struct members_by_path m = {memory_new(children, sizeof *m.v), 0, ARENA_INIT};
    for (const struct item *c = item_more(container)->child; c; c = c->next)
        m.v[m.n++] = c;
    sort_if_needed(m.v, m.n, sizeof *m.v, item_by_path);
    find_duplicates(&m, t);
    for (size_t i = 0; i < m.n; i++) {
        if (m.v[i]->entry.type == ENTRY_HARDLINK)
            look_at_hard_link(&m, m.v[i], t);
        if (m.v[i]->entry.type == ENTRY_SYMLINK)
            look_at_symlink(&m, m.v[i], t);
    }
    free(m.v);
    arena_release(&m.arena);
}

/* Decompression bombs that stay below the ceilings were read to their end. */
static void look_at_growth(const struct item *container, struct telling *t)
{
    char text[80];
    uint64_t held = 0;
    for (const struct item *c = item_more(container)->child; c; c = c->next)
        held += c->size;
    if (held < LIMIT_RATIO_FLOOR || held / LIMIT_RATIO_TOLD < container->size)
        return;
    snprintf(text, sizeof text, "%llu stored bytes hold %llu",
             (unsigned long long)container->size, (unsigned long long)held);
    add(t, INTEGRITY(EXPANSION), container, text);
}

void walk_findings(const struct package *p, struct findings *all)
{
    struct telling t = {.all = all};
    struct item *root = package_root(p);
    for (const struct item *i = root; i; i = item_next(i, root)) {
        /* Every file system has empty files; as an artefact one is worth a word. */
        bool inner_empty = item_more(i)->fault.code == FAULT_EMPTY &&
                           (i->in_root || i->parent != package_content(p));
        if (item_more(i)->fault.code && !inner_empty)
            fault_findings(i, &t);
        if (i->parent)
            look_at_name(i, &t);
        if (item_more(i)->children == 0 || i->container == CONTAINER_DIRECTORY)
            continue;
        look_at_members(i, &t);
        look_at_growth(i, &t);
    }
    header_lookup_release(&t.headers);
}
