/* OpenPGP signatures, judged by the certificates of --key. */
#include "formats/base/limits.h"
#include "verify/certificate.h"
#include "verify/openpgp_certificate.h"
#include "verify/signature.h"
#include "verify/trust_store.h"

/* Clocks of those who sign and of those who judge differ. */
#define CLOCK_TOLERANCE (24 * 3600 * NANOSECONDS)

/* What is asked of one signature packet. */
struct question {
    struct check *c;
    const struct openpgp_signature *s;
    const struct signed_bytes *over;
    bool clear;     /* over a clear-signed text: text, whatever its type says */
    instant at;     /* the moment at which the key must count */
    unsigned tried; /* signatures for which the content was read */
};

static const struct trusted_key *next_key(const struct trusted_key *k)
{
    while (k && k->format != KEY_OPENPGP)
        k = k->next;
    return k;
}

static const struct trusted_key *first_key(const struct check *c)
{
    return next_key(c->options->trust ? c->options->trust->keys : NULL);
}

/* RFC 9580, 5.2.4. */
static bool digest_of(const struct question *q, struct digest *out)
{
    struct digest_state *state = digest_state_new(DIGEST_BIT(out->algorithm));
    digest_state_update(state, q->s->salt);
    bool read =
        signed_bytes_feed(q->over, q->clear || q->s->type == OPENPGP_OVER_TEXT, state);
    openpgp_signature_end(q->s, state);
    digest_state_final(state);
    *out = *digest_state_result(state, out->algorithm);
    digest_state_free(state);
    return read;
}

static const char *value_refusal(struct question *q, const struct openpgp_signer *signer)
{
    struct digest digest;
    if (q->s->type != OPENPGP_OVER_BINARY && q->s->type != OPENPGP_OVER_TEXT)
        return "it is not a signature over a document";
    if (q->s->made == INSTANT_NONE)
        return "it does not say when it was made, as it must";
    if (q->s->unknown_critical)
        return "it says something that must be understood, and is not known here";
    if (!openpgp_digest(q->s, &digest.algorithm))
        return "its digest algorithm is not known, or not with a salt of this length";
    if (digest_info(digest.algorithm)->weak)
        return "it relies on a weak digest algorithm";
    if (q->tried++ >= LIMIT_OPENPGP_SIGNATURES)
        return "too many signatures that do not hold stand before it in the file";
    if (!digest_of(q, &digest))
        return "the signed bytes cannot be read";
    return openpgp_value_holds(&signer->key, q->s, &digest)
               ? NULL
               : "the signature was not made over these bytes with this key";
}

static const char *time_refusal(const struct question *q,
                                const struct openpgp_signer *signer)
{
    struct check *c = q->c;
    instant ends = INSTANT_NONE;
    if (q->s->lifetime)
        (void)__builtin_add_overflow(q->s->made, q->s->lifetime * NANOSECONDS, &ends);
    if (q->s->made < signer->key.made)
        return "it says that it is older than its key";
    if (q->s->made - CLOCK_TOLERANCE > q->at)
        return check_printf(c, "it says that it was made later, at %s",
                            check_instant(c, q->s->made));
    if (ends != INSTANT_NONE && ends <= q->at)
        return check_printf(c, "by its own word it was good until %s",
                            check_instant(c, ends));
    if (signer->until != INSTANT_NONE && signer->until <= q->at)
        return check_printf(c, "its key was good until %s",
                            check_instant(c, signer->until));
    if (signer->revoked != INSTANT_NONE && signer->revoked <= q->at)
        return check_printf(c, "its key was revoked at %s",
                            check_instant(c, signer->revoked));
    return NULL;
}

/* By its fingerprint, or by the user ID as the certificate writes it. */
static bool policy_names(struct check *c, const struct openpgp_signer *signer)
{
    char hex[65];
    return !c->policy->signers ||
           policy_lists(c->policy->signers, openpgp_fingerprint(&signer->primary, hex)) ||
           policy_lists(c->policy->signers, check_text(c, signer->user));
}

static void name_signer(struct check *c, const struct openpgp_signer *signer,
                        struct signature_record *r)
{
    char hex[65];
    EVP_PKEY *key = openpgp_public_key(&signer->key);
    const char *name =
        check_printf(c, "OpenPGP key %s", openpgp_fingerprint(&signer->primary, hex));
    r->signer = signer->user.n
                    ? check_printf(c, "%s (%s)", check_text(c, signer->user), name)
                    : name;
    r->issuer = name;
    r->certificate_until = signer->until;
    r->key = check_printf(c, "%s %d", openpgp_key_algorithm(signer->key.algorithm),
                          key ? EVP_PKEY_get_bits(key) : 0);
    EVP_PKEY_free(key);
}

/* Two states of one certificate: the older does not know of a revocation. */
static void heed_copies(const struct question *q, struct openpgp_signer *signer)
{
    struct openpgp_signer copy;
    for (const struct trusted_key *k = first_key(q->c); k; k = next_key(k->next)) {
        if (!openpgp_signer_of(k->blob, q->s, &copy) ||
            !bytes_eq(copy.primary.body, signer->primary.body))
            continue;
        if (copy.refusal == openpgp_compromised)
            signer->refusal = copy.refusal;
        if (copy.revoked != INSTANT_NONE &&
            (signer->revoked == INSTANT_NONE || copy.revoked < signer->revoked))
            signer->revoked = copy.revoked;
    }
}

