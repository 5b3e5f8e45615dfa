#include "analyze/layer/findings.h"

#include "formats/layer.h"

struct work {
    const struct comparison *c;
    struct findings *all;
    instant now;
};

/* -- one finding --------------------------------------------------------------------- */

static struct span span_of(const struct comparison *c, const struct change *x)
{
    const struct node *n = tree_node(&c->tree, x->node);
    const struct item *item = n->after.item ? n->after.item : n->before.item;
    if (!item)
        item = c->subject.is_image ? c->subject.image.container : c->subject.item;
    return (struct span){item, 0, item->size};
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

static void add(struct work *w, enum layer_finding which, const struct change *x,
                enum confidence confidence, const char *argument, struct bytes value)
{
    struct text kinds = {0};
    struct finding f = finding_of(layer_finding_kind(which), x->path, span_of(w->c, x));
    f.confidence = confidence;
    f.time = time_of(&tree_node(&w->c->tree, x->node)->after);
    finding_argument(&f, "change", bytes_str(change_type_name(x->type)));
    text_of_kinds(x->kinds, &kinds);
    if (kinds.n)
        finding_argument(&f, "kinds", text_bytes(&kinds));
    if (argument)
        finding_argument(&f, argument, value);
    findings_add(w->all, &f);
    text_release(&kinds);
}

static void add_plain(struct work *w, enum layer_finding which, const struct change *x)
{
    add(w, which, x, CONFIDENCE_HIGH, NULL, BYTES_NONE);
}

/* -- by place ------------------------------------------------------------------------ */

/* What a deleted folder held is told once, for the folder. */
static bool told_by_parent(const struct work *w, const struct change *x)
{
    return x->type == CHANGE_DELETED &&
           tree_node(&w->c->tree, x->node)->after.absence == ABSENT_PARENT;
}

static bool is_folder_only(const struct work *w, const struct change *x)
{
    return x->type == CHANGE_ADDED &&
           state_type(&tree_node(&w->c->tree, x->node)->after) == ENTRY_DIRECTORY;
}

static void by_place(struct work *w, const struct change *x)
{
    const struct finding_kind *kind = layer_place(x->path, x->type, x->kinds);
    if (!kind || is_folder_only(w, x) || layer_is_stub(x->path))
        return;
    for (int f = 0; f < LAYER_FINDING_COUNT; f++) {
        if (layer_finding_kind((enum layer_finding)f) == kind)
            add_plain(w, (enum layer_finding)f, x);
    }
}

/* -- executables --------------------------------------------------------------------- */

static bool begins(struct bytes path, const char *folder)
{
    return bytes_starts(path, bytes_str(folder));
}

static bool is_temporary(struct bytes path)
{
    static const char *const folders[] = {"/tmp/",       "/var/tmp/", "/dev/shm/",
                                          "/run/",       "/var/run/", "/var/lock/",
                                          "/dev/mqueue/"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (begins(path, folders[i]))
            return true;
    }
    return false;
}

static bool is_executable(const struct state *s)
{
    return s->present && s->inode && state_type(s) == ENTRY_FILE &&
           (s->inode->entry.mode & 0111) && s->data && s->data->size > 0;
}

static bool changed_content(const struct change *x)
{
    return x->kinds & (CHANGED_CONTENT | CHANGED_TYPE);
}

static void executables(struct work *w, const struct change *x, const struct node *n)
{
    if (!is_executable(&n->after))
        return;
    /* The right to run alone makes no program of a file that was there before. */
    bool is_new =
        x->type == CHANGE_ADDED || (changed_content(x) && !is_executable(&n->before));
    if (x->copied_from != TREE_NONE || x->renamed_from != TREE_NONE) {
        struct text from = {0};
        uint32_t source = x->copied_from != TREE_NONE ? x->copied_from : x->renamed_from;
        tree_path(&w->c->tree, source, &from);
        add(w, LAYER_COPIED_EXECUTABLE, x, CONFIDENCE_HIGH, "copy_of", text_bytes(&from));
        text_release(&from);
    }
    if (is_new && is_temporary(x->path) && !layer_is_stub(x->path))
        add_plain(w, LAYER_TEMP_EXECUTABLE, x);
    else if (is_new && x->copied_from == TREE_NONE)
        add_plain(w, LAYER_NEW_EXECUTABLE, x);
    else if (x->type == CHANGE_MODIFIED && changed_content(x) &&
             is_executable(&n->before))
        add_plain(w, LAYER_CHANGED_EXECUTABLE, x);
}

/* -- rights -------------------------------------------------------------------------- */

static uint32_t mode_of(const struct state *s)
{
    return s->present && s->inode ? s->inode->entry.mode : 0;
}

static void rights(struct work *w, const struct change *x, const struct node *n)
{
    char text[16];
    enum entry_type type = state_type(&n->after);
    uint32_t gained = mode_of(&n->after) & ~mode_of(&n->before);
    if (!n->after.present || type == ENTRY_SYMLINK || !n->after.inode)
        return;
    snprintf(text, sizeof text, "%04o", mode_of(&n->after) & 07777u);
    bool program = type == ENTRY_FILE && (mode_of(&n->after) & 0111);
    if (program && gained & 06000)
        add(w, LAYER_SETUID, x, CONFIDENCE_HIGH, "mode", bytes_str(text));
    bool sticky_folder = type == ENTRY_DIRECTORY && (mode_of(&n->after) & 01000);
    bool writable = type == ENTRY_FILE || type == ENTRY_DIRECTORY;
    if (writable && gained & 0002 && !sticky_folder)
        add(w, LAYER_WORLD_WRITABLE, x, CONFIDENCE_HIGH, "mode", bytes_str(text));
}

static void capabilities(struct work *w, const struct change *x, const struct node *n)
{
    struct file_capabilities now, then = {0};
    const struct item *a = n->before.present ? n->before.inode : NULL;
    const struct item *b = n->after.present ? n->after.inode : NULL;
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
    add(w, LAYER_CAPABILITY, x, CONFIDENCE_HIGH, "capabilities", text_bytes(&t));
    text_release(&t);
}

/* -- times --------------------------------------------------------------------------- */

/* A file that was made or changed after the image was cannot have been modified before
 * it, unless somebody set its time. The kernel's own time of change tells when that was;
 * without it the time of the file that was replaced, kept although the contents are
 * others, tells the same. */
static void times(struct work *w, const struct change *x, const struct node *n)
{
    char text[INSTANT_TEXT];
    const struct item *b = n->after.present ? n->after.inode : NULL;
    bool contents = x->type == CHANGE_ADDED || changed_content(x);
    if (!b || !contents || state_type(&n->after) != ENTRY_FILE ||
        b->entry.mtime == INSTANT_NONE)
        return;
    instant modified = b->entry.mtime, changed = b->entry.rare->ctime;
    instant image = w->c->base.created;
    instant_format(modified, PRECISION_NANOSECOND, text);
    if (w->now != INSTANT_NONE && modified > w->now) {
        add(w, LAYER_FUTURE_TIME, x, CONFIDENCE_HIGH, "mtime", bytes_str(text));
    } else if (changed != INSTANT_NONE && image != INSTANT_NONE && modified <= image &&
               changed > image) {
        add(w, LAYER_TIME_LIES, x, CONFIDENCE_HIGH, "mtime", bytes_str(text));
    } else if (x->type == CHANGE_MODIFIED && n->before.inode &&
               !(x->kinds & (CHANGED_TIME | CHANGED_TYPE))) {
        add(w, LAYER_TIME_LIES, x, CONFIDENCE_MEDIUM, "mtime", bytes_str(text));
    }
}

static void transient(struct work *w, const struct change *x, const struct node *n)
{
    if (x->type == CHANGE_MODIFIED && x->kinds == CHANGED_TIME &&
        state_type(&n->after) == ENTRY_DIRECTORY)
        add(w, LAYER_TRANSIENT, x, CONFIDENCE_LOW, NULL, BYTES_NONE);
}

/* -- names --------------------------------------------------------------------------- */

static bool is_deceptive(struct bytes name)
{
    uint32_t code;
    struct bytes rest = name;
    if (name.n && (is_blank(name.p[name.n - 1]) || is_blank(name.p[0])))
        return true;
    while (utf8_next(&rest, &code)) {
        if (code != UTF8_INVALID && code_is_deceptive(code))
            return true;
    }
    return false;
}

/* ".", "..", "...", ". ." look like the folder itself in a listing. */
static bool is_only_dots(struct bytes name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] != '.' && name.p[i] != ' ')
            return false;
    }
    return name.n > 0;
}

