/* Sigstore bundles (cosign), offline: by a key of --key, or by a certificate for a moment
 * whose authority, logs and time-stamps a trusted root names (--trusted-root). Of what
 * the root has (logs, certificate logs), the bundle must carry the proof. */
#include "formats/sigstore.h"
#include "verify/certificate.h"
#include "verify/certificate_identity.h"
#include "verify/certificate_log.h"
#include "verify/raw_signature.h"
#include "verify/seal_target.h"
#include "verify/signature.h"
#include "verify/timestamp.h"
#include "verify/transparency_log.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

struct judging {
    struct check *c;
    struct sigstore_bundle bundle;
    const struct signed_bytes *over;
    struct bytes data; /* what an envelope signs; else empty */
    struct signature_record *r;
    EVP_PKEY *key;     /* that made it */
    X509 *certificate; /* of that key, or NULL */
    STACK_OF(X509) * others;
    instant times[SIGSTORE_ENTRIES + SIGSTORE_TOKENS]; /* that are proven */
    size_t time_count;
};

static void conclude(struct judging *j, enum outcome verdict, const char *why)
{
    j->r->verdict = verdict;
    j->r->why = why;
}

static const struct trusted_root *root_of(const struct judging *j)
{
    static const struct trusted_root none;
    const struct trust *t = j->c->options->trust;
    return t ? &t->root : &none;
}

/* -- the signature itself --------------------------------------------------------------
 */

static bool digest_of(const struct judging *j, enum digest_algorithm algorithm,
                      struct digest *out)
{
    if (!j->bundle.enveloped)
        return signed_bytes_digest(j->over, algorithm, out);
    *out = digest_bytes(algorithm, j->data);
    return true;
}

static bool holds_by(const struct judging *j, EVP_PKEY *key)
{
    static const enum digest_algorithm algorithms[] = {DIGEST_SHA256, DIGEST_SHA384,
                                                       DIGEST_SHA512};
    struct digest digest;
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) {
        bool kept = j->bundle.enveloped || j->over->item->kept;
        return kept &&
               raw_signature_holds(
                   key, j->bundle.enveloped ? j->data : item_more(j->over->item)->content,
                   j->bundle.signature);
    }
    for (size_t i = 0; i < 3; i++) {
        if (digest_of(j, algorithms[i], &digest) &&
            raw_signature_holds_digest(key, &digest, j->bundle.signature))
            return true;
    }
    return false;
}

/* -- entries of the log ----------------------------------------------------------------
 */

/* The key in an entry: a certificate or a public key, in PEM or DER. */
static EVP_PKEY *key_of_verifier(struct bytes verifier)
{
    const uint8_t *at = verifier.p;
    BIO *bio = BIO_new_mem_buf(verifier.p, (int)verifier.n);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    EVP_PKEY *key = NULL;
    if (!certificate)
        certificate = d2i_X509(NULL, &at, (long)verifier.n);
    if (certificate) {
        key = X509_get_pubkey(certificate);
    } else {
        (void)BIO_reset(bio);
        at = verifier.p;
        key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
        if (!key)
            key = d2i_PUBKEY(NULL, &at, (long)verifier.n);
    }
    X509_free(certificate);
    BIO_free(bio);
    return key;
}

static bool names_signer(const struct judging *j, const struct rekor_entry *e)
{
    for (size_t i = 0; i < e->count; i++) {
        if (!bytes_eq(e->signatures[i], j->bundle.signature))
            continue;
        EVP_PKEY *key = key_of_verifier(e->verifiers[i]);
        bool same = key && EVP_PKEY_eq(key, j->key) == 1;
        EVP_PKEY_free(key);
        if (same)
            return true;
    }
    return false;
}

/* An entry about something else would prove nothing about this signature. */
static const char *check_subject(const struct judging *j, const struct sigstore_entry *e)
{
    struct rekor_entry entry;
    struct digest have;
    if (!rekor_entry_read(e->body, &j->c->v->arena, &entry))
        return "its log entry is of a kind that exhibit does not know";
    if (entry.has_digest && (!digest_of(j, entry.digest.algorithm, &have) ||
                             !digest_eq(&have, &entry.digest)))
        return "its log entry is about other bytes";
    if (entry.has_payload) {
        if (!j->bundle.enveloped)
            return "its log entry is about an envelope";
        have = digest_bytes(entry.payload.algorithm, j->bundle.envelope.payload);
        if (!digest_eq(&have, &entry.payload))
            return "its log entry is about another payload";
    }
    return names_signer(j, &entry) ? NULL
                                   : "its log entry is about another signature or key";
}

