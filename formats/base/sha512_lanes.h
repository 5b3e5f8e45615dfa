/* SHA-512's compression function in the lanes of AVX-512. */
#ifndef FORMATS_BASE_SHA512_LANES_H
#define FORMATS_BASE_SHA512_LANES_H

#include "formats/base/sha512_many.h"

extern const uint64_t sha512_constants[80]; /* FIPS 180-4, 4.2.3 */

/* Whether processor and compiler know it. */
bool sha512_has_lanes(void);
/* Of exactly SHA512_MAX_LANES streams; counts nothing. */
void sha512_compress_lanes(struct sha512_stream *const streams[],
                           const uint8_t *const data[], size_t blocks);

#endif
