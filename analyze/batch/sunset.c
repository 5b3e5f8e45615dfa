#include "analyze/batch/sunset.h"

/* Dates after which a source says that an algorithm no longer protects signatures.
 *
 * SP 800-131A rev. 2 (2019): SHA-1 and RSA below 2048 bits are disallowed for signatures.
 * NIST, 2022-12-15: SHA-1 is retired by 2030-12-31 for whatever uses are left.
 * IR 8547 (2024): RSA and elliptic curves of 112 bits of strength are deprecated after
 * 2030, and all of them disallowed after 2035, for quantum computers.
 * MD5: collisions since 2004 (Wang et al.).
 */
static const char sp800_131a[] = "NIST SP 800-131A";
static const char ir8547[] = "NIST IR 8547";

static instant date(const char *text)
{
    instant t = INSTANT_NONE;
    instant_parse_date(bytes_str(text), &t, NULL);
    return t;
}

instant sunset_of_digest(struct bytes name, const char **why)
{
    static const struct {
        const char *name, *end, *why;
    } known[] = {
        {"md5", "2004-08-17", "collisions were published"},
        {"sha1", "2013-12-31", sp800_131a},
        {"sha224", "2030-12-31", ir8547}, /* 112 bits */
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!bytes_eq_nocase(name, bytes_str(known[i].name)))
            continue;
        *why = known[i].why;
        return date(known[i].end);
    }
    return INSTANT_NONE;
}

instant sunset_of_key(struct bytes key, const char **why)
{
    struct bytes bits = key, kind;
    uint64_t n;
    if (!bytes_split(&bits, ' ', &kind) || !bytes_to_u64(bits, &n))
        return INSTANT_NONE;
    bool factors = bytes_starts(kind, BYTES("RSA")) || bytes_is(kind, "DSA");
    bool curve = bytes_is(kind, "EC") || bytes_starts(kind, BYTES("ED"));
    if (!factors && !curve)
        return INSTANT_NONE; /* of another kind: nothing is known of its end */
    bool below_112 = factors ? n < 2048 : n < 224;
    bool below_128 = factors ? n < 3072 : n < 250; /* Ed25519 has 253 bits */
    *why = below_112 ? sp800_131a : ir8547;
    return date(below_112 ? "2013-12-31" : below_128 ? "2030-12-31" : "2035-12-31");
}
