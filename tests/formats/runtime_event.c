#include "formats/runtime_event.h"

#include "tests/sample.h"

static struct runtime_reader reader;

static void open_reader(void)
{
    runtime_reader_open(&reader);
}
static void close_reader(void)
{
    runtime_reader_close(&reader);
}
TestSuite(runtime, .init = open_reader, .fini = close_reader);

static struct fault read_text(const char *text, struct runtime_event *e)
{
    return runtime_read(&reader, bytes_str(text), strlen(text), e);
}

static void expect_time(const struct runtime_event *e, const char *want)
{
    char got[INSTANT_TEXT];
    cr_expect_str_eq(instant_format(e->time, PRECISION_NANOSECOND, got), want);
}

/* One connection of a real intrusion; jq shows the fields. */
Test(runtime, tetragon)
{
    struct bytes text = sample("corpus/samples/runtime/tetragon-connect.json");
    struct runtime_event e;
    cr_expect_eq(runtime_read(&reader, text, text.n, &e).code, FAULT_NONE);
    cr_expect_eq(e.tool, TOOL_TETRAGON);
    expect_bytes(e.what, "process_connect");
    expect_bytes(e.process.executable, "/usr/bin/nc");
    expect_bytes(e.process.arguments, "raiz3gjkgtfhkkc.not-reverse-shell.com 443");
    cr_expect_eq(e.process.pid, 38314);
    expect_bytes(e.parent.executable, "/usr/bin/sh");
    expect_bytes(e.namespace, "tenant-jobs");
    expect_bytes(e.pod, "elasticsearch-56f8fc6988-65smb");
    expect_bytes(e.container_id,
                 "e6af4dff4ea3b8d50313c59fbaa442e377da35671e79f43b8dc53c5efcc9b659");
    cr_expect(bytes_ends(e.target, BYTES(":443")));
    cr_expect_neq(e.time, INSTANT_NONE);
    sample_free(text);
}

Test(runtime, tracee_of_both_generations)
{
    struct runtime_event e;
    cr_expect_eq(
        read_text(
            "{\"timestamp\":{\"seconds\":1795427126,\"nanos\":5},\"id\":1,\"name\":"
            "\"sched_process_exec\",\"workload\":{\"process\":{\"executable\":{"
            "\"path\":\"/bin/sh\"},\"pid\":7},\"container\":{\"id\":"
            "\"820eca1b75db\",\"name\":\"api\",\"image\":{\"name\":\"i\"}},\"k8s\":{"
            "\"pod\":{\"name\":\"p\",\"uid\":\"u\"},\"namespace\":{\"name\":\"n\"}}},"
            "\"data\":[{\"name\":\"pathname\",\"str\":\"/tmp/x\"}]}",
            &e)
            .code,
        FAULT_NONE);
    cr_expect_eq(e.tool, TOOL_TRACEE);
    expect_time(&e, "2026-11-23T09:45:26.000000005Z");
    expect_bytes(e.pod, "p");
    expect_bytes(e.namespace, "n");
    expect_bytes(e.container_id, "820eca1b75db");
    expect_bytes(e.target, "/tmp/x");
    cr_expect_eq(e.process.pid, 7);
    cr_expect_eq(
        read_text("{\"timestamp\":1795427126000000005,\"processId\":7,\"processName\":"
                  "\"sh\",\"eventName\":\"openat\",\"containerId\":\"820eca1b75db\","
                  "\"kubernetes\":{\"podName\":\"p\",\"podNamespace\":\"n\",\"podUID\":"
                  "\"u\"},\"args\":[{\"name\":\"pathname\",\"value\":\"/etc/shadow\"}]}",
                  &e)
            .code,
        FAULT_NONE);
    expect_time(&e, "2026-11-23T09:45:26.000000005Z");
    expect_bytes(e.what, "openat");
    expect_bytes(e.pod_uid, "u");
    expect_bytes(e.target, "/etc/shadow");
}

static void expect_tetragon(const char *kind, const char *more, const char *target)
{
    struct runtime_event e;
    struct text t = {0};
    text_printf(&t,
                "{\"%s\":{\"process\":{\"pid\":7,\"binary\":\"/bin/a\"},%s},\"time\":"
                "\"2026-03-01T10:00:00Z\"}",
                kind, more);
    cr_expect_eq(runtime_read(&reader, text_bytes(&t), t.n, &e).code, FAULT_NONE);
    expect_bytes(e.target, target);
    text_release(&t);
}

