#include "verify/archive_timestamp.h"

#include <stdlib.h>

#include "formats/evidence_record.h"
#include "verify/certificate.h"
#include "verify/seal_target.h"
#include "verify/timestamp.h"

struct judging {
    struct check *c;
    const struct evidence_record *record;
    const struct signed_bytes *over;
    struct timestamp_record *r;
    struct bytes last_token; /* the archive time-stamp before, or empty */
    struct timestamp_record last;
    enum digest_algorithm algorithm; /* of the chain */
};

static struct arena *arena_of(const struct judging *j)
{
    return &j->c->v->arena;
}

/* What is only not trusted does not end the reading: a later archive time-stamp may not
 * hold at all. The first of each is told. Returns whether to go on. */
static bool note(struct judging *j, enum outcome verdict, const char *why)
{
    if (!j->r->why || verdict == OUTCOME_FAILED) {
        j->r->verdict = verdict;
        j->r->why = why;
    }
    return verdict != OUTCOME_FAILED;
}

static struct bytes octets_of(struct judging *j, const struct digest *d)
{
    return arena_copy(arena_of(j), bytes_of(d->octets, digest_size(d->algorithm)));
}

/* -- hash trees ------------------------------------------------------------------------
 */

static int by_octets(const void *pa, const void *pb)
{
    return bytes_compare(*(const struct bytes *)pa, *(const struct bytes *)pb);
}

/* RFC 4998, 4.3: sorted in binary ascending order and put one after the other. */
static struct bytes concatenate(struct judging *j, const struct hash_list *list,
                                struct bytes carried)
{
    struct bytes *v = arena_array(arena_of(j), struct bytes, list->n + 1);
    size_t n = list->n, size = 0;
    memcpy(v, list->v, n * sizeof *v);
    if (carried.n)
        v[n++] = carried;
    qsort(v, n, sizeof *v, by_octets);
    for (size_t i = 0; i < n; i++)
        size += v[i].n;
    uint8_t *all = arena_alloc(arena_of(j), size + 1), *to = all;
    for (size_t i = 0; i < n; i++) {
        memcpy(to, v[i].p, v[i].n);
        to += v[i].n;
    }
    return bytes_of(all, size);
}

static bool list_has(const struct hash_list *list, struct bytes hash)
{
    for (size_t i = 0; i < list->n; i++) {
        if (bytes_eq(list->v[i], hash))
            return true;
    }
    return false;
}

/* Replaces *s by what the token is over: the root's preimage. False when the hash of *s
 * is not among the leaves. */
static bool climb(struct judging *j, const struct archive_timestamp *a,
                  struct signed_bytes *s)
{
    struct digest d;
    if (a->list_count == 0)
        return true;
    if (!signed_bytes_digest(s, j->algorithm, &d) ||
        !list_has(&a->lists[0], octets_of(j, &d)))
        return false;
    struct bytes carried = BYTES_NONE;
    for (size_t i = 0; i < a->list_count; i++) {
        /* One leaf alone is the root of its tree. */
        if (i == 0 && a->lists[0].n == 1) {
            carried = a->lists[0].v[0];
            continue;
        }
        struct bytes all = concatenate(j, &a->lists[i], carried);
        d = digest_bytes(j->algorithm, all);
        carried = octets_of(j, &d);
        *s = (struct signed_bytes){.package = s->package, .raw = all};
    }
    return true;
}

/* -- renewals --------------------------------------------------------------------------
 */

