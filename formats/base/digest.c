#include "formats/base/digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

#include "formats/base/memory.h"

static const struct digest_info infos[DIGEST_COUNT] = {
    [DIGEST_SHA256] = {"sha256", "SHA256", "SHA256", 32, false},
    [DIGEST_SHA512] = {"sha512", "SHA512", "SHA512", 64, false},
    [DIGEST_SHA384] = {"sha384", "SHA384", "SHA384", 48, false},
    [DIGEST_SHA224] = {"sha224", "SHA224", "SHA224", 28, false},
    [DIGEST_SHA1] = {"sha1", "SHA1", "SHA1", 20, true},
    [DIGEST_MD5] = {"md5", "MD5", "MD5", 16, true},
    [DIGEST_BLAKE2B] = {"blake2b", "BLAKE2b", "BLAKE2B512", 64, false},
    [DIGEST_SHA3_256] = {"sha3-256", "SHA3-256", "SHA3-256", 32, false},
    [DIGEST_SHA3_384] = {"sha3-384", "SHA3-384", "SHA3-384", 48, false},
    [DIGEST_SHA3_512] = {"sha3-512", "SHA3-512", "SHA3-512", 64, false},
    [DIGEST_SHA512_256] = {"sha512-256", "SHA512-256", "SHA512-256", 32, false},
};

const struct digest_info *digest_info(enum digest_algorithm algorithm)
{
    return &infos[algorithm];
}

size_t digest_size(enum digest_algorithm algorithm)
{
    return infos[algorithm].size;
}

/* Equal but for case and the dashes and slashes that people put in: "SHA-512/256". */
static bool same_name(struct bytes name, const char *known)
{
    for (;;) {
        while (name.n && (name.p[0] == '-' || name.p[0] == '/' || name.p[0] == '_'))
            name = bytes_from(name, 1);
        while (*known == '-')
            known++;
        if (name.n == 0 || *known == '\0')
            return name.n == 0 && *known == '\0';
        if (to_lower(name.p[0]) != to_lower((uint8_t)*known))
            return false;
        name = bytes_from(name, 1);
        known++;
    }
}

bool digest_by_name(struct bytes name, enum digest_algorithm *out)
{
    static const struct {
        const char *name;
        enum digest_algorithm algorithm;
    } others[] = {
        {"sha2-224", DIGEST_SHA224},     {"sha2-256", DIGEST_SHA256},
        {"sha2-384", DIGEST_SHA384},     {"sha2-512", DIGEST_SHA512},
        {"blake2b-512", DIGEST_BLAKE2B}, {"b2", DIGEST_BLAKE2B},
    };
    for (size_t i = 0; i < DIGEST_COUNT; i++) {
        if (same_name(name, infos[i].name)) {
            *out = (enum digest_algorithm)i;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (same_name(name, others[i].name)) {
            *out = others[i].algorithm;
            return true;
        }
    }
    return false;
}

/* Fetching an algorithm from its provider costs more than hashing a small file: once. */
static EVP_MD *fetched[DIGEST_COUNT];
static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;

static void fetch_all(void)
{
    for (size_t i = 0; i < DIGEST_COUNT; i++)
        fetched[i] = EVP_MD_fetch(NULL, infos[i].evp, NULL);
}

struct digest_state {
    size_t n;
    struct {
        EVP_MD_CTX *context;
        struct digest result;
    } v[];
};

struct digest_state *digest_state_new(digest_set set)
{
    size_t count = (size_t)__builtin_popcount(set);
    struct digest_state *s = memory_new(1, sizeof *s + count * sizeof s->v[0]);
    pthread_once(&fetch_once, fetch_all);
    for (size_t i = 0; i < DIGEST_COUNT; i++) {
        if (!(set & DIGEST_BIT(i)))
            continue;
        s->v[s->n].context = EVP_MD_CTX_new();
        s->v[s->n].result.algorithm = (enum digest_algorithm)i;
        /* Without its provider OpenSSL computes nothing: as if memory were gone. */
        if (!fetched[i] || !s->v[s->n].context ||
            !EVP_DigestInit_ex2(s->v[s->n].context, fetched[i], NULL))
            memory_exhausted();
        s->n++;
    }
    return s;
}

void digest_state_update(struct digest_state *s, struct bytes block)
{
    for (size_t i = 0; i < s->n; i++)
        EVP_DigestUpdate(s->v[i].context, block.p, block.n);
}

void digest_state_final(struct digest_state *s)
{
    for (size_t i = 0; i < s->n; i++) {
        EVP_DigestFinal_ex(s->v[i].context, s->v[i].result.octets, NULL);
        EVP_MD_CTX_free(s->v[i].context);
        s->v[i].context = NULL;
    }
}

const struct digest *digest_state_result(const struct digest_state *s,
                                         enum digest_algorithm algorithm)
{
    for (size_t i = 0; s && i < s->n; i++) {
        if (s->v[i].result.algorithm == algorithm && !s->v[i].context)
            return &s->v[i].result;
    }
    return NULL;
}

struct digest_state *digest_state_with(struct digest_state *s,
                                       const struct digest *result)
{
    size_t n = s ? s->n : 0;
    struct digest_state *all = memory_new(1, sizeof *all + (n + 1) * sizeof *all->v);
    for (size_t i = 0; i < n; i++)
        all->v[i].result = s->v[i].result;
    all->v[n].result = *result;
    all->n = n + 1;
    digest_state_free(s);
    return all;
}

void digest_state_free(struct digest_state *s)
{
    for (size_t i = 0; s && i < s->n; i++) {
        EVP_MD_CTX_free(s->v[i].context);
    }
    free(s);
}

struct digest digest_bytes(enum digest_algorithm algorithm, struct bytes all)
{
    struct digest_state *s = digest_state_new(DIGEST_BIT(algorithm));
    digest_state_update(s, all);
    digest_state_final(s);
    struct digest d = *digest_state_result(s, algorithm);
    digest_state_free(s);
    return d;
}

bool digest_eq(const struct digest *a, const struct digest *b)
{
    return a->algorithm == b->algorithm &&
           memcmp(a->octets, b->octets, digest_size(a->algorithm)) == 0;
}

const char *digest_hex(const struct digest *d, char *out)
{
    bytes_to_hex(bytes_of(d->octets, digest_size(d->algorithm)), out);
    return out;
}
