/* Signatures checked with public keys of --key: minisign, signify, and bare ones. */
#include "formats/base/base64.h"
#include "formats/base/limits.h"
#include "formats/der.h"
#include "formats/minisign.h"
#include "verify/raw_signature.h"
#include "verify/signature.h"
#include "verify/trust_store.h"

static const struct trusted_key *keys_of(const struct check *c)
{
    return c->options->trust ? c->options->trust->keys : NULL;
}

static bool has_format(const struct check *c, enum key_format format)
{
    const struct trusted_key *k = keys_of(c);
    while (k && k->format != format)
        k = k->next;
    return k;
}

static void name_signer(struct check *c, const struct trusted_key *k,
                        struct signature_record *r)
{
    r->signer = check_text(c, bytes_str(k->name));
    r->verdict = OUTCOME_VERIFIED;
    r->why = "";
}

static bool policy_names(const struct check *c, const char *name)
{
    return !c->policy->signers || policy_lists(c->policy->signers, name);
}

/* All of the message, read again where it was not kept; false when it is too large. */
static bool message_of(struct check *c, const struct signed_bytes *over,
                       struct bytes *message)
{
    const struct item *item = over->item;
    *message = item ? item_kept(item) : over->raw;
    if (!item || item->kept)
        return true;
    if (item->size > LIMIT_SIGNED_MESSAGE)
        return false;
    uint8_t *room = arena_alloc(&c->v->arena, item->size + 1);
    *message = item_copy(c->package, (struct span){item, 0, item->size}, room);
    return message->n == item->size;
}

static const char too_large[] =
    "it signs the message itself, not a digest of it, and that is too large to be held";

/* -- minisign and signify --------------------------------------------------------------
 */

static bool value_holds(const struct minisign_signature *s, const struct trusted_key *k,
                        const struct signed_bytes *over, struct bytes message)
{
    struct digest digest;
    if (!s->prehashed)
        return raw_signature_holds(k->key, message, s->value);
    return signed_bytes_digest(over, DIGEST_BLAKE2B, &digest) &&
           raw_signature_holds(k->key, bytes_of(digest.octets, DIGEST_MAX), s->value);
}

/* The second signature is over the first and the trusted comment. */
static bool comment_holds(struct check *c, const struct minisign_signature *s,
                          const struct trusted_key *k)
{
    if (!s->has_trusted)
        return true;
    size_t n = s->value.n + s->trusted.n;
    uint8_t *all = arena_alloc(&c->v->arena, n);
    memcpy(all, s->value.p, s->value.n);
    memcpy(all + s->value.n, s->trusted.p, s->trusted.n);
    return raw_signature_holds(k->key, bytes_of(all, n), s->global);
}

static void judge_with_keys(struct check *c, const struct minisign_signature *s,
                            const struct signed_bytes *over, struct signature_record *r)
{
    r->verdict = has_format(c, KEY_MINISIGN) ? OUTCOME_UNTRUSTED : OUTCOME_NOT_EXAMINED;
    r->why = has_format(c, KEY_MINISIGN) ? "no given key has its key id"
                                         : "no public key was given to check it (--key)";
    struct bytes message = BYTES_NONE;
    if (!s->prehashed && !message_of(c, over, &message)) {
        r->verdict = OUTCOME_NOT_EXAMINED;
        r->why = too_large;
        return;
    }
    for (const struct trusted_key *k = keys_of(c); k; k = k->next) {
        if (k->format != KEY_MINISIGN || !bytes_eq(k->blob, s->key_id))
            continue;
        r->verdict = OUTCOME_FAILED;
        if (!value_holds(s, k, over, message)) {
            r->why = "the signature was not made over these bytes with this key";
        } else if (!comment_holds(c, s, k)) {
            r->why = "its trusted comment was changed";
        } else if (!policy_names(c, k->name)) {
            r->verdict = OUTCOME_UNTRUSTED;
            r->why = "the policy does not name this key";
        } else {
            name_signer(c, k, r);
            return;
        }
    }
}