static void judge_by(struct question *q, struct openpgp_signer *signer,
                     struct signature_record *r)
{
    name_signer(q->c, signer, r);
    r->verdict = OUTCOME_FAILED;
    r->why = value_refusal(q, signer);
    if (r->why)
        return;
    heed_copies(q, signer);
    r->verdict = OUTCOME_UNTRUSTED;
    r->why = signer->refusal ? signer->refusal : time_refusal(q, signer);
    if (!r->why && !policy_names(q->c, signer))
        r->why = "the policy does not name this key";
    if (r->why)
        return;
    r->verdict = OUTCOME_VERIFIED;
    r->why = "";
}

/* What the packet says of itself, before a key has shown that it holds. */
static void tell_packet(struct check *c, const struct openpgp_signature *s,
                        struct signature_record *r)
{
    enum digest_algorithm a;
    char hex[2 * 64 + 1] = "";
    struct bytes key =
        s->fingerprint.n && s->fingerprint.n <= 64 ? s->fingerprint : s->key_id;
    bytes_to_hex(key, hex);
    r->signer = check_printf(c, "%s%s", key.n ? "OpenPGP key " : "", hex);
    r->digest = openpgp_digest(s, &a) ? digest_info(a)->name : "";
    r->time = r->claimed = s->made;
    r->time_basis = s->made == INSTANT_NONE ? BASIS_NOT_EXAMINED : BASIS_ASSERTED;
}

static void judge_packet(struct question *q, struct signature_record *r)
{
    const struct trusted_key *k = first_key(q->c);
    struct openpgp_signer signer;
    tell_packet(q->c, q->s, r);
    r->verdict = k ? OUTCOME_UNTRUSTED : OUTCOME_NOT_EXAMINED;
    r->why = k ? "no given key is the one that it names"
               : check_printf(q->c,
                              "present, not checked: no OpenPGP key was given (--key); "
                              "the packet (version %u) names %s with %s",
                              q->s->version, openpgp_key_algorithm(q->s->key_algorithm),
                              openpgp_hash_algorithm(q->s->hash_algorithm));
    if (q->s->version == 5) {
        r->verdict = OUTCOME_NOT_EXAMINED;
        r->why = "present, not checked: version 5 is of no standard";
        return;
    }
    for (; k && r->verdict != OUTCOME_VERIFIED; k = next_key(k->next)) {
        if (openpgp_signer_of(k->blob, q->s, &signer))
            judge_by(q, &signer, r);
    }
}

/* A file may hold several signatures: one that counts is enough. Of the others the first
 * is told that was judged at all. */
static void judge_packets(struct question *q, struct bytes packets,
                          struct signature_record *r)
{
    struct openpgp_packet p;
    struct openpgp_signature s;
    bool any = false;
    while (r->verdict != OUTCOME_VERIFIED && openpgp_next(&packets, &p)) {
        struct signature_record one = *r;
        if (p.type != OPENPGP_SIGNATURE || !openpgp_signature_read(p.body, &s))
            continue;
        q->s = &s;
        judge_packet(q, &one);
        if (!any || one.verdict == OUTCOME_VERIFIED ||
            (r->verdict == OUTCOME_NOT_EXAMINED && one.verdict != OUTCOME_NOT_EXAMINED))
            *r = one;
        any = true;
    }
}

/* A hundred keys that lie in the package are tried as well, each on one signature. */
static unsigned tried_before(const struct check *c)
{
    bool given = c->options->trust && c->options->trust->given;
    return given ? 0 : LIMIT_OPENPGP_SIGNATURES - 1;
}

/* Why nothing is judged where there is no signature packet. */
static const char *unread(enum openpgp_message_kind kind)
{
    return kind == OPENPGP_ENCRYPTED
               ? "present, not checked: it is an encrypted message, not a signature"
           : kind == OPENPGP_STORED
               ? "present, not checked: it is a message without a signature"
           : kind == OPENPGP_NOT_READ
               ? "present, not checked: it is a message (gpg --sign) that cannot be "
                 "unpacked: damaged, or compressed with what is not read here"
               : "present, not checked: it holds no signature packet that can be read";
}

void openpgp_judge(struct check *c, const struct item *signature,
                   struct signed_bytes *over, struct signature_record *r)
{
    struct arena *arena = &c->v->arena;
    struct bytes text = openpgp_clear_text(item_kept(signature), arena);
    instant proven = signature_proven_time(c, signature, over->item);
    struct openpgp_message message;
    struct question q = {.c = c,
                         .over = over,
                         .clear = text.n > 0,
                         .at = proven == INSTANT_NONE ? c->v->now : proven,
                         .tried = tried_before(c)};
    enum openpgp_message_kind kind =
        q.clear ? OPENPGP_NO_MESSAGE
                : openpgp_message_read(item_kept(signature), arena, &message);
    r->why = unread(kind);
    if (q.clear || kind == OPENPGP_SIGNED) {
        *over = (struct signed_bytes){.package = c->package,
                                      .raw = q.clear ? text : message.content};
        r->over = signature;
    }
    if (!over->item && !over->raw.n)
        return;
    judge_packets(&q,
                  kind == OPENPGP_SIGNED
                      ? message.signatures
                      : openpgp_signatures(item_kept(signature), arena),
                  r);
    if (proven != INSTANT_NONE && r->verdict == OUTCOME_VERIFIED) {
        r->time = proven;
        r->time_basis = BASIS_VERIFIED;
    }
}
