/* Claims, against what was computed. */
#include "verify/claims.h"

#include <stdlib.h>

#include "formats/base/memory.h"
#include "verify/file_index.h"
#include "verify/split.h"

struct span claim_span(const struct claim *claim)
{
    return (struct span){claim->manifest, claim->offset, claim->length};
}

void claim_add(struct pending_claims *list, const struct pending_claim *claim)
{
    struct item_more *more = item_more_make(claim->item);
    claim->claim->next = more->claims;
    more->claims = claim->claim;
    list->v = memory_grow(list->v, &list->capacity, list->n + 1, sizeof *list->v);
    list->v[list->n++] = *claim;
    claim->record->claims++;
}

static int compute_digests(struct check *c, const struct pending_claims *list)
{
    struct digest_wish *wishes = memory_new(list->n + 1, sizeof *wishes);
    for (size_t i = 0; i < list->n; i++) {
        struct item *item = (struct item *)(uintptr_t)package_linked(list->v[i].item);
        wishes[i] = (struct digest_wish){item, list->v[i].candidates &
                                                   ~DIGEST_BIT(DIGEST_SHA256)};
    }
    int status = items_digest(c->package, wishes, list->n);
    free(wishes);
    return status;
}

static void mismatch_finding(struct check *c, const struct pending_claim *p,
                             const struct digest *have)
{
    char want_hex[2 * DIGEST_MAX + 1], have_hex[2 * DIGEST_MAX + 1];
    struct text path = {0};
    item_path(p->item, &path);
    struct finding f = finding_of(INTEGRITY(MISMATCH), text_bytes(&path),
                                  (struct span){p->item, 0, p->item->size});
    finding_span(&f, claim_span(p->claim));
    finding_argument(&f, "manifest", bytes_str(check_path(c, p->claim->manifest)));
    finding_argument(&f, "algorithm",
                     bytes_str(digest_info(p->claim->digest.algorithm)->name));
    finding_argument(&f, "want", bytes_str(digest_hex(&p->claim->digest, want_hex)));
    finding_argument(&f, "have", bytes_str(digest_hex(have, have_hex)));
    if (p->claim->has_size && p->claim->size != p->item->size) {
        finding_argument(
            &f, "want_size",
            bytes_str(check_printf(c, "%llu", (unsigned long long)p->claim->size)));
        finding_argument(
            &f, "have_size",
            bytes_str(check_printf(c, "%llu", (unsigned long long)p->item->size)));
    }
    findings_add_some(c->v->findings, &f);
    text_release(&path);
}

/* The algorithm among the candidates with which the claim holds, else the claim's own. */
static bool matches(struct check *c, struct pending_claim *p, struct digest *have)
{
    struct digest d;
    enum digest_algorithm first = p->claim->digest.algorithm;
    bool readable = false;
    for (unsigned a = 0; a < DIGEST_COUNT; a++) {
        if (!(p->candidates & DIGEST_BIT(a)) ||
            !item_digest(c->package, p->item, (enum digest_algorithm)a, &d))
            continue;
        if (!readable || a == first)
            *have = d;
        readable = true;
        p->claim->digest.algorithm = (enum digest_algorithm)a;
        if (digest_eq(&d, &p->claim->digest)) {
            *have = d;
            p->claim->verdict = VERDICT_VERIFIED;
            return true;
        }
    }
    p->claim->digest.algorithm = first;
    p->claim->verdict = readable ? VERDICT_MISMATCH : VERDICT_UNREADABLE;
    return false;
}

static uint64_t content_size(const struct item *item)
{
    return package_linked(item)->size;
}

/* What is wrong inside of an archive that is itself not what was collected needs no blame
 * of its own; the claim's verdict still tells the place. */
static bool inside_mismatch(const struct item *item)
{
    const struct item *i = item->parent;
    while (i && i->verdict != VERDICT_MISMATCH)
        i = i->parent;
    return i;
}

static void compare(struct check *c, struct pending_claim *p)
{
    struct digest have;
    bool same = matches(c, p, &have);
    if (p->claim->verdict == VERDICT_UNREADABLE) {
        item_verdict_set(p->item, VERDICT_UNREADABLE);
        return;
    }
    bool size_holds = !p->claim->has_size || p->claim->size == content_size(p->item);
    if (same && size_holds) {
        p->record->verified++;
        if (c->policy->algorithms & DIGEST_BIT(p->claim->digest.algorithm))
            item_verdict_set(p->item, VERDICT_VERIFIED);
        return;
    }
    if (p->other_algorithm && size_holds && !p->record->algorithm_holds) {
        p->claim->verdict = VERDICT_UNCHECKED;
        check_finding(c, INTEGRITY_UNKNOWN_DIGEST, p->item,
                      check_printf(c,
                                   "%s is named after an algorithm that is not computed "
                                   "here; the digest is none of the others",
                                   check_path(c, p->claim->manifest)));
        return;
    }
    p->claim->verdict = VERDICT_MISMATCH;
    if (inside_mismatch(p->item))
        return;
    p->record->mismatched++;
    if (p->item->verdict != VERDICT_MISMATCH)
        mismatch_finding(c, p, &have);
    item_verdict_set(p->item, VERDICT_MISMATCH);
}

/* Where one line holds, the list is of that algorithm, whatever it is called. */
static void settle_algorithms(struct check *c, const struct pending_claims *list)
{
    struct digest have;
    for (size_t i = 0; i < list->n; i++) {
        struct pending_claim *p = &list->v[i];
        if (p->other_algorithm && !p->record->algorithm_holds)
            p->record->algorithm_holds = matches(c, p, &have);
    }
}

static void compare_all(struct check *c, const struct pending_claims *list)
{
    settle_algorithms(c, list);
    for (size_t i = 0; i < list->n; i++) {
        if (list->v[i].record->speaks_for_package)
            compare(c, &list->v[i]);
    }
    for (size_t i = 0; i < list->n; i++) {
        if (!list->v[i].record->speaks_for_package)
            compare(c, &list->v[i]);
    }
    for (size_t i = 0; i < list->n; i++) {
        struct item *item = list->v[i].item;
        bool last = item_more(item)->claims == list->v[i].claim;
        if (last && item->verdict == VERDICT_UNCHECKED && !list->v[i].other_algorithm)
            check_finding(c, INTEGRITY_WEAK_DIGEST, item,
                          "no digest in the manifests is strong enough to rely on");
    }
}

int claims_compare(struct check *c, const struct pending_claims *list)
{
    int status = compute_digests(c, list);
    if (status == 0)
        compare_all(c, list);
    return status;
}

static void inherit_claims(struct item *part, const struct item *whole)
{
    if (item_more(part)->claims)
        return;
    item_more_make(part)->claims = item_more(whole)->claims;
    item_verdict_set(part, whole->verdict);
}

void claims_of_wholes(struct check *c)
{
    struct item *content = package_content(c->package);
    struct file_index index = {0};
    struct text name = {0};
    for (struct item *i = item_more(content)->child; i; i = i->next) {
        if (i->container != CONTAINER_SPLIT || !item_more(i)->child ||
            !item_more(item_more(i)->child)->claims)
            continue;
        if (!index.v)
            index = file_index_of(content, &c->v->arena);
        text_clear(&name);
        path_normalise(i->name, &name);
        for (struct item *part = i; part;) {
            inherit_claims(part, item_more(i)->child);
            part = split_next(&name) ? file_index_find(&index, text_bytes(&name)) : NULL;
        }
    }
    text_release(&name);
}
