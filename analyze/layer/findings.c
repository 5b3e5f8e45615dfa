#include "analyze/layer/findings_private.h"

#include "formats/base/intern.h"
#include "formats/layer.h"

/* -- one finding --------------------------------------------------------------------- */

static struct span span_of(const struct comparison *c, const struct view *v)
{
    const struct item *item = v->after.item ? v->after.item : v->before.item;
    if (!item)
        item = c->subject.is_image ? c->subject.image.container : c->subject.item;
    return (struct span){item, 0, item->size};
}

struct span view_span(const struct view *v, uint64_t offset, uint64_t length)
{
    return (struct span){v->after.data, offset, length};
}

/* When it happened at the latest known: the kernel's own time where it was kept, because
 * nobody sets that. */
static instant time_of(const struct state *s)
{
    if (!s->present || !s->inode)
        return INSTANT_NONE;
    instant changed = s->inode->entry.rare->ctime;
    return changed != INSTANT_NONE ? changed : s->inode->entry.mtime;
}

static void text_of_kinds(unsigned kinds, struct text *t)
{
    for (unsigned k = 0; k < CHANGE_KINDS; k++) {
        if (kinds >> k & 1)
            text_printf(t, "%s%s", t->n ? "," : "", change_kind_name(k));
    }
}

void view_begin(const struct work *w, enum layer_finding which, const struct view *v,
                struct making *m)
{
    const struct installed *p = w->c->study ? study_package(w->c->study, v->x) : NULL;
    *m = (struct making){
        .f = finding_of(layer_finding_kind(which), v->path, span_of(w->c, v))};
    m->f.confidence = CONFIDENCE_HIGH;
    m->f.time = time_of(&v->after);
    finding_argument(&m->f, "change", bytes_str(change_type_name(v->x->type)));
    text_of_kinds(v->x->kinds, &m->kinds);
    if (m->kinds.n)
        finding_argument(&m->f, "kinds", text_bytes(&m->kinds));
    if (!p)
        return;
    text_printf(&m->package, "%s ", package_system_name(p->system));
    text_add(&m->package, p->name);
    text_byte(&m->package, ' ');
    text_add(&m->package, p->version);
    finding_argument(&m->f, "package", text_bytes(&m->package));
}

void view_finish(struct work *w, struct making *m)
{
    findings_add(w->all, &m->f);
    text_release(&m->kinds);
    text_release(&m->package);
}

void view_add(struct work *w, enum layer_finding which, const struct view *v,
              struct argument argument)
{
    struct making m;
    view_begin(w, which, v, &m);
    if (argument.name)
        finding_argument(&m.f, argument.name, argument.value);
    view_finish(w, &m);
}

/* -- paths and states ---------------------------------------------------------------- */

bool path_begins(struct bytes path, const char *folder)
{
    return bytes_starts(path, bytes_str(folder));
}

static bool begins_with_one(struct bytes path, const char *const *folders, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (path_begins(path, folders[i]))
            return true;
    }
    return false;
}

bool path_is_temporary(struct bytes path)
{
    static const char *const folders[] = {"/tmp/",       "/var/tmp/", "/dev/shm/",
                                          "/run/",       "/var/run/", "/var/lock/",
                                          "/dev/mqueue/"};
    return begins_with_one(path, folders, sizeof folders / sizeof *folders);
}

bool path_is_served(struct bytes path)
{
    static const char *const folders[] = {
        "/var/www/",  "/usr/share/nginx/",          "/srv/www/",
        "/srv/http/", "/usr/local/apache2/htdocs/", "/usr/lib/cgi-bin/"};
    static const char *const inside[] = {"/htdocs/",   "/webapps/", "/public_html/",
                                         "/www/html/", "/wwwroot/", "/public/",
                                         "/cgi-bin/"};
    bool served = begins_with_one(path, folders, sizeof folders / sizeof *folders);
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++)
        served = served || bytes_contains(path, bytes_str(inside[i]));
    return served;
}

bool change_has_content(const struct change *x)
{
    return x->kinds & (CHANGED_CONTENT | CHANGED_TYPE);
}

/* -- by place ------------------------------------------------------------------------ */

/* What a deleted folder held is told once, for the folder. */
static bool told_by_parent(const struct view *v)
{
    return v->x->type == CHANGE_DELETED && v->after.absence == ABSENT_PARENT;
}

static bool is_new_folder(const struct view *v)
{
    return v->x->type == CHANGE_ADDED && state_type(&v->after) == ENTRY_DIRECTORY;
}

