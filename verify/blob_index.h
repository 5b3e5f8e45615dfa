/* Blob index: what is in a blob, kept from one run to the next.
 *
 * Layers of images are named by the digest of their bytes, and the same base is compared
 * with many containers. What a layer holds, with the digest of each file and of what it
 * decompresses to, is a function of those bytes: once this run has hashed them and they
 * are what they were, nothing needs to be decompressed again.
 *
 * A record is ours and no evidence, but it lies on a disk where somebody may change it:
 * it is believed only when its message authentication code (HMAC-SHA-256, RFC 2104, under
 * a key of the directory that it lies in) holds and the digest in it is the one that was
 * computed in this run. It is read with the same care as evidence all the same.
 */
#ifndef VERIFY_BLOB_INDEX_H
#define VERIFY_BLOB_INDEX_H

#include "verify/item.h"

#define BLOB_KEY 32 /* octets of a key */

/* "<64 hex digits>" at the start of a name, alone or before a dot: a blob of a layout, of
 * skopeo's dir:, "<hex>.tar" of docker save. Lower-case digits and a NUL. */
bool blob_name(struct bytes name, char hex[65]);

/* Appends the record of a walked, hashed item that contains others. */
void blob_index_write(const struct item *blob, const uint8_t key[BLOB_KEY],
                      struct text *out);
/* Is this a record under the key, of the blob with this digest? Nothing in it may be used
 * before. */
bool blob_index_is_sound(struct bytes record, const char hex[65],
                         const uint8_t key[BLOB_KEY]);
/* Puts what a sound record holds into `blob`, whose bytes were read. False, and nothing
 * was put, when its size or kind is another. Names and values are views of the record,
 * which must live as long as the arena. Whoever attaches must hold the digest of the blob
 * against its name before anything is concluded: blob_is_named_right. */
bool blob_index_attach(struct bytes record, struct item *blob, struct arena *arena);
bool blob_is_named_right(const struct item *blob);

#endif
