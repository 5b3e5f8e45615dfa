/* Events: the times of what changed. */
#include "analyze/layer/findings.h"
#include "analyze/layer/times.h"

struct timed {
    const struct comparison *c;
    struct casefile *casefile;
    const struct change *change;
    struct bytes path;
    const struct item *item; /* that is cited */
};

struct telling {
    struct event event;
    struct text message;
};

static struct telling begin_telling(const struct timed *t, instant time, const char *what,
                                    const char *action)
{
    struct telling told = {0};
    text_printf(&told.message, "%s: ", what);
    text_add(&told.message, t->path);
    told.event = (struct event){
        .kind = EVENT_FILE_TIME,
        .time = time,
        .end = time,
        .precision = time % NANOSECONDS ? PRECISION_NANOSECOND : PRECISION_SECOND,
        .clock = CLOCK_NODE,
        .time_desc = what,
        .action = bytes_str(action),
        .object = t->path,
        .message = text_bytes(&told.message),
        .in_scope = true,
        .span = {t->item, 0, t->item->size},
    };
    event_field(&told.event, "path", t->path);
    return told;
}

static int end_telling(const struct timed *t, struct telling *told)
{
    int error = case_event(t->casefile, &told->event);
    text_release(&told->message);
    return error;
}

static int tell(const struct timed *t, instant time, const char *what, const char *action)
{
    if (time == INSTANT_NONE)
        return 0;
    struct telling told = begin_telling(t, time, what, action);
    return end_telling(t, &told);
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
        error = tell(t, e->rare->traits->birthtime, "Creation Time", action);
    return error;
}

static void set_bound(struct event *e, const char *key, instant t,
                      char text[INSTANT_TEXT])
{
    if (t != INSTANT_NONE)
        event_field(e, key, bytes_str(instant_format(t, PRECISION_NANOSECOND, text)));
}

/* The latest moment is its time, because something that is sorted has one. */
static int tell_deletion(const struct timed *t)
{
    struct bounds bounds;
    char from[INSTANT_TEXT], until[INSTANT_TEXT];
    if (!deletion_bounds(t->c, t->change, &bounds) || bounds.until == INSTANT_NONE)
        return 0;
    struct telling told =
        begin_telling(t, bounds.until, "Deleted, at the latest", "deleted");
    set_bound(&told.event, "not_before", bounds.from, from);
    set_bound(&told.event, "not_after", bounds.until, until);
    return end_telling(t, &told);
}

int layer_events(const struct comparison *c, struct casefile *casefile)
{
    int error = 0;
    struct text path = {0};
    for (size_t i = 0; i < c->diff.n && error == 0; i++) {
        const struct change *x = &c->diff.v[i];
        const struct state after = tree_after(&c->tree, x->node);
        if (!after.item)
            continue;
        text_clear(&path);
        tree_path(&c->tree, x->node, &path);
        struct timed t = {c, casefile, x, text_bytes(&path), after.item};
        if (x->type == CHANGE_DELETED)
            error = tell_deletion(&t);
        else if (after.inode)
            error = tell_state(&t, after.inode, change_type_name(x->type));
    }
    text_release(&path);
    return error;
}
