#include "formats/sshsig.h"

#include "formats/base/base64.h"
#include "formats/base/cursor.h"

static const char begin[] = "-----BEGIN SSH SIGNATURE-----";
static const char end[] = "-----END SSH SIGNATURE-----";
static const char preamble[] = "SSHSIG";

static struct bytes take_string(struct cursor *c)
{
    uint32_t n = cursor_u32be(c);
    return cursor_take(c, n);
}

bool sshsig_probe(struct bytes head)
{
    return bytes_starts(head, bytes_str(begin));
}

static bool wrong(struct fault *fault, enum fault_code code, uint64_t offset)
{
    *fault = (struct fault){.code = code, .offset = offset};
    return false;
}

/* The value has a name and octets; those of hardware keys have flags and a counter too.
 */
static bool read_value(struct bytes blob, struct sshsig *s)
{
    struct cursor c = cursor_of(blob);
    s->algorithm = take_string(&c);
    s->value = take_string(&c);
    s->tail = cursor_rest(&c);
    bool hardware = bytes_starts(s->algorithm, BYTES("sk-"));
    return !c.failed && s->tail.n == (hardware ? 5 : 0);
}

static bool read_blob(struct bytes blob, struct sshsig *s, struct fault *fault)
{
    struct cursor c = cursor_of(blob);
    if (!bytes_is(cursor_take(&c, sizeof preamble - 1), preamble))
        return wrong(fault, FAULT_MAGIC, 0);
    if (cursor_u32be(&c) != 1)
        return wrong(fault, FAULT_UNSUPPORTED, 0);
    s->key = take_string(&c);
    s->signature_namespace = take_string(&c);
    s->reserved = take_string(&c);
    s->hash_name = take_string(&c);
    struct bytes value = take_string(&c);
    if (c.failed)
        return wrong(fault, FAULT_TRUNCATED, 0);
    if (!cursor_at_end(&c))
        return wrong(fault, FAULT_TRAILING, 0);
    bool sha256 = bytes_is(s->hash_name, "sha256");
    if (s->signature_namespace.n == 0 || (!sha256 && !bytes_is(s->hash_name, "sha512")))
        return wrong(fault, FAULT_VALUE, 0);
    s->hash = sha256 ? DIGEST_SHA256 : DIGEST_SHA512;
    return read_value(value, s) || wrong(fault, FAULT_LENGTH, 0);
}

bool sshsig_read(struct bytes content, struct arena *arena, struct sshsig *out,
                 struct fault *fault)
{
    struct sshsig s = {0};
    struct bytes blob;
    if (!sshsig_probe(content))
        return wrong(fault, FAULT_MAGIC, 0);
    struct bytes body = bytes_from(content, sizeof begin - 1);
    size_t stop = bytes_find(body, bytes_str(end));
    if (stop == body.n)
        return wrong(fault, FAULT_TRUNCATED, content.n);
    struct bytes after = bytes_from(body, stop + sizeof end - 1);
    if (bytes_trim(after).n)
        return wrong(fault, FAULT_TRAILING, content.n - after.n);
    if (!base64_decode(bytes_sub(body, 0, stop), BASE64_LENIENT, arena, &blob))
        return wrong(fault, FAULT_SYNTAX, sizeof begin - 1);
    if (!read_blob(blob, &s, fault))
        return false;
    *out = s;
    return true;
}

static uint8_t *put_string(uint8_t *to, struct bytes b)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        *to++ = (uint8_t)(b.n >> shift);
    if (b.n)
        memcpy(to, b.p, b.n);
    return to + b.n;
}

struct bytes sshsig_signed_data(const struct sshsig *sig, struct bytes message_digest,
                                struct arena *arena)
{
    size_t room = sizeof preamble - 1 + 16 + sig->signature_namespace.n +
                  sig->reserved.n + sig->hash_name.n + message_digest.n;
    uint8_t *all = arena_alloc(arena, room);
    memcpy(all, preamble, sizeof preamble - 1);
    uint8_t *to = put_string(all + sizeof preamble - 1, sig->signature_namespace);
    to = put_string(to, sig->reserved);
    to = put_string(to, sig->hash_name);
    put_string(to, message_digest);
    return bytes_of(all, room);
}

/* A multiple-precision integer without the zero that keeps it positive. */
static struct bytes take_integer(struct cursor *c)
{
    struct bytes b = take_string(c);
    while (b.n && b.p[0] == 0)
        b = bytes_from(b, 1);
    return b;
}

bool ssh_key_read(struct bytes blob, struct ssh_key *out)
{
    struct ssh_key k = {0};
    struct cursor c = cursor_of(blob);
    k.type = take_string(&c);
    if (bytes_is(k.type, "ssh-ed25519") ||
        bytes_is(k.type, "sk-ssh-ed25519@openssh.com")) {
        k.ed25519 = take_string(&c);
        c.failed = c.failed || k.ed25519.n != 32;
    } else if (bytes_starts(k.type, BYTES("ecdsa-sha2-nistp")) ||
               bytes_is(k.type, "sk-ecdsa-sha2-nistp256@openssh.com")) {
        k.curve = take_string(&c);
        k.point = take_string(&c);
    } else if (bytes_is(k.type, "ssh-rsa")) {
        k.exponent = take_integer(&c);
        k.modulus = take_integer(&c);
    } else {
        return false;
    }
    if (bytes_starts(k.type, BYTES("sk-")))
        k.application = take_string(&c);
    if (c.failed || !cursor_at_end(&c))
        return false;
    *out = k;
    return true;
}

bool ssh_key_line(struct bytes line, struct arena *arena, struct bytes *blob,
                  struct bytes *comment)
{
    struct bytes rest = bytes_trim(line), type, text;
    struct ssh_key key;
    if (!bytes_split(&rest, ' ', &type) || !bytes_split(&rest, ' ', &text))
        return false;
    if (!base64_decode(text, BASE64_LENIENT, arena, blob) || !ssh_key_read(*blob, &key))
        return false;
    *comment = bytes_trim(rest);
    return bytes_eq(key.type, type);
}