static void names(struct work *w, const struct change *x, const struct node *n)
{
    if (x->type != CHANGE_ADDED)
        return;
    if (is_deceptive(n->name))
        add_plain(w, LAYER_DECEPTIVE_NAME, x);
    else if (is_only_dots(n->name) || (n->name.n && n->name.p[0] == '.' &&
                                       is_temporary(x->path) && !layer_is_stub(x->path)))
        add_plain(w, LAYER_HIDDEN_NAME, x);
}

/* -- nodes and logs ------------------------------------------------------------------ */

static void nodes(struct work *w, const struct change *x, const struct node *n)
{
    if (!n->after.present || x->type == CHANGE_DELETED || layer_is_stub(x->path))
        return;
    bool is_new = x->type == CHANGE_ADDED || (x->kinds & (CHANGED_TYPE | CHANGED_DEVICE));
    enum entry_type type = state_type(&n->after);
    if (is_new && (type == ENTRY_BLOCK || type == ENTRY_CHARACTER))
        add_plain(w, LAYER_DEVICE, x);
    if (is_new && (type == ENTRY_FIFO || type == ENTRY_SOCKET))
        add_plain(w, LAYER_ODD_NODE, x);
}

static bool is_log(struct bytes path)
{
    return begins(path, "/var/log/") || bytes_ends(path, BYTES(".log")) ||
           bytes_ends(path, BYTES("/utmp")) || bytes_ends(path, BYTES("_history"));
}

