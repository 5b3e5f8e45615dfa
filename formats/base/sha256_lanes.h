/* SHA-256 of LANES streams in vectors: lane i of every vector belongs to stream i.
 *
 * A form includes this once, with LANES and TARGET (the processor's features) defined,
 * and defines load_words() and majority().
 */
#include "formats/base/sha256_forms.h"

#define WIDE __attribute__((target(TARGET)))

typedef uint32_t words __attribute__((vector_size(4 * LANES)));

/* The sixteen words of a block of every stream: w[t] has word t of all of them. Words are
 * big-endian in the message. */
WIDE static inline void load_words(const uint8_t *const data[], size_t at, words w[16]);

/* Of each bit of three words: Maj of FIPS 180-4, 4.1.2. */
WIDE static inline words majority(words a, words b, words c);

WIDE static inline words rotate(words x, unsigned n)
{
    return x >> n | x << (32 - n);
}

/* The registers a to h are not moved: in round t, register i is s[(i - t) mod 8]. */
WIDE static inline void round_of_all(words s[8], words w, uint32_t t)
{
#define S(i) s[(64 + (i)-t) & 7]
    words t1 = S(7) + (rotate(S(4), 6) ^ rotate(S(4), 11) ^ rotate(S(4), 25)) +
               ((S(4) & S(5)) ^ (~S(4) & S(6))) + sha256_constants[t] + w;
    words t2 = (rotate(S(0), 2) ^ rotate(S(0), 13) ^ rotate(S(0), 22)) +
               majority(S(0), S(1), S(2));
    S(3) += t1;
    S(7) = t1 + t2;
#undef S
}

WIDE static inline words next_word(words w[16], uint32_t t)
{
    words x = w[(t + 1) & 15], y = w[(t + 14) & 15];
    return w[t & 15] += (rotate(x, 7) ^ rotate(x, 18) ^ x >> 3) + w[(t + 9) & 15] +
                        (rotate(y, 17) ^ rotate(y, 19) ^ y >> 10);
}

WIDE static void compress_all(struct sha256_stream *const streams[],
                              const uint8_t *const data[], size_t blocks)
{
    words h[8], s[8], w[16];
    for (size_t i = 0; i < 8; i++) {
        for (size_t lane = 0; lane < LANES; lane++)
            h[i][lane] = streams[lane]->h[i];
    }
    for (size_t at = 0; at < blocks * SHA256_BLOCK; at += SHA256_BLOCK) {
        load_words(data, at, w);
        memcpy(s, h, sizeof s);
#pragma GCC unroll 16
        for (uint32_t t = 0; t < 16; t++)
            round_of_all(s, w[t], t);
#pragma GCC unroll 48
        for (uint32_t t = 16; t < 64; t++)
            round_of_all(s, next_word(w, t), t);
        for (size_t i = 0; i < 8; i++)
            h[i] += s[i];
    }
    for (size_t i = 0; i < 8; i++) {
        for (size_t lane = 0; lane < LANES; lane++)
            streams[lane]->h[i] = h[i][lane];
    }
}
