/* The names of fields, source by source, and the short names for them. */
#include "analyze/rules/field.h"

/* k8s.io/apiserver/pkg/apis/audit v1, v1beta1 and v1alpha1. */
static const char *const audit_names[] = {
    "verb", "stage", "level", "kind", "apiVersion", "auditID", "requestURI", "userAgent",
    "sourceIPs", "user.username", "user.uid", "user.groups", "user.extra.",
    "impersonatedUser.username", "impersonatedUser.uid", "impersonatedUser.groups",
    "impersonatedUser.extra.", "impersonatedUser", "authenticationMetadata.", "objectRef",
    "objectRef.resource", "objectRef.subresource", "objectRef.namespace",
    "objectRef.name", "objectRef.uid", "objectRef.apiGroup", "objectRef.apiVersion",
    "objectRef.resourceVersion", "responseStatus.code", "responseStatus.status",
    "responseStatus.reason", "responseStatus.message", "responseStatus.details.",
    "responseStatus.metadata.", "responseStatus", "requestObject.", "responseObject.",
    "annotations.", "requestReceivedTimestamp", "stageTimestamp", "timestamp",
    "metadata.",
    /* Azure's activity log, under its own names */
    "operationName", "operationName.value", "resourceId", "resultType", "resultSignature",
    "callerIpAddress", "category", "OperationNameValue", "ResourceId",
    "ResourceProviderValue", "CategoryValue", "ActivityStatusValue", "Caller",
    "CallerIpAddress", "correlationId", "identity.", "properties.", NULL};

/* Keys of an alert, and the classes of Falco's own fields, which a rule may name without
 * "output_fields." in front. */
static const char *const falco_names[] = {
    "rule",       "priority", "output", "source",         "hostname", "time",  "uuid",
    "tags",       "message",  "evt.",   "proc.",          "thread.",  "user.", "group.",
    "container.", "fd.",      "fs.",    "k8s.",           "k8smeta.", "ka.",   "ct.",
    "jevt.",      "syslog.",  "json.",  "output_fields.", NULL};

static const char *const container_names[] = {"message",      "log",  "stream",
                                              "namespace",    "pod",  "container",
                                              "container_id", "node", NULL};

/* core/v1 and events.k8s.io/v1; the aliases below make both forms one. */
static const char *const event_names[] = {"reason",
                                          "type",
                                          "count",
                                          "action",
                                          "metadata.",
                                          "related.",
                                          "series.",
                                          "reportingController",
                                          "reportingComponent",
                                          "reportingInstance",
                                          "source.",
                                          "eventTime",
                                          "firstTimestamp",
                                          "lastTimestamp",
                                          NULL};

/* google.logging.v2.LogEntry, and Filebeat's names for what is in it. */
static const char *const gcp_names[] = {
    "protoPayload.", "resource.", "labels.",   "operation.", "insertId",
    "logName",       "severity",  "timestamp", "gcp.audit.", NULL};

/* AWS CloudTrail User Guide, "CloudTrail record contents". */
static const char *const cloudtrail_names[] = {"eventVersion",
                                               "eventTime",
                                               "eventSource",
                                               "eventName",
                                               "eventType",
                                               "eventCategory",
                                               "eventID",
                                               "awsRegion",
                                               "sourceIPAddress",
                                               "userAgent",
                                               "userIdentity.",
                                               "requestParameters.",
                                               "responseElements.",
                                               "additionalEventData.",
                                               "errorCode",
                                               "errorMessage",
                                               "requestID",
                                               "readOnly",
                                               "resources.",
                                               "apiVersion",
                                               "managementEvent",
                                               "recipientAccountId",
                                               "sharedEventID",
                                               "vpcEndpointId",
                                               "serviceEventDetails.",
                                               "sessionCredentialFromConsole",
                                               "tlsDetails.",
                                               NULL};

static const char *const tetragon_names[] = {"process_exec.",
                                             "process_exit.",
                                             "process_kprobe.",
                                             "process_tracepoint.",
                                             "process_uprobe.",
                                             "process_lsm.",
                                             "process_loader.",
                                             "process_connect.",
                                             "process_listen.",
                                             "process_close.",
                                             "process_accept.",
                                             "process_dns.",
                                             "process_throttle",
                                             "test.",
                                             "rate_limit_info.",
                                             "node_name",
                                             "node_labels.",
                                             "cluster_name",
                                             "aggregation_info.",
                                             "time",
                                             NULL};