/* The engine makes the places of its mounts, and leaves them empty. */
static bool is_stub(const struct view *v)
{
    bool has_bytes = v->after.present && v->after.data && v->after.data->size > 0;
    return layer_is_stub(v->path) && !has_bytes;
}

/* "127.0.0.1 localhost", "ff02::1 ip6-allnodes": what every system has. A name of
 * somebody else's that is sent there is another matter. */
static bool is_usual_host(struct bytes line)
{
    static const char *const usual[] = {
        "localhost",     "localhost.localdomain", "localhost4",   "localhost6",
        "ip6-localhost", "ip6-loopback",          "ip6-localnet", "ip6-mcastprefix",
        "ip6-allnodes",  "ip6-allrouters",        "ip6-allhosts", "broadcasthost"};
    struct bytes word;
    bool first = true, all = true;
    while (bytes_word(&line, &word)) {
        bool found = first;
        for (size_t i = 0; !found && i < sizeof usual / sizeof *usual; i++)
            found = bytes_is(word, usual[i]);
        all &= found;
        first = false;
    }
    return all;
}

/* Lists of hosts that say nothing yet. */
static bool is_usual_list(const struct view *v, const struct finding_kind *kind)
{
    struct bytes rest = v->is ? v->is->text : BYTES_NONE, line;
    if (kind != layer_finding_kind(LAYER_RESOLVER) || rest.n == 0)
        return false;
    while (bytes_split(&rest, '\n', &line)) {
        line = bytes_trim(line);
        if (line.n && line.p[0] != '#' && !is_usual_host(line))
            return false;
    }
    return true;
}

static bool is_changed_target(const struct work *w, const struct view *v)
{
    const struct tree *t = &w->c->tree;
    if (!v->after.present || state_type(&v->after) != ENTRY_SYMLINK)
        return false;
    uint32_t target =
        tree_resolve_from(t, v->node->parent, entry_link(&v->after.inode->entry), true);
    return target != TREE_NONE && diff_find(&w->c->diff, target);
}

static bool is_of_skeleton(const struct work *w, const struct view *v)
{
    struct text from = {0};
    if (v->relations.copied_from != TREE_NONE)
        tree_path(&w->c->tree, v->relations.copied_from, &from);
    bool is = bytes_starts(text_bytes(&from), BYTES("/etc/skel/"));
    text_release(&from);
    return is;
}

/* What one command did is told once: useradd(8) copies /etc/skel into the new home and
 * gives ranges of ids, which the account in passwd tells; the links that
 * update-ca-certificates(8) makes lead to the certificate that is told. */
static bool is_told_elsewhere(const struct work *w, const struct view *v,
                              const struct finding_kind *kind)
{
    if (kind == layer_finding_kind(LAYER_SHELL_START))
        return is_of_skeleton(w, v);
    if (kind == layer_finding_kind(LAYER_CERTIFICATE))
        return is_changed_target(w, v);
    if (bytes_is(v->path, "/etc/subuid") || bytes_is(v->path, "/etc/subgid")) {
        uint32_t accounts = tree_walk(&w->c->tree, BYTES("/etc/passwd"));
        return accounts != TREE_NONE && diff_find(&w->c->diff, accounts);
    }
    return false;
}

static void by_place(struct work *w, const struct view *v)
{
    const struct finding_kind *kind = layer_place(v->path, v->x->type, v->x->kinds);
    if (!kind || is_new_folder(v) || is_stub(v) || is_usual_list(v, kind) ||
        accounts_are_told(v) || certificates_are_told(w, v) ||
        authentication_is_told(w, v) || is_told_elsewhere(w, v, kind))
        return;
    if (kind == layer_finding_kind(LAYER_LIBRARY) && v->x->type == CHANGE_ADDED) {
        program_added(w, v, LAYER_LIBRARY);
        return;
    }
    for (int f = 0; f < LAYER_FINDING_COUNT; f++) {
        if (layer_finding_kind((enum layer_finding)f) == kind)
            view_add(w, (enum layer_finding)f, v, NO_ARGUMENT);
    }
}

/* -- rights -------------------------------------------------------------------------- */

static uint32_t mode_of(const struct state *s)
{
    return s->present && s->inode ? s->inode->entry.mode : 0;
}

