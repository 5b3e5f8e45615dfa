#include "formats/sigstore.h"

#include "formats/base/base64.h"

struct reading {
    struct arena *arena;
    struct fault fault;
};

static bool wrong(struct reading *r, enum fault_code code)
{
    if (!r->fault.code)
        r->fault.code = code;
    return false;
}

static struct bytes string_of(const json_t *value)
{
    return json_is_string(value)
               ? bytes_of(json_string_value(value), json_string_length(value))
               : BYTES_NONE;
}

bool sigstore_number(const json_t *value, uint64_t *out)
{
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *out = (uint64_t)json_integer_value(value);
        return true;
    }
    return bytes_to_u64(string_of(value), out);
}

bool sigstore_octets(const json_t *value, struct arena *arena, struct bytes *out)
{
    return json_is_string(value) &&
           base64_decode(string_of(value), BASE64_LENIENT, arena, out);
}

/* Octets that may be absent; when they stand there they must be base64. */
static bool optional_octets(struct reading *r, const json_t *value, struct bytes *out)
{
    return !value || sigstore_octets(value, r->arena, out) || wrong(r, FAULT_VALUE);
}

bool sigstore_probe(struct bytes head)
{
    return bytes_contains(head, BYTES("application/vnd.dev.sigstore.bundle")) ||
           bytes_contains(head, BYTES("\"base64Signature\""));
}

/* "…bundle+json;version=0.2" of old, "…bundle.v0.3+json" since 0.3. */
static bool read_version(struct reading *r, const json_t *value, unsigned *out)
{
    static const struct {
        const char *type;
        unsigned version;
    } known[] = {
        {"application/vnd.dev.sigstore.bundle+json;version=0.1", 1},
        {"application/vnd.dev.sigstore.bundle+json;version=0.2", 2},
        {"application/vnd.dev.sigstore.bundle+json;version=0.3", 3},
        {"application/vnd.dev.sigstore.bundle.v0.3+json", 3},
        {"application/vnd.dev.sigstore.bundle.v0.3.0+json", 3},
        {"application/vnd.dev.sigstore.bundle.v0.3.1+json", 3},
        {"application/vnd.dev.sigstore.bundle.v0.3.2+json", 3},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (bytes_is(string_of(value), known[i].type)) {
            *out = known[i].version;
            return true;
        }
    }
    return wrong(r, FAULT_UNSUPPORTED);
}

/* -- the material ----------------------------------------------------------------------
 */

static bool read_certificates(struct reading *r, const json_t *material,
                              struct sigstore_bundle *b)
{
    const json_t *chain = json_object_get(material, "x509CertificateChain");
    const json_t *list = json_object_get(chain, "certificates");
    const json_t *one = json_object_get(material, "certificate");
    size_t n = one ? 1 : json_array_size(list);
    b->by_key = json_object_get(material, "publicKey") != NULL;
    if (b->by_key)
        return true;
    if (n == 0)
        return wrong(r, FAULT_MISSING_FIELD);
    if (n > SIGSTORE_CERTIFICATES)
        return wrong(r, FAULT_LIMIT);
    for (size_t i = 0; i < n; i++) {
        const json_t *c = one ? one : json_array_get(list, i);
        if (!sigstore_octets(json_object_get(c, "rawBytes"), r->arena,
                             &b->certificates[i]))
            return wrong(r, FAULT_VALUE);
    }
    b->certificate_count = n;
    return true;
}

static bool read_proof(struct reading *r, const json_t *proof, struct sigstore_entry *e)
{
    const json_t *hashes = json_object_get(proof, "hashes");
    size_t n = json_array_size(hashes);
    if (!proof)
        return true;
    /* Protocol buffers leave out what is zero. */
    const json_t *index = json_object_get(proof, "logIndex");
    if ((index && !sigstore_number(index, &e->proof.index)) ||
        !sigstore_number(json_object_get(proof, "treeSize"), &e->proof.size) ||
        e->proof.size == 0 || n > MERKLE_LEVELS ||
        !sigstore_octets(json_object_get(proof, "rootHash"), r->arena, &e->root))
        return wrong(r, FAULT_VALUE);
    for (size_t i = 0; i < n; i++) {
        if (!sigstore_octets(json_array_get(hashes, i), r->arena, &e->proof.hashes[i]))
            return wrong(r, FAULT_VALUE);
    }
    e->proof.count = n;
    const json_t *checkpoint = json_object_get(proof, "checkpoint");
    e->checkpoint =
        arena_copy(r->arena, string_of(json_object_get(checkpoint, "envelope")));
    return true;
}

