/* Intern: one copy and one number for each distinct string, in order of first sight.
 * Owns its copies. Not thread-safe. */
#ifndef FORMATS_BASE_INTERN_H
#define FORMATS_BASE_INTERN_H

#include "formats/base/bytes.h"

struct intern;
struct intern *intern_new(void);
void intern_free(struct intern *t);
/* The number of `b`, from 0; added when it is new. */
uint32_t intern_put(struct intern *t, struct bytes b);
/* False when it was never put. */
bool intern_find(const struct intern *t, struct bytes b, uint32_t *out);
/* Valid until intern_free. `number` must be < intern_count. */
struct bytes intern_get(const struct intern *t, uint32_t number);
uint32_t intern_count(const struct intern *t);

#endif
