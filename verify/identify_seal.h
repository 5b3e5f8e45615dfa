/* Signatures and time-stamps, by the first bytes. Between the files of identify only. */
#ifndef VERIFY_IDENTIFY_SEAL_H
#define VERIFY_IDENTIFY_SEAL_H

#include "verify/item.h"

/* ROLE_SIGNATURE, ROLE_TIMESTAMP or ROLE_UNKNOWN. DSSE envelopes and bundles are JSON,
 * and told with it. */
enum role identify_seal(struct bytes head);

#endif
