/* KubeArmor's alerts and logs, as its relay and `karmor logs --json` write them: one
 * object for each program, file, connection or system call that a policy is about.
 *
 * Source of the format: kubearmor/KubeArmor protobuf/kubearmor.proto (Alert, Log). */
#ifndef FORMATS_KUBEARMOR_H
#define FORMATS_KUBEARMOR_H

#include "formats/runtime_event.h"

/* True when `v` is such a record. `text` holds what had to be put together. What was
 * blocked was not done: the process is then the one that tried. */
bool kubearmor_read(struct jsonl_value v, struct text *text, struct runtime_event *out);
/* Its policy did not let it happen. */
bool kubearmor_blocked(struct jsonl_value v);

#endif
