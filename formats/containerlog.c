#include "formats/containerlog.h"

static const char *const stream_names[] = {"", "stdout", "stderr"};

const char *container_stream_name(enum container_stream s)
{
    return stream_names[s];
}

static bool stream_of(struct bytes word, enum container_stream *out)
{
    for (enum container_stream s = STREAM_STDOUT; s <= STREAM_STDERR; s++) {
        if (bytes_is(word, stream_names[s])) {
            *out = s;
            return true;
        }
    }
    return false;
}

/* -- CRI and kubectl ----------------------------------------------------------------- */

/* "P" or "F", with more tags behind colons in the future. */
static bool read_tags(struct bytes tags, bool *partial)
{
    struct bytes first = bytes_sub(tags, 0, bytes_find_byte(tags, ':'));
    *partial = bytes_is(first, "P");
    return *partial || bytes_is(first, "F");
}

/* "stdout F text" behind the time; false when that is not what follows. */
static bool read_cri(struct bytes rest, struct container_line *out)
{
    size_t blank = bytes_find_byte(rest, ' ');
    if (!stream_of(bytes_sub(rest, 0, blank), &out->stream))
        return false;
    rest = bytes_from(rest, blank + 1);
    blank = bytes_find_byte(rest, ' ');
    if (!read_tags(bytes_sub(rest, 0, blank), &out->partial))
        return false;
    out->text = bytes_from(rest, blank + 1);
    return true;
}

/* "[pod/NAME/CONTAINER] ": takes it off the line. */
static struct bytes read_prefix(struct bytes line, struct container_line *out)
{
    size_t end = bytes_find(line, BYTES("] "));
    if (!bytes_starts(line, BYTES("[pod/")) || end == line.n)
        return line;
    struct bytes name = bytes_sub(line, 5, end - 5);
    size_t slash = bytes_rfind_byte(name, '/');
    if (slash == name.n)
        return line;
    out->pod = bytes_sub(name, 0, slash);
    out->container = bytes_from(name, slash + 1);
    return bytes_from(line, end + 2);
}

/* `{namespace="n", pod="p"} `, as logcli prints what tells the streams of its answer
 * apart: takes it off the line, if it names a pod. */
static struct bytes read_labels(struct bytes line, struct container_line *out)
{
    struct container_line told = *out;
    struct bytes rest = line;
    while (rest.n && (rest.p[0] == '{' || rest.p[0] == ',')) {
        rest = bytes_trim(bytes_from(rest, 1));
        size_t equals = bytes_find(rest, BYTES("=\""));
        struct bytes name = bytes_sub(rest, 0, equals);
        rest = bytes_from(rest, equals + 2);
        size_t end = bytes_find_byte(rest, '"');
        struct bytes value = bytes_sub(rest, 0, end);
        rest = bytes_from(rest, end + 1);
        if (bytes_is(name, "pod"))
            told.pod = value;
        else if (bytes_is(name, "container"))
            told.container = value;
        else if (bytes_is(name, "namespace"))
            told.namespace = value;
    }
    if (!told.pod.n || !bytes_starts(rest, BYTES("} ")))
        return line;
    *out = told;
    return bytes_from(rest, 2);
}

static struct fault read_text(struct bytes line, struct container_line *out)
{
    size_t used;
    out->text = line = read_prefix(bytes_without_cr(line), out);
    if (!line.n || !is_digit(line.p[0]) ||
        !instant_parse_prefix(line, &used, &out->time, &out->precision))
        return (struct fault){0};
    /* An empty line of kubectl ends with its time stamp. */
    if (used < line.n && line.p[used] != ' ') {
        out->time = INSTANT_NONE;
        return (struct fault){0};
    }
    struct bytes rest = bytes_from(line, used + 1);
    if (!read_cri(rest, out)) {
        out->stream = STREAM_UNKNOWN;
        out->text = read_labels(rest, out);
    }
    return (struct fault){0};
}

/* -- Docker -------------------------------------------------------------------------- */

static struct fault read_docker(struct jsonl_parser *p, struct bytes line,
                                size_t readable, struct container_line *out)
{
    struct jsonl_value root;
    struct fault f = jsonl_parse(p, line, readable, &root);
    if (f.code)
        return f;
    struct jsonl_value log = jsonl_get(root, "log");
    struct bytes time = jsonl_string(jsonl_get(root, "time"));
    if (!jsonl_is(log, JSONL_STRING) || !jsonl_get(root, "time").document)
        return (struct fault){.code = FAULT_UNKNOWN_TYPE};
    stream_of(jsonl_string(jsonl_get(root, "stream")), &out->stream);
    out->text = jsonl_string(log);
    out->partial = !bytes_ends(out->text, BYTES("\n"));
    if (!out->partial)
        out->text = bytes_without_cr(bytes_sub(out->text, 0, out->text.n - 1));
    if (!instant_parse(time, &out->time, &out->precision))
        return (struct fault){.code = FAULT_VALUE};
    return (struct fault){0};
}

