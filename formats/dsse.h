/* DSSE envelopes: a payload with its type, and signatures over both.
 *
 * Source: secure-systems-lab/dsse, protocol 1.0. What is signed is the pre-authentication
 * encoding of type and payload. Key ids are hints that nobody signed.
 */
#ifndef FORMATS_DSSE_H
#define FORMATS_DSSE_H

#include <jansson.h>

#include "formats/base/arena.h"

#define DSSE_SIGNATURES 16

struct dsse {
    struct bytes type, payload;
    struct bytes signatures[DSSE_SIGNATURES];
    size_t count;
};

/* A "payloadType" and a "payload". */
bool dsse_probe(struct bytes head);
/* Views live as long as the arena; false when it is no envelope, has a duplicate member,
 * or more signatures than DSSE_SIGNATURES. */
bool dsse_read(struct bytes content, struct arena *arena, struct dsse *out);
/* The same of an object that is read already (inside a bundle). */
bool dsse_of_json(const json_t *envelope, struct arena *arena, struct dsse *out);
struct bytes dsse_signed_data(const struct dsse *d, struct arena *arena);

#endif
