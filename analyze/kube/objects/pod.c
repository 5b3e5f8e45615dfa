/* Which pod is it? The analyst's word, the manifest, the checkpoint's own annotations,
 * the names of files, kubectl's description: in this order, and it is said which. */
#include "analyze/kube/objects/objects.h"
#include "analyze/kube/objects/podspec.h"
#include "formats/containerlog.h"
#include "formats/json.h"

/* -- containers --------------------------------------------------------------------- */

static void take(struct bytes *own, struct bytes other)
{
    if (own->n < other.n)
        *own = other;
}

/* "registry.example/shop/api:1" and "localhost/api:1": registries rename what they hold.
 */
static struct bytes image_name(struct bytes image)
{
    size_t slash = bytes_rfind_byte(image, '/');
    return slash < image.n ? bytes_from(image, slash + 1) : image;
}

static bool same_container(const struct scope_container *a,
                           const struct scope_container *b)
{
    size_t n = a->id.n < b->id.n ? a->id.n : b->id.n;
    if (n)
        return n >= 12 && bytes_eq(bytes_sub(a->id, 0, n), bytes_sub(b->id, 0, n));
    if (a->name.n && b->name.n)
        return bytes_eq(a->name, b->name);
    return a->image.n && bytes_eq(image_name(a->image), image_name(b->image));
}

void pod_add_container(struct scope *s, const struct scope_container *c)
{
    for (size_t i = 0; i < s->pod.container_count; i++) {
        struct scope_container *own = &s->pod.containers[i];
        if (!same_container(own, c))
            continue;
        take(&own->id, c->id);
        take(&own->image_id, c->image_id);
        if (own->image.n == 0)
            own->image = c->image;
        if (own->name.n == 0)
            own->name = c->name;
        return;
    }
    if (s->pod.container_count < SCOPE_CONTAINERS)
        s->pod.containers[s->pod.container_count++] = *c;
}

static struct bytes bare_id(struct bytes id)
{
    size_t at = bytes_find(id, BYTES("://"));
    return at < id.n ? bytes_from(id, at + 3) : id;
}

static void from_spec(void *context, const json_t *container, const char *list)
{
    struct scope_container c = {.name = tree_string(container, "name"),
                                .image = tree_string(container, "image")};
    if (list[0] == 'i')
        c.role = CONTAINER_INIT;
    else if (list[0] == 'e')
        c.role = CONTAINER_EPHEMERAL;
    pod_add_container(context, &c);
}

static void from_status(struct scope *s, const json_t *pod, const char *path)
{
    const json_t *list = tree_get(pod, path);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *status = json_array_get(list, i);
        struct scope_container c = {.name = tree_string(status, "name")};
        c.image = tree_string(status, "image");
        c.image_id = tree_string(status, "imageID");
        c.id = bare_id(tree_string(status, "containerID"));
        pod_add_container(s, &c);
        c.id = bare_id(tree_string(status, "lastState/terminated/containerID"));
        if (c.id.n)
            pod_add_container(s, &c);
    }
}

void pod_set_account(struct scope *s, struct bytes account)
{
    struct scope_pod *p = &s->pod;
    p->service_account = account;
    p->username = bytes_str(arena_printf(
        &s->arena, "system:serviceaccount:%.*s:%.*s", (int)p->namespace.n,
        (const char *)p->namespace.p, (int)account.n, (const char *)account.p));
}

void pod_from_manifest(struct scope *s, const struct object *o)
{
    const json_t *pod = o->k->object;
    const json_t *owner = tree_get(pod, "metadata/ownerReferences/0");
    s->manifest = pod;
    s->manifest_object = *o;
    take(&s->pod.namespace, o->k->namespace);
    if (s->pod.namespace.n == 0)
        s->pod.namespace = BYTES("default");
    s->pod.name = o->k->name;
    s->pod.uid = o->k->uid;
    take(&s->pod.node, tree_string(pod, "spec/nodeName")); /* a new pod has none yet */
    s->pod.owner_kind = tree_string(owner, "kind");
    s->pod.owner_name = tree_string(owner, "name");
    pod_set_account(s, podspec_account(pod));
    podspec_containers(podspec_of(pod), from_spec, s);
    from_status(s, pod, "status/initContainerStatuses");
    from_status(s, pod, "status/containerStatuses");
    from_status(s, pod, "status/ephemeralContainerStatuses");
}

/* -- the checkpoint ----------------------------------------------------------------- */

struct named {
    struct bytes namespace, pod, uid, container, id, image, hostname;
    struct span span;
};

/* containerd's and CRI-O's names for the same things. */
static struct bytes annotation(const json_t *annotations, const char *containerd,
                               const char *crio)
{
    const json_t *value = json_object_get(annotations, containerd);
    return tree_string(value ? value : json_object_get(annotations, crio), "");
}

