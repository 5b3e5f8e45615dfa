/* Decode: any CRIU image as JSON, field by field, as `crit decode` prints it.
 *
 * {magic, entries: [{field: value, …, extra}]}: numbers as numbers, enumerations by name,
 * bytes that are no text in base64, payloads under "extra". What is wrong with the image
 * stands under "faults", which crit does not have. */
#ifndef ANALYZE_PROCESS_DECODE_H
#define ANALYZE_PROCESS_DECODE_H

#include <jansson.h>

#include "formats/criu/image.h"

/* One message and all that is in it. Text of evidence is escaped. */
json_t *decode_message(const ProtobufCMessage *message);
/* NULL when `image` is no CRIU image; `faults` says why. `payloads`: print them too. */
json_t *decode_image(struct bytes image, bool payloads, struct faults *faults);
json_t *decode_faults(const struct faults *faults);

#endif
