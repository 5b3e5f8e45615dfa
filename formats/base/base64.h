/* Base64 of RFC 4648, both alphabets. */
#ifndef FORMATS_BASE_BASE64_H
#define FORMATS_BASE_BASE64_H

#include "formats/base/arena.h"
#include "formats/base/text.h"

/* How strictly text is read. */
enum base64_form {
    BASE64_STRICT,  /* section 4: '+' and '/', padded, nothing else in between */
    BASE64_LENIENT, /* also '-' and '_', padding optional, white space between digits */
};

/* False when the text is not base64, or bits that must be zero are not; then *out is
 * untouched. *out lives as long as the arena. */
bool base64_decode(struct bytes text, enum base64_form form, struct arena *arena,
                   struct bytes *out);

/* RFC 4648, with padding. Appends. */
void base64_encode(struct bytes octets, struct text *t);

#endif
