/* Findings by times that cannot be true. */
#include "analyze/layer/findings_private.h"

#include <stdlib.h>

#include "formats/base/bisect.h"
#include "formats/base/memory.h"

/* -- when the base was there --------------------------------------------------------- */

static int by_time(const void *pa, const void *pb)
{
    const struct dated *a = pa, *b = pb;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    return a->node < b->node ? -1 : a->node > b->node;
}

/* Reproducible builds and archives without times put the same one on everything: what is
 * before 1990 was not set to imitate a file. */
#define OLDEST_REAL (INT64_C(631152000) * NANOSECONDS)

/* The files of the base, by time. Without a stated time of creation, an image is as old
 * as its newest file at least. */
void times_begin(struct work *w)
{
    const struct tree *t = &w->c->tree;
    instant newest = INSTANT_NONE;
    for (uint32_t i = 0; i < t->n; i++) {
        const struct state s = tree_before(t, i);
        if (!s.present || !s.inode || state_type(&s) != ENTRY_FILE ||
            s.inode->entry.mtime == INSTANT_NONE)
            continue;
        instant time = s.inode->entry.mtime;
        if (w->now == INSTANT_NONE || time <= w->now)
            newest = time > newest ? time : newest;
        w->dated = memory_grow(w->dated, &w->dated_capacity, w->dated_count + 1,
                               sizeof *w->dated);
        w->dated[w->dated_count++] = (struct dated){time, i};
    }
    if (w->dated_count)
        qsort(w->dated, w->dated_count, sizeof *w->dated, by_time);
    w->image = w->c->base.created != INSTANT_NONE ? w->c->base.created : newest;
}

/* -- one file ------------------------------------------------------------------------ */

static bool is_beside(const struct work *w, uint32_t node, const struct view *v)
{
    return tree_node(&w->c->tree, node)->parent == v->node->parent;
}

/* Files of one time that are looked at: more than that have no author. */
#define SAME_TIME 1024

/* Another file of the base with exactly this time; one of the same folder first. */
static uint32_t same_time(const struct work *w, const struct view *v, instant time)
{
    size_t low;
    uint32_t found = TREE_NONE;
    BISECT(low, 0, w->dated_count, w->dated[low].time < time);
    size_t end = low + SAME_TIME;
    for (; low < w->dated_count && low < end && w->dated[low].time == time; low++) {
        uint32_t node = w->dated[low].node;
        if (node == v->x->node)
            continue;
        if (is_beside(w, node, v))
            return node;
        found = found == TREE_NONE ? node : found;
    }
    return found;
}

/* useradd(8) and its relatives keep the last state with its time. */
static bool is_backup(struct bytes path)
{
    static const char *const paths[] = {"/etc/passwd-",  "/etc/shadow-", "/etc/group-",
                                        "/etc/gshadow-", "/etc/subuid-", "/etc/subgid-"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (bytes_is(path, paths[i]))
            return true;
    }
    return false;
}

/* cp -p: bytes of the base under another name, with the time that they had there. */
static bool came_with_bytes(const struct work *w, const struct view *v, instant modified)
{
    uint32_t from = v->relations.copied_from != TREE_NONE ? v->relations.copied_from
                                                          : v->relations.renamed_from;
    const struct state s =
        from == TREE_NONE ? (struct state){0} : tree_before(&w->c->tree, from);
    return s.present && s.inode && s.inode->entry.mtime == modified;
}

/* What a time that cannot be true is called, and how sure that is. */
struct lie {
    enum layer_finding which;
    enum confidence confidence;
};

/* With the argument `other` or none. */
static void tell_time(struct work *w, const struct view *v, struct lie lie,
                      struct argument other)
{
    char text[INSTANT_TEXT], changed[INSTANT_TEXT];
    const struct entry *e = &v->after.inode->entry;
    struct making m;
    view_begin(w, lie.which, v, &m);
    m.f.confidence = lie.confidence;
    instant_format(e->mtime, PRECISION_NANOSECOND, text);
    finding_argument(&m.f, "mtime", bytes_str(text));
    if (e->rare->ctime != INSTANT_NONE) {
        instant_format(e->rare->ctime, PRECISION_NANOSECOND, changed);
        finding_argument(&m.f, "ctime", bytes_str(changed));
    }
    if (other.name)
        finding_argument(&m.f, other.name, other.value);
    view_finish(w, &m);
}

/* touch -r: bytes that are nobody's in the base, with the time of a file that is. */
static bool copied_time(struct work *w, const struct view *v, instant modified)
{
    struct text path = {0};
    bool own_bytes =
        v->relations.copied_from == TREE_NONE && v->relations.renamed_from == TREE_NONE;
    bool early =
        w->image != INSTANT_NONE && modified <= w->image && modified > OLDEST_REAL;
    uint32_t other = own_bytes && early ? same_time(w, v, modified) : TREE_NONE;
    if (other == TREE_NONE)
        return false;
    tree_path(&w->c->tree, other, &path);
    bool exact = modified % NANOSECONDS != 0 || is_beside(w, other, v);
    struct lie lie = {LAYER_TIME_COPIED, exact ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM};
    tell_time(w, v, lie, argument_of("time_of", text_bytes(&path)));
    text_release(&path);
    return true;
}

/* A file that was made or changed after the image was cannot have been modified before
 * it, unless somebody set its time. The kernel's own time of change tells when that was;
 * without it the time of the file that was replaced, `kept` although the contents are
 * others, tells the same. False when nothing speaks against the time. */
