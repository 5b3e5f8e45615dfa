#include "verify/claim_names.h"

#include <stdlib.h>

#include "formats/base/memory.h"
#include "verify/file_index.h"

static int by_item(const void *pa, const void *pb)
{
    const struct pending_claim *a = *(struct pending_claim *const *)pa,
                               *b = *(struct pending_claim *const *)pb;
    if (a->item->id != b->item->id)
        return a->item->id < b->item->id ? -1 : 1;
    return (a > b) - (a < b);
}

static bool is_gone(const struct pending_claim *p)
{
    return p->claim->verdict == VERDICT_MISSING;
}

/* Replaces `path` by where the name as it is written leads. */
static struct bytes resolve(const struct claim_names *names,
                            const struct pending_claim *p, struct text *path)
{
    text_clear(path);
    if (!path_resolve(names->base, p->name, path))
        text_add(path, p->name);
    return text_bytes(path);
}

/* The claim that keeps the file: the one by the file's own name, else the first. NULL
 * when all may. */
static const struct pending_claim *find_keeper(const struct claim_names *names,
                                               struct pending_claim **v, size_t n)
{
    struct text own = {0}, path = {0};
    const struct pending_claim *keeper = names->by_digest ? NULL : v[0];
    path_normalise(v[0]->item->name, &own);
    for (size_t i = 0; i < n; i++) {
        if (!bytes_eq(resolve(names, v[i], &path), text_bytes(&own)))
            continue;
        keeper = v[i];
        break;
    }
    text_release(&own);
    text_release(&path);
    return keeper;
}

static void unlink_gone(struct item *item)
{
    struct claim **at = &item_more_make(item)->claims;
    while (*at) {
        if ((*at)->verdict == VERDICT_MISSING)
            *at = (*at)->next;
        else
            at = &(*at)->next;
    }
}

/* All of the manifest's claims about one file, in its order. */
static void part(const struct claim_names *names, struct pending_claim **v, size_t n)
{
    const struct pending_claim *keeper = find_keeper(names, v, n);
    struct text kept = {0}, path = {0};
    const struct claim *last = NULL;
    if (!keeper)
        return;
    resolve(names, keeper, &kept);
    for (size_t i = 0; i < n; i++) {
        struct claim *claim = v[i]->claim;
        if (bytes_eq(resolve(names, v[i], &path), text_bytes(&kept)))
            continue;
        claim->verdict = VERDICT_MISSING;
        v[i]->record->claims--;
        /* Once for a line of several digests. */
        if (!last || last->offset != claim->offset || last->line != claim->line)
            names->gone(names->context, text_bytes(&path), claim, v[i]->item);
        last = claim;
    }
    if (last)
        unlink_gone(v[0]->item);
    text_release(&kept);
    text_release(&path);
}

/* The same algorithm a second time: that is told, whatever it says. */
static void tell_duplicate(const struct claim_names *names, struct pending_claim **v,
                           size_t at)
{
    const struct claim *claim = v[at]->claim;
    for (size_t i = at; i-- > 0 && !is_gone(v[at]);) {
        const struct claim *before = v[i]->claim;
        if (is_gone(v[i]) || before->digest.algorithm != claim->digest.algorithm)
            continue;
        bool same = digest_eq(&before->digest, &claim->digest);
        check_finding_at(names->c, INTEGRITY_DUPLICATE_CLAIM, v[at]->name,
                         claim_span(claim),
                         same ? "listed before with the same digest"
                              : "listed before with another digest");
        return;
    }
}

static void settle_file(const struct claim_names *names, struct pending_claim **v,
                        size_t n)
{
    part(names, v, n);
    for (size_t i = 1; i < n; i++)
        tell_duplicate(names, v, i);
}

static void settle_files(const struct claim_names *names)
{
    struct pending_claims *list = names->list;
    size_t n = list->n - names->from, kept = names->from;
    struct pending_claim **v = memory_new(n + 1, sizeof *v);
    for (size_t i = 0; i < n; i++)
        v[i] = &list->v[names->from + i];
    qsort(v, n, sizeof *v, by_item);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && v[to]->item == v[from]->item; to++)
            ;
        if (to - from > 1)
            settle_file(names, v + from, to - from);
    }
    free(v);
    for (size_t i = names->from; i < list->n; i++) {
        if (!is_gone(&list->v[i]))
            list->v[kept++] = list->v[i];
    }
    list->n = kept;
}

static void tell_meant(const struct claim_names *names)
{
    const struct claim *last = NULL;
    for (size_t i = names->from; i < names->list->n; i++) {
        const struct pending_claim *p = &names->list->v[i];
        if (p->meant == MEANT_BY_NAME || (last && last->offset == p->claim->offset))
            continue;
        bool folded = p->meant == MEANT_BY_SPELLING;
        check_finding_at(
            names->c, folded ? INTEGRITY_CONFUSABLE_NAMES : INTEGRITY_ODD_NAME, p->name,
            claim_span(p->claim),
            check_printf(names->c,
                         folded ? "stands here as %s" : "its digest is that of %s",
                         check_path(names->c, p->item)));
        last = p->claim;
    }
}

void claim_names_settle(const struct claim_names *names)
{
    if (names->twice)
        settle_files(names);
    tell_meant(names);
}