struct fault container_line_read(struct jsonl_parser *p, struct bytes line,
                                 size_t readable, struct container_line *out)
{
    *out = (struct container_line){.time = INSTANT_NONE};
    if (bytes_starts(line, BYTES("{\"log\":"))) {
        struct fault f = read_docker(p, line, readable, out);
        if (f.code != FAULT_UNKNOWN_TYPE)
            return f;
        *out = (struct container_line){.time = INSTANT_NONE};
    }
    return read_text(line, out);
}

/* -- places -------------------------------------------------------------------------- */

static bool is_id(struct bytes b)
{
    for (size_t i = 0; i < b.n; i++) {
        if (!is_hex(b.p[i]))
            return false;
    }
    return b.n == 64;
}

static struct bytes last_part(struct bytes *path)
{
    size_t slash = bytes_rfind_byte(*path, '/');
    struct bytes part = slash < path->n ? bytes_from(*path, slash + 1) : *path;
    *path = slash < path->n ? bytes_sub(*path, 0, slash) : BYTES_NONE;
    return part;
}

static struct bytes stem(struct bytes name)
{
    return bytes_sub(name, 0, bytes_find_byte(name, '.'));
}

static bool split_at(struct bytes all, uint8_t separator, struct bytes *a,
                     struct bytes *b)
{
    size_t at = bytes_find_byte(all, separator);
    if (at == all.n)
        return false;
    *a = bytes_sub(all, 0, at);
    *b = bytes_from(all, at + 1);
    return true;
}

/* NS_POD_UID: names cannot hold an underscore. */
static bool read_pod_folder(struct bytes folder, struct container_log_place *p)
{
    struct bytes rest;
    return split_at(folder, '_', &p->namespace, &rest) &&
           split_at(rest, '_', &p->pod, &p->pod_uid);
}

/* POD_NS_CONTAINER-ID.log */
static bool read_link_name(struct bytes name, struct container_log_place *p)
{
    struct bytes rest, base = bytes_sub(name, 0, bytes_find(name, BYTES(".log")));
    size_t dash = bytes_rfind_byte(base, '-');
    if (dash == base.n || !is_id(bytes_from(base, dash + 1)))
        return false;
    p->container_id = bytes_from(base, dash + 1);
    return split_at(bytes_sub(base, 0, dash), '_', &p->pod, &rest) &&
           split_at(rest, '_', &p->namespace, &p->container);
}

/* What the API server makes ends of names from: no vowels, nothing that looks alike
 * (k8s.io/apimachinery pkg/util/rand). */
static bool is_made(struct bytes word, size_t least, size_t most)
{
    for (size_t i = 0; i < word.n; i++)
        if (!memchr("bcdfghjklmnpqrstvwxz2456789", word.p[i], 27))
            return false;
    return word.n >= least && word.n <= most;
}

/* A word like "https" is of the same letters, and a number of a case of the same digits.
 */
static bool is_mixed(struct bytes word)
{
    size_t digits = 0;
    for (size_t i = 0; i < word.n; i++)
        digits += is_digit(word.p[i]);
    return digits > 0 && digits < word.n;
}

/* Where the name of a pod ends that the API server made: "api-7f6c9d-hh2kq", or 0. */
static size_t generated_end(struct bytes name)
{
    struct bytes before = BYTES_NONE;
    size_t begin = 0;
    while (begin < name.n) {
        size_t end = begin;
        while (end < name.n && !memchr("-_.", name.p[end], 3))
            end++;
        struct bytes word = bytes_sub(name, begin, end - begin);
        if (begin > 0 && name.p[begin - 1] == '-' && is_made(word, 5, 5) &&
            (is_mixed(word) || is_made(before, 8, 10)))
            return end;
        before = word;
        begin = end + 1;
    }
    return 0;
}

static bool is_system_namespace(struct bytes name)
{
    return bytes_is(name, "kube-system") || bytes_is(name, "kube-public") ||
           bytes_starts(name, BYTES("openshift-")) || bytes_is(name, "calico-system") ||
           bytes_is(name, "cattle-system") || bytes_is(name, "gke-managed-system");
}

