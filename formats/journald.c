#include "formats/journald.h"

/* A field's text; of one that occurs twice the first. */
static struct bytes field(struct jsonl_value entry, const char *name)
{
    struct jsonl_value v = jsonl_get(entry, name);
    return jsonl_string(jsonl_is(v, JSONL_ARRAY) ? jsonl_at(v, 0) : v);
}

/* The message, which may be an array of octets: `text` then holds it. */
static struct bytes message_of(struct jsonl_value entry, struct text *text)
{
    struct jsonl_value v = jsonl_get(entry, "MESSAGE");
    int64_t octet;
    if (!jsonl_is(jsonl_at(v, 0), JSONL_INTEGER))
        return field(entry, "MESSAGE");
    struct bytes key;
    struct jsonl_walk w = jsonl_members(v);
    for (struct jsonl_value n; jsonl_next(&w, &key, &n);) {
        if (jsonl_integer(n, &octet) && octet >= 0 && octet < 256)
            text_byte(text, (char)octet);
    }
    return text_bytes(text);
}

static size_t hex_run(struct bytes b)
{
    size_t n = 0;
    while (n < b.n && is_hex(b.p[n]))
        n++;
    return n;
}

/* The 64 hex digits behind `mark`, which stands in what kubelet and containerd write. */
static struct bytes id_behind(struct bytes message, const char *mark)
{
    size_t at = bytes_find(message, bytes_str(mark));
    if (at == message.n)
        return BYTES_NONE;
    struct bytes rest = bytes_from(message, at + strlen(mark));
    while (rest.n && memchr("\\\"= {", rest.p[0], 5))
        rest = bytes_from(rest, 1);
    return hex_run(rest) == 64 ? bytes_sub(rest, 0, 64) : BYTES_NONE;
}

/* A word behind `mark`, up to a comma, blank, quote or bracket. */
static struct bytes word_behind(struct bytes message, const char *mark)
{
    size_t at = bytes_find(message, bytes_str(mark));
    struct bytes rest =
        at < message.n ? bytes_from(message, at + strlen(mark)) : BYTES_NONE;
    size_t n = 0;
    while (n < rest.n && !memchr(",\" \\]}", rest.p[n], 6))
        n++;
    return bytes_sub(rest, 0, n);
}

/* klog: pod="namespace/name" podUID="…" containerName="…"; of the loop that takes pods in
 * pods=["namespace/name"], and event={"ID":"UID",…} of what became of one. */
static void read_kubelet(struct bytes message, struct runtime_event *out)
{
    struct bytes pod = word_behind(message, " pod=\"");
    if (!pod.n)
        pod = word_behind(message, " pods=[\"");
    size_t slash = bytes_find_byte(pod, '/');
    if (slash < pod.n) {
        out->namespace = bytes_sub(pod, 0, slash);
        out->pod = bytes_from(pod, slash + 1);
    }
    out->pod_uid = word_behind(message, " podUID=\"");
    if (!out->pod_uid.n)
        out->pod_uid = word_behind(message, " podUID=");
    if (!out->pod_uid.n)
        out->pod_uid = word_behind(message, " event={\"ID\":\"");
    out->container_name = word_behind(message, " containerName=\"");
    out->container_id = id_behind(message, "containerID=");
    if (!out->container_id.n)
        out->container_id = id_behind(message, "containerd://");
    if (!out->container_id.n)
        out->container_id = id_behind(message, "cri-o://");
}

/* logrus: msg="RunPodSandbox for &PodSandboxMetadata{Name:…,Uid:…,Namespace:…}
 * returns sandbox id …" and msg="CreateContainer within sandbox … for
 * &ContainerMetadata{Name:…} returns container id …" */
static void read_containerd(struct bytes message, struct runtime_event *out)
{
    bool sandbox = bytes_contains(message, BYTES("PodSandboxMetadata{"));
    out->sandbox_id = id_behind(message, sandbox ? "sandbox id" : "within sandbox");
    out->container_id = id_behind(message, "container id");
    if (!out->container_id.n)
        out->container_id = id_behind(message, "StartContainer for");
    struct bytes name = word_behind(message, "Metadata{Name:");
    if (sandbox) {
        out->pod = name;
        out->pod_uid = word_behind(message, "Uid:");
        out->namespace = word_behind(message, "Namespace:");
    } else {
        out->container_name = name;
    }
}

/* CRI-O: msg="Ran pod sandbox ID with infra container: ns/pod/POD", msg="Created
 * container ID: ns/pod/name", description=ns/pod/name … containerID=ID sandboxID=ID */
static void read_crio(struct bytes message, struct runtime_event *out)
{
    out->sandbox_id = id_behind(message, "pod sandbox");
    if (!out->sandbox_id.n)
        out->sandbox_id = id_behind(message, "sandboxID");
    out->container_id = id_behind(message, "containerID");
    if (!out->container_id.n)
        out->container_id = id_behind(message, " container");
    struct bytes name = word_behind(message, "description=");
    if (!name.n)
        name = word_behind(message, out->sandbox_id.n ? "container: " : ": ");
    struct bytes rest = name, part[3] = {{0}};
    for (size_t i = 0; i < 3; i++)
        bytes_split(&rest, '/', &part[i]);
    if (rest.n || !part[2].n)
        return;
    out->namespace = part[0];
    out->pod = part[1];
    if (!bytes_is(part[2], "POD"))
        out->container_name = part[2];
}

/* k3s, RKE2 and k0s are kubelet and runtime in one program. */
static void read_message(struct bytes message, struct runtime_event *out)
{
    if (bytes_contains(out->what, BYTES("crio")) ||
        bytes_contains(out->what, BYTES("cri-o")))
        read_crio(message, out);
    else if (bytes_contains(out->what, BYTES("containerd")) ||
             bytes_contains(message, BYTES("SandboxMetadata{")) ||
             bytes_contains(message, BYTES("within sandbox")))
        read_containerd(message, out);
    else
        read_kubelet(message, out);
}

static void read_time(struct jsonl_value entry, struct runtime_event *out)
{
    struct bytes micro = jsonl_string(jsonl_get(entry, "__REALTIME_TIMESTAMP"));
    int64_t count;
    if (bytes_to_i64(micro, &count) &&
        instant_from_epoch(count, PRECISION_MICROSECOND, &out->time))
        out->precision = PRECISION_MICROSECOND;
}

bool journald_read(struct jsonl_value v, struct text *text, struct runtime_event *out)
{
    /* Cloud Logging keeps the fields in jsonPayload and the time beside them. */
    struct jsonl_value copy = jsonl_get(v, "jsonPayload");
    struct jsonl_value entry = copy.document ? copy : v;
    if (!jsonl_get(entry, "MESSAGE").document)
        return false;
    out->tool = TOOL_JOURNAL;
    read_time(entry, out);
    if (out->time == INSTANT_NONE)
        instant_parse(jsonl_string(jsonl_get(v, "timestamp")), &out->time,
                      &out->precision);
    out->message = message_of(entry, text);
    out->what = field(entry, "SYSLOG_IDENTIFIER");
    if (!out->what.n)
        out->what = field(entry, "_COMM");
    out->node = field(entry, "_HOSTNAME");
    out->process.executable = field(entry, "_EXE");
    out->process.name = field(entry, "_COMM");
    bytes_to_i64(field(entry, "_PID"), &out->process.pid);
    bytes_to_i64(field(entry, "_UID"), &out->process.uid);
    read_message(out->message, out);
    return true;
}
