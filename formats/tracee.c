#include "formats/tracee.h"

static struct bytes text_of(struct jsonl_value v, const char *name)
{
    return jsonl_string(jsonl_get(v, name));
}

static void integer_of(struct jsonl_value v, const char *name, int64_t *out)
{
    /* v1beta1 wraps numbers: {"pid":{"value":7}}. */
    struct jsonl_value n = jsonl_get(v, name);
    if (jsonl_is(n, JSONL_OBJECT))
        n = jsonl_get(n, "value");
    jsonl_integer(n, out);
}

/* {"seconds":…,"nanos":…}, RFC 3339, or nanoseconds since the epoch. */
static void read_time(struct jsonl_value v, struct runtime_event *out)
{
    int64_t seconds, nanos = 0;
    if (jsonl_integer(jsonl_get(v, "seconds"), &seconds)) {
        jsonl_integer(jsonl_get(v, "nanos"), &nanos);
        if (nanos >= 0 && nanos < NANOSECONDS &&
            instant_from_epoch(seconds, PRECISION_SECOND, &out->time) &&
            out->time <= INT64_MAX - nanos)
            out->time += nanos;
        out->precision = PRECISION_NANOSECOND;
        return;
    }
    char room[JSONL_SCALAR];
    struct bytes text = jsonl_scalar(v, room);
    if (!instant_parse(text, &out->time, &out->precision))
        instant_parse_epoch(text, &out->time, &out->precision);
}

/* The argument that says what it is about, in either form: {"name","value"} or
 * {"name","str"}. */
static void read_target(struct jsonl_value arguments, struct runtime_event *out)
{
    static const char *const names[] = {"pathname", "path", "file_path", "cmdpath"};
    struct bytes key;
    struct jsonl_walk w = jsonl_members(arguments);
    for (struct jsonl_value v; jsonl_next(&w, &key, &v);) {
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            if (!bytes_is(text_of(v, "name"), names[i]))
                continue;
            out->target = text_of(v, "value");
            if (!out->target.n)
                out->target = text_of(v, "str");
        }
    }
}

static void read_container(struct jsonl_value container, struct jsonl_value kubernetes,
                           struct runtime_event *out)
{
    struct jsonl_value image = jsonl_get(container, "image");
    out->container_id = runtime_container_id(text_of(container, "id"));
    out->container_name = text_of(container, "name");
    out->image =
        jsonl_is(image, JSONL_OBJECT) ? text_of(image, "name") : jsonl_string(image);
    struct jsonl_value pod = jsonl_get(kubernetes, "pod");
    if (jsonl_is(pod, JSONL_OBJECT)) {
        out->pod = text_of(pod, "name");
        out->pod_uid = text_of(pod, "uid");
        out->namespace = text_of(jsonl_get(kubernetes, "namespace"), "name");
        return;
    }
    out->pod = text_of(kubernetes, "podName");
    out->pod_uid = text_of(kubernetes, "podUID");
    out->namespace = text_of(kubernetes, "podNamespace");
}

static bool read_beta(struct jsonl_value v, struct runtime_event *out)
{
    struct jsonl_value load = jsonl_get(v, "workload");
    struct jsonl_value process = jsonl_get(load, "process");
    if (!jsonl_is(load, JSONL_OBJECT) || !text_of(v, "name").n)
        return false;
    out->what = text_of(v, "name");
    struct jsonl_value executable = jsonl_get(process, "executable");
    out->process.executable = jsonl_is(executable, JSONL_OBJECT)
                                  ? text_of(executable, "path")
                                  : jsonl_string(executable);
    out->process.name = text_of(jsonl_get(process, "thread"), "name");
    integer_of(process, "pid", &out->process.pid);
    struct jsonl_value kubernetes = jsonl_get(load, "k8s");
    read_container(jsonl_get(load, "container"),
                   kubernetes.document ? kubernetes : jsonl_get(load, "kubernetes"), out);
    read_target(jsonl_get(v, "data"), out);
    return true;
}

static bool read_old(struct jsonl_value v, struct runtime_event *out)
{
    out->what = text_of(v, "eventName");
    if (!out->what.n || !jsonl_get(v, "processName").document)
        return false;
    out->process.name = text_of(v, "processName");
    out->process.executable = text_of(jsonl_get(v, "executable"), "path");
    jsonl_integer(jsonl_get(v, "processId"), &out->process.pid);
    jsonl_integer(jsonl_get(v, "userId"), &out->process.uid);
    jsonl_integer(jsonl_get(v, "parentProcessId"), &out->parent.pid);
    read_container(jsonl_get(v, "container"), jsonl_get(v, "kubernetes"), out);
    if (!out->container_id.n)
        out->container_id = runtime_container_id(text_of(v, "containerId"));
    out->node = text_of(v, "hostName");
    read_target(jsonl_get(v, "args"), out);
    return true;
}

bool tracee_read(struct jsonl_value v, struct text *text, struct runtime_event *out)
{
    (void)text;
    if (!read_beta(v, out) && !read_old(v, out))
        return false;
    out->tool = TOOL_TRACEE;
    read_time(jsonl_get(v, "timestamp"), out);
    return true;
}
