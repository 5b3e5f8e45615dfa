/* Hashing: SHA-256 of many streams, on threads of its own.
 *
 * A stream is given piece by piece by one thread; what is given waits until it is hashed
 * beside the others (sha256_many.h): short streams sixteen at a time in the lanes, long
 * ones two at a time with the SHA instructions. A thread begins when enough have come
 * together, or when somebody waits for blocks or for the end.
 *
 * The digests do not depend on any of this. With threads = 1 no thread is made, and a
 * piece is hashed where it is given: the serial twin.
 */
#ifndef FORMATS_BASE_HASHING_H
#define FORMATS_BASE_HASHING_H

#include "formats/base/block.h"

struct hashing;
struct hash_stream;

/* Waits for what was given. */
void hashing_free(struct hashing *h);
struct hashing *hashing_new(size_t threads);
/* Bounds what waits to be hashed: blocks that are given should come from here. */
struct block_pool *hashing_pool(const struct hashing *h);
/* Until the digest of every stream that has ended is there. */
void hashing_wait(struct hashing *h);

/* `expected` octets, as far as is known (UINT64_MAX: not at all), decide whether it
 * counts as long. `digest` is written after hash_stream_end, at the latest by
 * hashing_wait. */
struct hash_stream *hash_stream_new(struct hashing *h, uint64_t expected,
                                    uint8_t digest[32]);
/* `in` is the block that `piece` stands in; it is held until the piece is hashed. With
 * NULL the piece is copied. */
void hash_stream_add(struct hash_stream *s, struct bytes piece, struct block *in);
/* Ends the stream, and frees it when its digest is there. */
void hash_stream_end(struct hash_stream *s);

#endif
