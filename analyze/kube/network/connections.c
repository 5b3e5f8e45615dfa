/* Connections that the evidence shows while policies governed their direction: in a
 * checkpoint, which has the sockets of the moment, in alerts, and in what the network
 * plugin wrote down. What the policies say of each, and what is seen, are two things:
 * most network plugins let a connection that stood before go on, and the policies of the
 * package may not be those that were in force. */
#include <stdlib.h>

#include "analyze/kube/network/network.h"
#include "formats/base/bisect.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

/* Connections that are told. */
#define MOST_CONNECTIONS 200

/* -- what was seen ------------------------------------------------------ */

void kube_observe_connection(struct scope *s, const struct kube_connection *c)
{
    struct ip peer;
    static const struct block loopback[2] = {{{.n = 4, .b = {127}}, 8},
                                             {{.n = 16, .b = {[15] = 1}}, 128}};
    if (!s || !ip_parse(c->peer, &peer) || block_has(&loopback[0], &peer) ||
        block_has(&loopback[1], &peer))
        return;
    if (s->connections.n >= LIMIT_KUBE_CONNECTIONS) {
        s->connections_left++;
        return;
    }
    struct kube_connection *kept = arena_new(&s->arena, struct kube_connection);
    *kept = *c;
    kept->peer = arena_copy(&s->arena, c->peer);
    kept->protocol = arena_copy(&s->arena, c->protocol);
    list_add(&s->connections, kept);
}

/* -- what the policies say of an address -------------------------------------------- */

/* Policies are put to the pods behind a service, not to its address. */
static bool find_peer(struct incident *in, struct connection *c, struct peer *out)
{
    const struct neighbour *n = neighbour_at(in, &c->peer, c->time);
    if (n)
        *out = n->peer;
    if (!n && !service_at(in, c, out))
        return false;
    out->namespace_labels = namespace_labels(in, out->namespace, c->time);
    return true;
}

/* What is neither a known pod nor public is a pod, a node, a service, or outside: the
 * answer counts where all agree. */
unsigned connection_decide(struct incident *in, const struct netplan *p,
                           const struct connection *c, const char **why)
{
    struct connection called = *c;
    struct peer e = {.kind = PEER_ADDRESS, .addresses = &c->peer, .address_count = 1};
    bool known = find_peer(in, &called, &e);
    unsigned outcome = netplan_decide(p, c->direction, &e, called.traffic);
    *why = netplan_why(p, c->direction, &e);
    if (known || ip_is_public(&c->peer))
        return outcome;
    e.kind = PEER_POD;
    e.labels.partial = e.namespace_labels.partial = true;
    outcome |= netplan_decide(p, c->direction, &e, c->traffic);
    *why = "whose address it is is not in the evidence";
    return outcome;
}

/* -- all of them -------------------------------------------------------------------- */

struct seen {
    struct connection connection;
    enum connection_seen how;
    enum precision precision;
    struct span span;
    const char *in; /* static: where it is seen */
};

struct telling {
    struct incident *in;
    json_t *array;
    /* Of what the plugin saw again and again, under the same policies: each once. */
    struct intern *told;
    instant *changes; /* of the policies and peers; in order */
    size_t change_count;
};

static struct bytes peer_text(struct incident *in, const struct seen *seen)
{
    struct text t = {0};
    const struct connection *c = &seen->connection;
    bool six = c->peer.n == 16 && c->traffic.port >= 0;
    text_str(&t, six ? "[" : "");
    ip_text(&c->peer, &t);
    text_str(&t, six ? "]" : "");
    if (c->traffic.port >= 0 && c->direction == DIRECTION_EGRESS)
        text_printf(&t, ":%lld", (long long)c->traffic.port);
    struct bytes kept = arena_copy(&in->scope->arena, text_bytes(&t));
    text_release(&t);
    return kept;
}

static void tell_finding(struct telling *t, const struct seen *seen, struct bytes peer)
{
    const struct scope *s = t->in->scope;
    enum kube_finding kind = seen->how == CONNECTION_HELD_BACK
                                 ? KUBE_HELD_BACK_ALL_THE_SAME
                                 : KUBE_CONNECTED_STILL;
    struct finding f = kube_finding(kind, s->pod.name, seen->span);
    f.confidence = CONFIDENCE_MEDIUM;
    f.time = seen->connection.time;
    finding_argument(&f, "peer", peer);
    finding_argument(&f, "direction",
                     bytes_str(direction_name(seen->connection.direction)));
    finding_argument(&f, "seen in", bytes_str(seen->in));
    kube_found(t->in->scope, &f);
}

static const char *verdict_of(unsigned outcome)
{
    return outcome == OUTCOME_ALLOW  ? "let through"
           : outcome == OUTCOME_DENY ? "held back"
                                     : "not decidable";
}

/* What is seen is not what the policies say. */
static bool is_against(const struct seen *seen, unsigned outcome)
{
    return outcome == (seen->how == CONNECTION_HELD_BACK ? OUTCOME_ALLOW : OUTCOME_DENY);
}

static void put_plugin(json_t *o, const struct seen *seen, unsigned outcome)
{
    if (seen->how == CONNECTION_IN_CHECKPOINT)
        return;
    put_word(o, "plugin",
             seen->how == CONNECTION_HELD_BACK ? "held back" : "let through");
    if (is_against(seen, outcome))
        json_object_set_new(o, "contradicts", json_true());
}

