/* Credentials in documents: nothing that a room says of evidence leaves with one in it.
 */
#ifndef VERIFY_JSON_MASK_H
#define VERIFY_JSON_MASK_H

#include <jansson.h>

#include "formats/base/mask.h"

/* Masks every string of the document in place, names of members that come from evidence
 * (extended attributes) among them. A mask that stands there already is left. */
void json_mask(const struct mask *m, json_t *document);

#endif
