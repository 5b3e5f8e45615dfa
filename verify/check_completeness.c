/* Which artefacts an incident needs, and which of them are there. */
#include "verify/check.h"

#include "formats/base/source.h"

/* What cannot be answered without it: the seed list of artefacts and its reasons. */
static const struct {
    enum role role;
    const char *without;
} artefacts[] = {
    {ROLE_POD_MANIFEST, "what the pod was meant to run, with which rights and mounts"},
    {ROLE_WRITABLE_LAYER, "which files the container changed"},
    {ROLE_CONTAINER_LOG, "what the workload itself said"},
    {ROLE_FALCO_ALERTS, "what was seen at run time"},
    {ROLE_AUDIT_LOG, "who asked the API server for what"},
    {ROLE_NETWORK_POLICY, "whether and how the pod was cut off"},
    {ROLE_WRITTEN_TIMELINE, "what the responders did themselves"},
    {ROLE_CRIU_CHECKPOINT,
     "processes, sockets and memory at capture; the minimum capture instead is the "
     "process "
     "list, the open sockets, the environment and the writable layer"},
    {ROLE_BASE_IMAGE, "what the container's files were before"},
    {ROLE_KUBERNETES_EVENTS, "what the control plane did with the pod"},
    {ROLE_KUBERNETES_OBJECTS, "which rights the pod's account had"},
    {ROLE_POD_DESCRIBE, "the state of the pod as kubectl showed it"},
    {ROLE_RUNTIME_LOG, "what the container runtime did"},
    {ROLE_CLOUD_LOG, "what was done to the cluster through its cloud"},
    {ROLE_MANIFEST, "what was collected"},
    {ROLE_SIGNATURE, "who sealed it"},
    {ROLE_TIMESTAMP, "when it was sealed"},
    {ROLE_RETENTION, "until when it is locked"},
};

static size_t items_of_role(const struct item *root, enum role role,
                            const struct item **out)
{
    size_t n = 0;
    for (const struct item *i = root; i; i = item_next(i, root)) {
        if (i->role == role && i->parent) {
            if (out)
                out[n] = i;
            n++;
        }
    }
    return n;
}

/* -- lists of several kinds ---------------------------------------------------------- */

/* A list has the role of what stands first in it; what else is in it, its kinds say. */
static const struct {
    enum role role;
    const char *kind;
} kinds[] = {
    {ROLE_POD_MANIFEST, "Pod"},
    {ROLE_NETWORK_POLICY, "NetworkPolicy"},
    {ROLE_KUBERNETES_EVENTS, "Event"},
};

/* So near to an object's kind stands its version; a reference's has none. */
#define NEAR 64

static bool is_kind_at(struct bytes text, size_t at, struct bytes kind)
{
    struct bytes value = bytes_from(text, at + 4);
    bool colon = false;
    while (value.n && memchr("\": '", value.p[0], 4)) {
        colon |= value.p[0] == ':';
        value = bytes_from(value, 1);
    }
    struct bytes behind = bytes_from(value, kind.n);
    size_t from = at > NEAR ? at - NEAR : 0;
    return colon && bytes_starts(value, kind) &&
           (!behind.n || memchr("\"' ,}\r\n", behind.p[0], 7)) &&
           bytes_contains(bytes_sub(text, from, 3 * NEAR), BYTES("apiVersion"));
}

/* `"kind": "Pod"`, `kind: Pod`. */
static bool holds_kind(struct bytes text, struct bytes kind)
{
    for (size_t at = 0; at < text.n; at += 4) {
        at += bytes_find(bytes_from(text, at), BYTES("kind"));
        if (at < text.n && is_kind_at(text, at, kind))
            return true;
    }
    return false;
}

/* More than `kind`, what stands around it, and a kind's name take. */
#define OVERLAP 256

static bool item_holds(const struct package *p, const struct item *item, const char *kind)
{
    struct source *s = item_source_open(p, item);
    uint8_t joint[2 * OVERLAP];
    size_t kept = 0;
    struct bytes block;
    bool found = false;
    while (s && !found && source_next(s, &block) > 0) {
        struct bytes begin = bytes_sub(block, 0, OVERLAP);
        if (begin.n)
            memcpy(joint + kept, begin.p, begin.n);
        found = holds_kind(bytes_of(joint, kept + begin.n), bytes_str(kind)) ||
                holds_kind(block, bytes_str(kind));
        kept = block.n < OVERLAP ? block.n : OVERLAP;
        memcpy(joint, block.p + block.n - kept, kept);
    }
    if (s)
        item_source_close(s);
    return found;
}

/* The items of other roles that hold an object of the role's kind as well. */
static size_t lists_with_role(const struct package *p, enum role role,
                              const struct item **out)
{
    const struct item *root = package_root(p);
    const char *kind = NULL;
    size_t n = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        kind = kinds[k].role == role ? kinds[k].kind : kind;
    for (const struct item *i = root; kind && i; i = item_next(i, root)) {
        bool of_objects = i->role == ROLE_POD_MANIFEST ||
                          i->role == ROLE_NETWORK_POLICY ||
                          i->role == ROLE_KUBERNETES_OBJECTS;
        if (!of_objects || i->container != CONTAINER_NONE || !item_holds(p, i, kind))
            continue;
        if (out)
            out[n] = i;
        n++;
    }
    return n;
}

static struct completeness_record *record_of(struct check *c, size_t which)
{
    const struct item *root = package_root(c->package);
    enum role role = artefacts[which].role;
    struct completeness_record *r = arena_new(&c->v->arena, struct completeness_record);
    r->artefact = role_name(role);
    r->required = c->policy->artefacts[role] == ARTEFACT_REQUIRED;
    r->item_count = items_of_role(root, role, NULL);
    bool in_lists = r->item_count == 0;
    if (in_lists)
        r->item_count = lists_with_role(c->package, role, NULL);
    const struct item **items =
        arena_array(&c->v->arena, const struct item *, r->item_count + 1);
    if (in_lists)
        lists_with_role(c->package, role, items);
    else
        items_of_role(root, role, items);
    r->items = items;
    r->present = r->item_count > 0;
    r->why = r->present ? "" : artefacts[which].without;
    return r;
}

/* A package with nothing of Kubernetes in it is not an incomplete incident. */
static bool is_incident(const struct item *root)
{
    return items_of_role(root, ROLE_POD_MANIFEST, NULL) ||
           items_of_role(root, ROLE_AUDIT_LOG, NULL) ||
           items_of_role(root, ROLE_FALCO_ALERTS, NULL) ||
           items_of_role(root, ROLE_CRIU_CHECKPOINT, NULL);
}

int check_completeness(struct check *c)
{
    struct completeness_record **end = &c->v->completeness;
    bool applies = c->policy->artefacts_always || is_incident(package_root(c->package));
    for (size_t i = 0; i < sizeof artefacts / sizeof *artefacts; i++) {
        if (c->policy->artefacts[artefacts[i].role] == ARTEFACT_OPTIONAL)
            continue;
        struct completeness_record *r = record_of(c, i);
        r->required = r->required && applies;
        *end = r;
        end = &r->next;
        if (r->required && !r->present)
            check_reason(c, PACKAGE_INCOMPLETE,
                         check_printf(c, "no %s: without it nothing shows %s",
                                      r->artefact, r->why));
    }
    return 0;
}