/* False when the entries do not hold: then the record says why. */
static bool judge_entries(struct judging *j)
{
    const struct log_question q = {.logs = root_of(j)->logs,
                                   .at = j->time_count ? j->times[0] : INSTANT_NONE,
                                   .proof_required = j->bundle.version > 1};
    if (!q.logs)
        return true;
    if (j->bundle.entry_count == 0) {
        conclude(j, OUTCOME_UNTRUSTED, "it has no entry of a log");
        return false;
    }
    for (size_t i = 0; i < j->bundle.entry_count; i++) {
        const struct sigstore_entry *e = &j->bundle.entries[i];
        const char *why;
        enum outcome verdict = log_entry_check(&q, e, &why);
        if (verdict == OUTCOME_VERIFIED) {
            why = check_subject(j, e);
            verdict = why ? OUTCOME_FAILED : verdict;
        }
        if (verdict != OUTCOME_VERIFIED) {
            conclude(j, verdict, why);
            return false;
        }
    }
    return true;
}

/* -- when ------------------------------------------------------------------------------
 */

/* A token over the signature, by whichever authority of the root it holds. */
static void judge_token(struct judging *j, struct bytes token)
{
    const struct trusted_authority *a = root_of(j)->timestamp_authorities;
    struct timestamp_record *r = arena_new(&j->c->v->arena, struct timestamp_record);
    struct signed_bytes over = {.package = j->c->package, .raw = j->bundle.signature};
    timestamp_judge_by(j->c, token, &over, a, r);
    while (r->verdict == OUTCOME_UNTRUSTED && a && (a = a->next))
        timestamp_judge_by(j->c, token, &over, a, r);
    r->item = r->over = j->r->item;
    timestamp_record_add(j->c, r);
    if (r->verdict == OUTCOME_VERIFIED)
        j->times[j->time_count++] = r->time;
}

/* The promise of an entry counts once judge_entries says that it holds. */
static void collect_times(struct judging *j)
{
    for (size_t i = 0; i < j->bundle.token_count; i++)
        judge_token(j, j->bundle.tokens[i]);
    for (size_t i = 0; root_of(j)->logs && i < j->bundle.entry_count; i++) {
        instant t = log_entry_time(&j->bundle.entries[i]);
        if (t != INSTANT_NONE)
            j->times[j->time_count++] = t;
    }
}

/* The record has the earliest, once the signature is accepted. */
static void tell_time(struct judging *j)
{
    for (size_t i = 0; i < j->time_count && j->r->verdict == OUTCOME_VERIFIED; i++) {
        if (j->r->time == INSTANT_NONE || j->times[i] < j->r->time)
            j->r->time = j->times[i];
        j->r->time_basis = BASIS_VERIFIED;
    }
}

/* -- who -------------------------------------------------------------------------------
 */

static X509 *issuer_of(const struct judging *j, X509 *certificate)
{
    for (const struct trusted_authority *a = root_of(j)->authorities; a; a = a->next) {
        for (int i = 0; i < sk_X509_num(a->chain); i++) {
            X509 *issuer = sk_X509_value(a->chain, i);
            if (X509_check_issued(issuer, certificate) == X509_V_OK)
                return issuer;
        }
    }
    for (int i = 0; i < sk_X509_num(j->others); i++) {
        if (X509_check_issued(sk_X509_value(j->others, i), certificate) == X509_V_OK)
            return sk_X509_value(j->others, i);
    }
    return NULL;
}

static enum outcome judge_chain(struct judging *j, instant at, const char **why)
{
    enum outcome verdict = OUTCOME_UNTRUSTED;
    *why = "the trusted root names no authority for the time when it was signed";
    for (const struct trusted_authority *a = root_of(j)->authorities;
         a && verdict != OUTCOME_VERIFIED; a = a->next) {
        const struct certificate_question q = {.certificate = j->certificate,
                                               .others = j->others,
                                               .anchors = a->chain,
                                               .purpose = PURPOSE_IDENTITY,
                                               .at = at,
                                               .at_proven = true};
        if (valid_at(&a->valid, at))
            verdict = certificate_judge(j->c, &q, why);
    }
    return verdict;
}

static void judge_signer(struct judging *j)
{
    enum outcome verdict = OUTCOME_UNTRUSTED;
    const char *why = NULL;
    for (size_t i = 0; i < j->time_count; i++) {
        verdict = judge_chain(j, j->times[i], &why);
        if (verdict != OUTCOME_VERIFIED)
            break;
    }
    const struct certificate_log_question q = {
        j->certificate, issuer_of(j, j->certificate), root_of(j)->certificate_logs};
    if (verdict == OUTCOME_VERIFIED && q.logs && q.issuer)
        verdict = certificate_log_check(&q, &why);
    if (verdict == OUTCOME_VERIFIED) {
        why = certificate_identity_refusal(j->c, j->r->signer, j->r->issuer);
        verdict = why ? OUTCOME_UNTRUSTED : OUTCOME_VERIFIED;
    }
    conclude(j, verdict, why ? why : "");
}

