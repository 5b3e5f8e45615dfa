#include "verify/identify_seal.h"

#include "formats/der.h"
#include "formats/evidence_record.h"

static bool is_der(struct bytes head)
{
    return head.n > 20 && head.p[0] == 0x30 && (head.p[1] & 0x80);
}

/* DER of the object identifiers that tell what the ASN.1 is. */
#define OID_SIGNED_DATA BYTES("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")
#define OID_TST_INFO    BYTES("\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04")

static enum role role_of_der(struct bytes head)
{
    if (!is_der(head))
        return ROLE_UNKNOWN;
    if (bytes_contains(bytes_sub(head, 0, 512), OID_TST_INFO) ||
        evidence_record_probe(head))
        return ROLE_TIMESTAMP;
    return bytes_contains(bytes_sub(head, 0, 64), OID_SIGNED_DATA) ? ROLE_SIGNATURE
                                                                   : ROLE_UNKNOWN;
}

/* In PEM or base64: a certificate or a key is DER too, and no seal. */
static enum role role_of_der_text(struct bytes head)
{
    struct arena arena = ARENA_INIT;
    struct bytes der = der_of_text(head, &arena);
    enum role role = der.p == head.p ? ROLE_UNKNOWN : role_of_der(der);
    arena_release(&arena);
    return role;
}

static enum role role_of_armour(struct bytes head)
{
    if (bytes_starts(head, BYTES("-----BEGIN PKCS7-----")) ||
        bytes_starts(head, BYTES("-----BEGIN CMS-----")))
        return ROLE_SIGNATURE;
    static const char *const signatures[] = {
        "-----BEGIN PGP SIGNED MESSAGE-----", "-----BEGIN SSH SIGNATURE-----",
        "-----BEGIN PGP SIGNATURE-----",      "untrusted comment: signature",
        "untrusted comment: verify with",
    };
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        if (bytes_starts(head, bytes_str(signatures[i])))
            return ROLE_SIGNATURE;
    }
    bool mail = bytes_starts(head, BYTES("MIME-Version:")) &&
                bytes_contains(bytes_sub(head, 0, 1024), BYTES("pkcs7-"));
    return mail ? ROLE_SIGNATURE : ROLE_UNKNOWN;
}

enum role identify_seal(struct bytes head)
{
    enum role role = role_of_der(head);
    if (role == ROLE_UNKNOWN)
        role = role_of_der_text(head);
    return role == ROLE_UNKNOWN ? role_of_armour(head) : role;
}
