/* Which secrets a list handed out: those that its record names, where the log has the
 * answer; else those count that are known from anywhere and existed then. */
#include <stdlib.h>

#include "analyze/kube/exposure/exposure.h"
#include "formats/base/memory.h"

/* Requests that name secrets, those of one secret together, in order of time. */
struct mentions {
    const struct request **v;
    size_t n;
};

static bool deletes(const struct request *r)
{
    return bytes_starts(r->verb, BYTES("delete"));
}

static int by_secret(const void *a, const void *b)
{
    const struct request *x = *(void *const *)a, *y = *(void *const *)b;
    int order = bytes_compare(x->namespace, y->namespace);
    if (!order)
        order = bytes_compare(x->name, y->name);
    if (order)
        return order;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    /* At one and the same time the secret was deleted first and made anew. */
    return (int)deletes(y) - (int)deletes(x);
}

static struct mentions mentions_of(const struct scope *s)
{
    struct mentions m = {memory_new(s->requests.n + 1, sizeof(struct request *)), 0};
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && r->name.n && request_is(r, "secrets", "") &&
            request_succeeded(r))
            m.v[m.n++] = r;
    }
    if (m.n > 1)
        qsort(m.v, m.n, sizeof *m.v, by_secret);
    return m;
}

/* How many of the mentions from the first one on are about the same secret. */
static size_t same_secret(const struct mentions *m, size_t first)
{
    size_t n = 1;
    while (first + n < m->n &&
           bytes_eq(m->v[first]->namespace, m->v[first + n]->namespace) &&
           bytes_eq(m->v[first]->name, m->v[first + n]->name))
        n++;
    return n;
}

/* Named before and not deleted since, or there later without having been made since. */
static bool existed_at(const struct request *const *v, size_t n, instant t)
{
    bool existed = false;
    for (size_t i = 0; i < n; i++) {
        if (deletes(v[i]))
            existed = existed && v[i]->time >= t;
        else if (v[i]->time <= t || !bytes_is(v[i]->verb, "create"))
            existed = true;
    }
    return existed;
}

static bool lists_in(const struct request *list, struct bytes namespace)
{
    return list->namespace.n == 0 || bytes_eq(list->namespace, namespace);
}

static void listed(struct exposures *e, const struct request *list,
                   struct bytes namespace, struct bytes name)
{
    const struct exposed like = {
        .kind = REFERENCE_SECRET, .namespace = namespace, .name = name};
    struct exposed *x = exposure_entry(e, &like);
    exposure_urge(x, URGENCY_LISTED);
    x->listed = x->listed ? x->listed : list;
}

/* A secret whose times are not known counts as there from the first list on. */
static void listed_first(struct exposures *e, const struct list *lists,
                         struct bytes namespace, struct bytes name)
{
    size_t i = 0;
    while (i < lists->n && !lists_in(lists->v[i], namespace))
        i++;
    if (i < lists->n && name.n)
        listed(e, lists->v[i], namespace, name);
}

static void by_exposed_and_objects(struct exposures *e, const struct list *lists)
{
    const struct scope *s = e->in->scope;
    for (size_t i = 0; i < e->all.n; i++) {
        const struct exposed *x = e->all.v[i];
        if (x->kind == REFERENCE_SECRET)
            listed_first(e, lists, x->namespace, x->name);
    }
    for (size_t i = 0; i < s->objects.n; i++) {
        const struct object *o = s->objects.v[i];
        if (bytes_is(o->k->kind, "Secret"))
            listed_first(e, lists, o->k->namespace, o->k->name);
    }
}

static void by_mentions(struct exposures *e, const struct list *lists)
{
    struct mentions m = mentions_of(e->in->scope);
    for (size_t at = 0, n = 0; at < m.n; at += n) {
        const struct request *secret = m.v[at];
        n = same_secret(&m, at);
        for (size_t i = 0; i < lists->n; i++) {
            const struct request *list = lists->v[i];
            if (!lists_in(list, secret->namespace) ||
                !existed_at(m.v + at, n, list->time))
                continue;
            listed(e, list, secret->namespace, secret->name);
            break;
        }
    }
    free(m.v);
}

/* What the record of the list itself names, with its place. */
static void by_answer(struct exposures *e, const struct request *list)
{
    struct bytes names = list->handed, line;
    while (bytes_split(&names, '\n', &line)) {
        size_t slash = bytes_find_byte(line, '/');
        struct exposed what = {.kind = REFERENCE_SECRET,
                               .urgency = URGENCY_LISTED,
                               .namespace = bytes_sub(line, 0, slash),
                               .name = bytes_from(line, slash + 1)};
        struct exposure_way way = {"answer to a list of secrets", request_as(list),
                                   BYTES_NONE, list->spans[0]};
        const struct exposed *known = exposure_find(e, &what);
        if (line.n && !(known && known->listed)) /* each is told by the first list */
            exposure_add(e, &what, &way)->listed = list;
    }
}

void exposure_by_lists(struct exposures *e)
{
    const struct scope *s = e->in->scope;
    struct list lists = {0}; /* struct request *, in order of time: what they answered is
                                not wholly known */
    for (size_t i = 0; i < s->requests.n; i++) {
        struct request *r = s->requests.v[i];
        if (!exposure_is_read(r) || r->name.n || !bytes_is(r->resource, "secrets") ||
            !is_attackers(e->in, r))
            continue;
        by_answer(e, r);
        if (!r->handed_whole)
            list_add(&lists, r);
    }
    if (lists.n) {
        by_exposed_and_objects(e, &lists);
        by_mentions(e, &lists);
    }
    free(lists.v);
}