static bool read_entry(struct reading *r, const json_t *value, struct sigstore_entry *e)
{
    const json_t *index = json_object_get(value, "logIndex");
    const json_t *time = json_object_get(value, "integratedTime");
    const json_t *log = json_object_get(value, "logId");
    const json_t *promise = json_object_get(value, "inclusionPromise");
    if ((index && !sigstore_number(index, &e->index)) ||
        (time && !sigstore_number(time, &e->integrated)))
        return wrong(r, FAULT_VALUE);
    return optional_octets(r, json_object_get(log, "keyId"), &e->log_id) &&
           optional_octets(r, json_object_get(promise, "signedEntryTimestamp"),
                           &e->promise) &&
           optional_octets(r, json_object_get(value, "canonicalizedBody"), &e->body) &&
           read_proof(r, json_object_get(value, "inclusionProof"), e);
}

static bool read_entries(struct reading *r, const json_t *material,
                         struct sigstore_bundle *b)
{
    const json_t *list = json_object_get(material, "tlogEntries");
    size_t n = json_array_size(list);
    if (n > SIGSTORE_ENTRIES)
        return wrong(r, FAULT_LIMIT);
    for (size_t i = 0; i < n; i++) {
        if (!read_entry(r, json_array_get(list, i), &b->entries[i]))
            return false;
    }
    b->entry_count = n;
    return true;
}

static bool read_tokens(struct reading *r, const json_t *material,
                        struct sigstore_bundle *b)
{
    const json_t *data = json_object_get(material, "timestampVerificationData");
    const json_t *list = json_object_get(data, "rfc3161Timestamps");
    size_t n = json_array_size(list);
    if (n > SIGSTORE_TOKENS)
        return wrong(r, FAULT_LIMIT);
    for (size_t i = 0; i < n; i++) {
        const json_t *token = json_array_get(list, i);
        if (!sigstore_octets(json_object_get(token, "signedTimestamp"), r->arena,
                             &b->tokens[i]))
            return wrong(r, FAULT_VALUE);
    }
    b->token_count = n;
    return true;
}

/* -- the signature ---------------------------------------------------------------------
 */

/* {"algorithm": "SHA2_256", "digest": base64}, as bundles and Rekor 2 write it. */
static bool read_digest(struct arena *arena, const json_t *stated, struct digest *out)
{
    struct bytes octets;
    struct digest d = {0};
    if (!digest_by_name(string_of(json_object_get(stated, "algorithm")), &d.algorithm) ||
        !sigstore_octets(json_object_get(stated, "digest"), arena, &octets) ||
        octets.n != digest_size(d.algorithm))
        return false;
    memcpy(d.octets, octets.p, octets.n);
    *out = d;
    return true;
}

/* {"algorithm": "sha256", "value": hex}, as Rekor 1 writes it. */
static bool read_hex_digest(const json_t *stated, struct digest *out)
{
    struct digest d = {0};
    if (!digest_by_name(string_of(json_object_get(stated, "algorithm")), &d.algorithm) ||
        !bytes_from_hex(string_of(json_object_get(stated, "value")), d.octets,
                        digest_size(d.algorithm)))
        return false;
    *out = d;
    return true;
}

static bool read_signature(struct reading *r, const json_t *bundle,
                           struct sigstore_bundle *b)
{
    const json_t *message = json_object_get(bundle, "messageSignature");
    const json_t *envelope = json_object_get(bundle, "dsseEnvelope");
    const json_t *stated = json_object_get(message, "messageDigest");
    if (message &&
        !sigstore_octets(json_object_get(message, "signature"), r->arena, &b->signature))
        return wrong(r, FAULT_VALUE);
    if (message) {
        b->has_digest = read_digest(r->arena, stated, &b->digest);
        return true;
    }
    if (!envelope || !dsse_of_json(envelope, r->arena, &b->envelope))
        return wrong(r, FAULT_MISSING_FIELD);
    if (b->envelope.count != 1)
        return wrong(r, FAULT_VALUE);
    b->enveloped = true;
    b->signature = b->envelope.signatures[0];
    return true;
}