static void rights(struct work *w, const struct view *v)
{
    char text[16];
    enum entry_type type = state_type(&v->after);
    uint32_t gained = mode_of(&v->after) & ~mode_of(&v->before);
    if (!v->after.present || type == ENTRY_SYMLINK || !v->after.inode)
        return;
    snprintf(text, sizeof text, "%04o", mode_of(&v->after) & 07777u);
    bool program = type == ENTRY_FILE && (mode_of(&v->after) & 0111);
    if (program && gained & 06000)
        view_add(w, LAYER_SETUID, v, argument_of("mode", bytes_str(text)));
    bool sticky_folder = type == ENTRY_DIRECTORY && (mode_of(&v->after) & 01000);
    bool writable = type == ENTRY_FILE || type == ENTRY_DIRECTORY;
    if (writable && gained & 0002 && !sticky_folder)
        view_add(w, LAYER_WORLD_WRITABLE, v, argument_of("mode", bytes_str(text)));
}

static void capabilities(struct work *w, const struct view *v)
{
    struct file_capabilities now, then = {0};
    const struct item *a = v->before.present ? v->before.inode : NULL;
    const struct item *b = v->after.present ? v->after.inode : NULL;
    const struct bytes *value = b ? entry_xattr(&b->entry, "security.capability") : NULL;
    const struct bytes *old = a ? entry_xattr(&a->entry, "security.capability") : NULL;
    if (!value || !file_capabilities_read(*value, &now))
        return;
    if (old && !file_capabilities_read(*old, &then))
        then = (struct file_capabilities){0};
    if ((now.permitted & ~then.permitted) == 0 && now.effective == then.effective)
        return;
    struct text t = {0};
    file_capabilities_text(&now, &t);
    view_add(w, LAYER_CAPABILITY, v, argument_of("capabilities", text_bytes(&t)));
    text_release(&t);
}

/* -- nodes and logs ------------------------------------------------------------------ */

static void nodes(struct work *w, const struct view *v)
{
    if (!v->after.present || v->x->type == CHANGE_DELETED || layer_is_stub(v->path))
        return;
    bool is_new =
        v->x->type == CHANGE_ADDED || (v->x->kinds & (CHANGED_TYPE | CHANGED_DEVICE));
    enum entry_type type = state_type(&v->after);
    if (is_new && (type == ENTRY_BLOCK || type == ENTRY_CHARACTER))
        view_add(w, LAYER_DEVICE, v, NO_ARGUMENT);
    if (is_new && (type == ENTRY_FIFO || type == ENTRY_SOCKET))
        view_add(w, LAYER_ODD_NODE, v, NO_ARGUMENT);
}

static void transient(struct work *w, const struct view *v)
{
    struct making m;
    if (v->x->type != CHANGE_MODIFIED || v->x->kinds != CHANGED_TIME ||
        state_type(&v->after) != ENTRY_DIRECTORY)
        return;
    view_begin(w, LAYER_TRANSIENT, v, &m);
    m.f.confidence = CONFIDENCE_LOW;
    view_finish(w, &m);
}

static bool is_log(struct bytes path)
{
    return path_begins(path, "/var/log/") || bytes_ends(path, BYTES(".log")) ||
           bytes_ends(path, BYTES("/utmp")) || bytes_ends(path, BYTES("_history"));
}

static void logs(struct work *w, const struct view *v)
{
    if (v->x->type == CHANGE_DELETED || !is_log(v->path))
        return;
    bool history = bytes_ends(v->path, BYTES("_history"));
    bool to_nothing = state_type(&v->after) == ENTRY_SYMLINK && v->after.inode &&
                      bytes_is(entry_link(&v->after.inode->entry), "/dev/null");
    bool smaller = v->before.data && v->after.data && change_has_content(v->x) &&
                   v->after.data->size < v->before.data->size;
    if (to_nothing || smaller)
        view_add(w, history ? LAYER_HISTORY : LAYER_LOG_TRUNCATED, v, NO_ARGUMENT);
}

/* -- the image and the layer themselves ---------------------------------------------- */

static void add_about(struct work *w, enum layer_finding which, const struct item *item,
                      struct argument argument)
{
    struct text path = {0};
    item_path(item, &path);
    struct finding f = finding_of(layer_finding_kind(which), text_bytes(&path),
                                  (struct span){item, 0, item->size});
    finding_argument(&f, argument.name, argument.value);
    findings_add(w->all, &f);
    text_release(&path);
}

