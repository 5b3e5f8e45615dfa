/* Which container of which pod a checkpoint is of, by what each engine writes. */
#include <string.h>

#include "analyze/process/metadata.h"
#include "analyze/process/values.h"

/* Where a fact may stand: a member of an object of a document. */
struct place {
    enum metadata_document document;
    const char *object; /* path of the object; "" is the document */
    const char *member;
};

#define ANNOTATION(name)                                                                 \
    {                                                                                    \
        METADATA_SPEC, "annotations", name                                               \
    }
#define ON_IMAGE(name)                                                                   \
    {                                                                                    \
        METADATA_IMAGE, "annotations", name                                              \
    }
#define KUBELET(name)                                                                    \
    {METADATA_CRIO_LABELS, "", name},                                                    \
    {                                                                                    \
        METADATA_STATUS, "labels", name                                                  \
    }

/* Of each fact all places that any engine writes it to, the most telling one first. */
static const struct place
    ids[] = {{METADATA_CONFIG, "", "id"},
             {METADATA_STATUS, "", "id"},
             ANNOTATION("io.kubernetes.cri-o.ContainerID"),
             {METADATA_DOCKER, "", "ID"}},
    names[] = {{METADATA_CRIO_NAME, "", "name"},
               {METADATA_STATUS, "metadata", "name"},
               ANNOTATION("io.kubernetes.cri.container-name"),
               ANNOTATION("io.kubernetes.container.name"),
               KUBELET("io.kubernetes.container.name"),
               {METADATA_CONFIG, "", "name"},
               ON_IMAGE("org.criu.checkpoint.container.name"),
               ON_IMAGE("io.podman.annotations.checkpoint.name"),
               ON_IMAGE("io.kubernetes.cri-o.annotations.checkpoint.name"),
               {METADATA_DOCKER, "", "Name"}},
    runtime_names[] = {{METADATA_CONFIG, "", "name"}},
    image_names[] = {{METADATA_CONFIG, "", "rootfsImageName"},
                     {METADATA_STATUS, "image", "user_specified_image"},
                     {METADATA_STATUS, "image", "image"},
                     ANNOTATION("io.kubernetes.cri-o.ImageName"),
                     ANNOTATION("io.kubernetes.cri.image-name"),
                     {METADATA_CONFIG, "", "rootfsImage"},
                     ON_IMAGE("org.criu.checkpoint.rootfsImageName"),
                     ON_IMAGE("io.podman.annotations.checkpoint.rootfsImageName"),
                     ON_IMAGE(
                         "io.kubernetes.cri-o.annotations.checkpoint.rootfsImageName"),
                     ON_IMAGE("org.opencontainers.image.ref.name"),
                     {METADATA_DOCKER, "Config", "Image"}},
    image_ids[] = {{METADATA_CONFIG, "", "rootfsImageID"},
                   {METADATA_STATUS, "", "image_id"},
                   ON_IMAGE("org.criu.checkpoint.rootfsImageID"),
                   ON_IMAGE("io.podman.annotations.checkpoint.rootfsImageID"),
                   ON_IMAGE("io.kubernetes.cri-o.annotations.checkpoint.rootfsImageID"),
                   {METADATA_DOCKER, "", "Image"}},
    image_references[] = {ANNOTATION("io.kubernetes.cri-o.ImageRepoDigests"),
                          {METADATA_CONFIG, "", "rootfsImageRef"},
                          {METADATA_STATUS, "", "image_ref"},
                          {METADATA_STATUS, "", "imageRef"},
                          ANNOTATION("io.kubernetes.cri-o.ImageRef")},
    image_digests[] = {ON_IMAGE("org.criu.checkpoint.rootfsImageSha")},
    image_requests[] = {{METADATA_CONFIG, "", "RawImageName"},
                        {METADATA_CONFIG, "", "rawImageName"},
                        ANNOTATION("io.kubernetes.cri-o.Image"),
                        ON_IMAGE("org.criu.checkpoint.rootfsImageUserRequested"),
                        ON_IMAGE("io.podman.annotations.checkpoint.rawImageName")},
    pods[] = {ANNOTATION("io.kubernetes.pod.name"),
              ANNOTATION("io.kubernetes.cri.sandbox-name"),
              KUBELET("io.kubernetes.pod.name"),
              ON_IMAGE("org.criu.checkpoint.pod.name")},
    namespaces[] = {ANNOTATION("io.kubernetes.pod.namespace"),
                    ANNOTATION("io.kubernetes.cri.sandbox-namespace"),
                    KUBELET("io.kubernetes.pod.namespace"),
                    ON_IMAGE("org.criu.checkpoint.pod.namespace")},
    pod_uids[] = {ANNOTATION("io.kubernetes.pod.uid"),
                  ANNOTATION("io.kubernetes.cri.sandbox-uid"),
                  KUBELET("io.kubernetes.pod.uid"),
                  ON_IMAGE("org.criu.checkpoint.pod.uid")},
    sandboxes[] = {ANNOTATION("io.kubernetes.cri-o.SandboxID"),
                   ANNOTATION("io.kubernetes.cri.sandbox-id"),
                   ON_IMAGE("org.criu.checkpoint.pod.id")},
    pod_addresses[] = {ANNOTATION("io.kubernetes.cri-o.IP.0"),
                       {METADATA_DOCKER, "NetworkSettings", "IPAddress"}},
    runtimes[] = {{METADATA_CONFIG, "", "runtime"},
                  {METADATA_CONFIG, "", "ociRuntime"},
                  ON_IMAGE("org.criu.checkpoint.runtime.name"),
                  ON_IMAGE("io.podman.annotations.checkpoint.runtime.name"),
                  ON_IMAGE("io.containerd.checkpoint.runtime")},
    created[] = {{METADATA_CONFIG, "", "createdTime"},
                 ANNOTATION("io.kubernetes.cri-o.Created"),
                 {METADATA_STATUS, "", "created_at"},
                 {METADATA_STATUS, "", "createdAt"},
                 {METADATA_CONTAINERD, "", "CreatedAt"},
                 {METADATA_DOCKER, "", "Created"}},
    started[] = {{METADATA_CONFIG, "state", "startedTime"},
                 {METADATA_STATUS, "", "started_at"},
                 {METADATA_STATUS, "", "startedAt"},
                 {METADATA_CONTAINERD, "", "StartedAt"},
                 {METADATA_DOCKER, "State", "StartedAt"}},
    checkpointed[] = {{METADATA_CONFIG, "", "checkpointedTime"},
                      {METADATA_CONFIG, "", "checkpointedAt"}},
    restarts[] = {{METADATA_CRIO_NAME, "", "attempt"},
                  {METADATA_STATUS, "metadata", "attempt"},
                  {METADATA_CRIO_ANNOTATIONS, "", "io.kubernetes.container.restartCount"},
                  ANNOTATION("io.kubernetes.container.restartCount"),
                  {METADATA_STATUS, "annotations",
                   "io.kubernetes.container.restartCount"},
                  {METADATA_CONFIG, "", "restartCount"},
                  {METADATA_DOCKER, "", "RestartCount"}},
    host_pids[] = {{METADATA_CONTAINERD, "", "Pid"}, {METADATA_DOCKER, "State", "Pid"}},
    logs[] = {ANNOTATION("io.kubernetes.cri-o.LogPath"),
              {METADATA_STATUS, "", "log_path"},
              {METADATA_STATUS, "", "logPath"},
              {METADATA_DOCKER, "", "LogPath"}};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const json_t *member(const struct metadata *m, struct place p)
{
    return json_object_get(tree_get(m->documents[p.document], p.object), p.member);
}