static bool is_lie(const struct work *w, const struct view *v, bool kept, struct lie *out)
{
    const struct entry *e = &v->after.inode->entry;
    instant changed = e->rare->ctime;
    bool is_dated = w->image != INSTANT_NONE, knows_change = changed != INSTANT_NONE;
    bool is_old = is_dated && e->mtime <= w->image;
    *out = (struct lie){LAYER_TIME_LIES, CONFIDENCE_MEDIUM};
    if (knows_change && is_dated && changed <= w->c->base.created)
        return true;
    if (knows_change && is_old && changed > w->image) {
        out->confidence = CONFIDENCE_HIGH;
        return true;
    }
    if (kept)
        return true;
    *out = (struct lie){LAYER_OLD_TIME, CONFIDENCE_LOW};
    return !knows_change && is_old && state_is_executable(&v->after);
}

/* The present is known to the second. */
static bool is_after(instant time, instant now)
{
    return now != INSTANT_NONE && time / NANOSECONDS > now / NANOSECONDS;
}

static bool is_suspect(const struct view *v, const struct lie *lie)
{
    bool is_old = lie->which == LAYER_OLD_TIME || lie->confidence == CONFIDENCE_HIGH;
    return is_old && v->x->type == CHANGE_ADDED;
}

static void suspect(struct work *w, const struct view *v, const struct lie *lie)
{
    w->suspects = memory_grow(w->suspects, &w->suspect_capacity, w->suspect_count + 1,
                              sizeof *w->suspects);
    w->suspects[w->suspect_count++] = (struct suspect){v->after.inode->entry.rare->ctime,
                                                       v->x, lie->which, lie->confidence};
}

void find_by_time(struct work *w, const struct view *v)
{
    const struct item *b = v->after.present ? v->after.inode : NULL;
    bool contents = v->x->type == CHANGE_ADDED || change_has_content(v->x);
    if (!b || !contents || state_type(&v->after) != ENTRY_FILE ||
        layer_is_stub(v->path) || b->entry.mtime == INSTANT_NONE || is_backup(v->path) ||
        came_with_bytes(w, v, b->entry.mtime))
        return;
    instant modified = b->entry.mtime;
    bool kept = v->x->type == CHANGE_MODIFIED && v->before.inode &&
                !(v->x->kinds & (CHANGED_TIME | CHANGED_TYPE));
    struct lie lie = {LAYER_FUTURE_TIME, CONFIDENCE_HIGH};
    if (is_after(modified, w->now))
        tell_time(w, v, lie, NO_ARGUMENT);
    else if (!kept && copied_time(w, v, modified))
        return;
    else if (!is_lie(w, v, kept, &lie))
        return;
    else if (is_suspect(v, &lie))
        suspect(w, v, &lie);
    else
        tell_time(w, v, lie, NO_ARGUMENT);
}

/* -- what came out of an archive ------------------------------------------------------
 */

/* Whoever sets times sets them on a few files. tar and cp -p keep those of all that they
 * unpack, one file right after the other: that many are one act, and told once. */
#define UNPACKED 16

static int by_change_time(const void *pa, const void *pb)
{
    const struct suspect *a = pa, *b = pb;
    if (a->changed != b->changed)
        return a->changed < b->changed ? -1 : 1;
    return a->x < b->x ? -1 : a->x > b->x;
}

static uint32_t folder_of(const struct tree *t, const struct suspect *s)
{
    uint32_t node = s->x->node;
    return node == TREE_ROOT ? TREE_ROOT : tree_node(t, node)->parent;
}

/* The folder that all of them lie in. */
static uint32_t common_folder(const struct tree *t, const struct suspect *v, size_t n)
{
    uint32_t common = folder_of(t, v);
    for (size_t i = 1; i < n; i++)
        common = tree_common(t, common, folder_of(t, &v[i]));
    return common;
}

static void tell_unpacked(struct work *w, const struct suspect *v, size_t n)
{
    const struct change *first = v->x;
    const struct tree *t = &w->c->tree;
    struct text count = {0};
    struct making m;
    for (size_t i = 1; i < n; i++)
        first = v[i].x < first ? v[i].x : first;
    const struct view view = view_of(w, first);
    view_begin(w, LAYER_UNPACKED, &view, &m);
    text_printf(&count, "%zu", n);
    finding_argument(&m.f, "files", text_bytes(&count));
    finding_argument(&m.f, "folder", tree_path_in(t, common_folder(t, v, n), &w->paths));
    view_finish(w, &m);
    text_release(&count);
}

/* Where the layer has no such times, all that is old may be of one act. */
static bool is_next(instant a, instant b)
{
    if (a == INSTANT_NONE || b == INSTANT_NONE)
        return a == b;
    return instant_apart(b, a) <= NANOSECONDS;
}

static void tell_suspects(struct work *w)
{
    size_t end;
    if (w->suspect_count)
        qsort(w->suspects, w->suspect_count, sizeof *w->suspects, by_change_time);
    for (size_t i = 0; i < w->suspect_count; i = end) {
        for (end = i + 1; end < w->suspect_count; end++) {
            if (!is_next(w->suspects[end - 1].changed, w->suspects[end].changed))
                break;
        }
        if (end - i >= UNPACKED) {
            tell_unpacked(w, &w->suspects[i], end - i);
            continue;
        }
        for (size_t k = i; k < end; k++) {
            const struct view v = view_of(w, w->suspects[k].x);
            const struct lie lie = {w->suspects[k].which, w->suspects[k].confidence};
            tell_time(w, &v, lie, NO_ARGUMENT);
        }
        arena_reset(&w->paths);
    }
}

void times_end(struct work *w)
{
    tell_suspects(w);
    free(w->suspects);
    free(w->dated);
    w->suspects = NULL;
    w->dated = NULL;
    w->dated_count = w->dated_capacity = 0;
}
