/* The verdict of the package: which files are listed, by what is sealed, and what the
 * worst of all that was found makes of it (DESIGN 7). Runs last. */
#include <stdlib.h>

#include "formats/base/bisect.h"
#include "verify/attachment.h"
#include "verify/bag.h"
#include "verify/check.h"
#include "verify/file_index.h"
#include "verify/seal_file.h"
#include "verify/trust.h"

static int by_item(const void *a, const void *b)
{
    const struct manifest_record *x = *(void *const *)a, *y = *(void *const *)b;
    return (x->item->id > y->item->id) - (x->item->id < y->item->id);
}

static void sort_manifests(struct verification *v)
{
    size_t n = 0;
    for (struct manifest_record *m = v->manifests; m; m = m->next)
        n++;
    v->manifests_by_item = arena_array(&v->arena, struct manifest_record *, n + 1);
    for (struct manifest_record *m = v->manifests; m; m = m->next)
        v->manifests_by_item[v->manifest_count++] = m;
    qsort(v->manifests_by_item, n, sizeof *v->manifests_by_item, by_item);
}

static struct manifest_record *record_of(const struct verification *v,
                                         const struct item *item)
{
    size_t at;
    BISECT(at, 0, v->manifest_count, v->manifests_by_item[at]->item->id < item->id);
    bool found = at < v->manifest_count && v->manifests_by_item[at]->item == item;
    return found ? v->manifests_by_item[at] : NULL;
}

/* A trusted seal directly over the item's bytes. */
static bool sealed_directly(const struct verification *v, const struct item *item)
{
    for (const struct signature_record *s = v->signatures; s; s = s->next) {
        if (s->over == item && s->verdict == OUTCOME_VERIFIED)
            return true;
    }
    for (const struct timestamp_record *t = v->timestamps; t; t = t->next) {
        if (t->over == item && t->verdict == OUTCOME_VERIFIED)
            return true;
    }
    return false;
}

/* A sealed manifest vouches for it with a digest that holds and is not weak. */
static bool sealed_by_manifest(const struct check *c, const struct item *item)
{
    for (const struct claim *claim = item_more(item)->claims; claim;
         claim = claim->next) {
        const struct manifest_record *m = record_of(c->v, claim->manifest);
        if (m && m->sealed && claim->verdict == VERDICT_VERIFIED &&
            c->policy->algorithms & DIGEST_BIT(claim->digest.algorithm))
            return true;
    }
    return false;
}

static bool is_sealed(const struct check *c, const struct item *item)
{
    return sealed_directly(c->v, item) || sealed_by_manifest(c, item);
}

/* A sealed manifest that lists another one seals that too (BagIt's tag manifests). */
static void spread_seals(struct check *c)
{
    bool more = true;
    while (more) {
        more = false;
        for (struct manifest_record *m = c->v->manifests; m; m = m->next) {
            if (!m->sealed && is_sealed(c, m->item))
                m->sealed = more = true;
        }
    }
}

/* Whoever could write into the package could have written the answer of a store, too. */
static void tell_unsealed_locks(struct check *c)
{
    const struct item *last = NULL;
    bool sealed = false;
    for (struct retention_record *r = c->v->retention; r; r = r->next) {
        if (r->verdict != OUTCOME_ASSERTED || !trust_given(c->options->trust))
            continue;
        sealed = r->item == last ? sealed : is_sealed(c, r->item);
        last = r->item;
        if (!sealed)
            r->why = check_printf(c, "%s; no seal covers the document", r->why);
    }
}

static bool has_package_manifest(const struct verification *v)
{
    const struct manifest_record *m = v->manifests;
    while (m && !m->speaks_for_package)
        m = m->next;
    return m;
}

static void count_verdict(struct verification *v, enum verdict verdict)
{
    uint64_t *const counters[] = {
        [VERDICT_UNCHECKED] = &v->unchecked, [VERDICT_VERIFIED] = &v->verified,
        [VERDICT_MISMATCH] = &v->mismatched, [VERDICT_MISSING] = &v->missing_count,
        [VERDICT_UNLISTED] = &v->unlisted,   [VERDICT_UNREADABLE] = &v->unreadable,
    };
    ++*counters[verdict];
}