/* The text of the first of the places that has one. */
static struct bytes text_at(const struct metadata *m, const struct place *p, size_t n)
{
    struct bytes b = BYTES_NONE;
    for (size_t i = 0; i < n && b.n == 0; i++)
        b = tree_string(member(m, p[i]), "");
    return b;
}

static bool number_at(const struct metadata *m, const struct place *p, size_t n,
                      int64_t *out)
{
    for (size_t i = 0; i < n; i++) {
        const json_t *value = member(m, p[i]);
        if (json_is_integer(value)) {
            *out = json_integer_value(value);
            return true;
        }
        if (bytes_to_i64(tree_string(value, ""), out))
            return true;
    }
    return false;
}

/* RFC 3339 text, or nanoseconds since 1970 as a number or as digits. Go's zero time, the
 * year 1, is no time. */
static instant time_at(const struct metadata *m, const struct place *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const json_t *value = member(m, p[i]);
        struct bytes text = tree_string(value, "");
        int64_t number = json_is_integer(value) ? json_integer_value(value) : 0;
        instant t;
        if (number > 0 || (bytes_to_i64(text, &number) && number > 0))
            return number;
        if (instant_parse(text, &t, NULL) && t > 0)
            return t;
    }
    return INSTANT_NONE;
}

instant metadata_checkpointed(const struct metadata *m)
{
    return time_at(m, checkpointed, COUNT(checkpointed));
}

