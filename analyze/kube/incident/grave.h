/* Requests that a rule about the API calls grave, by the place of their record: to be
 * asked of one request after the other, of which a log has very many. */
#ifndef ANALYZE_KUBE_GRAVE_H
#define ANALYZE_KUBE_GRAVE_H

#include "analyze/kube/journal.h"
#include "formats/base/intern.h"

/* Of the findings so far; freed with intern_free. */
struct intern *grave_places(const struct scope *s);
bool grave_is(const struct intern *places, const struct request *r);
/* The same of what sensors saw; `escapes`: only ways out of a container (T1611). */
struct intern *grave_alerts(const struct scope *s, bool escapes);
bool grave_is_alert(const struct intern *places, const struct alert *a);

#endif
