/* Indicator: what can be looked for across cases, found in a text by its form. */
#ifndef ANALYZE_CASEFILE_INDICATOR_H
#define ANALYZE_CASEFILE_INDICATOR_H

#include "formats/base/text.h"

enum indicator {
    INDICATOR_DIGEST,    /* 32, 40, 64, 96 or 128 hex digits, lower case */
    INDICATOR_PATH,      /* absolute */
    INDICATOR_ADDRESS,   /* IPv4 or IPv6, without port */
    INDICATOR_DOMAIN,    /* lower case */
    INDICATOR_ACCOUNT,   /* user or service account */
    INDICATOR_IMAGE,     /* name with tag or digest */
    INDICATOR_RULE,      /* id of a rule or finding */
    INDICATOR_TECHNIQUE, /* ATT&CK id */
    INDICATOR_COUNT
};
const char *indicator_name(enum indicator kind);
bool indicator_by_name(struct bytes name, enum indicator *out);

typedef void indicator_fn(void *context, enum indicator kind, struct bytes value);
/* Calls `each` for every digest, path, address, domain and image in `b`, in order; values
 * are borrowed until it returns. */
void indicators_find(struct bytes b, indicator_fn *each, void *context);

#endif
