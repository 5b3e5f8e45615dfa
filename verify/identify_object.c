#include "verify/identify_object.h"

#include "formats/change_list.h"
#include "formats/cloudtrail.h"
#include "formats/container_export.h"
#include "formats/custody.h"
#include "formats/json_manifest.h"
#include "formats/retention.h"

struct marker {
    const char *text;
    enum role role;
};

static bool has(struct bytes head, const char *text)
{
    return bytes_contains(head, bytes_str(text));
}

static const struct marker json_markers[] = {
    {"audit.k8s.io/", ROLE_AUDIT_LOG},
    {"\"auditID\"", ROLE_AUDIT_LOG},
    {"\"AuditID\"", ROLE_AUDIT_LOG},
    {"\"AuditId\"", ROLE_AUDIT_LOG},
    {"\"kubernetes.audit", ROLE_AUDIT_LOG},
    {"type.googleapis.com/google.cloud.audit.AuditLog", ROLE_AUDIT_LOG},
    {"kube-apiserver-audit", ROLE_AUDIT_LOG},
    {"\"kube-audit", ROLE_AUDIT_LOG},
    {"__REALTIME_TIMESTAMP", ROLE_RUNTIME_LOG},
    {"\"sched_process_exec\"", ROLE_RUNTIME_LOG},
};

/* All of a line must occur; with escaped quotes it is text in a record of a shipper. */
enum { NAMES = 4 };
static const char *const runtime_logs[][NAMES] = {
    {"\"process_", "\"exec_id\""}, /* Tetragon: a member for each kind of event */
    {"\\\"process_", "\\\"exec_id\\\""},
    {"\"eventName\"", "\"processName\""}, /* Tracee, of both generations */
    {"\\\"eventName\\\"", "\\\"processName\\\""},
    {"\"workload\"", "\"timestamp\"", "\"process\""},
    {"\\\"workload\\\"", "\\\"policies\\\""},
    {"\"Operation\"", "UpdatedTime", "HostName", "Resource"}, /* KubeArmor */
    {"\\\"Operation\\\"", "UpdatedTime", "HostName", "Resource"},
    {":guardduty:", "\"accountId\"", "\"resource\""},
    {":guardduty:", "\"AccountId\"", "\"Resource\""},
    {"\"disposition\"", "\"dest_ip\""},   /* connections of Dataplane V2 */
    {"\"verdict\"", "\"IP\"", "\"l4\""},  /* and of Hubble */
    {"\"ts\":", "\"caller\":\"kubelet/"}, /* in a form that others write as well */
};

bool identify_is_runtime_log(struct bytes head)
{
    for (size_t i = 0; i < sizeof runtime_logs / sizeof *runtime_logs; i++)
        if (bytes_contains_all(head, runtime_logs[i], NAMES))
            return true;
    return false;
}

/* Also as text in a record of a shipper. */
static bool is_falco(struct bytes head)
{
    return (has(head, "\"rule\"") && has(head, "\"priority\"") &&
            (has(head, "\"output") || has(head, "\"source\""))) ||
           (has(head, "\\\"rule\\\"") && has(head, "\\\"priority\\\""));
}

/* An object of Kubernetes, by the kind that stands first: in JSON and in YAML alike. A
 * List is told by what it lists. */
static enum role role_of_kind(struct bytes head)
{
    static const struct marker kinds[] = {
        {"Pod", ROLE_POD_MANIFEST},
        {"NetworkPolicy", ROLE_NETWORK_POLICY},
        {"CiliumNetworkPolicy", ROLE_NETWORK_POLICY},
        {"PodList", ROLE_POD_MANIFEST},
        {"NetworkPolicyList", ROLE_NETWORK_POLICY},
        {"Event", ROLE_KUBERNETES_EVENTS},
        {"EventList", ROLE_KUBERNETES_EVENTS},
    };
    bool seen = false;
    for (;;) {
        size_t at = bytes_find(head, BYTES("kind"));
        if (at == head.n)
            return seen ? ROLE_KUBERNETES_OBJECTS : ROLE_UNKNOWN;
        head = bytes_from(head, at + 4);
        struct bytes value = head;
        while (value.n && (value.p[0] == '"' || value.p[0] == ' '))
            value = bytes_from(value, 1);
        if (value.n == 0 || value.p[0] != ':')
            continue;
        value = bytes_from(value, 1);
        while (value.n && (value.p[0] == '"' || value.p[0] == ' ' || value.p[0] == '\''))
            value = bytes_from(value, 1);
        size_t n = 0;
        while (n < value.n && ((value.p[n] | 32) >= 'a' && (value.p[n] | 32) <= 'z'))
            n++;
        value.n = n;
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            if (bytes_is(value, kinds[i].text))
                return kinds[i].role;
        }
        if (value.n && !bytes_is(value, "List"))
            return ROLE_KUBERNETES_OBJECTS;
        seen |= value.n > 0;
    }
}