static bool is_unreadable(const struct item *file)
{
    return !package_linked(file)->hashed;
}

/* Need nobody list it, though no manifest does? If somebody need, *why says so. */
static bool is_excused(struct check *c, const struct item *file, const char **why)
{
    *why = "no manifest lists it";
    const char *refusal = seal_file_role(file->role)
                              ? seal_file_refusal(c->v, file, record_of(c->v, file))
                              : *why;
    if (!refusal)
        return true;
    const char *attachment = attachment_of(c, file);
    if (attachment) {
        check_finding(c, INTEGRITY_SEAL_ATTACHMENT, file, attachment);
        return true;
    }
    /* What a bag may leave out is only let pass where nobody asked for a seal. */
    if (bag_has_tag_file(c, file) && !trust_given(c->options->trust)) {
        check_finding(c, INTEGRITY_TAG_UNLISTED, file, "no tag manifest lists it");
        return true;
    }
    *why = refusal;
    return false;
}

static void judge_file(struct check *c, struct item *file, bool listed_at_all)
{
    const char *why;
    if (is_unreadable(file))
        item_verdict_set(file, VERDICT_UNREADABLE);
    bool claimed = item_more(file)->claims, sealed = sealed_directly(c->v, file);
    if (sealed && !claimed)
        item_verdict_set(file, VERDICT_VERIFIED);
    if (!claimed && !sealed && !is_excused(c, file, &why)) {
        item_verdict_set(file, VERDICT_UNLISTED);
        if (listed_at_all && file->verdict == VERDICT_UNLISTED)
            check_finding(c, INTEGRITY_UNLISTED, file, why);
    }
    count_verdict(c->v, file->verdict);
}

/* Everything that is not a file of the listing but lies in the package beside them: a
 * symbolic link that was added is as unlisted as a file. */
static void judge_others(struct check *c, bool listed_at_all)
{
    for (struct item *i = item_more(package_content(c->package))->child; i; i = i->next) {
        if (i->entry.type == ENTRY_FILE || i->entry.type == ENTRY_HARDLINK ||
            i->entry.type == ENTRY_DIRECTORY)
            continue;
        item_verdict_set(i, VERDICT_UNLISTED);
        c->v->unlisted++;
        if (listed_at_all)
            check_finding(c, INTEGRITY_UNLISTED, i,
                          check_printf(c, "a %s, which no manifest can vouch for",
                                       entry_type_name(i->entry.type)));
    }
}

static void judge_files(struct check *c)
{
    size_t n;
    struct item *const *files = package_files(c->package, &n);
    bool listed_at_all = has_package_manifest(c->v);
    for (size_t i = 0; i < n; i++) {
        judge_file(c, files[i], listed_at_all);
        c->v->bytes += files[i]->size;
    }
    c->v->files = n;
    judge_others(c, listed_at_all);
    for (const struct missing_record *m = c->v->missing; m; m = m->next)
        c->v->missing_count++;
    if (!listed_at_all && c->v->unlisted)
        check_finding(c, INTEGRITY_NO_MANIFEST, package_root(c->package),
                      "nothing in the package says what was collected");
}

static const char *plural(struct check *c, uint64_t n, const char *what)
{
    return check_printf(c, "%llu %s%s", (unsigned long long)n, what, n == 1 ? "" : "s");
}

/* What is wrong with the archive that the package is: other readers may see other files
 * in it, and some of it may not have been seen here. */
static void reasons_of_archive(struct check *c)
{
    for (const struct item *i = package_content(c->package); i; i = i->parent) {
        enum fault_code code = item_more(i)->fault.code;
        if (code == FAULT_NONE || code == FAULT_EMPTY || code == FAULT_MISSING_FIELD)
            continue;
        check_reason(c, PACKAGE_INCOMPLETE,
                     check_printf(c,
                                  "the archive is not as it should be at byte %llu: %s",
                                  (unsigned long long)item_more(i)->fault.offset,
                                  fault_text(code)));
    }
    if (c->v->files == 0)
        check_reason(c, PACKAGE_INCOMPLETE, "there is no file in it");
}

