#include "formats/tracee.h"

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

static struct jsonl_value argument(struct jsonl_value arguments, const char *name)
{
    struct bytes key;
    struct jsonl_walk w = jsonl_members(arguments);
    for (struct jsonl_value v; jsonl_next(&w, &key, &v);) {
        if (bytes_is(jsonl_text(v, "name"), name))
            return v;
    }
    return JSONL_NOTHING;
}

/* {"name","value"}, or in v1beta1 {"name","str"}. */
static struct bytes argument_text(struct jsonl_value arguments, const char *name)
{
    struct jsonl_value v = argument(arguments, name);
    return bytes_or(jsonl_text(v, "value"), jsonl_text(v, "str"));
}

static void put_address(struct bytes address, struct jsonl_value port, struct text *text,
                        struct runtime_event *out)
{
    char room[JSONL_SCALAR];
    if (address.n)
        runtime_put_address(out, text, address, jsonl_scalar(port, room));
}

/* {"sa_family":"AF_INET","sin_addr":…,"sin_port":…} (in v1beta1 "sinAddr"), or IPv6, or
 * the path of a socket. */
static void read_socket(struct jsonl_value v, struct text *text,
                        struct runtime_event *out)
{
    struct jsonl_value at = jsonl_either(v, "sockaddr", "value");
    struct jsonl_value address = jsonl_either(at, "sin_addr", "sinAddr");
    struct jsonl_value port = jsonl_either(at, "sin_port", "sinPort");
    if (!address.document) {
        address = jsonl_either(at, "sin6_addr", "sin6Addr");
        port = jsonl_either(at, "sin6_port", "sin6Port");
    }
    put_address(jsonl_string(address), port, text, out);
    if (!out->target.n)
        out->target = jsonl_string(jsonl_either(at, "sun_path", "sunPath"));
}

/* {"name":"argv","value":[…]}, in v1beta1 {"name":"argv","strArray":{"value":[…]}}. */
void tracee_add_arguments(struct jsonl_value arguments, size_t first, struct text *text)
{
    size_t before = text->n, n = 0;
    struct jsonl_value v = argument(arguments, "argv"), word;
    struct jsonl_value within = jsonl_either(v, "strArray", "str_array");
    struct jsonl_walk w = jsonl_members(jsonl_get(within.document ? within : v, "value"));
    for (struct bytes key; jsonl_next(&w, &key, &word); n++) {
        struct bytes said = n < first ? BYTES_NONE : jsonl_string(word);
        if (said.n && text->n > before)
            text_byte(text, ' ');
        text_add(text, said);
    }
}

static void read_file(struct jsonl_value arguments, struct runtime_event *out)
{
    static const char *const files[] = {"pathname", "path", "file_path", "cmdpath"};
    for (size_t i = 0; !out->target.n && i < sizeof files / sizeof *files; i++)
        out->target = argument_text(arguments, files[i]);
}

/* The file or the address that it is about. */
static void read_target(struct jsonl_value arguments, struct text *text,
                        struct runtime_event *out)
{
    static const char *const sockets[] = {"remote_addr", "addr"};
    read_file(arguments, out);
    for (size_t i = 0; !out->target.n && i < sizeof sockets / sizeof *sockets; i++)
        read_socket(argument(arguments, sockets[i]), text, out);
    if (!out->target.n)
        put_address(argument_text(arguments, "dst"),
                    jsonl_get(argument(arguments, "dst_port"), "value"), text, out);
}

static bool is_start(const struct runtime_event *e)
{
    return bytes_is(e->what, "sched_process_exec") ||
           bytes_starts(e->what, BYTES("execve"));
}

/* Of a start the target is the program, and the record's own process the one that was. It
 * is about no address: `text` is that of the arguments alone, and moves as they grow. */
static void read_start(struct jsonl_value arguments, struct text *text,
                       struct runtime_event *out)
{
    read_file(arguments, out);
    tracee_add_arguments(arguments, 1, text);
    out->process.arguments = text_bytes(text);
    if (!out->target.n || bytes_eq(out->target, out->process.executable))
        return;
    if (bytes_starts(out->what, BYTES("execve")))
        out->parent = out->process;
    out->process.executable = out->target;
}

