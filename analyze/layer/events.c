/* Events: the times of what changed. */
#include "analyze/layer/findings.h"

struct timed {
    const struct comparison *c;
    struct casefile *casefile;
    const struct change *change;
    const struct item *item; /* that is cited */
};

static int tell(const struct timed *t, instant time, const char *what, const char *action)
{
    struct text message = {0};
    if (time == INSTANT_NONE)
        return 0;
    text_printf(&message, "%s: ", what);
    text_add(&message, t->change->path);
    struct event e = {
        .kind = EVENT_FILE_TIME,
        .time = time,
        .end = time,
        .precision = time % NANOSECONDS ? PRECISION_NANOSECOND : PRECISION_SECOND,
        .clock = CLOCK_NODE,
        .time_desc = what,
        .action = bytes_str(action),
        .object = t->change->path,
        .message = text_bytes(&message),
        .in_scope = true,
        .span = {t->item, 0, t->item->size},
    };
    event_field(&e, "path", t->change->path);
    int error = case_event(t->casefile, &e);
    text_release(&message);
    return error;
}

static int tell_state(const struct timed *t, const struct item *inode, const char *action)
{
    const struct entry *e = &inode->entry;
    bool own = t->change->type == CHANGE_ADDED ||
               (t->change->kinds & (CHANGED_TIME | CHANGED_CONTENT | CHANGED_TYPE));
    int error = own ? tell(t, e->mtime, "Content Modification Time", action) : 0;
    if (error == 0 && e->rare->ctime != e->mtime)
        error = tell(t, e->rare->ctime, "Metadata Modification Time", action);
    if (error == 0)
        error = tell(t, e->rare->birthtime, "Creation Time", action);
    return error;
}

/* A whiteout has no time of its own: the kernel makes all of them from one file. The
 * folder changed when the deletion happened, or later. */
static int tell_deletion(const struct timed *t, const struct node *n)
{
    const struct state *folder = &tree_node(&t->c->tree, n->parent)->after;
    bool of_layer = folder->present && folder->inode &&
                    folder->layer >= t->c->diff.options.first_layer;
    if (!of_layer || n->after.absence != ABSENT_WHITEOUT)
        return 0;
    return tell(t, folder->inode->entry.mtime, "Deleted, at the latest", "deleted");
}

int layer_events(const struct comparison *c, struct casefile *casefile)
{
    int error = 0;
    for (size_t i = 0; i < c->diff.n && error == 0; i++) {
        const struct change *x = &c->diff.v[i];
        const struct node *n = tree_node(&c->tree, x->node);
        struct timed t = {c, casefile, x, n->after.item};
        if (!t.item)
            continue;
        if (x->type == CHANGE_DELETED)
            error = n->parent == TREE_NONE ? 0 : tell_deletion(&t, n);
        else if (n->after.inode)
            error = tell_state(&t, n->after.inode, change_type_name(x->type));
    }
    return error;
}
