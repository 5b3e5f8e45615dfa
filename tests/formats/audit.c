#include "formats/audit.h"

#include "formats/base/text.h"
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
TestSuite(audit, .init = open_reader, .fini = close_reader);

static struct fault read_text(const char *text, struct audit_event *e)
{
    return audit_read(reader, bytes_str(text), strlen(text), e);
}

static instant at(const char *text)
{
    instant t;
    cr_assert(instant_parse(bytes_str(text), &t, NULL));
    return t;
}

static const char record[] =
    "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"level\":\"Request\","
    "\"auditID\":\"a-1\",\"stage\":\"ResponseStarted\",\"requestURI\":"
    "\"/api/v1/namespaces/n/pods/p/exec?command=id\",\"verb\":\"create\",\"user\":{"
    "\"username\":\"eve\",\"uid\":\"u\",\"groups\":[\"g1\",\"g2\"],\"extra\":{"
    "\"authentication.kubernetes.io/credential-id\":[\"JTI=7\"]}},\"impersonatedUser\":{"
    "\"username\":\"root\"},\"sourceIPs\":[\"1.2.3.4\",\"10.0.0.9\"],\"userAgent\":\"k/"
    "1\","
    "\"objectRef\":{\"resource\":\"pods\",\"namespace\":\"n\",\"name\":\"p\",\"uid\":"
    "\"x\","
    "\"apiVersion\":\"v1\",\"subresource\":\"exec\"},\"responseStatus\":{\"metadata\":{},"
    "\"status\":\"Failure\",\"reason\":\"Forbidden\",\"message\":\"no\",\"code\":403},"
    "\"requestObject\":{\"a\":[1]},\"requestReceivedTimestamp\":"
    "\"2026-11-23T09:45:16.156595Z\",\"stageTimestamp\":\"2026-11-23T09:45:16.209774Z\","
    "\"annotations\":{\"authorization.k8s.io/decision\":\"forbid\","
    "\"authorization.k8s.io/reason\":\"why\",\"audit.k8s.io/truncated\":\"true\"}}";

static void expect_record(const struct audit_event *e)
{
    expect_bytes(e->audit_id, "a-1");
    expect_bytes(e->verb, "create");
    expect_bytes(e->user.username, "eve");
    expect_bytes(e->object.subresource, "exec");
    cr_expect_eq(e->response.code, 403);
    cr_expect_eq(e->stage_time, at("2026-11-23T09:45:16.209774Z"));
}

Test(audit, every_member_of_v1)
{
    struct audit_event e;
    cr_expect_eq(read_text(record, &e).code, FAULT_NONE);
    expect_record(&e);
    cr_expect_eq(e.shape, AUDIT_SHAPE_V1);
    cr_expect_eq(e.wrap, AUDIT_WRAP_NONE);
    cr_expect_eq(e.level, AUDIT_LEVEL_REQUEST);
    cr_expect_eq(e.stage, AUDIT_STAGE_RESPONSE_STARTED);
    expect_bytes(e.request_uri, "/api/v1/namespaces/n/pods/p/exec?command=id");
    expect_bytes(e.user.uid, "u");
    cr_expect_eq(e.user.groups.n, 2);
    expect_bytes(e.user.groups.v[1], "g2");
    expect_bytes(audit_extra(&e.user, "authentication.kubernetes.io/credential-id"),
                 "JTI=7");
    cr_expect(e.has_impersonated);
    expect_bytes(audit_effective_user(&e)->username, "root");
    cr_expect_eq(e.source_ips.n, 2);
    expect_bytes(e.source_ips.v[1], "10.0.0.9");
    expect_bytes(e.user_agent, "k/1");
    cr_expect(e.has_object);
    expect_bytes(e.object.resource, "pods");
    expect_bytes(e.object.namespace, "n");
    expect_bytes(e.object.name, "p");
    expect_bytes(e.object.uid, "x");
    expect_bytes(e.object.api_version, "v1");
    expect_bytes(e.response.reason, "Forbidden");
    expect_bytes(e.response.message, "no");
    cr_expect_eq(jsonl_kind(e.request_object), JSONL_OBJECT);
    cr_expect_eq(jsonl_kind(e.response_object), JSONL_ABSENT);
    expect_bytes(e.decision, "forbid");
    expect_bytes(e.reason, "why");
    cr_expect(e.truncated);
    cr_expect_not(e.partial);
    cr_expect_eq(e.received, at("2026-11-23T09:45:16.156595Z"));
    cr_expect_eq(e.precision, PRECISION_MICROSECOND);
}

