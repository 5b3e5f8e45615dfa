/* Which artefacts an incident needs, and which of them are there. */
#include "verify/check.h"

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

static struct completeness_record *record_of(struct check *c, size_t which)
{
    const struct item *root = package_root(c->package);
    enum role role = artefacts[which].role;
    struct completeness_record *r = arena_new(&c->v->arena, struct completeness_record);
    r->artefact = role_name(role);
    r->required = c->policy->artefacts[role] == ARTEFACT_REQUIRED;
    r->item_count = items_of_role(root, role, NULL);
    const struct item **items =
        arena_array(&c->v->arena, const struct item *, r->item_count + 1);
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
