/* Evidence as JSON: strings of any bytes, numbers of any size. */
#ifndef ANALYZE_EVIDENCE_JSON_H
#define ANALYZE_EVIDENCE_JSON_H

#include <jansson.h>

#include "formats/base/mask.h"

/* Evidence as a JSON string: escaped and valid UTF-8, never NULL. */
json_t *json_evidence(struct bytes b);
/* The same with the credentials in it masked. */
json_t *json_masked(const struct mask *mask, struct bytes b);
/* The same of `length` bytes at `at` of a larger view: a credential that begins before
 * the part, or needs what stands before it to be known as one, is masked as well. */
json_t *json_masked_part(const struct mask *mask, struct bytes whole, size_t at,
                         size_t length);
json_t *json_hex(uint64_t n);
/* An integer; above 2^63-1, where the library's integers end, its digits as a string. */
json_t *json_unsigned(uint64_t n);
void json_set_unsigned(json_t *object, const char *key, uint64_t n);
/* Sets a member unless the value is NULL, null or empty text. */
void json_set_if(json_t *object, const char *key, json_t *value);

#endif