static void toc_finding(struct work *w, const struct image_layer *l)
{
    struct text path = {0}, first = {0}, count = {0};
    item_path(l->blob, &path);
    struct finding f = finding_of(layer_finding_kind(LAYER_TOC), text_bytes(&path),
                                  (struct span){l->blob, 0, l->blob->size});
    const struct toc_difference *d = &l->toc.v[0];
    text_printf(&first, "%s%s", d->what, d->path.n ? ": /" : "");
    text_add(&first, d->path);
    text_printf(&count, "%zu", l->toc.in_all);
    finding_argument(&f, "form", bytes_str(l->toc.form));
    finding_argument(&f, "differences", text_bytes(&count));
    finding_argument(&f, "first", text_bytes(&first));
    findings_add(w->all, &f);
    text_release(&path);
    text_release(&first);
    text_release(&count);
}

static void image_findings(struct work *w, const struct image *i)
{
    if (i->manifest_check == BLOB_MISMATCH)
        add_about(w, LAYER_DAMAGED_IMAGE, i->manifest,
                  argument_of("digest", i->manifest_digest));
    if (i->config_check == BLOB_MISMATCH && i->config)
        add_about(w, LAYER_DAMAGED_IMAGE, i->config,
                  argument_of("digest", i->config_digest));
    for (size_t k = 0; k < i->layer_count; k++) {
        const struct image_layer *l = &i->layers[k];
        if (l->blob_check == BLOB_MISMATCH)
            add_about(w, LAYER_DAMAGED_IMAGE, l->blob, argument_of("digest", l->digest));
        if (l->diff_check == BLOB_MISMATCH)
            add_about(w, LAYER_DAMAGED_IMAGE, l->blob,
                      argument_of("diff_id", l->diff_id));
        if (l->toc.n)
            toc_finding(w, l);
        if (!l->blob)
            add_about(w, LAYER_MISSING_BLOB, i->manifest,
                      argument_of("digest", l->digest.n ? l->digest : l->diff_id));
    }
}

static void oddity_findings(struct work *w, const struct layer *l)
{
    for (size_t i = 0; i < l->oddities.n; i++) {
        const struct oddity *o = &l->oddities.v[i];
        enum layer_finding which = o->kind == ODDITY_WHITEOUT_OF_NOTHING
                                       ? LAYER_OTHER_BASE
                                   : o->kind == ODDITY_GVISOR_STORE ? LAYER_SANDBOX_STORE
                                                                    : LAYER_ODD_LAYER;
        add_about(w, which, o->item,
                  argument_of("what", bytes_str(oddity_name(o->kind))));
    }
}

static void about_layer(struct work *w)
{
    const struct comparison *c = w->c;
    image_findings(w, &c->base);
    if (c->subject.is_image)
        image_findings(w, &c->subject.image);
    else
        oddity_findings(w, &c->subject.layer);
    if (c->unmatched_origins)
        add_about(w, LAYER_OTHER_BASE, c->subject.item,
                  argument_of("what", BYTES("copied-up-from-nothing")));
}

/* -- all changes --------------------------------------------------------------------- */

struct view view_of(struct work *w, const struct change *x)
{
    const struct tree *t = &w->c->tree;
    const struct study *s = w->c->study;
    return (struct view){.x = x,
                         .node = tree_node(t, x->node),
                         .path = tree_path_in(t, x->node, &w->paths),
                         .relations = *change_relations(&w->c->diff, x),
                         .before = tree_before(t, x->node),
                         .after = tree_after(t, x->node),
                         .was = s ? study_content(s, x, false) : NULL,
                         .is = s ? study_content(s, x, true) : NULL,
                         .explained = s && study_is_explained(s, x)};
}

static void look_at(struct work *w, const struct view *v)
{
    find_by_content(w, v);
    find_by_name(w, v);
    if (v->explained)
        return;
    by_place(w, v);
    find_accounts(w, v);
    find_programs(w, v);
    rights(w, v);
    capabilities(w, v);
    find_by_time(w, v);
    transient(w, v);
    nodes(w, v);
    logs(w, v);
}

void layer_findings(const struct comparison *c, instant now, struct findings *all)
{
    struct work w = {.c = c, .all = all, .now = now};
    about_layer(&w);
    times_begin(&w);
    for (size_t i = 0; i < c->diff.n; i++) {
        struct view v = view_of(&w, &c->diff.v[i]);
        if (!told_by_parent(&v))
            look_at(&w, &v);
        arena_reset(&w.paths);
    }
    programs_end(&w);
    times_end(&w);
    names_end(&w);
    if (w.certificates)
        intern_free(w.certificates);
    find_packages(&w);
    arena_release(&w.paths);
}
