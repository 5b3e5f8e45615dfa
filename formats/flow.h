/* Connections as a network plugin saw them: Hubble's flows (Cilium: `hubble observe -o
 * json`, exported flows) and the policy logs of GKE's Dataplane V2.
 * Sources: cilium/api/v1/flow/flow.proto; Google Cloud, "Network policy logging". */
#ifndef FORMATS_FLOW_H
#define FORMATS_FLOW_H

#include "formats/runtime_event.h"

/* False when it is no such record. `text` holds what views of `out` borrow. */
bool flow_read(struct jsonl_value v, struct text *text, struct runtime_event *out);

#endif