static void read_annotations(const json_t *root, const char *path, struct named *out)
{
    const json_t *a = tree_get(root, path);
    take(&out->pod,
         annotation(a, "io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"));
    take(&out->namespace, annotation(a, "io.kubernetes.cri.sandbox-namespace",
                                     "io.kubernetes.pod.namespace"));
    take(&out->uid,
         annotation(a, "io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid"));
    take(&out->container, annotation(a, "io.kubernetes.cri.container-name",
                                     "io.kubernetes.container.name"));
    take(&out->image,
         annotation(a, "io.kubernetes.cri.image-name", "io.kubernetes.cri-o.ImageName"));
    take(&out->id, annotation(a, "io.kubernetes.cri.container-id",
                              "io.kubernetes.cri-o.ContainerID"));
}

static void read_metadata(struct scope *s, const struct item *item, struct named *out)
{
    struct documents documents = {0};
    json_read(item_more(item)->content, &documents);
    for (size_t i = 0; i < documents.n; i++) {
        const json_t *root = documents.v[i].root;
        struct named n = *out;
        read_annotations(root, "annotations", &n);
        read_annotations(root, "spec/annotations", &n);
        take(&n.id, tree_string(root, "id"));
        take(&n.image, tree_string(root, "rootfsImageName"));
        take(&n.hostname, tree_string(root, "hostname"));
        struct bytes *const views[] = {&n.namespace, &n.pod,   &n.uid,     &n.container,
                                       &n.id,        &n.image, &n.hostname};
        for (size_t v = 0; v < sizeof views / sizeof *views; v++)
            *views[v] = arena_copy(&s->arena, *views[v]);
        if (!n.span.item && (n.pod.n || n.id.n))
            n.span = (struct span){item, 0, item_more(item)->content.n};
        *out = n;
    }
    documents_release(&documents);
}

/* The metadata of one checkpoint stand beside each other, so that what they say belongs
 * together; of several checkpoints each gives its container. */
static struct named from_checkpoints(struct scope *s)
{
    struct item *root = package_root(s->analysis->package);
    struct named first = {0}, n = {0};
    const struct item *folder = NULL;
    for (struct item *item = root; item; item = item_next(item, root)) {
        if (item->role != ROLE_CHECKPOINT_METADATA || !item->kept)
            continue;
        if (item->parent != folder)
            n = (struct named){0};
        folder = item->parent;
        read_metadata(s, item, &n);
        if (n.id.n && (first.id.n == 0 || bytes_eq(first.id, n.id)))
            first = n;
        struct scope_container c = {n.container, n.id, n.image, BYTES_NONE, 0};
        bool other = s->pod.name.n && n.pod.n && !bytes_eq(n.pod, s->pod.name);
        if (n.id.n && !other)
            pod_add_container(s, &c);
    }
    return first;
}

/* -- names of files ----------------------------------------------------------------- */

static struct bytes last_part(struct bytes path)
{
    size_t slash = bytes_rfind_byte(path, '/');
    return slash < path.n ? bytes_from(path, slash + 1) : path;
}

/* The kubelet writes checkpoint-POD_NAMESPACE-CONTAINER-TIME.tar; log collectors keep
 * NAMESPACE_POD_UID/CONTAINER/N.log and POD_NAMESPACE_CONTAINER-ID.log. */
static bool name_checkpoint(struct bytes name, struct named *out)
{
    struct bytes prefix = BYTES("checkpoint-");
    size_t bar = bytes_find_byte(name, '_');
    if (!bytes_starts(name, prefix) || bar >= name.n || bar <= prefix.n)
        return false;
    struct bytes rest = bytes_from(name, bar + 1);
    size_t dash = bytes_find_byte(rest, '-');
    if (dash >= rest.n)
        return false;
    out->pod = bytes_sub(name, prefix.n, bar - prefix.n);
    out->namespace = bytes_sub(rest, 0, dash);
    return true;
}

static bool is_uid(struct bytes b)
{
    return b.n == 36 && b.p[8] == '-' && b.p[13] == '-' && b.p[18] == '-' &&
           b.p[23] == '-';
}

static bool name_log_folder(struct bytes name, struct named *out)
{
    size_t first = bytes_find_byte(name, '_'), last = bytes_rfind_byte(name, '_');
    if (first >= last || last >= name.n || !is_uid(bytes_from(name, last + 1)))
        return false;
    out->namespace = bytes_sub(name, 0, first);
    out->pod = bytes_sub(name, first + 1, last - first - 1);
    out->uid = bytes_from(name, last + 1);
    return true;
}

static struct named from_names(const struct scope *s)
{
    struct item *root = package_root(s->analysis->package);
    struct named found = {0};
    for (struct item *item = root; item; item = item_next(item, root)) {
        struct named n = {.span = {item, 0, 0}};
        struct bytes rest = item->name, part;
        bool hit = name_checkpoint(last_part(item->name), &n);
        while (!hit && bytes_split(&rest, '/', &part))
            hit = name_log_folder(part, &n);
        if (!hit)
            continue;
        if (found.pod.n && !bytes_eq(found.pod, n.pod))
            return (struct named){0}; /* two pods: not plain */
        found = n;
    }
    return found;
}