instant metadata_started(const struct metadata *m)
{
    return time_at(m, started, COUNT(started));
}

struct span metadata_started_span(const struct metadata *m)
{
    for (size_t i = 0; i < COUNT(started); i++)
        if (member(m, started[i])) {
            const struct item *item = m->items[started[i].document];
            return (struct span){item, 0, item ? item->size : 0};
        }
    return (struct span){0};
}

instant metadata_created(const struct metadata *m)
{
    return time_at(m, created, COUNT(created));
}

struct bytes metadata_container(const struct metadata *m)
{
    return text_at(m, ids, COUNT(ids));
}

const json_t *metadata_arguments(const struct metadata *m)
{
    return tree_get(m->spec, "process/args");
}

struct span metadata_span(const struct metadata *m)
{
    static const enum metadata_document order[] = {
        METADATA_CONFIG, METADATA_SPEC, METADATA_STATUS, METADATA_DOCKER, METADATA_IMAGE};
    for (size_t i = 0; i < COUNT(order); i++)
        if (m->items[order[i]])
            return (struct span){m->items[order[i]], 0, m->items[order[i]]->size};
    return (struct span){NULL, 0, 0};
}

/* -- as JSON --------------------------------------------------------------------------
 */

/* Any tree of evidence with its text escaped and masked; values under secret names are
 * masked whole. */
static json_t *safe_tree(const json_t *node, const struct mask *mask, unsigned depth)
{
    const char *key;
    json_t *value, *out;
    size_t i;
    if (json_is_string(node))
        return json_masked(mask, tree_string(node, ""));
    if (depth > 32 || (!json_is_object(node) && !json_is_array(node)))
        return json_is_object(node) || json_is_array(node) ? json_null()
                                                           : json_deep_copy(node);
    out = json_is_object(node) ? json_object() : json_array();
    json_array_foreach(node, i, value)
        json_array_append_new(out, safe_tree(value, mask, depth + 1));
    json_object_foreach((json_t *)(uintptr_t)node, key, value)
    {
        json_t *name = json_masked(mask, bytes_str(key));
        struct text t = {0};
        if (json_is_string(value) && credential_name(bytes_str(key)))
            mask_value(mask, "secret", tree_string(value, ""), &t);
        json_object_set_new(out, json_string_value(name),
                            t.n ? json_evidence(text_bytes(&t))
                                : safe_tree(value, mask, depth + 1));
        text_release(&t);
        json_decref(name);
    }
    return out;
}

struct describing {
    const struct metadata *m;
    const struct mask *mask;
};

static void set_text(const struct describing *d, json_t *o, const char *key,
                     struct bytes text)
{
    json_set_if(o, key, json_masked(d->mask, text));
}

#define SET(o, key, table) set_text(d, o, key, text_at(d->m, table, COUNT(table)))

static void set_tree(const struct describing *d, json_t *o, const char *key,
                     const json_t *tree)
{
    json_set_if(o, key, safe_tree(tree, d->mask, 0));
}

static void set_time(json_t *o, const char *key, instant t)
{
    char text[INSTANT_TEXT];
    if (t != INSTANT_NONE)
        json_object_set_new(o, key,
                            json_string(instant_format(t, PRECISION_NANOSECOND, text)));
}

static json_t *pod_of(const struct describing *d)
{
    json_t *pod = json_object();
    SET(pod, "name", pods);
    SET(pod, "namespace", namespaces);
    SET(pod, "uid", pod_uids);
    SET(pod, "sandbox", sandboxes);
    SET(pod, "address", pod_addresses);
    return pod;
}

/* What refers to an image is a digest in a registry, "shop@sha256:…" (several of them in
 * CRI-O's annotation), or the image's own id, where it has none. */
