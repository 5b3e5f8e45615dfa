/* DER (X.690): elements one after the other, as views into what was given, so that the
 * exact octets of each are at hand: what is signed or hashed is never encoded again. */
#ifndef FORMATS_DER_H
#define FORMATS_DER_H

#include "formats/base/arena.h"
#include "formats/base/digest.h"

enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_OCTETS = 0x04,
    DER_OID = 0x06,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
};
#define DER_CONTEXT(n) (0xa0 | (n)) /* constructed */

struct der {
    uint8_t tag;
    struct bytes content;
    struct bytes whole; /* with tag and length */
};

/* Takes the next element off *rest. False at the end, and when it is malformed, of
 * indefinite length or with a tag of several octets; then *rest is untouched. */
bool der_next(struct bytes *rest, struct der *out);
/* The same, when it has this tag. */
bool der_take(struct bytes *rest, uint8_t tag, struct bytes *content);

/* The content of an AlgorithmIdentifier that names a digest algorithm. */
bool der_digest_algorithm(struct bytes identifier, enum digest_algorithm *out);

/* The octets of DER that mail or a web page carried as text: PEM of any label, or base64
 * alone. `content` itself when it is DER or no such text. */
struct bytes der_of_text(struct bytes content, struct arena *arena);

#endif
