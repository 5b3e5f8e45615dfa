/* OpenPGP: what claims to be a keyring with signatures behind it, judged by each other;
 * armour and clear-signed texts. */
#include "verify/openpgp_certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge_by_all(struct bytes packets, const struct openpgp_signature *s)
{
    struct bytes certificate;
    struct openpgp_signer signer;
    char hex[65];
    while (openpgp_next_certificate(&packets, &certificate)) {
        if (!openpgp_signer_of(certificate, s, &signer))
            continue;
        (void)openpgp_fingerprint(&signer.primary, hex);
        struct digest d = digest_bytes(DIGEST_SHA256, s->hashed);
        (void)openpgp_value_holds(&signer.key, s, &d);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT;
    struct bytes all = bytes_of(data, size), rest, certificate;
    struct openpgp_packet p;
    struct openpgp_signature s;
    struct openpgp_key key;
    (void)openpgp_probe(all);
    struct bytes text = openpgp_clear_text(all, &arena);
    if (text.n > all.n)
        __builtin_trap();
    struct openpgp_message message;
    (void)openpgp_message_read(all, &arena, &message);
    struct bytes packets =
        openpgp_packets(all, "-----BEGIN PGP PUBLIC KEY BLOCK", &arena);
    rest = packets;
    for (int tries = 0; tries < 4 && openpgp_next(&rest, &p);) {
        if (p.type != OPENPGP_SIGNATURE || !openpgp_signature_read(p.body, &s))
            continue;
        judge_by_all(packets, &s);
        tries++;
    }
    rest = packets;
    for (int tries = 0; tries < 4 && openpgp_next_certificate(&rest, &certificate);
         tries++)
        (void)openpgp_certificate_refusal(certificate, &key);
    arena_release(&arena);
    return 0;
}
