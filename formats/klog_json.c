#include "formats/klog_json.h"

/* "kubelet/kubelet.go:2429" */
static bool is_caller(struct bytes caller)
{
    size_t at = bytes_find(caller, BYTES(".go:"));
    return at < caller.n && at + 4 < caller.n && is_digit(caller.p[at + 4]);
}

/* Milliseconds since 1970, with a fraction. */
static bool read_time(struct jsonl_value v, struct runtime_event *out)
{
    double milliseconds;
    if (!jsonl_number(jsonl_get(v, "ts"), &milliseconds) || milliseconds < 1e11 ||
        milliseconds > 1e14)
        return false;
    int64_t micro = (int64_t)(milliseconds * 1000);
    out->precision = PRECISION_MILLISECOND;
    return instant_from_epoch(micro, PRECISION_MICROSECOND, &out->time);
}

/* {"name":…,"namespace":…}, "namespace/name", or a list of such. */
static void read_pod(struct jsonl_value v, struct runtime_event *out)
{
    struct jsonl_value pod = jsonl_get(v, "pod"), pods = jsonl_get(v, "pods");
    if (!pod.document)
        pod = jsonl_is(pods, JSONL_ARRAY) ? jsonl_at(pods, 0) : pods;
    struct bytes name = jsonl_string(pod);
    size_t slash = bytes_find_byte(name, '/');
    if (slash < name.n) {
        out->namespace = bytes_sub(name, 0, slash);
        out->pod = bytes_from(name, slash + 1);
    } else if (jsonl_is(pod, JSONL_OBJECT)) {
        out->namespace = jsonl_text(pod, "namespace");
        out->pod = jsonl_text(pod, "name");
    }
}

static void say(struct jsonl_value v, struct text *text)
{
    static const char *const names[] = {"err", "reason", "source", "containerName"};
    text_add(text, jsonl_text(v, "msg"));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct bytes value = jsonl_text(v, names[i]);
        if (value.n) {
            text_printf(text, " %s=", names[i]);
            text_add(text, value);
        }
    }
}

bool klog_json_read(struct jsonl_value v, struct text *text, struct runtime_event *out)
{
    if (!is_caller(jsonl_text(v, "caller")) || !jsonl_text(v, "msg").n ||
        !read_time(v, out))
        return false;
    out->tool = TOOL_JOURNAL;
    out->what = BYTES("kubelet");
    read_pod(v, out);
    out->pod_uid = jsonl_text(v, "podUID");
    out->container_name = jsonl_text(v, "containerName");
    say(v, text);
    out->message = text_bytes(text);
    return true;
}
