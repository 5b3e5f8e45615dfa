/* Openings: who of those that the package knows can still be reached from the pod, or
 * reach it, at which ports; and what cannot be told. */
#include <stdlib.h>

#include "analyze/kube/network/network.h"
#include "formats/base/memory.h"

/* Neighbours that a moment tells of one by one, and that its one line names. */
#define MOST_TOLD  200
#define MOST_NAMED 4

struct telling {
    struct incident *in;
    const struct netplan *plan;
    struct stretch of;
    struct port_answers answers;
    json_t *peers, *held, *addresses; /* held: those that are held back */
    struct text open, undecided;      /* of the one line */
    size_t open_count, undecided_count, open_blocks, undecided_blocks, left_out;
    size_t not_asked; /* for which there was no room or time */
    const char *why;  /* of the first that is not decidable */
    bool several;     /* and another has another */
};

static struct bytes ports_text(struct telling *t, unsigned outcome)
{
    struct text text = {0};
    port_answers_text(&t->answers, outcome, &text);
    struct bytes kept = arena_copy(&t->in->scope->arena, text_bytes(&text));
    text_release(&text);
    return kept;
}

static void name_one(struct text *line, size_t number, struct bytes what,
                     struct bytes ports)
{
    if (number >= MOST_NAMED)
        return;
    if (line->n)
        text_str(line, "; ");
    text_add(line, what);
    text_str(line, " (");
    text_add(line, ports);
    text_byte(line, ')');
}

static bool is_there(const struct telling *t, const struct neighbour *n)
{
    bool later = n->next && n->next->from < t->of.until && n->next->until > t->of.from;
    return n->from < t->of.until && n->until > t->of.from && !later;
}

/* That a rule names some pods of a namespace says nothing of all of them: only where the
 * namespace itself is not known enough is that told. */
static bool is_worth_telling(const struct neighbour *n, const struct peer *e,
                             struct bytes open)
{
    bool namespace = e->kind == PEER_POD && e->labels.partial;
    return !namespace || open.n || (e->namespace_labels.partial && n->span.item);
}

static json_t *render_neighbour(struct telling *t, const struct neighbour *n,
                                struct bytes open, struct bytes undecided)
{
    const struct scope *s = t->in->scope;
    json_t *o = json_object();
    put_word(o, "kind", n->kind);
    put_text(o, "peer", s, n->name);
    put_text(o, "open", s, open);
    put_text(o, "undecided", s, undecided);
    if (n->span.item)
        put_span(o, s, n->span);
    return o;
}

static void note_why(struct telling *t, const char *why)
{
    t->several |= t->why && why && strcmp(t->why, why) != 0;
    t->why = t->why ? t->why : why;
}

static void tell_neighbour(struct telling *t, const struct neighbour *n)
{
    struct peer e = n->peer;
    struct text what = {0};
    if (e.kind == PEER_POD)
        e.namespace_labels = namespace_labels(t->in, e.namespace, t->of.from);
    netplan_ports(t->plan, t->of.direction, &e, &t->answers);
    struct bytes open = ports_text(t, OUTCOME_ALLOW);
    struct bytes undecided = ports_text(t, OUTCOME_ALLOW | OUTCOME_DENY);
    if (!is_worth_telling(n, &e, open))
        return;
    text_printf(&what, "%s ", n->kind);
    text_add(&what, n->name);
    const char *why = undecided.n ? netplan_why(t->plan, t->of.direction, &e) : NULL;
    json_t *list = open.n || undecided.n ? t->peers : t->held;
    if (json_array_size(list) < MOST_TOLD) {
        json_t *o = render_neighbour(t, n, open, undecided);
        put_word(o, "why", why);
        json_array_append_new(list, o);
    } else {
        t->left_out++;
    }
    if (open.n)
        name_one(&t->open, t->open_count++, text_bytes(&what), open);
    else if (undecided.n)
        name_one(&t->undecided, t->undecided_count++, text_bytes(&what), undecided);
    note_why(t, why);
    text_release(&what);
}

/* -- addresses ---------------------------------------------------------------------- */

static bool is_first(const struct address_ranges *a, size_t number)
{
    for (size_t i = 0; i < number; i++)
        if (addresses_alike(&a->v[i], &a->v[number]))
            return false;
    return true;
}

