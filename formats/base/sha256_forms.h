/* The forms of SHA-256's compression function that sha256_many.c chooses from. */
#ifndef FORMATS_BASE_SHA256_FORMS_H
#define FORMATS_BASE_SHA256_FORMS_H

#include "formats/base/sha256_many.h"

extern const uint32_t sha256_constants[64]; /* FIPS 180-4, 4.2.2 */

/* Compresses `blocks` blocks of each of exactly form.streams streams; counts nothing. */
typedef void sha256_compress_form(struct sha256_stream *const streams[],
                                  const uint8_t *const data[], size_t blocks);

struct sha256_form {
    const char *name;
    size_t streams;
    bool (*supported)(void);
    sha256_compress_form *compress;
};

/* Each is never `supported` where the compiler does not know the processor. */
extern const struct sha256_form sha256_avx512;  /* sixteen streams in lanes */
extern const struct sha256_form sha256_avx2;    /* eight streams in lanes */
extern const struct sha256_form sha256_ni_four; /* the SHA instructions, interleaved, */
extern const struct sha256_form sha256_ni_two;  /* with AVX-512's registers, or without */
extern const struct sha256_form sha256_ni_one;
extern const struct sha256_form sha256_openssl; /* everywhere */

/* Whether it gives OpenSSL's digests. */
bool sha256_form_works(const struct sha256_form *form);

/* Of `n` forms, the place of the one that has `streams` streams done in the least time,
 * when one call of form i takes cost[i] (any unit; 0: not to be used). A form with fewer
 * places is called again for the streams that are left; one with more leaves places
 * empty. `n` when there is none. */
size_t sha256_cheapest(const struct sha256_form *const forms[], const uint64_t cost[],
                       size_t n, size_t streams);

#endif
