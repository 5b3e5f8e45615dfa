/* Lines of containers as collectors of logs hand them on: one JSON value for each line,
 * with the pod beside it.
 *
 *   Cloud Logging     {"resource":{"type":"k8s_container","labels":{…}},"textPayload":…}
 *   Fluent Bit, and   {"log":…,"stream":…,"time" or "@timestamp":…,"kubernetes":
 *   Container Insights {"namespace_name":…,"pod_name":…,"pod_id":…,"docker_id":…}}
 *   Filebeat          {"@timestamp":…,"message":…,"kubernetes":{"pod":{"name":…},…}}
 *   Azure             {"TimeGenerated":…,"LogMessage":…,"PodName":…,"PodNamespace":…}
 *   Vector            {"timestamp":…,"message":…,"kubernetes":{"pod_namespace":…,…}}
 *   stern             {"message":…,"podName":…,…}, the time within the message or nowhere
 *   logcli            {"timestamp":…,"line":…,"labels":{"namespace":…,"pod":…}}
 *
 * also within what search engines and CloudWatch put around it ("_source", "message").
 * Sources: the documents of each; ContainerLogV2 of Azure Monitor. */
#ifndef FORMATS_CONTAINER_EXPORT_H
#define FORMATS_CONTAINER_EXPORT_H

#include "formats/base/text.h"
#include "formats/containerlog.h"

/* FAULT_UNKNOWN_TYPE when the value is no such line. `room` holds a line that the program
 * wrote as an object, and lives until the next call; `inner` reads a line that is kept as
 * text within the value. Views are into both and into the value. */
struct fault container_export_read(struct jsonl_value v, struct jsonl_parser *inner,
                                   struct text *room, struct container_line *out);
/* Is it an export of such lines? By its head. */
bool container_export_probe(struct bytes head);

#endif