static void read_arguments(struct jsonl_value arguments, struct text *text,
                           struct runtime_event *out)
{
    if (is_start(out))
        read_start(arguments, text, out);
    else
        read_target(arguments, text, out);
}

static void read_container(struct jsonl_value container, struct jsonl_value kubernetes,
                           struct runtime_event *out)
{
    struct jsonl_value image = jsonl_get(container, "image");
    out->container_id = runtime_container_id(jsonl_text(container, "id"));
    out->container_name = jsonl_text(container, "name");
    out->image =
        jsonl_is(image, JSONL_OBJECT) ? jsonl_text(image, "name") : jsonl_string(image);
    struct jsonl_value pod = jsonl_get(kubernetes, "pod");
    if (jsonl_is(pod, JSONL_OBJECT)) {
        out->pod = jsonl_text(pod, "name");
        out->pod_uid = jsonl_text(pod, "uid");
        out->namespace = jsonl_text(jsonl_get(kubernetes, "namespace"), "name");
        return;
    }
    out->pod = jsonl_text(kubernetes, "podName");
    out->pod_uid = jsonl_text(kubernetes, "podUID");
    out->namespace = jsonl_text(kubernetes, "podNamespace");
}

static void read_process(struct jsonl_value v, struct runtime_process *out)
{
    struct jsonl_value executable = jsonl_get(v, "executable");
    out->executable = jsonl_is(executable, JSONL_OBJECT) ? jsonl_text(executable, "path")
                                                         : jsonl_string(executable);
    out->name = jsonl_text(jsonl_get(v, "thread"), "name");
    integer_of(v, "pid", &out->pid);
    integer_of(jsonl_either(v, "real_user", "realUser"), "id", &out->uid);
}

static bool read_beta(struct jsonl_value v, struct text *text, struct runtime_event *out)
{
    struct jsonl_value load = jsonl_get(v, "workload");
    struct jsonl_value process = jsonl_get(load, "process");
    struct jsonl_value from = jsonl_either(v, "detected_from", "detectedFrom");
    if (!jsonl_is(load, JSONL_OBJECT) || !jsonl_text(v, "name").n)
        return false;
    out->what = jsonl_text(v, "name");
    read_process(process, &out->process);
    struct bytes key;
    struct jsonl_value parent;
    struct jsonl_walk ancestors = jsonl_members(jsonl_get(process, "ancestors"));
    if (jsonl_next(&ancestors, &key, &parent))
        read_process(parent, &out->parent);
    read_container(jsonl_get(load, "container"), jsonl_either(load, "k8s", "kubernetes"),
                   out);
    read_arguments(jsonl_get(v, "data"), text, out);
    if (!is_start(out) && !out->target.n) /* what a signature was found in */
        read_target(jsonl_get(from, "data"), text, out);
    return true;
}

static bool read_old(struct jsonl_value v, struct text *text, struct runtime_event *out)
{
    out->what = jsonl_text(v, "eventName");
    if (!out->what.n || !jsonl_get(v, "processName").document)
        return false;
    out->process.name = jsonl_text(v, "processName");
    out->process.executable = jsonl_text(jsonl_get(v, "executable"), "path");
    jsonl_integer(jsonl_get(v, "processId"), &out->process.pid);
    jsonl_integer(jsonl_get(v, "userId"), &out->process.uid);
    jsonl_integer(jsonl_get(v, "parentProcessId"), &out->parent.pid);
    read_container(jsonl_get(v, "container"), jsonl_get(v, "kubernetes"), out);
    if (!out->container_id.n)
        out->container_id = runtime_container_id(jsonl_text(v, "containerId"));
    out->node = jsonl_text(v, "hostName");
    read_arguments(jsonl_get(v, "args"), text, out);
    return true;
}

bool tracee_read(struct jsonl_value v, struct text *text, struct runtime_event *out)
{
    if (!read_beta(v, text, out) && !read_old(v, text, out))
        return false;
    out->tool = TOOL_TRACEE;
    read_time(jsonl_get(v, "timestamp"), out);
    return true;
}
