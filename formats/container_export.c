#include "formats/container_export.h"

/* Objects within a line that a program wrote as one. */
#define DEPTH 6

/* -- members by any of their names --------------------------------------------------- */

/* "a.b" is the member b of a, or the member that is called so. */
static struct jsonl_value member(struct jsonl_value v, const char *path)
{
    struct jsonl_value whole = jsonl_get(v, path);
    const char *dot = strchr(path, '.');
    char first[32];
    if (whole.document || !dot || (size_t)(dot - path) >= sizeof first)
        return whole;
    memcpy(first, path, (size_t)(dot - path));
    first[dot - path] = 0;
    return member(jsonl_get(v, first), dot + 1);
}

static struct bytes first_of(struct jsonl_value v, const char *const *paths)
{
    struct bytes found = BYTES_NONE;
    for (; !found.n && *paths; paths++)
        found = jsonl_string(member(v, *paths));
    return found;
}

static const char *const times[] = {"timestamp",     "@timestamp",          "time",
                                    "TimeGenerated", "TimeGenerated [UTC]", NULL};
static const char *const pods[] = {"resource.labels.pod_name",
                                   "kubernetes.pod_name",
                                   "kubernetes.pod.name",
                                   "PodName",
                                   "podName",
                                   "labels.pod",
                                   NULL};
static const char *const uids[] = {"kubernetes.pod_id", "kubernetes.pod_uid",
                                   "kubernetes.pod.uid", "PodUid", NULL};
static const char *const namespaces[] = {"resource.labels.namespace_name",
                                         "kubernetes.namespace_name",
                                         "kubernetes.pod_namespace",
                                         "kubernetes.namespace",
                                         "PodNamespace",
                                         "namespace",
                                         "labels.namespace",
                                         NULL};
static const char *const containers[] = {"resource.labels.container_name",
                                         "kubernetes.container_name",
                                         "kubernetes.container.name",
                                         "ContainerName",
                                         "containerName",
                                         "labels.container",
                                         NULL};
static const char *const ids[] = {"kubernetes.docker_id", "kubernetes.container_id",
                                  "container.id",         "ContainerId",
                                  "ContainerID",          NULL};
static const char *const streams[] = {"stream",        "LogSource", "LogEntrySource",
                                      "labels.stream", "logName",   NULL};
/* The runtime's tag of a part, as the agents that do not join parts hand it on. */
static const char *const tags[] = {"_p", "logtag", NULL};
static const char *const texts[] = {"textPayload", "log",  "message",     "LogMessage",
                                    "LogEntry",    "line", "jsonPayload", NULL};

/* -- the line ------------------------------------------------------------------------ */

static void add_scalar(struct jsonl_value v, struct text *out)
{
    char room[JSONL_SCALAR];
    text_add(out, jsonl_scalar(v, room));
}

/* What a program wrote as an object, as it reads: "key=value key={key=value}". */
static void add_object(struct jsonl_value v, int depth, struct text *out)
{
    struct jsonl_walk w = jsonl_members(v);
    struct jsonl_value value;
    struct bytes key;
    while (depth > 0 && jsonl_next(&w, &key, &value)) {
        if (out->n && out->p[out->n - 1] != '{')
            text_byte(out, ' ');
        text_add(out, key);
        text_str(out, key.n ? "=" : "");
        if (jsonl_is(value, JSONL_OBJECT) || jsonl_is(value, JSONL_ARRAY)) {
            text_byte(out, '{');
            add_object(value, depth - 1, out);
            text_byte(out, '}');
        } else {
            add_scalar(value, out);
        }
    }
}

/* Elastic's "log" is an object that says where the line stood: text goes before. */
static bool read_text(struct jsonl_value v, struct text *room, struct bytes *out)
{
    struct jsonl_value object = JSONL_NOTHING;
    bool told = false;
    for (const char *const *name = texts; *name && !out->n; name++) {
        struct jsonl_value text = jsonl_get(v, *name);
        *out = jsonl_string(text);
        told |= jsonl_is(text, JSONL_STRING);
        if (!object.document && jsonl_is(text, JSONL_OBJECT))
            object = text;
    }
    if (!told && object.document) {
        text_clear(room);
        add_object(object, DEPTH, room);
        *out = text_bytes(room);
    }
    while (out->n && memchr("\r\n", out->p[out->n - 1], 2))
        out->n--;
    return out->n > 0;
}

