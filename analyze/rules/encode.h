/* Encode: Sigma's transforming modifiers, which turn one text into one or more others.
 * Source: Sigma modifiers appendix 2.1. Results live in `arena`. */
#ifndef ANALYZE_RULES_ENCODE_H
#define ANALYZE_RULES_ENCODE_H

#include "formats/base/arena.h"

/* RFC 4648 section 4, with padding. */
struct bytes encode_base64(struct bytes text, struct arena *arena);
/* The part of the encoding that does not depend on what stands around the text, when it
 * begins `shift` (0 to 2) bytes into a group of three. */
struct bytes encode_base64_offset(struct bytes text, size_t shift, struct arena *arena);

/* UTF-8 to UTF-16; bytes that are not UTF-8 become U+FFFD. */
enum utf16 { UTF16_LITTLE, UTF16_BIG, UTF16_MARKED /* byte order mark, little endian */ };
struct bytes encode_utf16(struct bytes text, enum utf16 how, struct arena *arena);

/* |windash: every flag mark, that is one of - / U+2013 U+2014 U+2015 at the start of the
 * text or after a blank and before a letter or digit, as any of the five. `out` has room
 * for ENCODE_WINDASH; false when there are more flags than that allows. */
#define ENCODE_WINDASH 625
bool encode_windash(struct bytes text, struct arena *arena, struct bytes *out,
                    size_t *count);

#endif
