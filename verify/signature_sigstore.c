/* Sigstore bundles (cosign): offline with a given key. What a certificate and the public
 * log would add is told as not examined. */
#include <jansson.h>

#include "formats/base/base64.h"
#include "formats/dsse.h"
#include "verify/raw_signature.h"
#include "verify/signature.h"
#include "verify/trust_store.h"

bool sigstore_probe(struct bytes head)
{
    return bytes_contains(head, BYTES("application/vnd.dev.sigstore.bundle"));
}

/* The bundle's signature, and the bytes that it is over: the file, or an envelope's. */
struct bundle {
    struct bytes value, data;
    bool enveloped, by_key;
};

static bool read_bundle(struct check *c, struct bytes content, struct bundle *out)
{
    struct arena *arena = &c->v->arena;
    struct bundle b = {0};
    struct dsse dsse;
    json_t *text =
        json_loadb((const char *)content.p, content.n, JSON_REJECT_DUPLICATES, NULL);
    const json_t *material = json_object_get(text, "verificationMaterial");
    const json_t *message = json_object_get(text, "messageSignature");
    const json_t *envelope = json_object_get(text, "dsseEnvelope");
    const char *value = json_string_value(json_object_get(message, "signature"));
    bool good = false;
    b.by_key = json_object_get(material, "publicKey") != NULL;
    if (value)
        good = base64_decode(bytes_str(value), BASE64_LENIENT, arena, &b.value);
    else if (dsse_of_json(envelope, arena, &dsse) && dsse.count == 1) {
        good = b.enveloped = true;
        b.value = dsse.signatures[0];
        b.data = dsse_signed_data(&dsse, arena);
    }
    json_decref(text);
    *out = b;
    return good;
}

static bool holds(const struct bundle *b, const struct signed_bytes *over, EVP_PKEY *key)
{
    struct digest digest;
    if (b->enveloped)
        return raw_signature_holds(key, b->data, b->value);
    return (signed_bytes_digest(over, DIGEST_SHA256, &digest) &&
            raw_signature_holds_digest(key, &digest, b->value)) ||
           (over->item->kept && raw_signature_holds(key, over->item->content, b->value));
}

void sigstore_judge(struct check *c, const struct item *signature,
                    struct signed_bytes *over, struct signature_record *r)
{
    const struct trusted_key *k = c->options->trust ? c->options->trust->keys : NULL;
    struct bundle b;
    r->verdict = OUTCOME_FAILED;
    r->why = "not a bundle with one signature";
    if (!read_bundle(c, item_kept(signature), &b))
        return;
    r->verdict = OUTCOME_NOT_EXAMINED;
    r->why = b.by_key ? "no public key was given to check it (--key)"
                      : "present, not checked: it is signed by a certificate of a public "
                        "authority; exhibit checks bundles by key";
    if (b.enveloped)
        r->over = signature;
    for (; k && (b.enveloped || over->item); k = k->next) {
        if (k->format != KEY_PEM)
            continue;
        if (holds(&b, over, k->key)) {
            r->signer = check_text(c, bytes_str(k->name));
            r->verdict = OUTCOME_VERIFIED;
            r->why = "";
            return;
        }
        if (b.by_key) {
            r->verdict = OUTCOME_FAILED;
            r->why = "no given key made it over these bytes";
        }
    }
}