static void reasons_of_files(struct check *c)
{
    const struct verification *v = c->v;
    if (v->mismatched)
        check_reason(c, PACKAGE_FAILED,
                     check_printf(c, "%s not what the manifest says",
                                  plural(c, v->mismatched, "file")));
    for (const struct manifest_record *m = v->manifests; m; m = m->next) {
        if (!m->speaks_for_package && m->mismatched)
            check_reason(c, PACKAGE_FAILED,
                         check_printf(c, "%s does not hold for its own archive",
                                      check_path(c, m->item)));
    }
    for (const struct manifest_record *m = v->manifests; m; m = m->next) {
        if (m->mismatched > 1 && m->mismatched == m->claims)
            check_reason(
                c, PACKAGE_FAILED,
                check_printf(c,
                             "no digest in %s holds: it is of other files, or of "
                             "an algorithm with digests of the same length",
                             check_path(c, m->item)));
    }
    if (v->missing_count)
        check_reason(c, PACKAGE_INCOMPLETE,
                     check_printf(c, "%s listed and not there",
                                  plural(c, v->missing_count, "file")));
    if (!has_package_manifest(v) && v->unlisted)
        check_reason(c, PACKAGE_INCOMPLETE, "no manifest says what was collected");
    else if (v->unlisted)
        check_reason(c, PACKAGE_INCOMPLETE,
                     check_printf(c, "%s in the package and in no manifest",
                                  plural(c, v->unlisted, "file")));
    if (v->unreadable)
        check_reason(c, PACKAGE_INCOMPLETE,
                     check_printf(c, "%s could not be read to the end",
                                  plural(c, v->unreadable, "file")));
}

/* Is it about the package itself? What lies inside an artefact was collected as it is: a
 * layer full of the intruder's odd names is still what was collected. */
static bool is_package_level(const struct check *c, const struct finding *f)
{
    const struct item *item = f->spans[0].item;
    /* A name that only looks odd was collected so; one that leaves its root cannot have
     * been. */
    if (f->kind == INTEGRITY(UNSAFE_PATH) && !path_is_unsafe(item->name))
        return false;
    return !item->parent || item->parent == package_content(c->package) ||
           item == package_content(c->package);
}

/* Findings that forbid a clean verdict whatever the digests say. */
static void reasons_of_findings(struct check *c)
{
    static const struct {
        enum integrity_finding which;
        enum package_verdict verdict;
        const char *text;
    } heavy[] = {
        {INTEGRITY_MALFORMED_MANIFEST, PACKAGE_INCOMPLETE, "a manifest is malformed"},
        {INTEGRITY_EMPTY_MANIFEST, PACKAGE_INCOMPLETE, "a manifest lists nothing"},
        {INTEGRITY_OUTSIDE_CLAIM, PACKAGE_INCOMPLETE,
         "a manifest lists paths outside of the package"},
        {INTEGRITY_UNKNOWN_DIGEST, PACKAGE_INCOMPLETE,
         "files are listed with digests that were not computed"},
        {INTEGRITY_MANIFEST_STRUCTURE, PACKAGE_FAILED,
         "the package breaks a rule of its packaging format"},
        {INTEGRITY_UNFETCHED, PACKAGE_INCOMPLETE, "content is only referred to"},
        {INTEGRITY_CUSTODY_BROKEN, PACKAGE_FAILED, "the chain of custody is broken"},
        {INTEGRITY_UNREADABLE, PACKAGE_INCOMPLETE, "something could not be read"},
        {INTEGRITY_LIMIT, PACKAGE_INCOMPLETE, "a limit stopped the reading"},
        {INTEGRITY_UNSAFE_PATH, PACKAGE_INCOMPLETE, "names that leave their root"},
        {INTEGRITY_DUPLICATE_ENTRY, PACKAGE_INCOMPLETE, "entries of one name"},
    };
    for (size_t i = 0; i < c->v->findings->n; i++) {
        const struct finding *f = c->v->findings->v[i];
        for (size_t k = 0; k < sizeof heavy / sizeof *heavy; k++) {
            if (f->kind == integrity_kind(heavy[k].which) && is_package_level(c, f))
                check_reason(c, heavy[k].verdict, heavy[k].text);
        }
    }
}

