#include "formats/kubearmor.h"

static struct bytes first_word(struct bytes line)
{
    return bytes_sub(line, 0, bytes_find_byte(line, ' '));
}

static struct bytes behind_first(struct bytes line)
{
    return bytes_from(line, first_word(line).n + 1);
}

/* "remoteip=192.0.2.7 port=443 protocol=TCP": the value of a name. */
static struct bytes value_in(struct bytes words, const char *name)
{
    struct bytes word;
    while (bytes_split(&words, ' ', &word)) {
        size_t equals = bytes_find_byte(word, '=');
        if (bytes_is(bytes_sub(word, 0, equals), name))
            return bytes_from(word, equals + 1);
    }
    return BYTES_NONE;
}

bool kubearmor_blocked(struct jsonl_value v)
{
    return bytes_is(jsonl_text(v, "Action"), "Block") ||
           bytes_is(jsonl_text(v, "Result"), "Permission denied");
}

static void read_process(struct jsonl_value v, struct runtime_event *out)
{
    struct bytes own = jsonl_text(v, "ProcessName"),
                 parent = jsonl_text(v, "ParentProcessName");
    struct bytes source = jsonl_text(v, "Source"), resource = jsonl_text(v, "Resource");
    bool starts = bytes_is(jsonl_text(v, "Operation"), "Process");
    out->target = resource;
    out->parent.executable = parent;
    if (starts && kubearmor_blocked(v)) {
        out->process.executable = bytes_or(parent, first_word(source));
        out->parent.executable = BYTES_NONE;
    } else if (starts) {
        out->process.executable = bytes_or(own, first_word(resource));
        out->process.arguments = behind_first(resource);
        out->parent.executable = bytes_or(parent, first_word(source));
        out->target = out->process.executable;
    } else {
        out->process.executable = bytes_or(own, first_word(source));
        out->process.arguments = behind_first(source);
    }
    jsonl_integer(jsonl_get(v, "PID"), &out->process.pid);
    jsonl_integer(jsonl_get(v, "UID"), &out->process.uid);
    jsonl_integer(jsonl_get(v, "PPID"), &out->parent.pid);
    out->process.directory = jsonl_text(v, "Cwd");
}

static void read_place(struct jsonl_value v, struct runtime_event *out)
{
    out->namespace = jsonl_text(v, "NamespaceName");
    out->pod = jsonl_text(v, "PodName");
    out->container_name = jsonl_text(v, "ContainerName");
    out->container_id = runtime_container_id(jsonl_text(v, "ContainerID"));
    out->image = jsonl_text(v, "ContainerImage");
    out->node = jsonl_text(v, "HostName");
}

/* The severity of a policy goes from 1 to 10, as text. */
static struct bytes severity_of(struct jsonl_value v)
{
    static const char *const words[] = {"1", "2", "3", "4", "5",
                                        "6", "7", "8", "9", "10"};
    int64_t n;
    if (jsonl_integer(jsonl_get(v, "Severity"), &n) && n >= 1 && n <= 10)
        return bytes_str(words[n - 1]);
    return jsonl_text(v, "Severity");
}

static void add_word(struct text *t, size_t from, struct bytes word)
{
    if (word.n && t->n > from)
        text_byte(t, ' ');
    text_add(t, word);
}

/* "Block Process /bin/sh -c id, Permission denied", and the address that it is about. */
static void put_together(struct jsonl_value v, struct text *text,
                         struct runtime_event *out)
{
    struct bytes about = jsonl_text(v, "Resource"), result = jsonl_text(v, "Result");
    struct bytes host = bytes_or(value_in(about, "remoteip"),
                                 value_in(jsonl_text(v, "Data"), "remoteip"));
    struct bytes port =
        bytes_or(value_in(about, "port"), value_in(jsonl_text(v, "Data"), "port"));
    add_word(text, 0, jsonl_text(v, "Action"));
    add_word(text, 0, out->what);
    add_word(text, 0, about);
    if (result.n)
        text_add(text, BYTES(", "));
    text_add(text, result);
    size_t end = text->n;
    if (host.n)
        runtime_put_address(out, text, host, port);
    out->message = bytes_sub(text_bytes(text), 0, end);
}

bool kubearmor_read(struct jsonl_value v, struct text *text, struct runtime_event *out)
{
    char room[JSONL_SCALAR];
    out->what = jsonl_text(v, "Operation");
    if (!out->what.n || !jsonl_get(v, "Resource").document ||
        !jsonl_get(v, "HostName").document || !jsonl_get(v, "Result").document)
        return false;
    out->tool = TOOL_KUBEARMOR;
    if (!instant_parse(jsonl_text(v, "UpdatedTime"), &out->time, &out->precision))
        instant_parse_epoch(jsonl_scalar(jsonl_get(v, "Timestamp"), room), &out->time,
                            &out->precision);
    out->rule = jsonl_text(v, "PolicyName");
    out->severity = severity_of(v);
    read_place(v, out);
    read_process(v, out);
    put_together(v, text, out);
    return true;
}
