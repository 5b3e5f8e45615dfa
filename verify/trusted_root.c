#include "verify/trusted_root.h"

#include <jansson.h>

#include "formats/base/memory.h"
#include "formats/sigstore.h"

struct reading {
    struct arena *arena;
    const char *why; /* the first thing that is wrong */
};

static void refuse(struct reading *r, const char *why)
{
    if (!r->why)
        r->why = why;
}

bool valid_at(const struct validity *v, instant at)
{
    return at >= v->from && (v->to == INSTANT_NONE || at <= v->to);
}

static struct bytes string_of(const json_t *value)
{
    return bytes_str(json_string_value(value));
}

/* The start is required: without it nobody says since when the key was the log's. */
static struct validity read_validity(struct reading *r, const json_t *range)
{
    struct validity v = {INSTANT_NONE, INSTANT_NONE};
    const json_t *to = json_object_get(range, "end");
    if (!instant_parse(string_of(json_object_get(range, "start")), &v.from, NULL))
        refuse(r, "a \"validFor\" without a start that can be read");
    if (to && !json_is_null(to) && !instant_parse(string_of(to), &v.to, NULL))
        refuse(r, "a \"validFor\" whose end cannot be read");
    return v;
}

/* "https://rekor.sigstore.dev/path" is "rekor.sigstore.dev". */
static struct bytes host_of(struct bytes address)
{
    size_t scheme = bytes_find(address, BYTES("://"));
    if (scheme < address.n)
        address = bytes_from(address, scheme + 3);
    return bytes_sub(address, 0, bytes_find_byte(address, '/'));
}

static EVP_PKEY *read_key(struct reading *r, const json_t *value)
{
    struct bytes der;
    if (!sigstore_octets(value, r->arena, &der) || der.n > INT32_MAX)
        return NULL;
    const uint8_t *at = der.p;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)der.n);
    if (key)
        return key;
    at = der.p; /* keyDetails PKCS1_RSA_PKCS1V5 */
    return d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, (long)der.n);
}

static void read_log(struct reading *r, const json_t *value, struct trusted_log **list)
{
    const json_t *key = json_object_get(value, "publicKey");
    const json_t *id = json_object_get(value, "logId");
    const json_t *checkpoint = json_object_get(value, "checkpointKeyId");
    struct trusted_log *log = arena_new(r->arena, struct trusted_log);
    log->valid = read_validity(r, json_object_get(key, "validFor"));
    if (!sigstore_octets(json_object_get(id ? id : checkpoint, "keyId"), r->arena,
                         &log->id))
        refuse(r, "a log without its key's id");
    log->host =
        arena_copy(r->arena, host_of(string_of(json_object_get(value, "baseUrl"))));
    log->key = read_key(r, json_object_get(key, "rawBytes"));
    log->next = *list;
    *list = log;
    if (!log->key)
        refuse(r, "a log whose public key cannot be read");
}

static void read_authority(struct reading *r, const json_t *value,
                           struct trusted_authority **list)
{
    const json_t *chain = json_object_get(value, "certChain");
    const json_t *certificates = json_object_get(chain, "certificates"), *one;
    struct trusted_authority *a = arena_new(r->arena, struct trusted_authority);
    size_t i;
    a->chain = sk_X509_new_null();
    if (!a->chain)
        memory_exhausted();
    a->valid = read_validity(r, json_object_get(value, "validFor"));
    a->next = *list;
    *list = a;
    json_array_foreach(certificates, i, one)
    {
        struct bytes der;
        X509 *certificate = NULL;
        if (sigstore_octets(json_object_get(one, "rawBytes"), r->arena, &der)) {
            const uint8_t *at = der.p;
            certificate = d2i_X509(NULL, &at, (long)der.n);
        }
        if (certificate)
            sk_X509_push(a->chain, certificate);
        else
            refuse(r, "an authority with a certificate that cannot be read");
    }
    if (sk_X509_num(a->chain) == 0)
        refuse(r, "an authority without certificates");
}

const char *trusted_root_read(struct trusted_root *root, struct arena *arena,
                              struct bytes all)
{
    struct reading r = {.arena = arena};
    json_t *text = json_loadb((const char *)all.p, all.n, JSON_REJECT_DUPLICATES, NULL);
    const json_t *one;
    size_t i;
    json_array_foreach(json_object_get(text, "tlogs"), i, one)
        read_log(&r, one, &root->logs);
    json_array_foreach(json_object_get(text, "ctlogs"), i, one)
        read_log(&r, one, &root->certificate_logs);
    json_array_foreach(json_object_get(text, "certificateAuthorities"), i, one)
        read_authority(&r, one, &root->authorities);
    json_array_foreach(json_object_get(text, "timestampAuthorities"), i, one)
        read_authority(&r, one, &root->timestamp_authorities);
    if (!root->authorities && !root->logs && !root->timestamp_authorities)
        refuse(&r, "not a trusted root of Sigstore: it names neither "
                   "certificateAuthorities nor tlogs nor timestampAuthorities");
    json_decref(text);
    return r.why;
}

static void free_logs(struct trusted_log *log)
{
    for (; log; log = log->next)
        EVP_PKEY_free(log->key);
}

static void free_authorities(struct trusted_authority *a)
{
    for (; a; a = a->next)
        sk_X509_pop_free(a->chain, X509_free);
}

void trusted_root_release(struct trusted_root *root)
{
    free_logs(root->logs);
    free_logs(root->certificate_logs);
    free_authorities(root->authorities);
    free_authorities(root->timestamp_authorities);
    *root = (struct trusted_root){0};
}