/* Files that only an unsealed manifest lists: its author is unknown. */
static uint64_t count_unsealed(const struct check *c)
{
    size_t n;
    uint64_t unsealed = 0;
    struct item *const *files = package_files(c->package, &n);
    for (size_t i = 0; i < n; i++)
        unsealed += item_more(files[i])->claims && !seal_file_role(files[i]->role) &&
                    !is_sealed(c, files[i]);
    return unsealed;
}

static bool has_finding(const struct check *c, enum integrity_finding which)
{
    const struct findings *all = c->v->findings;
    size_t i = 0;
    while (i < all->n && all->v[i]->kind != integrity_kind(which))
        i++;
    return i < all->n;
}

/* What the policy demands besides a seal of any kind. */
static void reasons_of_policy(struct check *c)
{
    bool signature = false, timestamp = false;
    for (const struct signature_record *s = c->v->signatures; s; s = s->next)
        signature = signature || s->verdict == OUTCOME_VERIFIED;
    for (const struct timestamp_record *t = c->v->timestamps; t; t = t->next)
        timestamp = timestamp || t->verdict == OUTCOME_VERIFIED;
    if (c->policy->signature_required && !signature)
        check_reason(c, PACKAGE_INCOMPLETE,
                     "no accepted signature, which the policy demands");
    if (c->policy->timestamp_required && !timestamp)
        check_reason(c, PACKAGE_INCOMPLETE,
                     "no accepted time-stamp, which the policy demands");
}

/* What the package brings is the word of whoever made it. */
static void tell_own_trust(struct check *c)
{
    const char *path = c->options->own_trust;
    if (!path)
        return;
    check_finding_at(c, INTEGRITY_OWN_TRUST, bytes_str(path),
                     (struct span){package_root(c->package), 0, 0},
                     "given to judge the package by, it lies in the package itself");
    check_reason(c, PACKAGE_INCOMPLETE,
                 check_printf(c,
                              "it was judged by %s, which it brings itself: give a copy "
                              "from whoever answers for it",
                              check_text(c, bytes_str(path))));
}

static void reasons_of_seals(struct check *c)
{
    const struct verification *v = c->v;
    bool any = v->signatures || v->timestamps;
    bool good = false;
    for (const struct manifest_record *m = v->manifests; m; m = m->next)
        good = good || (m->sealed && m->speaks_for_package);
    for (const struct signature_record *s = v->signatures; s; s = s->next)
        good = good || s->verdict == OUTCOME_VERIFIED;
    if (!trust_given(c->options->trust)) {
        if (has_finding(c, INTEGRITY_WEAK_DIGEST))
            check_reason(c, PACKAGE_UNSEALED, "files are listed with a weak digest only");
        check_reason(c, PACKAGE_UNSEALED,
                     any ? "the seals were not asked to be checked: give --trust or "
                           "--key"
                         : "there is no signature or time-stamp");
        return;
    }
    uint64_t unsealed = count_unsealed(c);
    if (has_finding(c, INTEGRITY_WEAK_DIGEST))
        check_reason(c, PACKAGE_INCOMPLETE, "files are listed with a weak digest only");
    if (!good)
        check_reason(c, PACKAGE_INCOMPLETE,
                     any ? "no seal in the package is one that can be relied on"
                         : "there is no signature or time-stamp to trust");
    else if (unsealed)
        check_reason(c, PACKAGE_INCOMPLETE,
                     check_printf(c, "%s listed only by a manifest that no seal covers",
                                  plural(c, unsealed, "file")));
}

int check_seal(struct check *c)
{
    struct verification *v = c->v;
    sort_manifests(v);
    spread_seals(c);
    tell_unsealed_locks(c);
    judge_files(c);
    reasons_of_archive(c);
    reasons_of_files(c);
    reasons_of_findings(c);
    tell_own_trust(c);
    reasons_of_seals(c);
    reasons_of_policy(c);
    v->verdict = v->reasons ? v->reasons->verdict : PACKAGE_VERIFIED;
    findings_sort(v->findings);
    return 0;
}
