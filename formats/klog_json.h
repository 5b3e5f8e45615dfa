/* A kubelet's log in JSON (--logging-format=json, as Talos sets it): {"ts": milliseconds,
 * "caller": "kubelet/kubelet.go:2429", "msg": …, "pod": {"name","namespace"}, …}.
 * Source: k8s.io/component-base logs/json. */
#ifndef FORMATS_KLOG_JSON_H
#define FORMATS_KLOG_JSON_H

#include "formats/runtime_event.h"

/* False when it is no such record. `text` holds what views of `out` borrow. */
bool klog_json_read(struct jsonl_value v, struct text *text, struct runtime_event *out);

#endif