/* Is the pod's name part of some file's name? How people name what they collect. */
static bool is_in_names(const struct scope *s, struct bytes pod)
{
    struct item *root = package_root(s->analysis->package);
    for (struct item *item = root; item; item = item_next(item, root))
        if (item->parent == root && bytes_contains(item->name, pod))
            return true;
    return false;
}

/* -- choosing ----------------------------------------------------------------------- */

static void chosen(struct scope *s, const struct object *o, const char *how)
{
    s->pod.how = how;
    s->pod.span = object_span(o, NULL);
    pod_from_manifest(s, o);
}

static bool same_pod(const struct object *a, const struct object *b)
{
    return a && b && bytes_eq(a->k->name, b->k->name) &&
           bytes_eq(a->k->namespace, b->k->namespace);
}

/* A document of its own, and no item of a list: who collects a pod asks for that one. */
static bool is_alone(const struct object *o)
{
    return o->k->document && o->k->document->root == o->k->object;
}

static const struct object *best_manifest(const struct scope *s, const struct named *mark,
                                          const char **how)
{
    const struct object *only = NULL, *marked = NULL, *alone = NULL;
    size_t pods = 0, documents = 0;
    for (size_t i = 0; i < s->objects.n; i++) {
        const struct object *o = s->objects.v[i];
        if (!bytes_is(o->k->kind, "Pod") || !json_object_get(o->k->object, "spec"))
            continue; /* a row of a Table tells of the pod, and is not its manifest */
        pods += !same_pod(only, o);
        only = o;
        documents += is_alone(o) && !same_pod(alone, o);
        alone = is_alone(o) ? o : alone;
        bool hit = mark->pod.n ? bytes_eq(o->k->name, mark->pod)
                               : bytes_eq(o->k->name, mark->hostname) ||
                                     is_in_names(s, o->k->name);
        if (hit && !marked)
            marked = o;
    }
    bool lists = pods > 1 && !marked && documents == 1;
    *how = pods == 1 ? "the only pod manifest of the package"
           : lists ? "the only pod manifest that is a document of its own, and not part "
                     "of a list"
                   : "the pod manifest that the checkpoint or the file names point to";
    return pods == 1 ? only : lists ? alone : marked;
}

static void from_option(struct scope *s, const char *option)
{
    struct bytes text = bytes_str(option);
    size_t slash = bytes_find_byte(text, '/');
    bool whole = slash < text.n;
    s->pod.namespace = whole ? bytes_sub(text, 0, slash) : BYTES_NONE;
    s->pod.name = whole ? bytes_from(text, slash + 1) : text;
    const struct object *o = objects_find(s, "Pod", s->pod.namespace, s->pod.name);
    if (o && json_object_get(o->k->object, "spec"))
        chosen(s, o, "named by the analyst");
    s->pod.how = "named by the analyst";
}

static void from_mark(struct scope *s, const struct named *n, const char *how)
{
    if (n->pod.n == 0 || s->pod.how)
        return;
    s->pod.namespace = n->namespace;
    s->pod.name = n->pod;
    s->pod.uid = n->uid;
    s->pod.span = n->span;
    s->pod.how = how;
}

/* The containers whose logs lie in the package, by the names of the files. */
static void containers_from_logs(struct scope *s)
{
    struct item *root = package_root(s->analysis->package);
    struct text path = {0};
    for (struct item *item = root; item; item = item_next(item, root)) {
        if (item->role != ROLE_CONTAINER_LOG)
            continue;
        text_clear(&path);
        item_path(item, &path);
        struct container_log_place place = container_log_place(text_bytes(&path));
        struct scope_container c = {.name = arena_copy(&s->arena, place.container),
                                    .id = arena_copy(&s->arena, place.container_id)};
        if (c.id.n && scope_is_pod(s, place.namespace, place.pod))
            pod_add_container(s, &c);
    }
    text_release(&path);
}

void pod_find(struct scope *s)
{
    const char *option = s->analysis->options ? s->analysis->options->pod : NULL;
    const char *how;
    struct named checkpoint = {0}, names = from_names(s);
    if (option)
        from_option(s, option);
    checkpoint = from_checkpoints(s);
    struct named mark = checkpoint.pod.n ? checkpoint : names;
    if (mark.hostname.n == 0)
        mark.hostname = checkpoint.hostname;
    if (!s->pod.how) {
        const struct object *o = best_manifest(s, &mark, &how);
        if (o)
            chosen(s, o, how);
    }
    from_mark(s, &checkpoint, "annotations of the checkpoint");
    from_mark(s, &names, "names of files in the package");
    pod_from_description(s);
    containers_from_logs(s);
}
