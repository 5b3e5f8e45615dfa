/* Envelope: a signature that holds what it signs. Internal to verify/. */
#ifndef VERIFY_ENVELOPE_H
#define VERIFY_ENVELOPE_H

#include "formats/base/arena.h"

/* The signed content inside (CMS with content, DSSE, also in a
 * Sigstore bundle, signify -e), or nothing. A view into
 * `content` where it stands there as it is, else into the arena. */
struct bytes envelope_payload(struct bytes content, struct arena *arena);

#endif
