#include "formats/base/mask.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

struct mask mask_of(struct bytes identity, bool reveal)
{
    /* Any fixed text: it keeps this key apart from other uses of the same identity. */
    static const char use[] = "exhibit mask 1";
    struct mask m = {.reveal = reveal};
    unsigned n = 0;
    HMAC(EVP_sha256(), use, sizeof use - 1, identity.n ? identity.p : (const uint8_t *)"",
         identity.n, m.key, &n);
    return m;
}

void mask_value(const struct mask *m, const char *kind, struct bytes value,
                struct text *t)
{
    if (m->reveal) {
        text_add(t, value);
        return;
    }
    uint8_t sum[32];
    char hex[9];
    unsigned n = 0;
    HMAC(EVP_sha256(), m->key, sizeof m->key, value.n ? value.p : (const uint8_t *)"",
         value.n, sum, &n);
    bytes_to_hex(bytes_of(sum, 4), hex);
    text_printf(t, "<%s %zu bytes #%s>", kind, value.n, hex);
}

void mask_text(const struct mask *m, struct bytes b, struct text *t)
{
    struct credential found;
    size_t at = 0;
    while (!m->reveal && credential_next(b, at, &found)) {
        text_add(t, bytes_sub(b, at, found.offset - at));
        mask_value(m, found.kind, bytes_sub(b, found.offset, found.length), t);
        at = found.offset + found.length;
    }
    text_add(t, bytes_from(b, at));
}

void mask_terminal(const struct mask *m, struct bytes b, struct text *t)
{
    struct text masked = {0};
    mask_text(m, b, &masked);
    escape_terminal(t, text_bytes(&masked));
    text_release(&masked);
}