static void put_string(struct text *out, struct bytes b)
{
    escape_json(out, b);
}

/* The same record in the exports of the clouds and of search engines: `%` stands for the
 * record as a string, `@` for the record as an object. */
Test(audit, every_wrap_gives_the_same_record)
{
    static const struct {
        char around[120];
        enum audit_wrap wrap;
        char cluster[8];
    } cases[] = {
        {"{\"timestamp\":1,\"message\":%,\"ingestionTime\":2}", AUDIT_WRAP_CLOUDWATCH,
         ""},
        {"{\"logGroup\":\"/aws/eks/c1/cluster\",\"message\":%}", AUDIT_WRAP_CLOUDWATCH,
         "c1"},
        {"2021-05-05T10:00:00.000Z @", AUDIT_WRAP_CLOUDWATCH, ""},
        {"{\"category\":\"kube-audit\",\"resourceId\":\"/S/MANAGEDCLUSTERS/C9\","
         "\"properties\":{\"log\":%,\"pod\":\"x\"}}",
         AUDIT_WRAP_AZURE, "C9"},
        {"{\"category\":\"kube-audit\",\"properties\":{\"log\":@}}", AUDIT_WRAP_AZURE,
         ""},
        {"{\"_index\":\"i\",\"_source\":{\"kubernetes\":{\"audit\":@}}}",
         AUDIT_WRAP_ELASTIC, ""},
        {"{\"_source\":{\"event\":{\"original\":%}}}", AUDIT_WRAP_ELASTIC, ""},
        {"{\"preview\":false,\"result\":{\"_raw\":%}}", AUDIT_WRAP_SPLUNK, ""},
        {"{\"_raw\":%}", AUDIT_WRAP_SPLUNK, ""},
        {"{\"time\":1,\"host\":\"h\",\"event\":@}", AUDIT_WRAP_SPLUNK, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text t = {0};
        for (const char *c = cases[i].around; *c; c++) {
            if (*c == '%')
                put_string(&t, bytes_str(record));
            else if (*c == '@')
                text_str(&t, record);
            else
                text_byte(&t, *c);
        }
        struct audit_event e;
        struct fault f = read_text(text_c(&t), &e);
        cr_expect_eq(f.code, FAULT_NONE, "%s: %s", cases[i].around, fault_name(f.code));
        expect_record(&e);
        cr_expect_eq(e.shape, AUDIT_SHAPE_V1, "%s", cases[i].around);
        cr_expect_eq(e.wrap, cases[i].wrap, "%s", cases[i].around);
        expect_bytes(e.cluster, cases[i].cluster);
        text_release(&t);
    }
}

Test(audit, other_text_in_a_wrap_is_no_record)
{
    static const char texts[][80] = {
        "{\"message\":\"I0101 klog line\"}",
        "{\"category\":\"guard\",\"properties\":{\"log\":\"{\\\"a\\\":1}\"}}",
        "{\"kind\":\"Event\",\"apiVersion\":\"v1\",\"reason\":\"Scheduled\"}",
        "{\"a\":1}",
        "[1]",
        "2026-11-23T09:45:16Z something else",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct audit_event e;
        cr_expect_eq(read_text(texts[i], &e).code, FAULT_UNKNOWN_TYPE, "%s", texts[i]);
        cr_expect_eq(e.shape, AUDIT_SHAPE_UNKNOWN);
    }
}

/* CloudWatch cuts long messages and says so. */
Test(audit, what_stands_before_a_cut_is_saved)
{
    struct text t = {0};
    text_str(&t, "2021-05-05T10:00:00.000Z ");
    text_add(&t, bytes_sub(bytes_str(record), 0, 420));
    text_str(&t, "[Truncated...]");
    struct audit_event e;
    struct fault f = read_text(text_c(&t), &e);
    cr_expect_neq(f.code, FAULT_NONE);
    cr_expect(e.partial);
    expect_bytes(e.audit_id, "a-1");
    expect_bytes(e.user.username, "eve");
    cr_expect_eq(e.response.code, 0);
    text_release(&t);
}

/* No cut may do harm, or claim to be whole. */
Test(audit, every_cut)
{
    for (size_t n = 1; n + 1 < sizeof record; n++) {
        struct audit_event e;
        struct fault f = audit_read(reader, bytes_of(record, n), n, &e);
        cr_expect_neq(f.code, FAULT_NONE, "cut at %zu", n);
        cr_expect(!e.shape || e.partial, "cut at %zu", n);
    }
}

Test(audit, a_member_twice_is_told_and_the_last_one_counts)
{
    struct audit_event e;
    struct fault f = read_text("{\"auditID\":\"1\",\"stage\":\"Panic\",\"verb\":\"get\","
                               "\"verb\":\"delete\"}",
                               &e);
    cr_expect_eq(f.code, FAULT_DUPLICATE);
    expect_bytes(e.verb, "delete");
    cr_expect_not(e.partial);
}

Test(audit, bad_characters_do_not_hide_a_record)
{
    struct audit_event e;
    struct fault f = read_text("{\"auditID\":\"1\",\"verb\":\"get\",\"stage\":\"Panic\","
                               "\"userAgent\":\"x\xff\"}",
                               &e);
    cr_expect_eq(f.code, FAULT_ENCODING);
    expect_bytes(e.verb, "get");
    expect_bytes(e.user_agent, "x\xef\xbf\xbd");
    cr_expect_not(e.partial);
}

Test(audit, beta_forms_and_capitals)
{
    struct audit_event e;
    cr_expect_eq(
        read_text("{\"Level\":\"Metadata\",\"AuditID\":\"b\",\"Stage\":"
                  "\"ResponseComplete\",\"Verb\":\"list\",\"ObjectRef\":{"
                  "\"Resource\":\"pods\"},\"timestamp\":\"2018-10-26T13:38:34Z\"}",
                  &e)
            .code,
        FAULT_NONE);
    cr_expect_eq(e.shape, AUDIT_SHAPE_BETA);
    expect_bytes(e.audit_id, "b");
    expect_bytes(e.object.resource, "pods");
    cr_expect_eq(audit_time(&e), at("2018-10-26T13:38:34Z"));
    cr_expect_eq(e.precision, PRECISION_SECOND);
}

/* Captured in 2018: no apiVersion, v1beta1, v1. */
Test(audit, real_records_of_old_servers)
{
    static const struct {
        char file[64];
        char verb[16], resource[24], subresource[12], name[48], user[24];
        int64_t code;
    } cases[] = {
        {"exec_pod.json", "create", "pods", "exec", "nginx-deployment-7998647bdf-phvq7",
         "minikube-user", 101},
        {"attach_pod.json", "create", "pods", "attach",
         "nginx-deployment-7998647bdf-phvq7", "minikube-user", 101},
        {"anonymous_creates_namespace_foo.json", "create", "namespaces", "", "foo",
         "system:anonymous", 201},
        {"delete_namespace_foo.json", "delete", "namespaces", "", "foo", "minikube-user",
         200},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[128];
        snprintf(path, sizeof path, "corpus/samples/audit/%.63s", cases[i].file);
        struct bytes text = sample(path);
        struct audit_event e;
        cr_expect_eq(audit_read(reader, text, text.n, &e).code, FAULT_NONE, "%s", path);
        expect_bytes(e.verb, cases[i].verb);
        expect_bytes(e.object.resource, cases[i].resource);
        expect_bytes(e.object.subresource, cases[i].subresource);
        expect_bytes(e.object.name, cases[i].name);
        expect_bytes(e.user.username, cases[i].user);
        cr_expect_eq(e.response.code, cases[i].code);
        sample_free(text);
    }
}

/* wc -l and jq "select(.annotations[\"authorization.k8s.io/decision\"] == \"forbid\")".
 */
Test(audit, real_log)
{
    struct bytes log = sample("corpus/packages/inventory/audit.log"), rest = log, line;
    size_t records = 0, denied = 0;
    while (bytes_split(&rest, '\n', &line)) {
        struct audit_event e;
        cr_expect_eq(audit_read(reader, line, line.n, &e).code, FAULT_NONE);
        cr_expect_eq(e.shape, AUDIT_SHAPE_V1);
        cr_expect_neq(audit_time(&e), INSTANT_NONE);
        records++;
        denied += bytes_is(e.decision, "forbid");
    }
    cr_expect_eq(records, 215);
    cr_expect_eq(denied, 1);
    sample_free(log);
}

Test(audit, legacy_text)
{
    struct audit_event e;
    struct fault f = read_text(
        "2016-09-07T13:03:57.400333046Z AUDIT: id=\"5c3b\" stage=\"ResponseComplete\" "
        "ip=\"::1\" method=\"DELETE\" user=\"ad\\\"min\" "
        "groups=\"\\\"system:masters\\\",\\\"x\\\"\" as=\"<self>\" asgroups=\"<lookup>\" "
        "user-agent=\"curl/7\" namespace=\"d\" "
        "uri=\"/apis/apps/v1/namespaces/d/deployments/web/scale?x=1\" response=\"200\"",
        &e);
    cr_expect_eq(f.code, FAULT_NONE);
    cr_expect_eq(e.shape, AUDIT_SHAPE_LEGACY);
    cr_expect_eq(e.stage, AUDIT_STAGE_RESPONSE_COMPLETE);
    expect_bytes(e.audit_id, "5c3b");
    expect_bytes(e.user.username, "ad\"min");
    cr_expect_eq(e.user.groups.n, 2);
    expect_bytes(e.user.groups.v[0], "system:masters");
    cr_expect_not(e.has_impersonated);
    expect_bytes(e.verb, "delete");
    expect_bytes(e.object.api_group, "apps");
    expect_bytes(e.object.resource, "deployments");
    expect_bytes(e.object.name, "web");
    expect_bytes(e.object.subresource, "scale");
    expect_bytes(e.object.namespace, "d");
    expect_bytes(e.user_agent, "curl/7");
    cr_expect_eq(e.response.code, 200);
    cr_expect_eq(audit_time(&e), at("2016-09-07T13:03:57.400333046Z"));
}

Test(audit, google_log_entry)
{
    struct audit_event e;
    struct fault f = read_text(
        "{\"insertId\":\"i\",\"labels\":{\"authorization.k8s.io/decision\":\"forbid\","
        "\"authorization.k8s.io/reason\":\"no\"},\"operation\":{\"id\":\"op\"},"
        "\"protoPayload\":{\"@type\":\"type.googleapis.com/google.cloud.audit.AuditLog\","
        "\"authenticationInfo\":{\"principalEmail\":\"eve@x\"},\"methodName\":"
        "\"io.k8s.core.v1.pods.exec.create\",\"requestMetadata\":{\"callerIp\":\"1.1.1."
        "1\","
        "\"callerSuppliedUserAgent\":\"kubectl\"},\"resourceName\":"
        "\"core/v1/namespaces/ns/pods/p/exec\",\"serviceName\":\"k8s.io\",\"status\":{"
        "\"code\":7,\"message\":\"denied\"}},\"resource\":{\"labels\":{\"cluster_name\":"
        "\"c\"}},\"timestamp\":\"2024-01-01T01:00:00.5Z\"}",
        &e);
    cr_expect_eq(f.code, FAULT_NONE);
    cr_expect_eq(e.shape, AUDIT_SHAPE_GKE);
    expect_bytes(e.verb, "create");
    expect_bytes(e.object.api_group, "");
    expect_bytes(e.object.api_version, "v1");
    expect_bytes(e.object.resource, "pods");
    expect_bytes(e.object.subresource, "exec");
    expect_bytes(e.object.namespace, "ns");
    expect_bytes(e.object.name, "p");
    expect_bytes(e.user.username, "eve@x");
    expect_bytes(e.audit_id, "op");
    expect_bytes(e.cluster, "c");
    expect_bytes(e.decision, "forbid");
    cr_expect_eq(e.response.code, 403);
    expect_bytes(e.source_ips.v[0], "1.1.1.1");
    cr_expect_eq(audit_time(&e), at("2024-01-01T01:00:00.5Z"));
}

/* The options of an exec, as they may stand in a record (k8s.io/api PodExecOptions). */
Test(audit, words_of_an_exec)
{
    static const struct {
        const char *uri, *subresource, *body, *line;
    } forms[] = {
        {"/exec?container=app&command=sh&stdin=true&command=-c&command=id%20-u", "exec",
         "null", "sh -c id -u"},
        {"/exec?command=id", "exec", "{\"command\":[\"other\"]}", "id"},
        {"/exec", "exec",
         "{\"kind\":\"PodExecOptions\",\"command\":[\"sh\",\"-c\",\"ls /\"]}",
         "sh -c ls /"},
        {"/exec", "exec", "{\"command\":\"bash\"}", "bash"},
        {"/exec", "exec", "{\"command\":[]}", ""},
        {"/pods/p", "", "{\"command\":[\"none\"]}", ""},
        {"/api/v1/nodes/n/proxy/run/ns/p/c?cmd=id+-a", "proxy", "null", "id -a"},
        {"/api/v1/nodes/n/proxy/exec/ns/p/c?command=id", "proxy", "null", "id"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct text json = {0}, line = {0};
        struct audit_event e;
        text_printf(
            &json,
            "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"auditID\":\"a\","
            "\"verb\":\"create\",\"requestURI\":\"%s\",\"objectRef\":{\"resource\":"
            "\"pods\",\"subresource\":\"%s\"},\"requestObject\":%s}",
            forms[i].uri, forms[i].subresource, forms[i].body);
        text_byte(&json, '\0');
        read_text((const char *)json.p, &e);
        cr_expect_eq(audit_command_line(&e, &line), line.n > 0);
        expect_bytes(text_bytes(&line), forms[i].line);
        text_release(&line);
        text_release(&json);
    }
}

/* Nothing of the request's URI is in a LogEntry but the resource's name. */
Test(audit, words_of_an_exec_at_google)
{
    struct audit_event e;
    struct text line = {0};
    read_text("{\"protoPayload\":{\"methodName\":\"io.k8s.core.v1.pods.exec.get\","
              "\"resourceName\":"
              "\"core/v1/namespaces/ns/pods/p/exec\",\"request\":{\"@type\":"
              "\"core.k8s.io/"
              "v1.PodExecOptions\",\"apiVersion\":\"v1\",\"command\":[\"sh\",\"-i\"],"
              "\"container\":\"app\",\"kind\":\"PodExecOptions\"}},\"timestamp\":"
              "\"2024-01-01T01:00:00Z\"}",
              &e);
    cr_expect(audit_command_line(&e, &line));
    expect_bytes(text_bytes(&line), "sh -i");
    expect_bytes(e.request_uri, "core/v1/namespaces/ns/pods/p/exec");
    text_release(&line);
}

Test(audit, accounts_of_the_operator)
{
    static const char *const operators[] = {
        "eks:addon-manager",          "aksService",           "hcpService",
        "system:gke-common-webhooks", "system:addon-manager", "system:k3s-controller"};
    static const char *const others[] = {"masterclient",
                                         "clusterAdmin",
                                         "kubernetes-admin",
                                         "system:admin",
                                         "eks",
                                         "aksServices",
                                         "system:anonymous",
                                         "system:node:n1",
                                         "system:serviceaccount:kube-system:default",
                                         "system:bootstrap:abcdef",
                                         ""};
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        cr_expect(audit_is_operator(bytes_str(operators[i])), "%s", operators[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_not(audit_is_operator(bytes_str(others[i])), "%s", others[i]);
}

#define ACCOUNT "system:serviceaccount:"

Test(audit, gateways_and_a_distributions_own_components)
{
    static const char *const gateways[] = {
        ACCOUNT "cattle-impersonation-system:cattle-impersonation-u-4kd2v",
        ACCOUNT "teleport-agent:teleport-kube-agent",
        ACCOUNT "azure-arc:azure-arc-kube-aad-proxy-sa",
        ACCOUNT "gke-connect:connect-agent-sa"};
    static const char *const components[] = {
        ACCOUNT "openshift-infra:deploymentconfig-controller",
        ACCOUNT "openshift-authentication:oauth-openshift",
        ACCOUNT "openshift-kube-apiserver-operator:kube-apiserver-operator"};
    static const char *const others[] = {ACCOUNT "cattle-system:rancher",
                                         ACCOUNT "shop:teleport-kube-agent",
                                         ACCOUNT "teleport-agent:default",
                                         ACCOUNT "openshift-must-gather-v9t2d:default",
                                         ACCOUNT "openshift-gitops:argocd",
                                         ACCOUNT "openshift:x",
                                         "cattle-impersonation-system",
                                         ACCOUNT,
                                         ""};
    for (size_t i = 0; i < sizeof gateways / sizeof *gateways; i++)
        cr_expect(audit_is_gateway(bytes_str(gateways[i])), "%s", gateways[i]);
    for (size_t i = 0; i < sizeof components / sizeof *components; i++)
        cr_expect(audit_is_distribution(bytes_str(components[i])), "%s", components[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_not(audit_is_gateway(bytes_str(others[i])) ||
                          audit_is_distribution(bytes_str(others[i])),
                      "%s", others[i]);
}

Test(audit, who_acted)
{
    struct audit_event e;
    read_text("{\"auditID\":\"1\",\"verb\":\"get\",\"user\":{\"username\":"
              "\"system:serviceaccount:teleport:teleport\"},"
              "\"impersonatedUser\":{\"username\":\"jane\"}}",
              &e);
    cr_expect(bytes_is(audit_actor(&e)->username, "jane"));
    read_text("{\"auditID\":\"1\",\"verb\":\"get\",\"user\":{\"username\":\"eve\"},"
              "\"impersonatedUser\":{\"username\":\"jane\"}}",
              &e);
    cr_expect(bytes_is(audit_actor(&e)->username, "eve"));
}

Test(audit, lists_that_are_too_long_are_counted)
{
    struct text t = {0};
    text_str(&t, "{\"auditID\":\"1\",\"verb\":\"get\",\"sourceIPs\":[\"0\"");
    for (int i = 1; i < 50; i++)
        text_printf(&t, ",\"%d\"", i);
    text_str(&t, "]}");
    struct audit_event e;
    cr_expect_eq(read_text(text_c(&t), &e).code, FAULT_NONE);
    cr_expect_eq(e.source_ips.n, AUDIT_LIST);
    cr_expect_eq(e.source_ips.more, 50 - AUDIT_LIST);
    text_release(&t);
}