void minisign_judge(struct check *c, const struct item *signature,
                    struct signed_bytes *over, struct signature_record *r)
{
    struct minisign_signature s;
    struct fault fault;
    r->verdict = OUTCOME_FAILED;
    r->why = "not a minisign or signify signature";
    if (!minisign_read_signature(item_kept(signature), &c->v->arena, &s, &fault))
        return;
    r->format = s.has_trusted ? "minisign" : "signify";
    if (s.has_message) {
        struct digest have, inside = digest_bytes(DIGEST_SHA256, s.message);
        r->why = "it holds another message than the file that it stands beside";
        if (over->item && (!item_digest(c->package, over->item, DIGEST_SHA256, &have) ||
                           !digest_eq(&have, &inside)))
            return;
        *over = (struct signed_bytes){.package = c->package, .raw = s.message};
        r->over = signature;
    }
    r->why = "no file is named after it, so what it is over is not known";
    if (over->item || over->raw.n)
        judge_with_keys(c, &s, over, r);
}

/* -- bare signatures -------------------------------------------------------------------
 */

/* What is a CMS structure has its object identifier near the start. */
static bool is_cms(struct bytes octets)
{
    static const char signed_data[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
    return bytes_contains(bytes_sub(octets, 0, 64), bytes_str(signed_data));
}

/* Octets as `openssl dgst -sign` writes them: of RSA as long as the key, of ECDSA two
 * integers in DER, of Ed25519 and Ed448 64 and 114. */
static bool is_raw(struct bytes head)
{
    static const size_t sizes[] = {64, 114, 128, 256, 384, 512, 1024};
    bool is_text = true, fits = false;
    for (size_t i = 0; i < 64 && i < head.n; i++)
        is_text = is_text && head.p[i] < 0x80 && head.p[i] >= '\t';
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        fits = fits || head.n == sizes[i];
    bool ecdsa = head.n > 8 && head.n <= 144 && head.p[0] == DER_SEQUENCE;
    struct bytes rest = head;
    struct der whole;
    ecdsa = ecdsa && der_next(&rest, &whole) && rest.n == 0 && whole.content.n &&
            whole.content.p[0] == DER_INTEGER;
    return (ecdsa || (fits && !is_text)) && !is_cms(head);
}

/* Base64 (cosign), or the octets themselves. */
static bool bare_octets(struct bytes content, struct arena *arena, struct bytes *out)
{
    if (base64_decode(bytes_trim(content), BASE64_LENIENT, arena, out) && out->n >= 64 &&
        out->n <= 1024)
        return !is_cms(*out);
    *out = content;
    return is_raw(content);
}

bool bare_probe(struct bytes head)
{
    struct arena arena = ARENA_INIT;
    struct bytes octets;
    bool is_bare = bare_octets(head, &arena, &octets);
    arena_release(&arena);
    return is_bare;
}

/* The digests that `openssl dgst -sign` and its relatives may have signed. */
static bool digest_holds(const struct trusted_key *k, const struct signed_bytes *over,
                         struct bytes value)
{
    static const enum digest_algorithm all[] = {DIGEST_SHA256, DIGEST_SHA384,
                                                DIGEST_SHA512};
    struct digest digest;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (signed_bytes_digest(over, all[i], &digest) &&
            raw_signature_holds_digest(k->key, &digest, value))
            return true;
    }
    return false;
}

void bare_judge(struct check *c, const struct item *signature, struct signed_bytes *over,
                struct signature_record *r)
{
    struct bytes value, message;
    r->why = has_format(c, KEY_PEM) ? "no file is named after it"
                                    : "no public key was given to check it (--key)";
    if (!over->item || !has_format(c, KEY_PEM) ||
        !bare_octets(item_kept(signature), &c->v->arena, &value))
        return;
    r->verdict = OUTCOME_FAILED;
    r->why = "no given key made it over these bytes";
    for (const struct trusted_key *k = keys_of(c); k; k = k->next) {
        if (k->format != KEY_PEM || !policy_names(c, k->name))
            continue;
        bool whole = raw_signature_needs_message(k->key);
        if (whole && !message_of(c, over, &message)) {
            r->verdict = OUTCOME_NOT_EXAMINED;
            r->why = too_large;
        } else if (whole ? raw_signature_holds(k->key, message, value)
                         : digest_holds(k, over, value)) {
            name_signer(c, k, r);
            return;
        }
    }
}
