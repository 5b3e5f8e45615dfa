/* Which changes a change of packages explains.
 *
 * Packages that were installed at run time are told once, with what they brought. A file
 * is explained by them only where its bytes are what the new database states: so nothing
 * that was put beside a package or into it disappears behind it. The database itself lies
 * in the same layer, and who may write it may make it say anything; that a package was
 * installed at all is therefore always told. */
#include "analyze/layer/findings.h"
#include "analyze/layer/study_private.h"
#include "formats/base/cursor.h"

struct explaining {
    struct study *s;
    bool systems[PACKAGE_SYSTEMS]; /* that had some change of packages */
    struct text path;              /* of the change at hand */
};

static struct bytes path_of(const struct explaining *e)
{
    return text_bytes(&e->path);
}

static const struct node *node_of(const struct study *s, const struct change *x)
{
    return tree_node(&s->c->tree, x->node);
}

/* -- files of packages --------------------------------------------------------------- */

static bool is_of_changed(const struct study *s, const struct owned *o, int side)
{
    return o && s->changed_in[side][o->package];
}

/* Python's records state no digest of themselves, dpkg none of links. */
static bool needs_no_digest(const struct explaining *e, const struct change *x,
                            const struct owned *o)
{
    const struct study *s = e->s;
    const struct state after = tree_after(&s->c->tree, x->node);
    bool record = s->packages[AFTER].v[o->package].system == PACKAGES_PYTHON &&
                  bytes_contains(path_of(e), BYTES(".dist-info/"));
    bool npm = s->packages[AFTER].v[o->package].system == PACKAGES_NPM;
    return state_type(&after) == ENTRY_SYMLINK || record || npm;
}

static bool by_owner(const struct explaining *e, const struct change *x)
{
    const struct study *s = e->s;
    const struct owned *after = study_owner(s, x, AFTER);
    size_t i = (size_t)(x - s->c->diff.v);
    if (x->type == CHANGE_DELETED)
        return is_of_changed(s, study_owner(s, x, BEFORE), BEFORE);
    if (!is_of_changed(s, after, AFTER))
        return false;
    if (after->known)
        return s->holding[AFTER][i] == HOLDING_YES;
    return needs_no_digest(e, x, after);
}

/* -- links to them ------------------------------------------------------------------- */

/* /etc/alternatives/editor, /etc/rc2.d/S01cron, a unit that is wanted by a target, a
 * module that is enabled (/etc/php/8.2/cli/conf.d): their targets were looked at before.
 */
static bool by_target(const struct explaining *e, const struct change *x)
{
    const struct study *s = e->s;
    const struct state after = tree_after(&s->c->tree, x->node);
    if (x->type == CHANGE_DELETED || state_type(&after) != ENTRY_SYMLINK)
        return false;
    uint32_t target = tree_resolve_from(&s->c->tree, node_of(s, x)->parent,
                                        entry_link(&after.inode->entry), true);
    if (target == TREE_NONE)
        return false;
    const struct change *of = diff_find(&s->c->diff, target);
    return is_of_changed(s, packages_owner(&s->packages[AFTER], target), AFTER) ||
           (of && s->explained[of - s->c->diff.v] == EXPLAINED_BY_PACKAGES);
}

/* -- what is compiled of them -------------------------------------------------------- */

/* "mod.cpython-311.pyc" in __pycache__ is compiled from ../mod.py. */
uint32_t study_source(const struct study *s, const struct change *x)
{
    const struct node *n = node_of(s, x);
    const struct node *folder = tree_node(&s->c->tree, n->parent);
    struct bytes file = node_name(n);
    size_t dot = bytes_find(file, BYTES(".cpython-"));
    struct text name = {0};
    if (!bytes_is(node_name(folder), "__pycache__") || dot == file.n ||
        folder->parent == TREE_NONE)
        return TREE_NONE;
    text_add(&name, bytes_sub(file, 0, dot));
    text_str(&name, ".py");
    uint32_t source = tree_find(&s->c->tree, folder->parent, text_bytes(&name));
    text_release(&name);
    return source;
}