/* Folders as people's scripts and collectors make them:
 *   namespaces/NS/pods/POD/CONTAINER/…/logs/current.log        (must-gather)
 *   NS/POD-CONTAINER.log, NS/POD/CONTAINER.log, NS/POD/logs.txt
 * A pod is known by the end of its name, which the API server made; a folder of the
 * cluster's own namespaces by its name. */
static struct container_log_place place_in_folders(struct bytes path)
{
    struct container_log_place p = {0};
    struct bytes rest = path, part, above = BYTES_NONE, before = BYTES_NONE;
    while (!p.pod.n && bytes_split(&rest, '/', &part)) {
        size_t end = generated_end(part);
        if (bytes_is(above, "pods") && before.n && rest.n) {
            p = (struct container_log_place){.namespace = before, .pod = part};
            bytes_split(&rest, '/', &p.container);
        } else if (end) {
            struct bytes behind = bytes_from(part, end);
            p.pod = bytes_sub(part, 0, end);
            p.container = behind.n && behind.p[0] == '-' ? stem(bytes_from(behind, 1))
                          : rest.n && bytes_find_byte(rest, '/') == rest.n ? stem(rest)
                                                                           : BYTES_NONE;
            if (is_system_namespace(above))
                p.namespace = above;
        } else if (is_system_namespace(part) && rest.n) {
            p.namespace = part;
        }
        before = above;
        above = part;
    }
    return p;
}

static struct container_log_place place_of(struct bytes path)
{
    struct container_log_place p = {0}, none = {0};
    struct bytes file = last_part(&path);
    if (read_link_name(file, &p))
        return p;
    p = none;
    if (is_id(bytes_sub(file, 0, 64)) &&
        bytes_starts(bytes_from(file, 64), BYTES("-json.log"))) {
        p.container_id = bytes_sub(file, 0, 64);
        return p;
    }
    uint64_t restart;
    struct bytes container = last_part(&path);
    if (!bytes_to_u64(stem(file), &restart) || !read_pod_folder(last_part(&path), &p))
        return none;
    p.container = container;
    p.restart = stem(file);
    return p;
}

static bool tells(const struct container_log_place *p)
{
    return p->pod.n || p->container_id.n;
}

bool container_log_is_nodes(struct bytes path)
{
    static const char *const names[] = {"dmesg",
                                        "kern",
                                        "kernel",
                                        "messages",
                                        "syslog",
                                        "auth",
                                        "secure",
                                        "boot",
                                        "cloud-init",
                                        "journal",
                                        "kubelet",
                                        "containerd",
                                        "crio",
                                        "etcd",
                                        "dockerd",
                                        "machined",
                                        "apid",
                                        "trustd",
                                        "must-gather",
                                        "kube-apiserver",
                                        "kube-proxy",
                                        "coredns",
                                        "kube-scheduler",
                                        "cloud-init-output",
                                        "controller-runtime",
                                        "kube-controller-manager"};
    struct bytes name = stem(last_part(&path));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bytes_is(name, names[i]))
            return true;
    return false;
}

/* The path within the innermost archive: what people call an archive says little of what
 * is in it. */
static struct bytes within_archives(struct bytes path)
{
    for (size_t at = 0; (at = bytes_find(path, BYTES("//"))) < path.n;)
        path = bytes_from(path, at + 2);
    return path;
}

/* A member's own path tells first; what is in a compressed file is told by that file's.
 */
struct container_log_place container_log_place(struct bytes path)
{
    size_t member = bytes_find(path, BYTES("//"));
    struct bytes outer = bytes_sub(path, 0, member < path.n ? member : 0);
    struct container_log_place p = place_of(path);
    if (!tells(&p) && outer.n)
        p = place_of(outer);
    if (!tells(&p))
        p = place_in_folders(within_archives(path));
    return p;
}

struct container_log_place container_line_place(const struct container_line *line,
                                                const struct container_log_place *file)
{
    struct container_log_place p = *file;
    if (line->exported)
        return (struct container_log_place){.namespace = line->namespace,
                                            .pod = line->pod,
                                            .pod_uid = line->pod_uid,
                                            .container = line->container,
                                            .container_id = line->container_id};
    if (line->namespace.n)
        p.namespace = line->namespace;
    if (line->pod.n)
        p.pod = line->pod;
    if (line->container.n)
        p.container = line->container;
    return p;
}

bool container_log_looks_like(struct bytes head)
{
    struct bytes line;
    struct container_line l = {.time = INSTANT_NONE};
    if (!bytes_split(&head, '\n', &line))
        return false;
    if (bytes_starts(line, BYTES("{\"log\":\"")))
        return bytes_contains(line, BYTES("\"stream\":\""));
    read_text(line, &l);
    return l.time != INSTANT_NONE;
}
