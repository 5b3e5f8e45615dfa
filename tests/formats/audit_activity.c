/* Azure's activity log, read as requests to a cluster's objects. */
#include "formats/audit.h"
#include "tests/sample.h"

static struct audit_reader *reader;

static void open_reader(void)
{
    reader = audit_reader_new();
}
static void close_reader(void)
{
    audit_reader_free(reader);
}
TestSuite(audit_activity, .init = open_reader, .fini = close_reader);

static struct fault read_text(const char *text, struct audit_event *e)
{
    return audit_read(reader, bytes_str(text), strlen(text), e);
}

static instant at(const char *text)
{
    instant t = INSTANT_NONE;
    cr_assert(instant_parse(bytes_str(text), &t, NULL));
    return t;
}

Test(audit_activity, an_event_of_azures_activity_log_is_a_request)
{
    struct audit_event e;
    struct fault f = read_text(
        "{\"time\":\"2026-03-01T10:00:00.5Z\",\"resourceId\":\"/subscriptions/s/"
        "resourceGroups/g/providers/Microsoft.Kubernetes/connectedClusters/Edge/"
        "namespaces/shop/rbac.authorization.k8s.io/roleBindings/web-admin\","
        "\"operationName\":\"MICROSOFT.KUBERNETES/CONNECTEDCLUSTERS/"
        "RBAC.AUTHORIZATION.K8S.IO/ROLEBINDINGS/WRITE\",\"category\":\"Administrative\","
        "\"resultType\":\"Success\",\"callerIpAddress\":\"203.0.113.9\","
        "\"correlationId\":\"c-1\",\"identity\":{\"claims\":{\"upn\":\"eve@x\"}}}",
        &e);
    cr_expect_eq(f.code, FAULT_NONE);
    cr_expect_eq(e.shape, AUDIT_SHAPE_ACTIVITY);
    cr_expect_eq(e.stage, AUDIT_STAGE_RESPONSE_COMPLETE);
    expect_bytes(e.verb, "update");
    expect_bytes(e.object.api_group, "rbac.authorization.k8s.io");
    expect_bytes(e.object.resource, "rolebindings");
    expect_bytes(e.object.namespace, "shop");
    expect_bytes(e.object.name, "web-admin");
    expect_bytes(e.cluster, "Edge");
    expect_bytes(e.user.username, "eve@x");
    expect_bytes(e.source_ips.v[0], "203.0.113.9");
    expect_bytes(e.audit_id, "c-1");
    cr_expect_eq(e.response.code, 200);
    cr_expect_eq(audit_time(&e), at("2026-03-01T10:00:00.5Z"));
}

Test(audit_activity, azures_activity_log_in_its_other_forms)
{
    struct audit_event e;
    read_text("{\"eventTimestamp\":\"2026-03-01T10:00:00Z\",\"caller\":\"eve@x\","
              "\"operationName\":{\"value\":\"Microsoft.ContainerService/managedClusters/"
              "pods/exec/action\"},\"status\":{\"value\":\"Started\"},\"httpRequest\":{"
              "\"clientIpAddress\":\"203.0.113.9\"},\"correlationId\":\"c-2\"}",
              &e);
    cr_expect_eq(e.shape, AUDIT_SHAPE_ACTIVITY);
    cr_expect_eq(e.stage, AUDIT_STAGE_REQUEST_RECEIVED);
    cr_expect_not(e.response.present);
    expect_bytes(e.verb, "create");
    expect_bytes(e.object.resource, "pods");
    expect_bytes(e.object.subresource, "exec");
    expect_bytes(e.source_ips.v[0], "203.0.113.9");
    read_text("{\"TimeGenerated\":\"2026-03-01T10:00:00Z\",\"Caller\":\"eve@x\","
              "\"OperationNameValue\":\"MICROSOFT.KUBERNETES/CONNECTEDCLUSTERS/BATCH/"
              "CRONJOBS/DELETE\",\"ActivityStatusValue\":\"Failure\"}",
              &e);
    expect_bytes(e.verb, "delete");
    expect_bytes(e.object.api_group, "batch");
    expect_bytes(e.response.status, "Failure");
}

Test(audit_activity, what_azure_tells_of_other_things_is_no_request)
{
    static const char *const others[] = {
        "{\"operationName\":\"MICROSOFT.COMPUTE/VIRTUALMACHINES/WRITE\"}",
        "{\"operationName\":\"MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/WRITE\"}",
        "{\"operationName\":\"Microsoft.ContainerService/managedClusters/diagnosticLogs/"
        "Read\",\"properties\":{\"log\":\"I0301 no record\"}}",
    };
    struct audit_event e;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        read_text(others[i], &e);
        cr_expect_eq(e.shape, AUDIT_SHAPE_UNKNOWN, "%s", others[i]);
    }
}
