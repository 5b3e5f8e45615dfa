/* Packages in a study: what was installed and removed, and whether files are what the
 * databases say. */
#include <stdlib.h>

#include "analyze/layer/study_private.h"
#include "formats/base/memory.h"
#include "verify/visit.h"

/* -- installed and removed ----------------------------------------------------------- */

static int order(const struct installed *a, const struct installed *b)
{
    if (a->system != b->system)
        return a->system < b->system ? -1 : 1;
    int by_name = bytes_compare(a->name, b->name);
    return by_name ? by_name : bytes_compare(a->architecture, b->architecture);
}

/* Lists of files without an entry in the status are of no package that is installed. */
static bool is_stated(const struct installed *p)
{
    return p && (p->system != PACKAGES_DPKG || p->version.n);
}

static void note_change(struct study *s, const struct installed *before,
                        const struct installed *after)
{
    before = is_stated(before) ? before : NULL;
    after = is_stated(after) ? after : NULL;
    if (!before && !after)
        return;
    s->package_changes[s->package_change_count++] =
        (struct package_change){before, after};
    if (before)
        s->changed_in[BEFORE][before - s->packages[BEFORE].v] = true;
    if (after)
        s->changed_in[AFTER][after - s->packages[AFTER].v] = true;
}

/* Both lists are sorted. Several versions of one name (npm) are paired in order. */
static void compare_packages(struct study *s)
{
    const struct packages *a = &s->packages[BEFORE], *b = &s->packages[AFTER];
    size_t i = 0, k = 0;
    s->package_changes = memory_new(a->n + b->n + 1, sizeof *s->package_changes);
    while (i < a->n || k < b->n) {
        const struct installed *x = i < a->n ? &a->v[i] : NULL;
        const struct installed *y = k < b->n ? &b->v[k] : NULL;
        int which = !x ? 1 : !y ? -1 : order(x, y);
        if (which != 0)
            note_change(s, which < 0 ? x : NULL, which > 0 ? y : NULL);
        else if (!bytes_eq(x->version, y->version))
            note_change(s, x, y);
        i += which <= 0;
        k += which >= 0;
    }
}

int study_read_packages(struct study *s, uint64_t budget)
{
    int error = 0;
    for (int side = BEFORE; side <= AFTER && error == 0; side++) {
        const struct packages_source from = {
            .tree = &s->c->tree,
            .after = side == AFTER,
            .opened = {s->options.base, s->options.changed},
            .budget = budget};
        error = packages_read(&from, &s->packages[side]);
        s->changed_in[side] = memory_new(s->packages[side].n + 1, sizeof(bool));
    }
    if (error == 0)
        compare_packages(s);
    return error;
}

void study_release_packages(struct study *s)
{
    for (int side = BEFORE; side <= AFTER; side++) {
        packages_release(&s->packages[side]);
        free(s->changed_in[side]);
        free(s->holding[side]);
    }
    free(s->package_changes);
    free(s->explained);
    free(s->check.v);
}

/* -- digests ------------------------------------------------------------------------- */

const struct owned *study_owner(const struct study *s, const struct change *x, int side)
{
    return packages_owner(&s->packages[side], x->node);
}

enum holding study_holds(const struct owned *o, const struct loaded *l)
{
    if (!o || !o->known || l->n != l->all.size)
        return HOLDING_UNKNOWN;
    struct digest d = digest_bytes(o->algorithm, bytes_of(l->p, l->n));
    return owned_holds(o, &d) ? HOLDING_YES : HOLDING_NO;
}

static enum holding of_digest(const struct owned *o, const struct digest *d)
{
    return owned_holds(o, d) ? HOLDING_YES : HOLDING_NO;
}

/* -- the files of the base ----------------------------------------------------------- */

struct checking {
    struct study *study;
    const struct owned **asked;
};

static void judge(struct study *s, const struct owned *o, enum holding h)
{
    struct base_check *c = &s->check;
    c->checked++;
    if (h == HOLDING_YES)
        return;
    if (o->config) {
        c->configured++;
        return;
    }
    c->differing++;
    c->v = memory_grow(c->v, &c->capacity, c->n + 1, sizeof *c->v);
    c->v[c->n++] = (struct base_difference){o->node, o};
}

