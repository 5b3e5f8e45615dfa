#include "verify/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "verify/key_file.h"
#include "verify/trust_store.h"

struct trust *trust_new(void)
{
    struct trust *t = memory_new(1, sizeof *t);
    t->anchors = sk_X509_new_null();
    t->crls = sk_X509_CRL_new_null();
    if (!t->anchors || !t->crls)
        memory_exhausted();
    return t;
}

void trust_free(struct trust *t)
{
    if (!t)
        return;
    for (struct trusted_key *k = t->keys; k; k = k->next)
        EVP_PKEY_free(k->key);
    sk_X509_pop_free(t->anchors, X509_free);
    sk_X509_CRL_pop_free(t->crls, X509_CRL_free);
    trusted_root_release(&t->root);
    arena_release(&t->arena);
    free(t);
}

bool trust_given(const struct trust *t)
{
    return t && t->given;
}

__attribute__((format(printf, 3, 4))) static int refuse(struct trust *t, const char **why,
                                                        const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(t->why, sizeof t->why, format, arguments);
    va_end(arguments);
    *why = t->why;
    return 1;
}

/* Whole file into the trust's arena. */
static int read_file(struct trust *t, const char *path, struct bytes *out,
                     const char **why)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        return refuse(t, why, "%s", strerror(error));
    }
    if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size > LIMIT_DOCUMENT) {
        close(fd);
        return refuse(t, why, "not a regular file of at most %llu bytes",
                      (unsigned long long)LIMIT_DOCUMENT);
    }
    size_t room = (size_t)status.st_size, n = 0;
    uint8_t *to = arena_alloc(&t->arena, room + 1);
    ssize_t got;
    while (n < room && (got = read(fd, to + n, room - n)) > 0)
        n += (size_t)got;
    close(fd);
    *out = bytes_of(to, n);
    return 0;
}

static BIO *memory_bio(struct bytes b)
{
    return BIO_new_mem_buf(b.p, b.n > INT32_MAX ? INT32_MAX : (int)b.n);
}

/* One that --key reads: minisign's, signify's, OpenPGP's, a bare PEM key. */
static bool is_key_file(struct bytes all, const char *path)
{
    struct trust *probe = trust_new();
    bool key = key_file_read(probe, all, path) == NULL;
    trust_free(probe);
    return key;
}

int trust_add_anchors(struct trust *t, const char *path, const char **why)
{
    struct bytes all;
    if (read_file(t, path, &all, why))
        return 1;
    int before = sk_X509_num(t->anchors);
    BIO *bio = memory_bio(all);
    X509 *certificate;
    while ((certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
        sk_X509_push(t->anchors, certificate);
    BIO_free(bio);
    const uint8_t *at = all.p;
    if (sk_X509_num(t->anchors) == before &&
        (certificate = d2i_X509(NULL, &at, (long)all.n)))
        sk_X509_push(t->anchors, certificate);
    if (sk_X509_num(t->anchors) == before)
        return refuse(t, why, "holds no X.509 certificate in PEM or DER form%s",
                      is_key_file(all, path) ? "; it is a public key: give it with --key"
                                             : "");
    t->given = true;
    return 0;
}

int trust_add_crl(struct trust *t, const char *path, const char **why)
{
    struct bytes all;
    if (read_file(t, path, &all, why))
        return 1;
    int before = sk_X509_CRL_num(t->crls);
    BIO *bio = memory_bio(all);
    X509_CRL *crl;
    while ((crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL)))
        sk_X509_CRL_push(t->crls, crl);
    BIO_free(bio);
    const uint8_t *at = all.p;
    if (sk_X509_CRL_num(t->crls) == before &&
        (crl = d2i_X509_CRL(NULL, &at, (long)all.n)))
        sk_X509_CRL_push(t->crls, crl);
    if (sk_X509_CRL_num(t->crls) == before)
        return refuse(t, why, "holds no certificate revocation list in PEM or DER form");
    return 0;
}

int trust_add_key(struct trust *t, const char *path, const char **why)
{
    struct bytes all;
    if (read_file(t, path, &all, why))
        return 1;
    const char *reason = key_file_read(t, all, path);
    if (reason)
        return refuse(t, why, "%s", reason);
    t->given = true;
    return 0;
}

int trust_add_allowed_signers(struct trust *t, const char *path, const char **why)
{
    struct bytes all;
    uint64_t line = 0;
    if (read_file(t, path, &all, why))
        return 1;
    const char *reason = allowed_signers_read(t, all, &line);
    if (reason)
        return refuse(t, why, "line %llu: %s", (unsigned long long)line, reason);
    t->given = true;
    return 0;
}

int trust_add_root(struct trust *t, const char *path, const char **why)
{
    struct bytes all;
    if (read_file(t, path, &all, why))
        return 1;
    const char *reason = trusted_root_read(&t->root, &t->arena, all);
    if (reason)
        return refuse(t, why, "%s", reason);
    t->given = true;
    return 0;
}

static int add_name(struct trust *t, struct accepted_name **list, const char *name)
{
    struct accepted_name *n = arena_new(&t->arena, struct accepted_name);
    *n = (struct accepted_name){arena_string(&t->arena, bytes_str(name)), *list};
    *list = n;
    return 0;
}

int trust_add_identity(struct trust *t, const char *name, const char **why)
{
    *why = "";
    return add_name(t, &t->identities, name);
}

int trust_add_issuer(struct trust *t, const char *name, const char **why)
{
    *why = "";
    return add_name(t, &t->issuers, name);
}

int trust_add_block_headers(struct trust *t, const char *path, const char **why)
{
    struct bytes all = BYTES_NONE;
    if (read_file(t, path, &all, why))
        return 1;
    struct bytes headers = BYTES_NONE;
    if (!block_headers_read(&t->arena, all, &headers))
        return refuse(t, why,
                      "expected Bitcoin block headers: 80 octets each, raw or as "
                      "lines of 160 hex digits");
    t->block_headers = headers;
    t->given = true;
    return 0;
}