/* PEP 552: four octets of magic, of flags, of the source's time and of its size. */
static bool by_source(const struct explaining *e, const struct change *x)
{
    const struct study *s = e->s;
    const struct content *c = study_content(s, x, true);
    uint32_t source = x->type == CHANGE_ADDED ? study_source(s, x) : TREE_NONE;
    if (source == TREE_NONE || !c)
        return false;
    const struct state py = tree_after(&s->c->tree, source);
    const struct state then = tree_before(&s->c->tree, source);
    bool unchanged = then.present && then.data == py.data;
    struct cursor head = cursor_of(bytes_of(c->head, sizeof c->head));
    cursor_skip(&head, 4);
    uint32_t flags = cursor_u32le(&head), time = cursor_u32le(&head),
             size = cursor_u32le(&head);
    bool fits = py.present && py.data && py.inode && flags == 0 &&
                size == (uint32_t)py.data->size &&
                time == (uint32_t)(py.inode->entry.mtime / NANOSECONDS);
    return fits && (unchanged || packages_owner(&s->packages[AFTER], source) != NULL);
}

/* -- what is copied of them ---------------------------------------------------------- */

/* Configuration that a package keeps in /usr/share and puts into /etc: the same bytes
 * under another name, that nobody runs. */
static bool by_copy(const struct explaining *e, const struct change *x)
{
    const struct study *s = e->s;
    const struct state after = tree_after(&s->c->tree, x->node);
    if (x->type == CHANGE_DELETED || !bytes_starts(path_of(e), BYTES("/etc/")) ||
        !after.present || !after.data || !after.data->hashed ||
        (after.inode->entry.mode & 06111))
        return false;
    for (size_t i = 0; i < s->packages[AFTER].owned_count; i++) {
        const struct owned *o = &s->packages[AFTER].owned[i];
        const struct state source = tree_after(&s->c->tree, o->node);
        if (s->changed_in[AFTER][o->package] && source.data && source.data->hashed &&
            source.data->size > 0 && source.data->size == after.data->size &&
            memcmp(source.data->sha256, after.data->sha256, 32) == 0)
            return true;
    }
    return false;
}

/* -- the package manager's own ------------------------------------------------------- */

struct own_place {
    enum package_system system;
    const char *pattern;
};

static const struct own_place own_places[] = {
    {PACKAGES_DPKG, "/var/lib/dpkg/status*"},
    {PACKAGES_DPKG, "/var/lib/dpkg/available*"},
    {PACKAGES_DPKG, "/var/lib/dpkg/diversions*"},
    {PACKAGES_DPKG, "/var/lib/dpkg/statoverride*"},
    {PACKAGES_DPKG, "/var/lib/dpkg/triggers/*"},
    {PACKAGES_DPKG, "/var/lib/dpkg/alternatives/*"},
    {PACKAGES_DPKG, "/var/lib/dpkg/lock*"},
    {PACKAGES_DPKG, "/var/lib/dpkg/updates"},
    {PACKAGES_DPKG, "/etc/ca-certificates.conf"},
    {PACKAGES_DPKG, "/var/lib/ucf/**"},
    {PACKAGES_DPKG, "/var/lib/apt/**"},
    {PACKAGES_DPKG, "/var/cache/apt/**"},
    {PACKAGES_DPKG, "/var/cache/debconf/**"},
    {PACKAGES_DPKG, "/var/cache/ldconfig/aux-cache"},
    {PACKAGES_DPKG, "/etc/ld.so.cache"},
    {PACKAGES_DPKG, "/var/log/apt/*"},
    {PACKAGES_DPKG, "/var/log/dpkg.log"},
    {PACKAGES_DPKG, "/var/log/alternatives.log"},
    {PACKAGES_DPKG, "/var/lib/systemd/deb-systemd-helper-*/**"},
    {PACKAGES_APK, "/lib/apk/db/*"},
    {PACKAGES_APK, "/usr/lib/apk/db/*"},
    {PACKAGES_APK, "/etc/apk/world"},
    {PACKAGES_APK, "/var/cache/apk/**"},
    {PACKAGES_APK, "/etc/apk/cache/**"},
    {PACKAGES_RPM, "/var/lib/rpm/**"},
    {PACKAGES_RPM, "/usr/lib/sysimage/rpm/**"},
    {PACKAGES_RPM, "/var/lib/dnf/**"},
    {PACKAGES_RPM, "/var/cache/dnf/**"},
    {PACKAGES_RPM, "/var/cache/yum/**"},
    {PACKAGES_RPM, "/var/lib/yum/**"},
    {PACKAGES_RPM, "/etc/ld.so.cache"},
    {PACKAGES_RPM, "/var/log/dnf*"},
    {PACKAGES_RPM, "/var/log/yum.log"},
    {PACKAGES_NPM, "**/node_modules/.package-lock.json"},
};

static const struct package_change *change_of(const struct study *s,
                                              enum package_system system,
                                              struct bytes name)
{
    for (size_t i = 0; i < s->package_change_count; i++) {
        const struct package_change *c = &s->package_changes[i];
        const struct installed *p = c->after ? c->after : c->before;
        if (p->system == system && bytes_eq(p->name, name))
            return c;
    }
    return NULL;
}

