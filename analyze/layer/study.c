#include "analyze/layer/study.h"

#include <stdlib.h>

#include "analyze/layer/study_private.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "verify/visit.h"

/* -- which files are worth it -------------------------------------------------------- */

struct wanted {
    const struct item *item;
    size_t change;
    bool after;
    bool digest_only; /* there are too many: whether it is as its package says */
};

struct wishes {
    struct wanted *v;
    size_t n, capacity;
    size_t whole; /* of them those that are looked into */
};

static bool has_bytes(const struct state *s)
{
    return s->present && s->data && s->data->hashed && state_type(s) == ENTRY_FILE;
}

static void want(struct wishes *w, const struct state *s, struct wanted wish)
{
    if (!has_bytes(s))
        return;
    wish.item = s->data;
    w->whole += !wish.digest_only;
    w->v = memory_grow(w->v, &w->capacity, w->n + 1, sizeof *w->v);
    w->v[w->n++] = wish;
}

/* Of what was deleted or changed in its metadata alone, the bytes say nothing new. */
static bool is_wanted(const struct change *x)
{
    bool content = x->kinds & (CHANGED_CONTENT | CHANGED_TYPE);
    return x->type == CHANGE_ADDED || (x->type == CHANGE_MODIFIED && content);
}

/* Of a package's own files above the ceiling it is still told whether they are its. */
static void want_change(struct study *s, struct wishes *w, size_t i)
{
    const struct change *x = &s->c->diff.v[i];
    const struct state before = tree_before(&s->c->tree, x->node);
    const struct state after = tree_after(&s->c->tree, x->node);
    bool full = w->whole >= LIMIT_STUDIED_FILES;
    s->left_out += full;
    if (x->type == CHANGE_MODIFIED && !full)
        want(w, &before, (struct wanted){.change = i});
    if (!full || study_owner(s, x, AFTER))
        want(w, &after, (struct wanted){.change = i, .after = true, .digest_only = full});
}

/* First what no package owns: whoever wants to hide something adds a package. */
static void gather(struct study *s, struct wishes *w)
{
    const struct diff *d = &s->c->diff;
    for (int owned = 0; owned < 2; owned++) {
        for (size_t i = 0; i < d->n; i++) {
            if (is_wanted(&d->v[i]) && (study_owner(s, &d->v[i], AFTER) != NULL) == owned)
                want_change(s, w, i);
        }
    }
}

static bool is_small(const struct wishes *w)
{
    const struct item **items = memory_new(w->n + 1, sizeof *items);
    for (size_t i = 0; i < w->n; i++)
        items[i] = w->v[i].item;
    bool small = w->n <= LIMIT_STUDIED_UNASKED &&
                 items_visit_cost(items, w->n) <= LIMIT_STUDY_UNASKED;
    free(items);
    return small;
}

/* -- reading ------------------------------------------------------------------------- */

static int by_item(const void *pa, const void *pb)
{
    const struct wanted *a = pa, *b = pb;
    if (a->after != b->after)
        return a->after ? 1 : -1;
    if (a->item->id != b->item->id)
        return a->item->id < b->item->id ? -1 : 1;
    return a->change < b->change ? -1 : a->change > b->change;
}

struct reading {
    struct study *study;
    struct typing *types;
    struct loaded loaded;
    const struct wanted **asked; /* of each item that is visited, its first wish */
    const struct wanted *end;
    uint64_t texts; /* bytes of text that are kept */
};

static void search(struct study *s, const struct wanted *w, const struct loaded *l,
                   struct content *found)
{
    struct text raw = {0}, path = {0};
    tree_path(&s->c->tree, s->c->diff.v[w->change].node, &raw);
    escape_plain(&path, text_bytes(&raw));
    content_search(found, l, &s->options.rules, text_c(&path));
    text_release(&raw);
    text_release(&path);
}

static struct content *look_into(struct reading *r, const struct wanted *w)
{
    struct study *s = r->study;
    bool keep_text = r->texts < LIMIT_PATCH_TEXTS;
    struct content *found = content_of(&r->loaded, r->types, keep_text, &s->arena);
    r->texts += found->text.n;
    if (w->after)
        search(s, w, &r->loaded, found);
    return found;
}

static int read_one(void *context, size_t which, struct source *content)
{
    struct reading *r = context;
    struct study *s = r->study;
    const struct wanted *w = r->asked[which];
    int error = loaded_read(&r->loaded, content);
    if (error < 0)
        return error;
    struct content *found = w->digest_only ? NULL : look_into(r, w);
    /* Names that share the file share what was found. */
    for (const struct item *item = w->item; w < r->end && w->item == item; w++) {
        int side = w->after ? AFTER : BEFORE;
        const struct owned *o = study_owner(s, &s->c->diff.v[w->change], side);
        *(w->after ? &s->after[w->change] : &s->before[w->change]) = found;
        s->holding[side][w->change] = (uint8_t)study_holds(o, &r->loaded);
    }
    return 0;
}

/* Items of one package, first wishes only. */
static int read_package(struct reading *r, const struct package *p,
                        const struct wishes *all)
{
    const struct item **items = memory_new(all->n + 1, sizeof *items);
    r->asked = memory_new(all->n + 1, sizeof *r->asked);
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++) {
        const struct wanted *w = &all->v[i];
        bool again =
            i > 0 && all->v[i - 1].item == w->item && all->v[i - 1].after == w->after;
        if (again || item_root(w->item) != package_root(p))
            continue;
        items[n] = w->item;
        r->asked[n++] = w;
    }
    int error = items_visit(p, items, n, read_one, r);
    free(items);
    free(r->asked);
    return error;
}