/* All ranges with the same answer in one. */
static void tell_addresses(struct telling *t)
{
    const struct scope *s = t->in->scope;
    struct address_ranges all = {0};
    struct text words = {0};
    netplan_addresses(t->plan, t->of.direction, &all);
    for (size_t i = 0; i < all.n; i++) {
        const struct address_range *r = &all.v[i];
        if (!is_first(&all, i))
            continue;
        text_clear(&words);
        addresses_text(&all, r, &words);
        json_t *o = json_object();
        put_text(o, "addresses", s, text_bytes(&words));
        put_text(o, "open", s, r->open);
        put_text(o, "undecided", s, r->undecided);
        json_array_append_new(t->addresses, o);
        if (r->open.n)
            name_one(&t->open, t->open_blocks++, text_bytes(&words), r->open);
        else if (r->undecided.n)
            name_one(&t->undecided, t->undecided_blocks++, text_bytes(&words),
                     r->undecided);
        struct peer e = {
            .kind = PEER_ADDRESS, .addresses = &r->first, .address_count = 1};
        if (r->undecided.n)
            note_why(t, netplan_why(t->plan, t->of.direction, &e));
    }
    text_release(&words);
    free(all.v);
}

/* -- the one line ------------------------------------------------------------------- */

static void add_more(struct text *line, size_t neighbours, size_t blocks)
{
    size_t more = (neighbours > MOST_NAMED ? neighbours - MOST_NAMED : 0) +
                  (blocks > MOST_NAMED ? blocks - MOST_NAMED : 0);
    if (more)
        text_printf(line, "; %zu more", more);
}

/* Where there are several reasons, the first stands for them. */
static void tell_line(struct telling *t, json_t *out)
{
    struct text line = {0};
    add_more(&t->open, t->open_count, t->open_blocks);
    add_more(&t->undecided, t->undecided_count, t->undecided_blocks);
    text_add(&line, t->open.n ? text_bytes(&t->open) : BYTES(OPEN_NOWHERE));
    if (t->undecided.n) {
        text_printf(&line, "; not decidable (%s%s): ", t->why ? t->why : "",
                    t->several ? ", and others" : "");
        text_add(&line, text_bytes(&t->undecided));
    }
    if (t->not_asked)
        text_printf(&line, "; %zu more that the evidence knows were not put to them",
                    t->not_asked);
    if (t->plan->blocks_left)
        text_printf(&line, "; %zu blocks of addresses that rules name were not looked at",
                    t->plan->blocks_left);
    put_text(out, "stays_open", t->in->scope, text_bytes(&line));
    text_release(&line);
}

/* The policy that names the most is seldom the only one: the first that selects. */
static struct span span_of_policies(const struct telling *t)
{
    for (size_t i = 0; i < t->plan->n; i++)
        for (size_t k = 0; k < t->plan->stages[i].n; k++) {
            const struct policy *policy = t->plan->stages[i].policies[k];
            const struct version *v = policy->version;
            if (policy->selects != TRUTH_FALSE && v)
                return v->span;
        }
    return (struct span){0};
}

/* Once for all moments. */
static void tell_blocks_left(struct telling *t, json_t *out)
{
    size_t left = t->plan->blocks_left;
    struct network *network = t->in->network;
    if (!left)
        return;
    json_object_set_new(out, "blocks_left_out", json_integer((json_int_t)left));
    if (network->blocks_told)
        return;
    network->blocks_told = true;
    const struct scope *s = t->in->scope;
    struct finding f = kube_finding(KUBE_BLOCKS_LEFT, s->pod.name, span_of_policies(t));
    f.not_decidable = true;
    finding_argument(&f, "left out",
                     bytes_str(arena_printf(&t->in->scope->arena, "%zu, of %zu", left,
                                            left + t->plan->block_count)));
    kube_found(t->in->scope, &f);
}

void openings_tell(struct incident *in, const struct netplan *p, struct stretch of,
                   json_t *out)
{
    struct telling t = {.in = in,
                        .plan = p,
                        .of = of,
                        .peers = json_array(),
                        .held = json_array(),
                        .addresses = json_array()};
    const struct list *all = &in->network->neighbours;
    uint64_t until_steps = in->network->steps + in->network->share;
    for (size_t i = 0; i < all->n; i++) {
        if (is_there(&t, all->v[i]) && in->network->steps < until_steps)
            tell_neighbour(&t, all->v[i]);
        else
            t.not_asked += is_there(&t, all->v[i]);
    }
    t.not_asked += in->network->not_read + in->scope->shown_left;
    t.left_out += t.not_asked;
    tell_addresses(&t);
    for (size_t i = 0; i < json_array_size(t.held); i++) {
        bool room = json_array_size(t.peers) < MOST_TOLD;
        if (room)
            json_array_append(t.peers, json_array_get(t.held, i));
        t.left_out += !room;
    }
    json_decref(t.held);
    json_object_set_new(out, "peers", t.peers);
    if (t.left_out)
        json_object_set_new(out, "peers_left_out", json_integer((json_int_t)t.left_out));
    json_object_set_new(out, "addresses", t.addresses);
    tell_blocks_left(&t, out);
    tell_line(&t, out);
    text_release(&t.open);
    text_release(&t.undecided);
    free(t.answers.v);
}