static int digest_one(void *context, size_t which, struct source *content)
{
    struct checking *k = context;
    const struct owned *o = k->asked[which];
    struct digest_state *state = digest_state_new(DIGEST_BIT(o->algorithm));
    struct bytes block;
    int more;
    while ((more = source_next(content, &block)) > 0)
        digest_state_update(state, block);
    digest_state_final(state);
    if (more == 0 && content->fault.code == FAULT_NONE)
        judge(k->study, o, of_digest(o, digest_state_result(state, o->algorithm)));
    digest_state_free(state);
    return more < 0 ? more : 0;
}

/* What the walk's SHA-256 decides, and links, need no reading. False: it must be read. */
static bool judge_at_once(struct study *s, const struct owned *o)
{
    const struct state b = tree_before(&s->c->tree, o->node);
    enum entry_type type = state_type(&b);
    if (type == ENTRY_SYMLINK) {
        struct digest d = digest_bytes(o->algorithm, entry_link(&b.inode->entry));
        judge(s, o, of_digest(o, &d));
        return true;
    }
    if (type != ENTRY_FILE || !b.data || !b.data->hashed)
        return true;
    if (o->algorithm != DIGEST_SHA256)
        return false;
    struct digest d = {.algorithm = DIGEST_SHA256};
    memcpy(d.octets, b.data->sha256, sizeof b.data->sha256);
    judge(s, o, of_digest(o, &d));
    return true;
}

static int by_path_of(const void *pa, const void *pb, void *tree)
{
    return tree_compare_paths(tree, ((const struct base_difference *)pa)->node,
                              ((const struct base_difference *)pb)->node);
}

static bool differs(const struct base_check *c, uint32_t node)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->v[i].node == node)
            return true;
    }
    return false;
}

/* What was learnt of the base holds for its changed files too; and where the bytes
 * stayed, for the state after. */
static void settle_holdings(struct study *s)
{
    for (size_t i = 0; s->check.done && i < s->c->diff.n; i++) {
        const struct change *x = &s->c->diff.v[i];
        const struct owned *then = study_owner(s, x, BEFORE),
                           *now = study_owner(s, x, AFTER);
        bool checked = then && then->known && !then->ghost && !then->config;
        if (!checked || s->holding[BEFORE][i] != HOLDING_UNKNOWN)
            continue;
        s->holding[BEFORE][i] = differs(&s->check, x->node) ? HOLDING_NO : HOLDING_YES;
        bool stayed = x->type == CHANGE_MODIFIED &&
                      !(x->kinds & (CHANGED_CONTENT | CHANGED_TYPE | CHANGED_LINK)) &&
                      now && now->known == then->known;
        if (stayed && memcmp(now->octets, then->octets, now->known) == 0)
            s->holding[AFTER][i] = s->holding[BEFORE][i];
    }
}

/* Every file of the base whose package states a digest. */
int study_check_base(struct study *s, uint64_t budget)
{
    const struct packages *p = &s->packages[BEFORE];
    const struct item **items = memory_new(p->owned_count + 1, sizeof *items);
    struct checking k = {s, memory_new(p->owned_count + 1, sizeof *k.asked)};
    size_t n = 0;
    int error = 0;
    for (size_t i = 0; i < p->owned_count; i++) {
        const struct owned *o = &p->owned[i];
        if (!o->known || o->ghost || judge_at_once(s, o))
            continue;
        items[n] = tree_before(&s->c->tree, o->node).data;
        k.asked[n++] = o;
    }
    s->check.done = items_visit_cost(items, n) <= budget;
    if (s->check.done)
        error = items_visit(s->options.base, items, n, digest_one, &k);
    free(items);
    free(k.asked);
    settle_holdings(s);
    if (s->check.n)
        qsort_r(s->check.v, s->check.n, sizeof *s->check.v, by_path_of,
                (void *)(uintptr_t)&s->c->tree);
    return error;
}