/* -- cosign's bundles of old ------------------------------------------------------------
 */

/* Base64 of a certificate in PEM form: its octets. */
static bool read_pem(struct reading *r, const json_t *value, struct bytes *out)
{
    static const struct bytes begin = {(const uint8_t *)"-----BEGIN CERTIFICATE-----",
                                       27};
    struct bytes text;
    if (!sigstore_octets(value, r->arena, &text))
        return wrong(r, FAULT_VALUE);
    text = bytes_trim(text);
    if (!bytes_starts(text, begin))
        return wrong(r, FAULT_VALUE);
    text = bytes_from(text, begin.n);
    text = bytes_sub(text, 0, bytes_find(text, BYTES("-----END")));
    return base64_decode(text, BASE64_LENIENT, r->arena, out) || wrong(r, FAULT_VALUE);
}

static bool read_old_entry(struct reading *r, const json_t *rekor,
                           struct sigstore_entry *e)
{
    const json_t *payload = json_object_get(rekor, "Payload");
    struct bytes hex = string_of(json_object_get(payload, "logID"));
    uint8_t id[MERKLE_HASH];
    if (!bytes_from_hex(hex, id, sizeof id) ||
        !sigstore_number(json_object_get(payload, "logIndex"), &e->index) ||
        !sigstore_number(json_object_get(payload, "integratedTime"), &e->integrated) ||
        !sigstore_octets(json_object_get(payload, "body"), r->arena, &e->body) ||
        !sigstore_octets(json_object_get(rekor, "SignedEntryTimestamp"), r->arena,
                         &e->promise))
        return wrong(r, FAULT_VALUE);
    e->log_id = arena_copy(r->arena, bytes_of(id, sizeof id));
    return true;
}

static bool read_old(struct reading *r, const json_t *text, struct sigstore_bundle *b)
{
    const json_t *rekor = json_object_get(text, "rekorBundle");
    const json_t *certificate = json_object_get(text, "cert");
    b->version = 1;
    b->by_key = string_of(certificate).n == 0;
    b->certificate_count = !b->by_key;
    b->entry_count = json_is_object(rekor);
    return (sigstore_octets(json_object_get(text, "base64Signature"), r->arena,
                            &b->signature) ||
            wrong(r, FAULT_VALUE)) &&
           (b->by_key || read_pem(r, certificate, &b->certificates[0])) &&
           (!b->entry_count || read_old_entry(r, rekor, &b->entries[0]));
}

static bool read_new(struct reading *r, const json_t *text, struct sigstore_bundle *b)
{
    const json_t *material = json_object_get(text, "verificationMaterial");
    return read_version(r, json_object_get(text, "mediaType"), &b->version) &&
           read_certificates(r, material, b) && read_entries(r, material, b) &&
           read_tokens(r, material, b) && read_signature(r, text, b);
}

bool sigstore_read(struct bytes content, struct arena *arena, struct sigstore_bundle *out,
                   struct fault *fault)
{
    json_error_t error;
    json_t *text =
        json_loadb((const char *)content.p, content.n, JSON_REJECT_DUPLICATES, &error);
    struct reading r = {.arena = arena};
    struct sigstore_bundle b = {0};
    if (!text)
        r.fault = (struct fault){FAULT_SYNTAX, (uint64_t)error.position, 0, 0};
    bool old = json_object_get(text, "base64Signature") != NULL;
    bool good = text && (old ? read_old(&r, text, &b) : read_new(&r, text, &b));
    json_decref(text);
    if (good)
        *out = b;
    *fault = r.fault;
    return good;
}

/* -- entries of the log ----------------------------------------------------------------
 */

static bool add_signer(struct arena *arena, const json_t *signature,
                       const json_t *verifier, struct rekor_entry *e)
{
    if (e->count == DSSE_SIGNATURES ||
        !sigstore_octets(signature, arena, &e->signatures[e->count]) ||
        !sigstore_octets(verifier, arena, &e->verifiers[e->count]))
        return false;
    e->count++;
    return true;
}

/* "verifier": {"x509Certificate": {"rawBytes"}} or {"publicKey": {"rawBytes"}}. */
static const json_t *verifier_of(const json_t *signature)
{
    const json_t *verifier = json_object_get(signature, "verifier");
    const json_t *certificate = json_object_get(verifier, "x509Certificate");
    const json_t *key = json_object_get(verifier, "publicKey");
    return json_object_get(certificate ? certificate : key, "rawBytes");
}