Test(runtime, what_tetragons_arguments_are_about)
{
    expect_tetragon("process_lsm",
                    "\"args\":[{\"linux_binprm_arg\":{\"path\":\"/tmp/x\"}}]", "/tmp/x");
    expect_tetragon("process_kprobe",
                    "\"args\":[{\"int_arg\":3},{\"sockaddr_arg\":{\"addr\":\"192.0.2.7\","
                    "\"port\":80}}]",
                    "192.0.2.7:80");
    expect_tetragon("process_loader", "\"path\":\"/tmp/y.so\"", "/tmp/y.so");
    expect_tetragon("process_uprobe", "\"path\":\"/bin/bash\",\"function_name\":\"f\"",
                    "f");
}

static void expect_target(const char *name, const char *data, const char *target)
{
    struct runtime_event e;
    struct text t = {0};
    text_printf(
        &t,
        "{\"timestamp\":\"2026-03-01T10:00:00Z\",\"name\":\"%s\",\"workload\":{"
        "\"process\":{\"pid\":7,\"executable\":{\"path\":\"/bin/a\"}}},\"data\":[%s]}",
        name, data);
    cr_expect_eq(runtime_read(&reader, text_bytes(&t), t.n, &e).code, FAULT_NONE);
    expect_bytes(e.target, target);
    text_release(&t);
}

Test(runtime, what_tracees_arguments_are_about)
{
    expect_target("security_socket_connect",
                  "{\"name\":\"remote_addr\",\"sockaddr\":{\"sin6Addr\":\"2001:db8::7\","
                  "\"sin6Port\":443}}",
                  "2001:db8::7:443");
    expect_target("connect",
                  "{\"name\":\"addr\",\"value\":{\"sun_path\":\"/run/x.sock\"}}",
                  "/run/x.sock");
    expect_target("net_tcp_connect",
                  "{\"name\":\"dst\",\"value\":\"192.0.2.7\"},{\"name\":\"dst_port\","
                  "\"value\":80}",
                  "192.0.2.7:80");
    expect_target("ptrace", "{\"name\":\"request\",\"value\":\"PTRACE_ATTACH\"}", "");
    expect_target("connect", "{\"name\":\"addr\",\"value\":7},8,null,{\"name\":[]}", "");
}

Test(runtime, what_tracee_saw_started)
{
    static const char record[] =
        "{\"timestamp\":1795427126000000005,\"processName\":\"sh\",\"executable\":{"
        "\"path\":\"/bin/sh\"},\"processId\":7,\"eventName\":\"execve\",\"args\":[{"
        "\"name\":\"pathname\",\"value\":\"/tmp/x\"},{\"name\":\"argv\",\"value\":["
        "\"x\",\"-l\",\"9\"]}]}";
    struct runtime_event e;
    cr_expect_eq(read_text(record, &e).code, FAULT_NONE);
    expect_bytes(e.process.executable, "/tmp/x");
    expect_bytes(e.process.arguments, "-l 9");
    expect_bytes(e.parent.executable, "/bin/sh");
}

/* A start that also names an address, with arguments that outgrow any first room: the
 * program's arguments are its own, and nothing of it lies where they lay before. */
Test(runtime, tracee_start_with_an_address)
{
    struct runtime_event e;
    struct text record = {0}, arguments = {0};
    text_str(
        &record,
        "{\"timestamp\":1795427126000000005,\"processName\":\"nc\",\"eventName\":"
        "\"sched_process_exec\",\"args\":[{\"name\":\"dst\",\"value\":\"192.0.2.7\"},"
        "{\"name\":\"dst_port\",\"value\":443},{\"name\":\"argv\",\"value\":[\"nc\"");
    for (int i = 0; i < 5000; i++) {
        text_printf(&record, ",\"%d\"", i);
        text_printf(&arguments, i ? " %d" : "%d", i);
    }
    text_str(&record, "]}]}");
    cr_expect_eq(read_text(text_c(&record), &e).code, FAULT_NONE);
    expect_bytes(e.process.arguments, text_c(&arguments));
    expect_bytes(e.process.executable, "");
    expect_bytes(e.target, "");
    text_release(&record);
    text_release(&arguments);
}

/* A port that is not told leaves no colon behind the address. */
Test(runtime, an_address_without_its_port)
{
    struct runtime_event e;
    cr_expect_eq(
        read_text(
            "{\"timestamp\":1795427126000000005,\"processName\":\"nc\",\"eventName\":"
            "\"net_tcp_connect\",\"args\":[{\"name\":\"dst\",\"value\":"
            "\"192.0.2.7\"}]}",
            &e)
            .code,
        FAULT_NONE);
    expect_bytes(e.target, "192.0.2.7");
}