/* -- by certificate, by key ------------------------------------------------------------
 */

/* False when a certificate cannot be read, or one that could only stand for itself is
 * among them: trust comes from the examiner. */
static bool read_certificates(struct judging *j)
{
    j->others = sk_X509_new_null();
    for (size_t i = 0; i < j->bundle.certificate_count; i++) {
        struct bytes der = j->bundle.certificates[i];
        const uint8_t *at = der.p;
        X509 *x = d2i_X509(NULL, &at, (long)der.n);
        if (x && i == 0)
            j->certificate = x;
        else if (x)
            sk_X509_push(j->others, x);
        if (!x || (size_t)(at - der.p) != der.n) {
            conclude(j, OUTCOME_FAILED, "it holds a certificate that cannot be read");
            return false;
        }
        if (X509_self_signed(x, 0) == 1) {
            conclude(j, OUTCOME_FAILED, "it brings a root certificate of its own");
            return false;
        }
    }
    j->key = X509_get0_pubkey(j->certificate);
    return j->key;
}

static void judge_by_certificate(struct judging *j)
{
    if (!read_certificates(j))
        return;
    j->r->signer = certificate_identity(j->c, j->certificate);
    j->r->issuer = certificate_identity_issuer(j->c, j->certificate);
    j->r->certificate_sha256 = certificate_fingerprint(j->c, j->certificate);
    if (!holds_by(j, j->key)) {
        conclude(j, OUTCOME_FAILED,
                 "the signature was not made over these bytes with the key of its "
                 "certificate");
        return;
    }
    if (!root_of(j)->authorities) {
        conclude(
            j, OUTCOME_NOT_EXAMINED,
            "it matches the bytes, but no trusted root was given (--trusted-root), so "
            "who made it is not established");
        return;
    }
    collect_times(j);
    if (j->time_count == 0)
        conclude(j, OUTCOME_UNTRUSTED,
                 "nothing that can be relied on proves when it was signed, and its "
                 "certificate was valid for minutes only");
    else if (judge_entries(j))
        judge_signer(j);
}

static void judge_by_key(struct judging *j)
{
    const struct trusted_key *k =
        j->c->options->trust ? j->c->options->trust->keys : NULL;
    conclude(j, OUTCOME_NOT_EXAMINED, "no public key was given to check it (--key)");
    for (; k; k = k->next) {
        if (k->format != KEY_PEM)
            continue;
        if (holds_by(j, k->key)) {
            j->key = k->key;
            j->r->signer = check_text(j->c, bytes_str(k->name));
            collect_times(j);
            if (j->bundle.entry_count == 0 || judge_entries(j))
                conclude(j, OUTCOME_VERIFIED, "");
            return;
        }
        conclude(j, OUTCOME_FAILED, "no given key made it over these bytes");
    }
}

/* -- what it is over -------------------------------------------------------------------
 */

/* False when that is not known, or not what the bundle says; then the record says why. */
static bool settle_target(struct judging *j, struct signed_bytes *over)
{
    struct digest have;
    if (j->bundle.enveloped) {
        j->data = dsse_signed_data(&j->bundle.envelope, &j->c->v->arena);
        j->r->over = j->r->item;
        return true;
    }
    if (!over->item && j->bundle.has_digest)
        over->item = seal_target_by_digest(j->c, &j->bundle.digest);
    j->r->over = over->item;
    conclude(j, OUTCOME_FAILED, "it was made over bytes that are not in the package");
    if (!over->item)
        return false;
    conclude(j, OUTCOME_FAILED, "the digest that it states is not that of the file");
    return !j->bundle.has_digest ||
           (signed_bytes_digest(over, j->bundle.digest.algorithm, &have) &&
            digest_eq(&have, &j->bundle.digest));
}

void sigstore_judge(struct check *c, const struct item *signature,
                    struct signed_bytes *over, struct signature_record *r)
{
    struct judging j = {.c = c, .over = over, .r = r};
    struct fault fault;
    if (!sigstore_read(item_kept(signature), &c->v->arena, &j.bundle, &fault)) {
        conclude(&j, OUTCOME_FAILED,
                 check_printf(c, "not a Sigstore bundle that can be read: %s",
                              fault_text(fault.code)));
        return;
    }
    if (!settle_target(&j, over))
        return;
    if (j.bundle.by_key)
        judge_by_key(&j);
    else
        judge_by_certificate(&j);
    tell_time(&j);
    X509_free(j.certificate);
    sk_X509_pop_free(j.others, X509_free);
}
