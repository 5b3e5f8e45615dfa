/* Records that a finding calls grave, by their places (places.h). */
#ifndef ANALYZE_KUBE_GRAVE_H
#define ANALYZE_KUBE_GRAVE_H

#include "analyze/kube/journal.h"
#include "analyze/kube/places.h"

/* Of the findings so far, of high severity, about the API; freed with intern_free. */
struct intern *grave_places(const struct scope *s);
bool grave_is(const struct intern *places, const struct request *r);
/* The same of what sensors saw; `escapes`: only ways out of a container (T1611). */
struct intern *grave_alerts(const struct scope *s, bool escapes);
bool grave_is_alert(const struct intern *places, const struct alert *a);
/* Of all that is a way out of a container (T1611), whoever saw it and however severe. */
struct intern *grave_ways_out(const struct scope *s);

#endif