static const char *const tracee_names[] = {"timestamp",
                                           "threadStartTime",
                                           "processorId",
                                           "processId",
                                           "cgroupId",
                                           "threadId",
                                           "parentProcessId",
                                           "hostProcessId",
                                           "hostThreadId",
                                           "hostParentProcessId",
                                           "userId",
                                           "mountNamespace",
                                           "pidNamespace",
                                           "processName",
                                           "executable.",
                                           "hostName",
                                           "containerId",
                                           "container.",
                                           "kubernetes.",
                                           "eventId",
                                           "eventName",
                                           "matchedPolicies",
                                           "argsNum",
                                           "returnValue",
                                           "syscall",
                                           "contextFlags.",
                                           "args.",
                                           "metadata.",
                                           "id",
                                           "name",
                                           "policies.",
                                           "workload.",
                                           "data.",
                                           "threat.",
                                           "triggeredBy.",
                                           "detectedFrom.",
                                           NULL};

/* Sigma's taxonomy for process_creation; a start in a container has no logon. */
static const char *const started_names[] = {"Image",   "CommandLine", "CurrentDirectory",
                                            "User",    "ParentImage", "ParentCommandLine",
                                            "LogonId", NULL};

static const char *const journal_names[] = {"MESSAGE",
                                            "MESSAGE_ID",
                                            "PRIORITY",
                                            "SYSLOG_IDENTIFIER",
                                            "SYSLOG_FACILITY",
                                            "SYSLOG_PID",
                                            "UNIT",
                                            "_PID",
                                            "_UID",
                                            "_GID",
                                            "_COMM",
                                            "_EXE",
                                            "_CMDLINE",
                                            "_SYSTEMD_UNIT",
                                            "_HOSTNAME",
                                            "_TRANSPORT",
                                            "_BOOT_ID",
                                            "_MACHINE_ID",
                                            "CONTAINER_NAME",
                                            "CONTAINER_ID",
                                            "CONTAINER_ID_FULL",
                                            NULL};

/* The members of processes.json and diff.json, as those rooms write them. */
static const char *const process_names[] = {
#define NAME(name) name,
#include "analyze/rules/process_fields.def"
#undef NAME
    NULL};
static const char *const layer_names[] = {
#define NAME(name) name,
#include "analyze/rules/layer_fields.def"
#undef NAME
    NULL};

static const char *const kubearmor_names[] = {"Timestamp",
                                              "UpdatedTime",
                                              "ClusterName",
                                              "HostName",
                                              "NamespaceName",
                                              "Owner.",
                                              "PodName",
                                              "Labels",
                                              "ContainerID",
                                              "ContainerName",
                                              "ContainerImage",
                                              "ParentProcessName",
                                              "ProcessName",
                                              "HostPPID",
                                              "HostPID",
                                              "PPID",
                                              "PID",
                                              "UID",
                                              "PolicyName",
                                              "Severity",
                                              "Tags",
                                              "ATags",
                                              "Message",
                                              "Type",
                                              "Source",
                                              "Operation",
                                              "Resource",
                                              "Data",
                                              "Enforcer",
                                              "Action",
                                              "Result",
                                              "Cwd",
                                              "TTY",
                                              "EventData.",
                                              "PodUID",
                                              "KubeArmorVersion",
                                              NULL};

static const char *const guardduty_names[] = {
    "accountId", "region",     "partition",   "id",          "arn",   "type",
    "resource.", "service.",   "severity",    "createdAt",   "title", "updatedAt",
    "detail.",   "AccountId",  "Region",      "Partition",   "Id",    "Arn",
    "Type",      "Resource.",  "Service.",    "Severity",    "Title", "CreatedAt",
    "UpdatedAt", "confidence", "description", "Description", NULL};

