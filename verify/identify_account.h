/* A written timeline by what stands in it. */
#ifndef VERIFY_IDENTIFY_ACCOUNT_H
#define VERIFY_IDENTIFY_ACCOUNT_H

#include "formats/base/bytes.h"

/* Do most lines of a text begin with a time as people write it, to the minute? Programs
 * write seconds. */
bool account_probe(struct bytes head, struct bytes path);

#endif
