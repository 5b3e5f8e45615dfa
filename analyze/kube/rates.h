/* Rates: how many requests a service account makes in a minute, for what is beyond its
 * pattern. For analyze/kube/ only. */
#ifndef ANALYZE_KUBE_RATES_H
#define ANALYZE_KUBE_RATES_H

#include "formats/base/instant.h"

struct rates;

/* `user` is any number that stands for the account. *r is made when it is NULL. */
void rates_count(struct rates **r, uint32_t user, instant time, bool baseline);
/* The most in one minute: in the baseline or before the minute of `since`, and from that
 * minute on. Minutes are whole: what came earlier in that minute is not told apart. */
void rates_most(const struct rates *r, uint32_t user, instant since, uint32_t *before,
                uint32_t *after);
void rates_free(struct rates *r);

#endif