/* Scripts and lists of a package: only of one that changed. */
static bool is_info_of_changed(const struct study *s, struct bytes path)
{
    static const struct bytes folder = {(const uint8_t *)"/var/lib/dpkg/info/", 19};
    struct bytes name = bytes_from(path, folder.n);
    name = bytes_sub(name, 0, bytes_rfind_byte(name, '.'));
    return bytes_starts(path, folder) &&
           change_of(s, PACKAGES_DPKG, bytes_sub(name, 0, bytes_find_byte(name, ':')));
}

/* sshd's package makes keys of the host when it is installed. */
static bool made_by_installation(const struct explaining *e, const struct change *x)
{
    const struct package_change *c =
        change_of(e->s, PACKAGES_DPKG, BYTES("openssh-server"));
    return c && !c->before && x->type == CHANGE_ADDED &&
           path_matches(path_of(e), BYTES("/etc/ssh/ssh_host_*"));
}

/* Databases, lists and logs are read, never run: what is put between them to be run is
 * somebody else's. */
static bool may_run(const struct explaining *e, const struct change *x)
{
    const struct state after = tree_after(&e->s->c->tree, x->node);
    const struct content *c = study_content(e->s, x, true);
    return state_is_executable(&after) || (c && c->elf);
}

/* What they log they append. */
static bool is_lost_log(const struct explaining *e, const struct change *x)
{
    const struct state before = tree_before(&e->s->c->tree, x->node),
                       after = tree_after(&e->s->c->tree, x->node);
    return bytes_contains(path_of(e), BYTES("/log/")) &&
           (x->type == CHANGE_DELETED ||
            (before.data && after.data && after.data->size < before.data->size));
}

static bool by_own_place(const struct explaining *e, const struct change *x)
{
    for (size_t i = 0; i < sizeof own_places / sizeof *own_places; i++) {
        const struct own_place *p = &own_places[i];
        if (!e->systems[p->system] || !path_matches(path_of(e), bytes_str(p->pattern)))
            continue;
        return !is_lost_log(e, x) && (x->type == CHANGE_DELETED || !may_run(e, x));
    }
    return false;
}

static bool by_place(const struct explaining *e, const struct change *x)
{
    return by_own_place(e, x) ||
           (e->systems[PACKAGES_DPKG] &&
            (is_info_of_changed(e->s, path_of(e)) || made_by_installation(e, x)));
}

/* -- all ----------------------------------------------------------------------------- */

/* Whatever a package says, nobody ships these. */
static bool is_never_explained(struct bytes path)
{
    return bytes_is(path, "/etc/ld.so.preload") ||
           path_matches(path, BYTES("**/.ssh/authorized_keys*"));
}

static bool may_be_explained(struct explaining *e, const struct change *x)
{
    text_clear(&e->path);
    tree_path(&e->s->c->tree, x->node, &e->path);
    return !is_never_explained(path_of(e));
}

void study_explain(struct study *s)
{
    struct explaining e = {.s = s};
    for (size_t i = 0; i < s->package_change_count; i++) {
        const struct package_change *c = &s->package_changes[i];
        e.systems[(c->after ? c->after : c->before)->system] = true;
    }
    for (size_t i = 0; i < s->c->diff.n; i++) {
        const struct change *x = &s->c->diff.v[i];
        bool by_packages = s->package_change_count && may_be_explained(&e, x) &&
                           (by_owner(&e, x) || by_place(&e, x) || by_copy(&e, x));
        s->explained[i] = by_packages        ? EXPLAINED_BY_PACKAGES
                          : by_source(&e, x) ? EXPLAINED_BY_SOURCE
                                             : EXPLAINED_NOT;
    }
    for (size_t i = 0; s->package_change_count && i < s->c->diff.n; i++) {
        const struct change *x = &s->c->diff.v[i];
        if (s->explained[i] == EXPLAINED_NOT && may_be_explained(&e, x) &&
            by_target(&e, x))
            s->explained[i] = EXPLAINED_BY_PACKAGES;
    }
    text_release(&e.path);
}

bool study_is_explained(const struct study *s, const struct change *x)
{
    return s->explained[x - s->c->diff.v] != EXPLAINED_NOT;
}

const struct installed *study_package(const struct study *s, const struct change *x)
{
    for (int side = AFTER; side >= BEFORE; side--) {
        const struct owned *o = study_owner(s, x, side);
        if (o)
            return &s->packages[side].v[o->package];
    }
    return NULL;
}
