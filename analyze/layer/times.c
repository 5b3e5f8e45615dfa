#include "analyze/layer/times.h"

#include "formats/json.h"

/* -- bounds ---------------------------------------------------------------------------
 */

/* When the container was made and when its checkpoint was taken: podman and CRI-O write
 * the first into config.dump, and CRIU its images at the second. */
static instant created_in(const struct item *checkpoint)
{
    const struct item *config = item_child(checkpoint, BYTES("config.dump"));
    struct documents docs = {0};
    instant t = INSTANT_NONE;
    if (config && config->kept)
        json_read(item_more(config)->content, &docs);
    if (docs.n && !instant_parse(tree_string(docs.v[0].root, "createdTime"), &t, NULL))
        t = INSTANT_NONE;
    documents_release(&docs);
    return t;
}

static instant taken_at(const struct item *checkpoint)
{
    instant last = INSTANT_NONE;
    for (const struct item *m = item_more(checkpoint)->child; m; m = m->next) {
        if (m->role == ROLE_CRIU_IMAGE && m->entry.mtime != INSTANT_NONE &&
            (last == INSTANT_NONE || m->entry.mtime > last))
            last = m->entry.mtime;
    }
    return last;
}

static struct bounds life_of(const struct comparison *c)
{
    struct bounds life = {c->base.created, INSTANT_NONE};
    const struct item *checkpoint = c->subject.checkpoint;
    if (checkpoint) {
        instant created = created_in(checkpoint);
        life.from = created != INSTANT_NONE ? created : life.from;
        life.until = taken_at(checkpoint);
    }
    return life;
}

bool deletion_bounds(const struct comparison *c, const struct change *x,
                     struct bounds *out)
{
    const struct node *n = tree_node(&c->tree, x->node);
    *out = life_of(c);
    if (x->type != CHANGE_DELETED || n->parent == TREE_NONE)
        return false;
    const struct state folder = tree_after(&c->tree, n->parent);
    if (!folder.present)
        return false;
    if (folder.inode && folder.layer >= c->diff.options.first_layer &&
        folder.inode->entry.mtime != INSTANT_NONE &&
        (out->from == INSTANT_NONE || folder.inode->entry.mtime >= out->from))
        out->until = folder.inode->entry.mtime;
    return true;
}

/* -- bodyfile -------------------------------------------------------------------------
 */

/* The Sleuth Kit's mode: type of the name, type of the file, permissions. */
static void add_mode(struct text *t, enum entry_type type, unsigned mode)
{
    static const char types[] = "rdlrcbps";
    static const char letters[] = "rwxrwxrwx";
    char text[10];
    for (unsigned i = 0; i < 9; i++)
        text[i] = mode >> (8 - i) & 1 ? letters[i] : '-';
    text[9] = 0;
    if (mode & 04000)
        text[2] = text[2] == 'x' ? 's' : 'S';
    if (mode & 02000)
        text[5] = text[5] == 'x' ? 's' : 'S';
    if (mode & 01000)
        text[8] = text[8] == 'x' ? 't' : 'T';
    text_printf(t, "%c/%c%s", types[type], types[type], text);
}

static void add_name(const struct mask *mask, struct bytes path, const struct state *s,
                     struct text *t)
{
    struct text name = {0};
    mask_terminal(mask, path, &name);
    if (s->inode && state_type(s) == ENTRY_SYMLINK) {
        text_str(&name, " -> ");
        mask_terminal(mask, entry_link(&s->inode->entry), &name);
    }
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '|')
            text_str(t, "\\x7C");
        else
            text_byte(t, name.p[i]);
    }
    text_release(&name);
}

/* Whole seconds, rounded down; 0 where not known. */
static long long seconds_of(instant t)
{
    if (t == INSTANT_NONE)
        return 0;
    return t / NANOSECONDS - (t % NANOSECONDS < 0);
}

static void add_row(const struct comparison *c, const struct change *x,
                    const struct mask *mask, struct text *t)
{
    bool gone = x->type == CHANGE_DELETED;
    const struct state s =
        gone ? tree_before(&c->tree, x->node) : tree_after(&c->tree, x->node);
    const struct entry_rare *rare = s.inode ? s.inode->entry.rare : &entry_rare_none;
    instant mtime = s.inode ? s.inode->entry.mtime : INSTANT_NONE;
    instant times[4] = {rare->atime, mtime, rare->ctime, rare->traits->birthtime};
    struct bounds bounds;
    struct text path = {0};
    if (gone && !deletion_bounds(c, x, &bounds))
        return;
    if (gone)
        times[2] = bounds.until;
    text_str(t, "0|");
    tree_path(&c->tree, x->node, &path);
    add_name(mask, text_bytes(&path), &s, t);
    text_release(&path);
    text_printf(t, " (%s%s)", change_type_name(x->type), gone ? ", at the latest" : "");
    text_printf(t, "|%llu|", (unsigned long long)rare->traits->ino);
    add_mode(t, state_type(&s), s.inode ? s.inode->entry.mode : 0755u);
    text_printf(t, "|%u|%u|%llu", s.inode ? s.inode->entry.uid : 0u,
                s.inode ? s.inode->entry.gid : 0u,
                (unsigned long long)(s.data ? s.data->size : 0));
    for (size_t i = 0; i < 4; i++)
        text_printf(t, "|%lld", seconds_of(times[i]));
    text_byte(t, '\n');
}

void comparison_bodyfile(const struct comparison *c, const struct mask *mask,
                         struct text *out)
{
    for (size_t i = 0; i < c->diff.n; i++)
        add_row(c, &c->diff.v[i], mask, out);
}