static json_t *image_of(const struct describing *d)
{
    json_t *image = json_object();
    struct bytes id = text_at(d->m, image_ids, COUNT(image_ids)), digest;
    digest = text_at(d->m, image_digests, COUNT(image_digests));
    for (size_t i = 0; i < COUNT(image_references); i++) {
        struct bytes said = text_at(d->m, &image_references[i], 1);
        bool is_digest = bytes_find_byte(said, '@') < said.n;
        if (is_digest && digest.n == 0)
            digest = said;
        else if (!is_digest && id.n == 0)
            id = said;
    }
    SET(image, "name", image_names);
    set_text(d, image, "id", id);
    set_text(d, image, "digest", bytes_sub(digest, 0, bytes_find_byte(digest, ',')));
    SET(image, "requested", image_requests);
    return image;
}

/* The kubelet writes checkpoint-POD_NAMESPACE-CONTAINER-TIME.tar. Namespace and container
 * may have dashes themselves, so they are told only when they cannot be mistaken. */
static void set_archive_name(const struct describing *d, json_t *o,
                             const struct item *container)
{
    struct bytes prefix = BYTES("checkpoint-"), name = container->name;
    size_t slash = bytes_rfind_byte(name, '/');
    if (slash < name.n)
        name = bytes_from(name, slash + 1);
    size_t bar = bytes_find_byte(name, '_');
    if (!bytes_starts(name, prefix) || bar >= name.n)
        return;
    struct bytes rest = bytes_from(name, bar + 1);
    json_t *said = json_object();
    set_text(d, said, "pod", bytes_sub(name, prefix.n, bar - prefix.n));
    for (size_t dash = 0; dash + 5 < rest.n; dash++) {
        size_t used;
        instant t;
        if (rest.p[dash] != '-' || !is_digit(rest.p[dash + 1]) ||
            !instant_parse_prefix(bytes_from(rest, dash + 1), &used, &t, NULL))
            continue;
        struct bytes both = bytes_sub(rest, 0, dash);
        size_t between = bytes_find_byte(both, '-');
        if (between == bytes_rfind_byte(both, '-') && between < both.n) {
            set_text(d, said, "namespace", bytes_sub(both, 0, between));
            set_text(d, said, "container", bytes_from(both, between + 1));
        }
        set_time(said, "time", t);
        break;
    }
    json_object_set_new(o, "archive_name", said);
}

/* -- completeness ---------------------------------------------------------------------
 */

/* What an archive of an engine holds beside the images. */
static const struct part {
    const char *engine, *name;
    bool required;
} parts[] = {
    {"podman", "config.dump", true},
    {"podman", "spec.dump", true},
    {"podman", "network.status", true},
    {"podman", "artifacts", false},
    {"podman", "ctr.log", false},
    {"podman", "devshm-checkpoint.tar", false},
    {"podman", "volumes", false},
    {"podman", "pre-checkpoint", false},
    {"podman", "pod.options", false},
    {"podman", "pod.dump", false},
    {"cri-o", "config.dump", true},
    {"cri-o", "spec.dump", true},
    {"cri-o", "bind.mounts", false},
    {"cri-o", "io.kubernetes.cri-o.LogPath", false}, /* the log, under this name */
    {"containerd", "config.dump", true},
    {"containerd", "spec.dump", true},
    {"containerd", "status.dump", true},
    {"containerd", "status", false},
    {"containerd", "container.log", false},
    {"runc or crun", "descriptors.json", true},
    {"docker", "descriptors.json", true},
    {NULL, "checkpoint", false},
    {NULL, "rootfs-diff.tar", false},
    {NULL, "deleted.files", false},
    {NULL, "stats-dump", false},
    {NULL, "dump.log", false}};

/* A containerd checkpoint image has blobs instead. */
static bool in_image_layout(const struct metadata *m)
{
    return m->items[METADATA_SPEC] &&
           bytes_contains(m->items[METADATA_SPEC]->name, BYTES("blobs/"));
}

static json_t *missing_of(const struct metadata *m, const struct dump *d)
{
    json_t *all = json_array();
    for (size_t i = 0; m->engine && i < COUNT(parts) && !in_image_layout(m); i++)
        if (parts[i].required && strcmp(parts[i].engine, m->engine) == 0 &&
            !dump_beside(d, parts[i].name))
            json_array_append_new(all, json_string(parts[i].name));
    return all;
}