static bool read_hashed_1(struct arena *arena, const json_t *spec, struct rekor_entry *e)
{
    const json_t *hash = json_object_get(json_object_get(spec, "data"), "hash");
    const json_t *signature = json_object_get(spec, "signature");
    e->has_digest = read_hex_digest(hash, &e->digest);
    return e->has_digest &&
           add_signer(arena, json_object_get(signature, "content"),
                      json_object_get(json_object_get(signature, "publicKey"), "content"),
                      e);
}

static bool read_hashed_2(struct arena *arena, const json_t *spec, struct rekor_entry *e)
{
    const json_t *entry = json_object_get(spec, "hashedRekordV002");
    const json_t *data = json_object_get(entry, "data");
    const json_t *signature = json_object_get(entry, "signature");
    e->has_digest = read_digest(arena, data, &e->digest);
    return e->has_digest && add_signer(arena, json_object_get(signature, "content"),
                                       verifier_of(signature), e);
}

static bool read_dsse_1(struct arena *arena, const json_t *spec, struct rekor_entry *e)
{
    const json_t *payload = json_object_get(spec, "payloadHash");
    const json_t *list = json_object_get(spec, "signatures");
    const json_t *s;
    size_t i;
    e->has_payload = read_hex_digest(payload, &e->payload);
    json_array_foreach(list, i, s)
    {
        if (!add_signer(arena, json_object_get(s, "signature"),
                        json_object_get(s, "verifier"), e))
            return false;
    }
    return e->has_payload && e->count > 0;
}

static bool read_dsse_2(struct arena *arena, const json_t *spec, struct rekor_entry *e)
{
    const json_t *entry = json_object_get(spec, "dsseV002");
    const json_t *payload = json_object_get(entry, "payloadHash");
    const json_t *list = json_object_get(entry, "signatures");
    const json_t *s;
    size_t i;
    e->has_payload = read_digest(arena, payload, &e->payload);
    json_array_foreach(list, i, s)
    {
        if (!add_signer(arena, json_object_get(s, "content"), verifier_of(s), e))
            return false;
    }
    return e->has_payload && e->count > 0;
}

/* The signature is base64 twice over: of the envelope's own text. */
static bool read_intoto_2(struct arena *arena, const json_t *spec, struct rekor_entry *e)
{
    const json_t *content = json_object_get(spec, "content");
    const json_t *payload = json_object_get(content, "payloadHash");
    const json_t *list =
        json_object_get(json_object_get(content, "envelope"), "signatures");
    const json_t *s;
    size_t i;
    e->has_payload = read_hex_digest(payload, &e->payload);
    json_array_foreach(list, i, s)
    {
        struct bytes once;
        if (!add_signer(arena, json_object_get(s, "sig"), json_object_get(s, "publicKey"),
                        e))
            return false;
        once = e->signatures[e->count - 1];
        if (!base64_decode(once, BASE64_LENIENT, arena, &e->signatures[e->count - 1]))
            return false;
    }
    return e->has_payload && e->count > 0;
}

bool rekor_entry_read(struct bytes body, struct arena *arena, struct rekor_entry *out)
{
    static const struct {
        const char *kind, *version;
        bool (*read)(struct arena *arena, const json_t *spec, struct rekor_entry *e);
    } kinds[] = {
        {"hashedrekord", "0.0.1", read_hashed_1},
        {"hashedrekord", "0.0.2", read_hashed_2},
        {"dsse", "0.0.1", read_dsse_1},
        {"dsse", "0.0.2", read_dsse_2},
        {"intoto", "0.0.2", read_intoto_2},
    };
    json_t *text = json_loadb((const char *)body.p, body.n, JSON_REJECT_DUPLICATES, NULL);
    struct bytes kind = string_of(json_object_get(text, "kind"));
    struct bytes version = string_of(json_object_get(text, "apiVersion"));
    struct rekor_entry e = {0};
    bool good = false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (bytes_is(kind, kinds[i].kind) && bytes_is(version, kinds[i].version))
            good = kinds[i].read(arena, json_object_get(text, "spec"), &e);
    }
    json_decref(text);
    if (good)
        *out = e;
    return good;
}