/* Events of both APIs name what they are about, by a kind of its own. */
static bool is_kubernetes_event(struct bytes head)
{
    return (has(head, "involvedObject") && has(head, "reason")) ||
           (has(head, "regarding") && has(head, "reportingController"));
}

enum role identify_kind(struct bytes head)
{
    return is_kubernetes_event(head) ? ROLE_KUBERNETES_EVENTS : role_of_kind(head);
}

/* Azure's activity log where it tells of requests to the objects of clusters. */
static bool is_cluster_activity(struct bytes head)
{
    static const char *const kinds[] = {"CLUSTERS/", "Clusters/", "clusters/"};
    bool of_cluster = false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        of_cluster = of_cluster || has(head, kinds[i]);
    return of_cluster &&
           (has(head, "\"operationName\"") || has(head, "\"OperationNameValue\"")) &&
           (has(head, "\"resourceId\"") || has(head, "\"_ResourceId\""));
}

/* Audit records of which an export left out what names them. */
static bool is_bare_audit(struct bytes head)
{
    return (has(head, "\"verb\"") &&
            (has(head, "\"objectRef\"") || has(head, "\"requestURI\""))) ||
           (has(head, "\"protoPayload\"") && has(head, "\"io.k8s."));
}

/* The API server's configuration of its audit log: the same group, another kind. */
static bool is_audit_policy(struct bytes head)
{
    return has(head, "audit.k8s.io/") && !has(head, "auditID") && has(head, "Policy") &&
           has(head, "rules");
}

/* Index, manifest, config and layout of an OCI image, and what docker save writes. */
static bool is_image_document(struct bytes head)
{
    return has(head, "\"imageLayoutVersion\"") || has(head, "\"diff_ids\"") ||
           (has(head, "\"schemaVersion\"") && has(head, "\"digest\"")) ||
           (has(head, "\"Config\"") && has(head, "\"Layers\"") && head.p[0] == '[');
}
enum role identify_object(struct bytes head)
{
    if (custody_probe(head))
        return ROLE_CUSTODY;
    if (change_list_probe(head))
        return ROLE_WRITABLE_LAYER;
    if (is_image_document(head))
        return ROLE_IMAGE_METADATA;
    if (is_audit_policy(head))
        return ROLE_KUBERNETES_OBJECTS;
    if (cloudtrail_probe(head) && !has(head, "auditID"))
        return ROLE_CLOUD_LOG;
    for (size_t i = 0; i < sizeof json_markers / sizeof *json_markers; i++) {
        if (has(head, json_markers[i].text))
            return json_markers[i].role;
    }
    if (is_bare_audit(head) || is_cluster_activity(head))
        return ROLE_AUDIT_LOG;
    if (is_falco(head))
        return ROLE_FALCO_ALERTS;
    if (identify_is_runtime_log(head))
        return ROLE_RUNTIME_LOG;
    if (has(head, "\"apiVersion\"") && has(head, "\"kind\""))
        return identify_kind(head);
    if (has(head, "\"log\"") && has(head, "\"stream\"") && has(head, "\"time\""))
        return ROLE_CONTAINER_LOG;
    if (has(head, "in-toto.io/Statement"))
        return ROLE_MANIFEST;
    if (has(head, "\"payloadType\"") || has(head, "dev.sigstore.bundle") ||
        has(head, "\"base64Signature\""))
        return ROLE_SIGNATURE;
    if (retention_probe(head))
        return ROLE_RETENTION;
    /* An image's own bookkeeping was told apart above. */
    if (json_manifest_probe(head))
        return ROLE_MANIFEST;
    return container_export_probe(head) ? ROLE_CONTAINER_LOG : ROLE_UNKNOWN;
}