/* The DER of a sequence of the first `n` chains. */
static struct bytes older_chains(struct judging *j, size_t n)
{
    size_t size = 0;
    for (size_t i = 0; i < n; i++)
        size += j->record->chains[i].whole.n;
    int whole = ASN1_object_size(1, (int)size, V_ASN1_SEQUENCE);
    uint8_t *all = arena_alloc(arena_of(j), (size_t)whole), *to = all;
    ASN1_put_object(&to, 1, (int)size, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    for (size_t i = 0; i < n; i++) {
        memcpy(to, j->record->chains[i].whole.p, j->record->chains[i].whole.n);
        to += j->record->chains[i].whole.n;
    }
    return bytes_of(all, (size_t)whole);
}

/* What archive time-stamp `stamp` of chain `chain` has to cover: the data itself; after a
 * renewal of the hash tree the data's hash with that of all older chains (5.2); after a
 * renewal of the time-stamp the one before. */
static bool covered(struct judging *j, size_t chain, size_t stamp, struct signed_bytes *s)
{
    struct digest data, chains;
    *s = (struct signed_bytes){.package = j->c->package};
    if (stamp > 0) {
        s->raw = j->last_token;
        return true;
    }
    if (chain == 0) {
        *s = *j->over;
        return true;
    }
    if (!signed_bytes_digest(j->over, j->algorithm, &data))
        return false;
    chains = digest_bytes(j->algorithm, older_chains(j, chain));
    size_t n = digest_size(j->algorithm);
    uint8_t *both = arena_alloc(arena_of(j), 2 * n);
    memcpy(both, data.octets, n);
    memcpy(both + n, chains.octets, n);
    s->raw = bytes_of(both, 2 * n);
    return true;
}

/* -- one archive time-stamp ------------------------------------------------------------
 */

/* All of a chain use one algorithm, which is also that of the token (5.1). */
static bool settle_algorithm(struct judging *j, const struct archive_timestamp *a,
                             bool first)
{
    struct digest imprint;
    if (!timestamp_imprint(a->token, &imprint))
        return note(j, OUTCOME_FAILED, "a token in it cannot be read");
    if (a->has_algorithm && a->algorithm != imprint.algorithm)
        return note(j, OUTCOME_FAILED,
                    "a token in it has another digest algorithm than its hash tree");
    if (!first && imprint.algorithm != j->algorithm)
        return note(j, OUTCOME_FAILED, "the digest algorithm changes inside a chain");
    j->algorithm = imprint.algorithm;
    return true;
}

/* Renewed in time: the one before was still good when this one was made. */
static bool renewed_in_time(struct judging *j, instant now)
{
    const char *why;
    if (j->last_token.n == 0)
        return true;
    if (now < j->last.time)
        return note(j, OUTCOME_FAILED, "a later archive time-stamp has an earlier time");
    enum outcome verdict = timestamp_authority_at(j->c, j->last_token, now, &why);
    return verdict == OUTCOME_VERIFIED ||
           note(j, verdict,
                check_printf(j->c,
                             "the archive time-stamp of %s was no longer valid when "
                             "it had to be: %s",
                             check_instant(j->c, j->last.time), why));
}

static bool judge_stamp(struct judging *j, size_t chain, size_t stamp)
{
    const struct archive_timestamp *a = &j->record->chains[chain].v[stamp];
    struct timestamp_record one = {0};
    struct signed_bytes s;
    if (!settle_algorithm(j, a, stamp == 0))
        return false;
    if (!covered(j, chain, stamp, &s) || !climb(j, a, &s))
        return note(j, OUTCOME_FAILED,
                    chain + stamp == 0
                        ? "its hash tree does not hold these bytes"
                        : "a renewal in it does not cover what came before");
    timestamp_judge(j->c, a->token, &s, &one);
    if (chain + stamp == 0) {
        j->r->time = one.time;
        j->r->accuracy = one.accuracy;
        j->r->authority = one.authority;
        j->r->policy = one.policy;
        j->r->serial = one.serial;
    }
    if (one.verdict != OUTCOME_VERIFIED &&
        !note(j, one.verdict,
              check_printf(j->c, "archive time-stamp %zu of chain %zu: %s", stamp + 1,
                           chain + 1, one.why)))
        return false;
    if (!renewed_in_time(j, one.time))
        return false;
    /* What must be renewed in time is the last one. */
    j->r->certificate_until = one.certificate_until;
    j->r->key = one.key;
    j->r->digest = one.digest;
    j->last = one;
    j->last_token = a->token;
    return true;
}

static void judge_record(struct judging *j)
{
    size_t stamps = 0;
    for (size_t i = 0; i < j->record->n; i++) {
        for (size_t k = 0; k < j->record->chains[i].n; k++) {
            if (!judge_stamp(j, i, k))
                return;
            stamps++;
        }
    }
    /* 5.3: the last one has nothing after it that would vouch for it. */
    if (!renewed_in_time(j, j->c->v->now) || j->r->why)
        return;
    j->r->verdict = OUTCOME_VERIFIED;
    j->r->why = "";
    j->r->renewals = stamps - 1;
    j->r->renewed = stamps > 1 ? j->last.time : INSTANT_NONE;
}

/* -- what it is over -------------------------------------------------------------------
 */

/* No file is named after it: the first whose hash is a leaf of the first tree, or the
 * token's imprint. */
static const struct item *find_target(struct judging *j)
{
    const struct archive_timestamp *a = &j->record->chains[0].v[0];
    struct digest d;
    if (!timestamp_imprint(a->token, &d))
        return NULL;
    if (a->list_count == 0)
        return seal_target_by_digest(j->c, &d);
    size_t size = digest_size(d.algorithm), n = a->lists[0].n;
    struct digests leaves = {d.algorithm,
                             arena_array(&j->c->v->arena, struct bytes, n + 1), 0};
    for (size_t i = 0; i < n; i++) {
        if (a->lists[0].v[i].n == size)
            leaves.v[leaves.n++] = a->lists[0].v[i];
    }
    return seal_target_by_digests(j->c, &leaves);
}

void evidence_record_judge(struct check *c, struct bytes record,
                           struct signed_bytes *over, struct timestamp_record *r)
{
    struct evidence_record e;
    struct fault fault;
    struct judging j = {.c = c, .record = &e, .over = over, .r = r};
    *r = timestamp_record_of("rfc4998");
    if (!evidence_record_read(record, &c->v->arena, &e, &fault)) {
        note(&j, OUTCOME_FAILED,
             check_printf(c, "not an evidence record that can be read, at byte %llu: %s",
                          (unsigned long long)fault.offset, fault_text(fault.code)));
        return;
    }
    if (!over->item)
        over->item = find_target(&j);
    r->over = over->item;
    if (e.encrypted)
        note(&j, OUTCOME_NOT_EXAMINED,
             "present, not checked: it was made over the files as they were encrypted");
    else if (!over->item)
        note(&j, OUTCOME_FAILED, "it was made over bytes that are not in the package");
    else
        judge_record(&j);
}