static bool is_part(const struct metadata *m, struct bytes name)
{
    struct bytes log = text_at(m, logs, COUNT(logs));
    size_t slash = bytes_rfind_byte(log, '/');
    if (log.n && bytes_eq(name, slash < log.n ? bytes_from(log, slash + 1) : log))
        return true;
    for (size_t i = 0; i < COUNT(parts); i++)
        if ((!parts[i].engine || strcmp(parts[i].engine, m->engine) == 0) &&
            bytes_is(name, parts[i].name))
            return true;
    return false;
}

/* What else lies beside the folder of the images, in an archive that an engine wrote. */
static json_t *unexpected_of(const struct describing *d, const struct dump *dump)
{
    json_t *all = json_array();
    bool archive = d->m->engine && bytes_is(dump->folder, "checkpoint") &&
                   d->m->items[METADATA_CONFIG] &&
                   d->m->items[METADATA_CONFIG]->parent == dump->container;
    for (const struct item *i = item_more(dump->container)->child; i && archive;
         i = i->next) {
        struct bytes name = item_plain_name(i);
        if (name.n == 0 || bytes_find_byte(name, '/') < name.n || is_part(d->m, name))
            continue;
        json_array_append_new(all, json_masked(d->mask, name));
    }
    return all;
}

json_t *metadata_describe(const struct metadata *m, const struct dump *dump,
                          const struct mask *mask)
{
    const struct describing all = {m, mask}, *d = &all;
    json_t *o = json_object();
    int64_t number;
    struct bytes name = text_at(m, names, COUNT(names));
    struct bytes runtime_name = text_at(m, runtime_names, COUNT(runtime_names));
    json_object_set_new(o, "engine", m->engine ? json_string(m->engine) : json_null());
    set_text(d, o, "id", metadata_container(m));
    set_text(d, o, "name", name);
    if (!bytes_eq(name, runtime_name))
        set_text(d, o, "runtime_name", runtime_name);
    json_set_if(o, "image", image_of(d));
    json_set_if(o, "pod", pod_of(d));
    SET(o, "runtime", runtimes);
    set_time(o, "created", metadata_created(m));
    set_time(o, "started", metadata_started(m));
    set_time(o, "checkpointed", metadata_checkpointed(m));
    if (tree_true(m->documents[METADATA_CONFIG], "restored"))
        json_object_set_new(o, "restored", json_true());
    if (number_at(m, restarts, COUNT(restarts), &number))
        json_object_set_new(o, "restart_count", json_integer(number));
    else if (m->documents[METADATA_CRIO_NAME] || m->documents[METADATA_STATUS])
        json_object_set_new(o, "restart_count", json_integer(0)); /* left out when 0 */
    if (number_at(m, host_pids, COUNT(host_pids), &number))
        json_object_set_new(o, "host_pid", json_integer(number));
    SET(o, "log", logs);
    set_text(d, o, "hostname", tree_string(m->spec, "hostname"));
    set_archive_name(d, o, dump->container);
    set_tree(d, o, "arguments", metadata_arguments(m));
    set_tree(d, o, "labels",
             m->documents[METADATA_CRIO_LABELS]
                 ? m->documents[METADATA_CRIO_LABELS]
                 : tree_get(m->documents[METADATA_STATUS], "labels"));
    set_tree(d, o, "annotations", tree_get(m->spec, "annotations"));
    set_tree(d, o, "image_annotations",
             tree_get(m->documents[METADATA_IMAGE], "annotations"));
    set_tree(d, o, "mounts", tree_get(m->spec, "mounts"));
    set_tree(d, o, "bind_mounts", m->documents[METADATA_BIND_MOUNTS]);
    set_tree(d, o, "namespaces", tree_get(m->spec, "linux/namespaces"));
    set_tree(d, o, "network", m->documents[METADATA_NETWORK]);
    json_set_if(o, "missing", missing_of(m, dump));
    json_set_if(o, "unexpected", unexpected_of(d, dump));
    json_object_set_new(o, "span", json_span(metadata_span(m)));
    return o;
}