static void render(struct telling *t, const struct seen *seen, unsigned outcome,
                   const char *why)
{
    const struct scope *s = t->in->scope;
    const struct connection *c = &seen->connection;
    const struct neighbour *n = neighbour_at(t->in, &c->peer, c->time);
    struct bytes peer = peer_text(t->in, seen);
    json_t *o = json_object();
    put_time(o, "time", c->time, seen->precision);
    put_word(o, "direction", direction_name(c->direction));
    put_text(o, "peer", s, peer);
    if (n)
        put_text(o, "whose", s, n->name);
    if (c->direction == DIRECTION_INGRESS && c->traffic.port >= 0)
        json_object_set_new(o, "own_port", json_integer((json_int_t)c->traffic.port));
    put_word(o, "seen_in", seen->in);
    put_word(o, "policies", verdict_of(outcome));
    put_plugin(o, seen, outcome);
    if (outcome == (OUTCOME_ALLOW | OUTCOME_DENY))
        put_word(o, "why", why);
    put_span(o, s, seen->span);
    json_array_append_new(t->array, o);
    if (is_against(seen, outcome))
        tell_finding(t, seen, peer);
}

/* Only where policies say something of the direction at that moment, or the plugin says
 * that one does. */
static void tell(struct telling *t, const struct seen *seen)
{
    const struct connection *c = &seen->connection;
    struct netplan plan;
    const char *why = NULL;
    const struct peer *own = &t->in->network->own;
    bool of_own = own->address_count && ip_compare(own->addresses, &c->peer) == 0;
    if (of_own || c->time == INSTANT_NONE || !labels_at(t->in, c->time) ||
        json_array_size(t->array) >= MOST_CONNECTIONS)
        return;
    network_plan(t->in, c->time, &plan);
    if (netplan_governs(&plan, c->direction) || seen->how == CONNECTION_HELD_BACK) {
        unsigned outcome = connection_decide(t->in, &plan, c, &why);
        render(t, seen, outcome, why);
    }
    netplan_release(&plan);
}

static void tell_alert(struct telling *t, const struct alert *a)
{
    struct seen seen = {.connection = {.direction = DIRECTION_EGRESS,
                                       .traffic = {protocol_of(a->peer_protocol), -1},
                                       .time = a->time},
                        .precision = a->precision,
                        .span = a->span,
                        .in = "an alert"};
    uint64_t port;
    if (!a->in_scope || !ip_parse(a->peer, &seen.connection.peer))
        return;
    if (bytes_to_u64(a->peer_port, &port) && port <= UINT16_MAX)
        seen.connection.traffic.port = (int64_t)port;
    tell(t, &seen);
}

static struct seen seen_of(const struct kube_connection *c)
{
    return (struct seen){
        .connection = {.direction = c->accepted ? DIRECTION_INGRESS : DIRECTION_EGRESS,
                       .traffic = {protocol_of(c->protocol), c->port},
                       .time = c->time},
        .how = c->seen,
        .precision = c->precision,
        .span = c->span,
        .in = c->seen == CONNECTION_IN_CHECKPOINT ? "the checkpoint"
                                                  : "the network plugin's log"};
}

/* -- what the plugin saw --------------------------------------------------------------
 */

static int by_time(const void *a, const void *b)
{
    instant x = *(const instant *)a, y = *(const instant *)b;
    return x < y ? -1 : x > y;
}

static size_t changes_until(const struct telling *t, instant at)
{
    size_t low;
    BISECT(low, 0, t->change_count, t->changes[low] <= at);
    return low;
}

/* The same connection, with the same end, under the same policies. */
static bool is_told(struct telling *t, const struct kube_connection *c)
{
    struct text key = {0};
    text_printf(&key, "%zu %p %d %d %lld ", changes_until(t, c->time),
                (const void *)labels_at(t->in, c->time), c->seen, c->accepted,
                (long long)c->port);
    text_add(&key, c->protocol);
    text_byte(&key, ' ');
    text_add(&key, c->peer);
    uint32_t known = intern_count(t->told);
    bool told = intern_put(t->told, text_bytes(&key)) < known;
    text_release(&key);
    return told;
}

static void tell_seen(struct telling *t, bool by_plugin)
{
    const struct scope *s = t->in->scope;
    for (size_t i = 0; i < s->connections.n; i++) {
        const struct kube_connection *c = s->connections.v[i];
        struct seen seen = seen_of(c);
        if ((c->seen != CONNECTION_IN_CHECKPOINT) == by_plugin &&
            ip_parse(c->peer, &seen.connection.peer) && !(by_plugin && is_told(t, c)))
            tell(t, &seen);
    }
}

json_t *connections_section(struct incident *in)
{
    struct telling t = {.in = in, .array = json_array(), .told = intern_new()};
    const struct scope *s = in->scope;
    t.changes = memory_new(network_moments(in) + 1, sizeof *t.changes);
    t.change_count = network_times(in, t.changes, 0);
    if (t.change_count > 1)
        qsort(t.changes, t.change_count, sizeof *t.changes, by_time);
    tell_seen(&t, false);
    for (size_t i = 0; i < s->alerts.n; i++)
        tell_alert(&t, s->alerts.v[i]);
    tell_seen(&t, true);
    free(t.changes);
    intern_free(t.told);
    return t.array;
}