static int read_contents(struct study *s, const struct wishes *w)
{
    struct reading r = {.study = s, .types = typing_new(), .end = w->v + w->n};
    int error = read_package(&r, s->options.base, w);
    if (error == 0 && s->options.changed != s->options.base)
        error = read_package(&r, s->options.changed, w);
    s->untyped = !r.types && w->n > 0;
    typing_free(r.types);
    loaded_release(&r.loaded);
    return error;
}

static int study_contents(struct study *s)
{
    struct wishes w = {0};
    int error = 0;
    gather(s, &w);
    if (w.n == 0)
        return 0;
    qsort(w.v, w.n, sizeof *w.v, by_item);
    if (s->options.extent == STUDY_ALL || is_small(&w)) {
        error = read_contents(s, &w);
    } else {
        for (size_t i = 0; i < w.n; i++)
            s->left_out += w.v[i].after && !w.v[i].digest_only;
        s->unasked = true;
    }
    free(w.v);
    return error;
}

/* -- the study ----------------------------------------------------------------------- */

int study_make(const struct comparison *c, const struct study_options *options,
               struct study **out)
{
    struct study *s = memory_new(1, sizeof *s);
    int error = 0;
    s->c = c;
    s->options = *options;
    s->before = memory_new(c->diff.n + 1, sizeof *s->before);
    s->after = memory_new(c->diff.n + 1, sizeof *s->after);
    s->holding[BEFORE] = memory_new(c->diff.n + 1, sizeof *s->holding[0]);
    s->holding[AFTER] = memory_new(c->diff.n + 1, sizeof *s->holding[0]);
    s->explained = memory_new(c->diff.n + 1, sizeof *s->explained);
    uint64_t budget = options->extent == STUDY_ALL       ? UINT64_MAX
                      : options->extent == STUDY_NOTHING ? 0
                                                         : LIMIT_STUDY_UNASKED;
    error = study_read_packages(s, budget);
    if (error == 0 && options->extent != STUDY_NOTHING)
        error = study_contents(s);
    if (error == 0)
        error = study_check_base(s, budget);
    if (error == 0)
        study_explain(s);
    *out = error ? NULL : s;
    if (error)
        study_free(s);
    return error;
}

void study_free(struct study *s)
{
    if (!s)
        return;
    free(s->before);
    free(s->after);
    study_release_packages(s);
    arena_release(&s->arena);
    free(s);
}

const struct content *study_content(const struct study *s, const struct change *x,
                                    bool after)
{
    size_t i = (size_t)(x - s->c->diff.v);
    return after ? s->after[i] : s->before[i];
}

/* -- text against text --------------------------------------------------------------- */

/* A credential of several lines leaves as many lines behind: the numbers of the lines
 * after it stay right. */
static void mask_lines(const struct mask *m, struct bytes b, struct text *out)
{
    struct credential found;
    size_t at = 0;
    while (!m->reveal && credential_next(b, at, &found)) {
        struct bytes secret = bytes_sub(b, found.offset, found.length);
        text_add(out, bytes_sub(b, at, found.offset - at));
        mask_value(m, found.kind, secret, out);
        for (size_t i = 0; i < secret.n; i++)
            if (secret.p[i] == '\n')
                text_byte(out, '\n');
        at = found.offset + found.length;
    }
    text_add(out, bytes_from(b, at));
}

static bool is_comparable(const struct content *c)
{
    return c && (c->text.n || c->size == 0);
}

/* What is new is shown where it is short. */
static bool has_patch(const struct change *x, const struct content *a,
                      const struct content *b)
{
    if (x->type == CHANGE_ADDED)
        return b && b->text.n && b->text.n <= LIMIT_PATCH_NEW;
    return x->type == CHANGE_MODIFIED && is_comparable(a) && is_comparable(b);
}

bool study_patch(const struct study *s, const struct change *x, struct text *out)
{
    const struct content *a = study_content(s, x, false), *b = study_content(s, x, true);
    if (!has_patch(x, a, b))
        return false;
    struct text before = {0}, after = {0}, path = {0}, label = {0}, raw = {0};
    tree_path(&s->c->tree, x->node, &path);
    escape_plain(&label, text_bytes(&path));
    mask_lines(s->options.mask, a ? a->text : BYTES_NONE, &before);
    mask_lines(s->options.mask, b->text, &after);
    const struct patch_side sides[2] = {
        {x->type == CHANGE_ADDED ? "/dev/null" : text_c(&label), text_bytes(&before)},
        {text_c(&label), text_bytes(&after)}};
    struct patch_counts counts = patch_make(&sides[0], &sides[1], &raw);
    if (counts.cut)
        text_printf(&raw, "\\ the diff goes on: %zu lines added, %zu removed in all\n",
                    counts.added, counts.removed);
    escape_plain(out, text_bytes(&raw));
    bool any = raw.n > 0;
    text_release(&before);
    text_release(&after);
    text_release(&path);
    text_release(&label);
    text_release(&raw);
    return any;
}