const char *const *field_known(enum log_source source)
{
    switch (source) {
    case LOG_SOURCE_AUDIT:
        return audit_names;
    case LOG_SOURCE_FALCO:
        return falco_names;
    case LOG_SOURCE_CONTAINER:
        return container_names;
    case LOG_SOURCE_EVENTS:
        return event_names;
    case LOG_SOURCE_GCP:
        return gcp_names;
    case LOG_SOURCE_CLOUDTRAIL:
        return cloudtrail_names;
    case LOG_SOURCE_TETRAGON:
        return tetragon_names;
    case LOG_SOURCE_TRACEE:
        return tracee_names;
    case LOG_SOURCE_KUBEARMOR:
        return kubearmor_names;
    case LOG_SOURCE_GUARDDUTY:
        return guardduty_names;
    case LOG_SOURCE_STARTED:
        return started_names;
    case LOG_SOURCE_JOURNAL:
        return journal_names;
    case LOG_SOURCE_PROCESS:
        return process_names;
    default:
        return layer_names;
    }
}

/* -- aliases ------------------------------------------------------------------------ */

/* A pod stands in a request as itself, in a template of a workload, in a PodTemplate, in
 * a template in a template of a CronJob, or as the value of a JSON patch. */
#define POD       "requestObject.spec"
#define TEMPLATE  "requestObject.spec.template.spec"
#define STORED    "requestObject.template.spec"
#define CRON      "requestObject.spec.jobTemplate.spec.template.spec"
#define PATCH     "requestObject.value"
#define EVERY(in) in ".containers", in ".initContainers", in ".ephemeralContainers"
#define BELOW(in, x)                                                                     \
    in ".containers" x, in ".initContainers" x, in ".ephemeralContainers" x

static const struct field_alias audit_aliases[] = {
    {"exhibit.pod", {POD, TEMPLATE, STORED, CRON, PATCH, PATCH ".spec", NULL}},
    {"exhibit.containers",
     {EVERY(POD), EVERY(TEMPLATE), EVERY(STORED), EVERY(CRON), EVERY(PATCH), PATCH,
      "requestObject.ephemeralContainers", NULL}},
    {"exhibit.rules", {"requestObject.rules", PATCH, PATCH ".rules", NULL}},
    {"exhibit.subjects", {"requestObject.subjects", PATCH, PATCH ".subjects", NULL}},
    /* The short names of the Elastic pipeline for Sigma's Kubernetes rules. */
    {"apiGroup", {"objectRef.apiGroup", NULL}},
    {"resource", {"objectRef.resource", NULL}},
    {"subresource", {"objectRef.subresource", NULL}},
    {"namespace", {"objectRef.namespace", NULL}},
    {"username", {"user.username", NULL}},
    {"capabilities",
     {BELOW(POD, ".securityContext.capabilities.add"),
      BELOW(TEMPLATE, ".securityContext.capabilities.add"),
      BELOW(CRON, ".securityContext.capabilities.add"), NULL}},
    {"privileged",
     {BELOW(POD, ".securityContext.privileged"),
      BELOW(TEMPLATE, ".securityContext.privileged"),
      BELOW(CRON, ".securityContext.privileged"), NULL}},
    {"hostPath",
     {POD ".volumes.hostPath", TEMPLATE ".volumes.hostPath", CRON ".volumes.hostPath",
      NULL}},
    /* Annotations after Elastic's pipeline; the Elastic Common Schema; Datadog. */
    {"annotations.authorization_k8s_io/decision",
     {"annotations.authorization.k8s.io/decision", NULL}},
    {"annotations.authorization_k8s_io/reason",
     {"annotations.authorization.k8s.io/reason", NULL}},
    {"event.action", {"verb", NULL}},
    {"user.name", {"user.username", NULL}},
    {"source.ip", {"sourceIPs", NULL}},
    {"client.ip", {"sourceIPs", NULL}},
    {"user_agent.original", {"userAgent", NULL}},
    {"url.path", {"requestURI", NULL}},
    {"orchestrator.namespace", {"objectRef.namespace", NULL}},
    {"orchestrator.resource.type", {"objectRef.resource", NULL}},
    {"orchestrator.resource.name", {"objectRef.name", NULL}},
    {"usr.id", {"user.username", NULL}},
    {"usr.name", {"user.username", NULL}},
    {"usr.groups", {"user.groups", NULL}},
    {"network.client.ip", {"sourceIPs", NULL}},
    {"http.method", {"verb", NULL}},
    {"http.status_code", {"responseStatus.code", NULL}},
    {"http.useragent", {"userAgent", NULL}},
    {"http.url", {"requestURI", NULL}},
    {"sourceIps", {"sourceIPs", NULL}},
    {NULL, {NULL}},
};

