#include "formats/tetragon.h"

static void read_process(struct jsonl_value v, struct runtime_process *out)
{
    out->executable = jsonl_text(v, "binary");
    out->arguments = jsonl_text(v, "arguments");
    out->directory = jsonl_text(v, "cwd");
    jsonl_integer(jsonl_get(v, "pid"), &out->pid);
    jsonl_integer(jsonl_get(v, "uid"), &out->uid);
    instant_parse(jsonl_text(v, "start_time"), &out->started, NULL);
}

static void read_pod(struct jsonl_value process, struct runtime_event *out)
{
    struct jsonl_value pod = jsonl_get(process, "pod");
    struct jsonl_value container = jsonl_get(pod, "container");
    out->namespace = jsonl_text(pod, "namespace");
    out->pod = jsonl_text(pod, "name");
    out->pod_uid = jsonl_text(pod, "uid");
    out->container_name = jsonl_text(container, "name");
    out->image = jsonl_text(jsonl_get(container, "image"), "name");
    out->container_id = runtime_container_id(jsonl_text(container, "id"));
    if (!out->container_id.n)
        out->container_id = runtime_container_id(jsonl_text(process, "docker"));
}

static struct bytes path_of(struct jsonl_value argument)
{
    static const char *const kinds[] = {"file_arg", "path_arg", "linux_binprm_arg"};
    struct bytes path = BYTES_NONE;
    for (size_t i = 0; !path.n && i < sizeof kinds / sizeof *kinds; i++)
        path = jsonl_text(jsonl_get(argument, kinds[i]), "path");
    return bytes_or(path, jsonl_text(argument, "string_arg"));
}

/* {"daddr","dport"} of a socket, {"addr","port"} of an address. */
static void read_socket(struct jsonl_value argument, struct text *text,
                        struct runtime_event *out)
{
    struct jsonl_value socket = jsonl_get(argument, "sock_arg");
    struct jsonl_value address = jsonl_get(argument, "sockaddr_arg");
    struct bytes host =
        bytes_or(jsonl_text(socket, "daddr"), jsonl_text(address, "addr"));
    char room[JSONL_SCALAR], other[JSONL_SCALAR];
    struct bytes port = bytes_or(jsonl_scalar(jsonl_get(socket, "dport"), room),
                                 jsonl_scalar(jsonl_get(address, "port"), other));
    if (host.n && port.n)
        runtime_put_address(out, text, host, port);
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
    struct bytes address = jsonl_text(event, "destination_ip");
    char room[JSONL_SCALAR];
    struct bytes port = jsonl_scalar(jsonl_get(event, "destination_port"), room);
    if (!out->target.n && address.n && port.n)
        runtime_put_address(out, text, address, port);
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
        out->target = jsonl_text(event, "path");
    if (!out->target.n)
        out->target = jsonl_text(event, "function_name");
    out->node = jsonl_text(v, "node_name");
    if (!instant_parse(jsonl_text(v, "time"), &out->time, &out->precision))
        instant_parse(jsonl_text(process, "start_time"), &out->time, &out->precision);
    return true;
}
