#include "formats/guardduty.h"

/* Below what the finding has: "resource.kubernetesDetails", each name with a small or a
 * capital letter first; of an array its first member. */
static struct jsonl_value at(struct jsonl_value v, const char *path)
{
    while (*path && v.document) {
        char name[40];
        size_t n = strcspn(path, ".");
        if (n >= sizeof name)
            return JSONL_NOTHING;
        memcpy(name, path, n);
        name[n] = 0;
        struct jsonl_value in = jsonl_get(v, name);
        name[0] = (char)(name[0] - 'a' + 'A');
        v = in.document ? in : jsonl_get(v, name);
        path += n + (path[n] == '.');
        struct bytes key;
        struct jsonl_value first = JSONL_NOTHING;
        if (jsonl_is(v, JSONL_ARRAY)) {
            struct jsonl_walk w = jsonl_members(v);
            jsonl_next(&w, &key, &first);
            v = first;
        }
    }
    return v;
}

static struct bytes text_at(struct jsonl_value v, const char *path)
{
    return jsonl_string(at(v, path));
}

static void read_place(struct jsonl_value v, struct runtime_event *out)
{
    struct jsonl_value load =
        at(v, "resource.kubernetesDetails.kubernetesWorkloadDetails");
    struct jsonl_value container = at(load, "containers");
    if (!container.document)
        container = at(v, "resource.containerDetails");
    out->namespace = text_at(load, "namespace");
    if (bytes_starts(text_at(load, "type"), BYTES("pod")) ||
        bytes_is(text_at(load, "type"), "Pod")) {
        out->pod = text_at(load, "name");
        out->pod_uid = text_at(load, "uid");
    }
    out->container_name = text_at(container, "name");
    out->container_id = runtime_container_id(text_at(container, "id"));
    out->image = text_at(container, "image");
    out->node = text_at(v, "resource.instanceDetails.networkInterfaces.privateDnsName");
}

static void read_process(struct jsonl_value v, struct runtime_event *out)
{
    struct jsonl_value process = at(v, "service.runtimeDetails.process");
    out->process.executable = text_at(process, "executablePath");
    out->process.name = text_at(process, "name");
    out->process.directory = text_at(process, "pwd");
    jsonl_integer(at(process, "namespacePid"), &out->process.pid);
    jsonl_integer(at(process, "userId"), &out->process.uid);
    out->parent.executable = text_at(process, "lineage.executablePath");
    out->user = text_at(v, "resource.kubernetesDetails.kubernetesUserDetails.username");
}

/* A file, a name that was asked for, an address with its port, or a request. */
static void read_target(struct jsonl_value v, struct text *text,
                        struct runtime_event *out)
{
    static const char *const files[] = {"scriptPath",
                                        "libraryPath",
                                        "socketPath",
                                        "releaseAgentPath",
                                        "runcBinaryPath",
                                        "mountTarget",
                                        "targetProcess.executablePath"};
    struct jsonl_value context = at(v, "service.runtimeDetails.context");
    struct jsonl_value action = at(v, "service.action");
    struct jsonl_value connection = at(action, "networkConnectionAction");
    struct jsonl_value call = at(action, "kubernetesApiCallAction");
    struct bytes host = text_at(connection, "remoteIpDetails.ipAddressV4");
    char room[JSONL_SCALAR];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        out->target = bytes_or(out->target, text_at(context, files[i]));
    out->target = bytes_or(out->target, text_at(action, "dnsRequestAction.domain"));
    out->target = bytes_or(out->target, text_at(call, "requestUri"));
    if (!out->target.n && host.n)
        runtime_put_address(out, text, host,
                            jsonl_scalar(at(connection, "remotePortDetails.port"), room));
}

/* In Amazon's own words, from 1.0 to 10.0. */
static struct bytes severity_of(struct jsonl_value v)
{
    char room[JSONL_SCALAR];
    uint64_t n;
    struct bytes text = jsonl_scalar(at(v, "severity"), room);
    if (!bytes_to_u64(bytes_sub(text, 0, bytes_find_byte(text, '.')), &n))
        return BYTES_NONE;
    return n >= 9   ? BYTES("Critical")
           : n >= 7 ? BYTES("High")
           : n >= 4 ? BYTES("Medium")
                    : BYTES("Low");
}

static void read_times(struct jsonl_value v, struct runtime_event *out)
{
    if (!instant_parse(text_at(v, "service.eventFirstSeen"), &out->time, &out->precision))
        instant_parse(text_at(v, "createdAt"), &out->time, &out->precision);
    if (!instant_parse(text_at(v, "service.eventLastSeen"), &out->until, NULL) ||
        out->until < out->time)
        out->until = INSTANT_NONE;
}

bool guardduty_read(struct jsonl_value v, struct text *text, struct runtime_event *out)
{
    struct jsonl_value detail = jsonl_get(v, "detail");
    if (jsonl_is(detail, JSONL_OBJECT)) /* EventBridge */
        v = detail;
    if (!bytes_is(text_at(v, "service.serviceName"), "guardduty") ||
        !text_at(v, "type").n)
        return false;
    out->tool = TOOL_GUARDDUTY;
    out->what = out->rule = text_at(v, "type");
    out->message = bytes_or(text_at(v, "title"), text_at(v, "description"));
    out->severity = severity_of(v);
    read_times(v, out);
    read_place(v, out);
    read_process(v, out);
    read_target(v, text, out);
    return true;
}