static bool read_time(struct jsonl_value v, struct container_line *out)
{
    char room[JSONL_SCALAR];
    for (const char *const *name = times; *name; name++) {
        struct bytes time = jsonl_scalar(jsonl_get(v, *name), room);
        if (time.n && (instant_parse(time, &out->time, &out->precision) ||
                       instant_parse_epoch(time, &out->time, &out->precision)))
            return true;
    }
    out->time = INSTANT_NONE;
    return false;
}

/* "containerd://ID" */
static struct bytes without_runtime(struct bytes id)
{
    size_t at = bytes_find(id, BYTES("://"));
    return at < id.n ? bytes_from(id, at + 3) : id;
}

static bool read_line(struct jsonl_value v, struct text *room, struct container_line *out)
{
    struct bytes stream = first_of(v, streams);
    out->pod = first_of(v, pods);
    out->container_id = without_runtime(first_of(v, ids));
    out->partial = bytes_is(first_of(v, tags), "P");
    if ((!out->pod.n && !out->container_id.n) || !read_text(v, room, &out->text))
        return false;
    out->namespace = first_of(v, namespaces);
    out->container = first_of(v, containers);
    out->pod_uid = first_of(v, uids);
    out->stream = bytes_ends(stream, BYTES("stdout"))   ? STREAM_STDOUT
                  : bytes_ends(stream, BYTES("stderr")) ? STREAM_STDERR
                                                        : STREAM_UNKNOWN;
    out->exported = true;
    return true;
}

/* stern puts the time before the line, if it was asked to. */
static void read_own_time(struct container_line *out)
{
    size_t used;
    if (instant_parse_prefix(out->text, &used, &out->time, &out->precision))
        out->text = bytes_from(out->text, used + 1);
    else
        out->time = INSTANT_NONE;
}

static bool is_sterns(struct jsonl_value v)
{
    return jsonl_string(jsonl_get(v, "podName")).n > 0;
}

struct fault container_export_read(struct jsonl_value v, struct jsonl_parser *inner,
                                   struct text *room, struct container_line *out)
{
    static const struct fault other = {.code = FAULT_UNKNOWN_TYPE};
    static const char *const around[] = {"_source", "result", NULL};
    *out = (struct container_line){.time = INSTANT_NONE};
    for (const char *const *name = around; *name; name++)
        if (jsonl_is(jsonl_get(v, *name), JSONL_OBJECT))
            v = jsonl_get(v, *name);
    bool timed = read_time(v, out);
    struct bytes text = bytes_trim(jsonl_string(jsonl_get(v, "message")));
    if (!read_line(v, room, out)) {
        /* CloudWatch keeps what the agent sent as text. */
        struct jsonl_value within;
        struct container_line line = *out;
        if (!inner || !text.n || text.p[0] != '{' ||
            jsonl_parse(inner, text, text.n, &within).code ||
            container_export_read(within, NULL, room, &line).code)
            return other;
        if (line.time == INSTANT_NONE) {
            line.time = out->time;
            line.precision = out->precision;
        }
        *out = line;
        return (struct fault){0};
    }
    if (!timed && is_sterns(v))
        read_own_time(out); /* or none, as of kubectl logs */
    else if (!timed && inner)
        return (struct fault){.code = FAULT_VALUE};
    return (struct fault){0};
}

static bool has(struct bytes head, const char *text)
{
    return bytes_contains(head, bytes_str(text));
}

bool container_export_probe(struct bytes head)
{
    bool google = has(head, "\"k8s_container\"") && has(head, "Payload\"");
    bool agent =
        has(head, "kubernetes") &&
        (has(head, "\"pod_name\"") || has(head, "\\\"pod_name\\\"")) &&
        (has(head, "\"log\"") || has(head, "\\\"log\\\"") || has(head, "\"message\""));
    bool beats = has(head, "\"message\"") &&
                 (has(head, "\"kubernetes.pod.name\"") ||
                  (has(head, "\"kubernetes\"") && has(head, "\"pod\"")));
    bool azure = (has(head, "\"LogMessage\"") && has(head, "\"PodName\"")) ||
                 (has(head, "\"LogEntry\"") && has(head, "\"ContainerID\""));
    bool stern = has(head, "\"podName\"") && has(head, "\"containerName\"") &&
                 has(head, "\"nodeName\"") && has(head, "\"message\"");
    bool loki = has(head, "\"labels\"") && has(head, "\"pod\"") && has(head, "\"line\"");
    return google || agent || beats || azure || stern || loki;
}