static void expect_command(const char *record, const char *want)
{
    struct runtime_event e;
    struct text line = {0};
    cr_expect_eq(read_text(record, &e).code, FAULT_NONE, "%s", record);
    cr_expect_eq(runtime_command_line(e.raw, &line), want[0] != 0, "%s", record);
    expect_bytes(text_bytes(&line), want);
    text_release(&line);
}

Test(runtime, command_lines)
{
    struct text line = {0};
    expect_command("{\"process_exec\":{\"process\":{\"binary\":\"/bin/ls\",\"arguments\":"
                   "\"-l \\\"a b\\\"\"}},\"time\":\"2026-03-01T10:00:00Z\"}",
                   "/bin/ls -l \"a b\"");
    expect_command("{\"process_exec\":{\"process\":{\"binary\":\"/bin/ls\"}},\"time\":"
                   "\"2026-03-01T10:00:00Z\"}",
                   "/bin/ls");
    expect_command("{\"process_exit\":{\"process\":{\"binary\":\"/bin/ls\"}},\"time\":"
                   "\"2026-03-01T10:00:00Z\"}",
                   "");
    expect_command(
        "{\"timestamp\":1795427126000000005,\"processName\":\"sh\",\"eventName\":"
        "\"execve\",\"args\":[{\"name\":\"pathname\",\"value\":\"/bin/sh\"},"
        "{\"name\":\"argv\",\"value\":[\"sh\",\"-c\",\"id\"]}]}",
        "sh -c id");
    expect_command(
        "{\"timestamp\":\"2026-03-01T10:00:00Z\",\"name\":\"sched_process_exec\","
        "\"workload\":{\"process\":{\"pid\":7}},\"data\":[{\"name\":\"argv\","
        "\"strArray\":{\"value\":[\"sh\",\"-c\",\"id\"]}}]}",
        "sh -c id");
    cr_expect_not(runtime_command_line(JSONL_NOTHING, &line));
    text_release(&line);
}

#define SANDBOX "e4b03e280958b847e92e22b7a1570bdf63cb35432514b9a8f12f4b9adfe49714"
#define CREATED "eea48bce362bdf290ff0d41655c9e580a41acd354cc845c7b7163d9dd9980bd9"

/* The line is one that containerd wrote (a Cloud Logging export shows it). */
Test(runtime, journal_of_containerd)
{
    struct runtime_event e;
    cr_expect_eq(
        read_text("{\"__REALTIME_TIMESTAMP\":\"1795427126065105\",\"_HOSTNAME\":\"w\","
                  "\"SYSLOG_IDENTIFIER\":\"containerd\",\"_PID\":\"14\",\"MESSAGE\":"
                  "\"time=\\\"x\\\" level=info msg=\\\"CreateContainer within sandbox "
                  "\\\\\\\"" SANDBOX "\\\\\\\" for &ContainerMetadata{Name:kubedns,"
                  "Attempt:0,} returns container id \\\\\\\"" CREATED "\\\\\\\"\\\"\"}",
                  &e)
            .code,
        FAULT_NONE);
    cr_expect_eq(e.tool, TOOL_JOURNAL);
    expect_time(&e, "2026-11-23T09:45:26.065105000Z");
    expect_bytes(e.sandbox_id, SANDBOX);
    expect_bytes(e.container_id, CREATED);
    expect_bytes(e.container_name, "kubedns");
    expect_bytes(e.node, "w");
    cr_expect_eq(e.process.pid, 14);
}

Test(runtime, journal_of_kubelet_and_its_odd_values)
{
    struct runtime_event e;
    cr_expect_eq(
        read_text("{\"jsonPayload\":{\"MESSAGE\":\"I0101 x.go:1] \\\"Probe failed\\\" "
                  "pod=\\\"ns/p-1\\\" podUID=\\\"u-1\\\" containerName=\\\"api\\\"\","
                  "\"SYSLOG_IDENTIFIER\":[\"kubelet\",\"x\"]},\"timestamp\":"
                  "\"2026-11-23T09:45:26.5Z\"}",
                  &e)
            .code,
        FAULT_NONE);
    expect_bytes(e.namespace, "ns");
    expect_bytes(e.pod, "p-1");
    expect_bytes(e.pod_uid, "u-1");
    expect_bytes(e.container_name, "api");
    expect_bytes(e.what, "kubelet");
    expect_time(&e, "2026-11-23T09:45:26.500000000Z");
    read_text("{\"MESSAGE\":\"kubelet.go:2429] \\\"SyncLoop ADD\\\" source=\\\"api\\\" "
              "pods=[\\\"ns/p-2\\\"]\",\"SYSLOG_IDENTIFIER\":\"kubenswrapper\"}",
              &e);
    expect_bytes(e.namespace, "ns");
    expect_bytes(e.pod, "p-2");
    read_text("{\"MESSAGE\":\"kubelet.go:2461] \\\"SyncLoop (PLEG): event for pod\\\" "
              "pod=\\\"ns/p-3\\\" event={\\\"ID\\\":\\\"u-3\\\",\\\"Type\\\":"
              "\\\"ContainerStarted\\\"}\"}",
              &e);
    expect_bytes(e.pod, "p-3");
    expect_bytes(e.pod_uid, "u-3");
    read_text("{\"__REALTIME_TIMESTAMP\":\"1\",\"MESSAGE\":[104,105,255]}", &e);
    expect_bytes(e.message, "hi\xff");
    cr_expect_eq(read_text("{\"MESSAGE\":null}", &e).code, FAULT_MISSING_FIELD);
    cr_expect_eq(read_text("{\"a\":1}", &e).code, FAULT_UNKNOWN_TYPE);
}

