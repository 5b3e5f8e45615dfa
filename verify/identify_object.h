/* What objects are, by the names of their members. The first few are enough: the decoders
 * check the rest. For identify.c. */
#ifndef VERIFY_IDENTIFY_OBJECT_H
#define VERIFY_IDENTIFY_OBJECT_H

#include "verify/item.h"

/* JSON that begins with an object or an array. ROLE_UNKNOWN: of no kind that is known. */
enum role identify_object(struct bytes head);
/* An object of Kubernetes, or an event of its API, in JSON or YAML: by its kind. */
enum role identify_kind(struct bytes head);
/* What watches a node wrote: Tetragon, Tracee, Hubble, a kubelet in JSON. */
bool identify_is_runtime_log(struct bytes head);

#endif