static const struct field_alias event_aliases[] = {
    {"message", {"message", "note", NULL}},
    {"note", {"message", "note", NULL}},
    {"involvedObject", {"involvedObject", "regarding", NULL}},
    {"regarding", {"involvedObject", "regarding", NULL}},
    {NULL, {NULL}},
};

/* Filebeat's gcp module, by whose names Sigma's rules go, and the entry in a
 * subscription's "data". */
static const struct field_alias gcp_aliases[] = {
    {"gcp.audit.method_name", {"protoPayload.methodName", NULL}},
    {"gcp.audit.service_name", {"protoPayload.serviceName", NULL}},
    {"gcp.audit.resource_name", {"protoPayload.resourceName", NULL}},
    {"gcp.audit.status.code", {"protoPayload.status.code", NULL}},
    {"gcp.audit.authentication_info.principal_email",
     {"protoPayload.authenticationInfo.principalEmail", NULL}},
    {"gcp.audit.request", {"protoPayload.request", NULL}},
    {"gcp.audit.response", {"protoPayload.response", NULL}},
    {"data.protoPayload", {"protoPayload", NULL}},
    {"data.resource", {"resource", NULL}},
    {"data.labels", {"labels", NULL}},
    {NULL, {NULL}},
};

static const struct field_alias no_aliases[] = {{NULL, {NULL}}};

const struct field_alias *field_alias(enum log_source source, struct bytes name,
                                      struct bytes *rest)
{
    const struct field_alias *a = source == LOG_SOURCE_AUDIT    ? audit_aliases
                                  : source == LOG_SOURCE_EVENTS ? event_aliases
                                  : source == LOG_SOURCE_GCP    ? gcp_aliases
                                                                : no_aliases;
    for (; a->name; a++) {
        struct bytes alias = bytes_str(a->name);
        if (!bytes_starts(name, alias))
            continue;
        *rest = bytes_from(name, alias.n);
        if (rest->n == 0 || rest->p[0] == '.')
            return a;
    }
    return NULL;
}

/* -- did you mean ------------------------------------------------------------------- */

#define NAME_LENGTH 64

/* Levenshtein's distance without regard to case. */
static size_t distance(struct bytes a, struct bytes b)
{
    size_t row[NAME_LENGTH + 1];
    for (size_t j = 0; j <= b.n; j++)
        row[j] = j;
    for (size_t i = 0; i < a.n; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b.n; j++) {
            size_t cost = diagonal + (to_lower(a.p[i]) != to_lower(b.p[j]));
            diagonal = row[j + 1];
            if (row[j] + 1 < cost)
                cost = row[j] + 1;
            if (row[j + 1] + 1 < cost)
                cost = row[j + 1] + 1;
            row[j + 1] = cost;
        }
    }
    return row[b.n];
}

/* "resources" is also like "objectRef.resource": the last part counts too. */
static size_t unlikeness(struct bytes name, struct bytes known)
{
    size_t dot = bytes_rfind_byte(known, '.');
    size_t whole = distance(name, known);
    if (dot + 1 >= known.n)
        return whole;
    size_t tail = distance(name, bytes_from(known, dot + 1)) + 1;
    return tail < whole ? tail : whole;
}

const char *field_suggestion(enum log_source source, struct bytes name)
{
    const char *best = NULL;
    size_t least = name.n / 3 + 1;
    if (name.n > NAME_LENGTH)
        return NULL;
    for (const char *const *k = field_known(source); *k; k++) {
        struct bytes known = bytes_str(*k);
        size_t far = known.n <= NAME_LENGTH ? unlikeness(name, known) : SIZE_MAX;
        if (far > least || (best && far == least))
            continue;
        least = far;
        best = *k;
    }
    return best;
}
