/* Signatures checked with public keys of --key: minisign, signify, and bare ones. */
#include "formats/base/base64.h"
#include "formats/minisign.h"
#include "formats/openpgp.h"
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

static bool message_of(struct check *c, const struct signed_bytes *over,
                       struct bytes *message)
{
    (void)c;
    if (!over->item) {
        *message = over->raw;
        return true;
    }
    *message = item_kept(over->item);
    return over->item->kept;
}

/* -- minisign and signify --------------------------------------------------------------
 */

static bool value_holds(struct check *c, const struct minisign_signature *s,
                        const struct trusted_key *k, const struct signed_bytes *over)
{
    struct digest digest;
    struct bytes message;
    if (!s->prehashed)
        return message_of(c, over, &message) &&
               raw_signature_holds(k->key, message, s->value);
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
    for (const struct trusted_key *k = keys_of(c); k; k = k->next) {
        if (k->format != KEY_MINISIGN || !bytes_eq(k->blob, s->key_id))
            continue;
        r->verdict = OUTCOME_FAILED;
        if (!value_holds(c, s, k, over)) {
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

/* Octets as `openssl dgst -sign` writes them: of RSA as long as the key, of ECDSA two
 * integers in DER. What is a CMS structure has its object identifier near the start. */
static bool is_raw(struct bytes head)
{
    static const char signed_data[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
    struct bytes start = bytes_sub(head, 0, 64);
    bool is_text = true;
    for (size_t i = 0; i < start.n; i++)
        is_text = is_text && start.p[i] < 0x80 && start.p[i] >= '\t';
    bool ecdsa = head.n > 8 && head.n <= 144 && head.p[0] == 0x30 &&
                 (size_t)head.p[1] + 2 == head.n && head.p[2] == 0x02;
    bool rsa = !is_text && (head.n == 64 || head.n == 256 || head.n == 384 ||
                            head.n == 512 || head.n == 1024);
    return ecdsa || (rsa && !bytes_contains(start, bytes_str(signed_data)));
}

/* Base64 (cosign), or the octets themselves. */
static bool bare_octets(struct bytes content, struct arena *arena, struct bytes *out)
{
    if (base64_decode(bytes_trim(content), BASE64_LENIENT, arena, out) && out->n >= 64 &&
        out->n <= 1024)
        return true;
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

void bare_judge(struct check *c, const struct item *signature, struct signed_bytes *over,
                struct signature_record *r)
{
    struct bytes value, message;
    struct digest digest;
    r->why = has_format(c, KEY_PEM) ? "no file is named after it"
                                    : "no public key was given to check it (--key)";
    if (!over->item || !has_format(c, KEY_PEM) ||
        !bare_octets(item_kept(signature), &c->v->arena, &value) ||
        !signed_bytes_digest(over, DIGEST_SHA256, &digest))
        return;
    r->verdict = OUTCOME_FAILED;
    r->why = "no given key made it over these bytes";
    for (const struct trusted_key *k = keys_of(c); k; k = k->next) {
        if (k->format == KEY_PEM && policy_names(c, k->name) &&
            (raw_signature_holds_digest(k->key, &digest, value) ||
             (message_of(c, over, &message) &&
              raw_signature_holds(k->key, message, value))))
            name_signer(c, k, r);
    }
}

/* -- OpenPGP ---------------------------------------------------------------------------
 */

/* What the packet says is the signer's word; no library of the system that is kept well
 * verifies it in this process, and running gpgv would need a keyring and a program. */
void openpgp_judge(struct check *c, const struct item *signature,
                   struct signed_bytes *over, struct signature_record *r)
{
    struct openpgp_signature s;
    char hex[2 * 64 + 1] = "";
    (void)over;
    r->why = "present, not checked: exhibit does not verify OpenPGP signatures";
    if (!openpgp_read(item_kept(signature), &c->v->arena, &s))
        return;
    struct bytes key =
        s.fingerprint.n && s.fingerprint.n <= 64 ? s.fingerprint : s.key_id;
    bytes_to_hex(key, hex);
    r->signer = check_printf(c, "%s%s", key.n ? "OpenPGP key " : "", hex);
    r->time = s.made;
    r->time_basis = s.made == INSTANT_NONE ? BASIS_NOT_EXAMINED : BASIS_ASSERTED;
    r->why = check_printf(c,
                          "present, not checked: exhibit does not verify OpenPGP "
                          "signatures; the packet (version %u) names %s with %s",
                          s.version, openpgp_key_algorithm(s.key_algorithm),
                          openpgp_hash_algorithm(s.hash_algorithm));
}
