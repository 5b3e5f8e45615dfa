/* Public addresses that are the cluster's own: nodes and managed control planes reach the
 * API server through them, and with the nodes all that runs on their network (storage and
 * network agents). A workload's account that comes from there has not left the cluster.
 *
 * Whoever holds a stolen certificate of a node comes from elsewhere too: an address is
 * the node's, or the component's, when most of its requests come from there with its own
 * client. */
#include <stdlib.h>

#include "analyze/kube/incident/incident.h"
#include "formats/base/memory.h"

static bool is_of_place(const struct finding *f)
{
    return strcmp(f->kind->id, "audit_cluster_identity_from_outside") == 0 ||
           strcmp(f->kind->id, "audit_component_from_outside") == 0;
}

/* How often an account of the cluster itself called from where. */
struct calls {
    uint32_t user, source;
    uint64_t count;
};

struct census {
    struct intern *keys; /* the number is an index into calls */
    struct calls *calls;
    size_t capacity;
};

static bool is_own_client(struct bytes user, struct bytes agent)
{
    if (bytes_starts(user, BYTES("system:node:")))
        return audit_is_kubelet_agent(agent);
    struct bytes namespace, name;
    if (service_account_of(user, &namespace, &name))
        return false; /* their tokens are what is stolen */
    return is_control_plane(user) && !is_tool(agent);
}

static void count_calls(const struct scope *s, struct census *c)
{
    for (size_t i = 0; i < s->pattern_count; i++) {
        const struct pattern *p = &s->patterns[i];
        uint32_t pair[2] = {p->by, p->source};
        if (p->denied ||
            !is_own_client(intern_get(s->words, p->by), intern_get(s->words, p->agent)))
            continue;
        uint32_t known = intern_count(c->keys);
        uint32_t n = intern_put(c->keys, bytes_of(pair, sizeof pair));
        c->calls = memory_grow(c->calls, &c->capacity, n + 1, sizeof *c->calls);
        if (n == known)
            c->calls[n] = (struct calls){p->by, p->source, 0};
        c->calls[n].count += p->count;
    }
}

/* Does that account call from nowhere more often? */
static bool is_home(const struct census *c, const struct calls *of)
{
    for (uint32_t i = 0; i < intern_count(c->keys); i++)
        if (c->calls[i].user == of->user && c->calls[i].count > of->count)
            return false;
    return true;
}

/* The account of the cluster whose address it is; empty: none. */
static struct bytes owner_of(const struct scope *s, const struct census *c,
                             struct bytes source)
{
    uint32_t address;
    if (!c->calls || !intern_find(s->words, source, &address))
        return BYTES_NONE;
    for (size_t i = 0; i < s->reached.n; i++)
        if (bytes_eq(((const struct reached *)s->reached.v[i])->from, source))
            return BYTES_NONE; /* the attacker's */
    for (uint32_t i = 0; i < intern_count(c->keys); i++)
        if (c->calls[i].source == address && is_home(c, &c->calls[i]))
            return intern_get(s->words, c->calls[i].user);
    return BYTES_NONE;
}

static void excuse(struct scope *s, const struct census *c, struct finding *f)
{
    struct bytes owner = owner_of(s, c, finding_argument_of(f, "source"));
    struct text t = {0};
    if (!owner.n || is_tool(finding_argument_of(f, "agent")))
        return;
    text_add(&t, owner);
    text_str(&t, " calls from that address as well: it is the cluster's own");
    f->severity = SEVERITY_INFO;
    finding_argument(f, "inside", arena_copy(&s->arena, text_bytes(&t)));
    text_release(&t);
}

void incident_inside(struct incident *in)
{
    struct findings *all = in->scope->analysis->findings;
    struct census c = {0};
    for (size_t i = 0; i < all->n; i++) {
        struct finding *f = all->v[i];
        if (!is_of_place(f) || f->not_decidable)
            continue;
        if (!c.keys) {
            c.keys = intern_new();
            count_calls(in->scope, &c);
        }
        excuse(in->scope, &c, f);
    }
    if (c.keys)
        intern_free(c.keys);
    free(c.calls);
}