static void logs(struct work *w, const struct change *x, const struct node *n)
{
    if (x->type != CHANGE_MODIFIED || !is_log(x->path))
        return;
    bool history = bytes_ends(x->path, BYTES("_history"));
    bool to_nothing = state_type(&n->after) == ENTRY_SYMLINK && n->after.inode &&
                      bytes_is(n->after.inode->entry.link, "/dev/null");
    bool smaller = n->before.data && n->after.data && changed_content(x) &&
                   n->after.data->size < n->before.data->size;
    if (to_nothing || smaller)
        add_plain(w, history ? LAYER_HISTORY : LAYER_LOG_TRUNCATED, x);
}

/* -- the image and the layer themselves ---------------------------------------------- */

static void add_about(struct work *w, enum layer_finding which, const struct item *item,
                      const char *argument, struct bytes value)
{
    struct text path = {0};
    item_path(item, &path);
    struct finding f = finding_of(layer_finding_kind(which), text_bytes(&path),
                                  (struct span){item, 0, item->size});
    if (argument)
        finding_argument(&f, argument, value);
    findings_add(w->all, &f);
    text_release(&path);
}

static void image_findings(struct work *w, const struct image *i)
{
    if (i->manifest_check == BLOB_MISMATCH)
        add_about(w, LAYER_DAMAGED_IMAGE, i->manifest, "digest", i->manifest_digest);
    if (i->config_check == BLOB_MISMATCH && i->config)
        add_about(w, LAYER_DAMAGED_IMAGE, i->config, "digest", i->config_digest);
    for (size_t k = 0; k < i->layer_count; k++) {
        const struct image_layer *l = &i->layers[k];
        if (l->blob_check == BLOB_MISMATCH)
            add_about(w, LAYER_DAMAGED_IMAGE, l->blob, "digest", l->digest);
        if (l->diff_check == BLOB_MISMATCH)
            add_about(w, LAYER_DAMAGED_IMAGE, l->blob, "diff_id", l->diff_id);
        if (!l->blob)
            add_about(w, LAYER_MISSING_BLOB, i->manifest, "digest",
                      l->digest.n ? l->digest : l->diff_id);
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
        add_about(w, which, o->item, "what", bytes_str(oddity_name(o->kind)));
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
        add_about(w, LAYER_OTHER_BASE, c->subject.item, "what",
                  BYTES("copied-up-from-nothing"));
}

void layer_findings(const struct comparison *c, instant now, struct findings *all)
{
    struct work w = {c, all, now};
    about_layer(&w);
    for (size_t i = 0; i < c->diff.n; i++) {
        const struct change *x = &c->diff.v[i];
        const struct node *n = tree_node(&c->tree, x->node);
        if (told_by_parent(&w, x))
            continue;
        by_place(&w, x);
        executables(&w, x, n);
        rights(&w, x, n);
        capabilities(&w, x, n);
        times(&w, x, n);
        transient(&w, x, n);
        names(&w, x, n);
        nodes(&w, x, n);
        logs(&w, x, n);
    }
}
