/* Places of records as a set: to be asked of one record after the other, of which a log
 * has very many. A set is an intern, empty at first, and freed with intern_free. */
#ifndef ANALYZE_KUBE_PLACES_H
#define ANALYZE_KUBE_PLACES_H

#include "formats/base/intern.h"
#include "verify/item.h"

/* Where the record begins; its length does not count. */
void places_add(struct intern *places, const struct span *span);
bool places_have(const struct intern *places, const struct span *span);

#endif
