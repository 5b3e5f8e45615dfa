#include "verify/visit.h"

#include <stdlib.h>

#include "formats/base/memory.h"
#include "verify/package_private.h"

struct wish {
    const struct item *item;
    size_t which; /* in the caller's array */
};

struct visit {
    const struct package *package;
    visit_fn *each;
    void *context;
};

static bool is_in_archive(const struct item *item)
{
    return !item->kept && item->parent && item->parent->container != CONTAINER_DIRECTORY;
}

static uint32_t container_of(const struct wish *w)
{
    return is_in_archive(w->item) ? w->item->parent->id : 0;
}

/* Ids are depth first: in one container, members are in its own order. */
static int by_container(const void *pa, const void *pb)
{
    const struct wish *a = pa, *b = pb;
    uint32_t ca = container_of(a), cb = container_of(b);
    if (ca != cb)
        return ca < cb ? -1 : 1;
    if (a->item->id != b->item->id)
        return a->item->id < b->item->id ? -1 : 1;
    return a->which < b->which ? -1 : a->which > b->which;
}

static int visit_file(const struct visit *v, const struct wish *w)
{
    struct source *s = item_source_open(v->package, w->item);
    int status = s ? v->each(v->context, w->which, s) : 0;
    item_source_close(s);
    return status;
}

static int visit_members(const struct visit *v, const struct item *container,
                         const struct wish *wishes, size_t n)
{
    struct source *s = item_source_open(v->package, container);
    struct members members;
    struct fault fault;
    int status = 0;
    if (!s)
        return 0;
    members_open(&members, s, container->container, &fault);
    for (const struct item *m = item_more(container)->child; m && n && status == 0;
         m = m->next) {
        if (archive_skip(members.reader) <= 0)
            break;
        if (m != wishes->item)
            continue;
        status = v->each(v->context, wishes->which, archive_content(members.reader));
        for (; n && wishes->item == m; wishes++)
            n--;
    }
    members_close(&members);
    item_source_close(s);
    return status;
}

static struct wish *sorted_wishes(const struct item *const *wishes, size_t n)
{
    struct wish *sorted = memory_new(n + 1, sizeof *sorted);
    for (size_t i = 0; i < n; i++)
        sorted[i] = (struct wish){wishes[i], i};
    if (n)
        qsort(sorted, n, sizeof *sorted, by_container);
    return sorted;
}

uint64_t items_visit_cost(const struct item *const *wishes, size_t n)
{
    struct wish *sorted = sorted_wishes(wishes, n);
    const struct item *last = NULL;
    uint64_t cost = 0;
    for (size_t i = 0; i < n; i++) {
        const struct item *item = sorted[i].item;
        if (!is_in_archive(item))
            cost += item->kept ? 0 : item->size;
        else if (item->parent != last)
            cost += (last = item->parent)->size;
    }
    free(sorted);
    return cost;
}

int items_visit(const struct package *p, const struct item *const *wishes, size_t n,
                visit_fn *each, void *context)
{
    const struct visit v = {p, each, context};
    struct wish *sorted = sorted_wishes(wishes, n);
    int status = 0;
    for (size_t i = 0, end; i < n && status == 0; i = end) {
        end = i + 1;
        if (!is_in_archive(sorted[i].item)) {
            status = visit_file(&v, &sorted[i]);
            continue;
        }
        const struct item *container = sorted[i].item->parent;
        while (end < n && is_in_archive(sorted[end].item) &&
               sorted[end].item->parent == container)
            end++;
        status = visit_members(&v, container, sorted + i, end - i);
    }
    free(sorted);
    return status;
}
