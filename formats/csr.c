#include "formats/csr.h"

#include "formats/base/base64.h"
#include "formats/der.h"

/* The base64 between the first pair of marks; DER that is not armoured as it is. */
static bool unarmour(struct bytes pem, struct arena *arena, struct bytes *der)
{
    struct bytes begin = BYTES("-----BEGIN"), dashes = BYTES("-----");
    size_t at = bytes_find(pem, begin);
    *der = pem;
    if (at == pem.n)
        return true;
    pem = bytes_from(pem, at + begin.n);
    pem = bytes_from(pem, bytes_find(pem, dashes));
    pem = bytes_from(pem, dashes.n);
    pem = bytes_sub(pem, 0, bytes_find(pem, dashes));
    return base64_decode(pem, BASE64_LENIENT, arena, der);
}

bool csr_open(struct bytes request, struct arena *arena, struct csr_names *out)
{
    struct bytes pem, rest, version;
    *out = (struct csr_names){0};
    return base64_decode(request, BASE64_LENIENT, arena, &pem) &&
           unarmour(pem, arena, &rest) && der_take(&rest, DER_SEQUENCE, &rest) &&
           der_take(&rest, DER_SEQUENCE, &rest) &&
           der_take(&rest, DER_INTEGER, &version) &&
           der_take(&rest, DER_SEQUENCE, &out->rest);
}

/* id-at-commonName and id-at-organizationName */
static const char *attribute_of(struct bytes oid)
{
    if (bytes_eq(oid, bytes_of("\x55\x04\x03", 3)))
        return "CN";
    return bytes_eq(oid, bytes_of("\x55\x04\x0a", 3)) ? "O" : NULL;
}

bool csr_next(struct csr_names *names, struct csr_name *out)
{
    struct bytes pair, oid;
    struct der value;
    for (;;) {
        if (names->relatives.n == 0 &&
            !der_take(&names->rest, DER_SET, &names->relatives))
            return false;
        if (!der_take(&names->relatives, DER_SEQUENCE, &pair)) {
            names->relatives = BYTES_NONE;
            continue;
        }
        if (!der_take(&pair, DER_OID, &oid) || !der_next(&pair, &value))
            continue;
        *out = (struct csr_name){attribute_of(oid), value.content};
        if (out->attribute)
            return true;
    }
}
