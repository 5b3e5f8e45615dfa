/* What a struct trust holds, for the checks of signatures. Internal to verify/. */
#ifndef VERIFY_TRUST_STORE_H
#define VERIFY_TRUST_STORE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "formats/base/arena.h"
#include "formats/base/instant.h"
#include "verify/trust.h"
#include "verify/trusted_root.h"

enum key_format { KEY_PEM, KEY_SSH, KEY_MINISIGN, KEY_OPENPGP };

struct trusted_key {
    enum key_format format;
    EVP_PKEY *key; /* of PEM and minisign; NULL for the others */
    /* SSH: the wire form; minisign, signify: the 8-octet key id; OpenPGP: the packets of
     * one certificate. */
    struct bytes blob;
    const char *name; /* what outputs call it: comment, key id or file */
    struct trusted_key *next;
};

/* One line of an allowed_signers file (ssh-keygen(1), ALLOWED SIGNERS). */
struct allowed_signer {
    struct bytes principals;           /* pattern list */
    struct bytes namespaces;           /* pattern list; empty: any */
    instant valid_after, valid_before; /* INSTANT_NONE where open */
    bool authority;                    /* cert-authority */
    struct bytes blob;                 /* the public key in wire form */
    struct allowed_signer *next;
};

/* A name that may have signed, or the issuer that must have vouched for it. */
struct accepted_name {
    const char *name;
    struct accepted_name *next;
};

struct trust {
    struct arena arena;
    STACK_OF(X509) * anchors;
    STACK_OF(X509_CRL) * crls;
    struct trusted_key *keys;
    struct allowed_signer *signers;
    struct bytes block_headers; /* 80 octets each */
    struct trusted_root root;   /* of Sigstore instances */
    struct accepted_name *identities, *issuers;
    char why[256];
    bool given;
};

#endif
