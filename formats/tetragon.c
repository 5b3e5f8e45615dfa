#include "formats/tetragon.h"

static struct bytes text_of(struct jsonl_value v, const char *name)
{
    return jsonl_string(jsonl_get(v, name));
}

static void read_process(struct jsonl_value v, struct runtime_process *out)
{
    out->executable = text_of(v, "binary");
    out->arguments = text_of(v, "arguments");
    out->directory = text_of(v, "cwd");
    jsonl_integer(jsonl_get(v, "pid"), &out->pid);
    jsonl_integer(jsonl_get(v, "uid"), &out->uid);
    instant_parse(text_of(v, "start_time"), &out->started, NULL);
}

static void read_pod(struct jsonl_value process, struct runtime_event *out)
{
    struct jsonl_value pod = jsonl_get(process, "pod");
    struct jsonl_value container = jsonl_get(pod, "container");
    out->namespace = text_of(pod, "namespace");
    out->pod = text_of(pod, "name");
    out->pod_uid = text_of(pod, "uid");
    out->container_name = text_of(container, "name");
    out->image = text_of(jsonl_get(container, "image"), "name");
    out->container_id = runtime_container_id(text_of(container, "id"));
    if (!out->container_id.n)
        out->container_id = runtime_container_id(text_of(process, "docker"));
}

static struct bytes path_of(struct jsonl_value argument)
{
    static const char *const kinds[] = {"file_arg", "path_arg", "linux_binprm_arg"};
    struct bytes path = BYTES_NONE;
    for (size_t i = 0; !path.n && i < sizeof kinds / sizeof *kinds; i++)
        path = text_of(jsonl_get(argument, kinds[i]), "path");
    return path.n ? path : text_of(argument, "string_arg");
}

/* {"daddr","dport"} of a socket, {"addr","port"} of an address. */
static void read_socket(struct jsonl_value argument, struct text *text,
                        struct runtime_event *out)
{
    struct jsonl_value socket = jsonl_get(argument, "sock_arg");
    struct jsonl_value address = jsonl_get(argument, "sockaddr_arg");
    struct bytes host = text_of(socket, "daddr");
    int64_t port;
    if (!host.n)
        host = text_of(address, "addr");
    if (!host.n || (!jsonl_integer(jsonl_get(socket, "dport"), &port) &&
                    !jsonl_integer(jsonl_get(address, "port"), &port)))
        return;
    text_add(text, host);
    text_printf(text, ":%lld", (long long)port);
    out->target = text_bytes(text);
}

/* A file's path, or an address with its port, in the first argument that has one. */
static void read_arguments(struct jsonl_value arguments, struct text *text,
                           struct runtime_event *out)
{
    struct bytes key;
    struct jsonl_walk w = jsonl_members(arguments);
    for (struct jsonl_value v; !out->target.n && jsonl_next(&w, &key, &v);) {
        out->target = path_of(v);
        if (!out->target.n)
            read_socket(v, text, out);
    }
}

/* process_connect and its like came before kprobes carried sockets. */
static void read_address(struct jsonl_value event, struct text *text,
                         struct runtime_event *out)
{
    struct bytes address = text_of(event, "destination_ip");
    int64_t port;
    if (out->target.n || !address.n ||
        !jsonl_integer(jsonl_get(event, "destination_port"), &port))
        return;
    text_add(text, address);
    text_printf(text, ":%lld", (long long)port);
    out->target = text_bytes(text);
}

bool tetragon_read(struct jsonl_value v, struct text *text, struct runtime_event *out)
{
    struct bytes key;
    struct jsonl_value event, process = JSONL_NOTHING;
    struct jsonl_walk w = jsonl_members(v);
    while (!process.document && jsonl_next(&w, &key, &event)) {
        if (bytes_starts(key, BYTES("process_")))
            process = jsonl_get(event, "process");
    }
    if (!process.document)
        return false;
    out->tool = TOOL_TETRAGON;
    out->what = key;
    read_process(process, &out->process);
    read_process(jsonl_get(event, "parent"), &out->parent);
    read_pod(process, out);
    read_arguments(jsonl_get(event, "args"), text, out);
    read_address(event, text, out);
    if (bytes_is(out->what, "process_loader"))
        out->target = text_of(event, "path");
    if (!out->target.n)
        out->target = text_of(event, "function_name");
    out->node = text_of(v, "node_name");
    if (!instant_parse(text_of(v, "time"), &out->time, &out->precision))
        instant_parse(text_of(process, "start_time"), &out->time, &out->precision);
    return true;
}