Test(runtime, kubearmor_tells_what_was_done_and_what_was_not)
{
    static const char form[] = "{\"Timestamp\":1772359200,\"HostName\":\"n\","
                               "\"NamespaceName\":\"shop\",\"PodName\":"
                               "\"p\",\"ParentProcessName\":\"/bin/"
                               "sh\",\"ProcessName\":\"/bin/nc\",\"Severity\":7,"
                               "\"PID\":7,\"Source\":\"/bin/sh "
                               "-i\",\"Operation\":\"Process\",\"Resource\":\"/bin/nc "
                               "-l 9\",\"Action\":\"%s\",\"Result\":\"%s\"}";
    static const struct {
        const char *action, *result, *executable, *arguments, *target, *line;
    } cases[] = {
        {"Audit", "Passed", "/bin/nc", "-l 9", "/bin/nc", "/bin/nc -l 9"},
        {"Block", "Permission denied", "/bin/sh", "", "/bin/nc -l 9", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct runtime_event e;
        struct text record = {0}, line = {0};
        text_printf(&record, form, cases[i].action, cases[i].result);
        cr_expect_eq(runtime_read(&reader, text_bytes(&record), record.n, &e).code,
                     FAULT_NONE);
        cr_expect_eq(e.tool, TOOL_KUBEARMOR);
        expect_time(&e, "2026-03-01T10:00:00.000000000Z");
        expect_bytes(e.process.executable, cases[i].executable);
        expect_bytes(e.process.arguments, cases[i].arguments);
        expect_bytes(e.target, cases[i].target);
        expect_bytes(e.severity, "7");
        runtime_command_line(e.raw, &line);
        expect_bytes(text_bytes(&line), cases[i].line);
        text_release(&record);
        text_release(&line);
    }
}

Test(runtime, guardduty_in_small_letters_and_in_capitals)
{
    static const char *const forms[] = {
        "{\"type\":\"T\",\"severity\":8.9,\"title\":\"t\",\"service\":{\"serviceName\":"
        "\"guardduty\",\"eventFirstSeen\":\"2026-03-01T10:00:00Z\",\"action\":{"
        "\"networkConnectionAction\":{\"remoteIpDetails\":{\"ipAddressV4\":\"192.0.2.7\"}"
        "}}}}",
        "{\"Type\":\"T\",\"Severity\":7,\"Title\":\"t\",\"Service\":{\"ServiceName\":"
        "\"guardduty\",\"EventFirstSeen\":\"2026-03-01T10:00:00Z\",\"Action\":{"
        "\"NetworkConnectionAction\":{\"RemoteIpDetails\":{\"IpAddressV4\":\"192.0.2.7\"}"
        "}}}}",
    };
    struct runtime_event e;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        cr_expect_eq(read_text(forms[i], &e).code, FAULT_NONE);
        cr_expect_eq(e.tool, TOOL_GUARDDUTY);
        expect_time(&e, "2026-03-01T10:00:00.000000000Z");
        cr_expect_eq(e.until, INSTANT_NONE);
        expect_bytes(e.rule, "T");
        expect_bytes(e.severity, "High");
        expect_bytes(e.target, "192.0.2.7");
    }
    cr_expect_eq(
        read_text("{\"type\":\"T\",\"service\":{\"serviceName\":\"inspector\"}}", &e)
            .code,
        FAULT_UNKNOWN_TYPE);
    cr_expect_neq(
        read_text("{\"type\":\"T\",\"service\":{\"serviceName\":\"guardduty\"}}", &e)
            .code,
        FAULT_NONE); /* without a time */
}
