/* Identities: who did what through the API, how often, from where, and by whose leave. */
#include <stdlib.h>

#include "analyze/kube/incident/incident.h"
#include "formats/base/memory.h"

#define IDENTITIES_SHOWN 500
#define WORDS_SHOWN      100

/* What is rendered of it is counted when it is shown: a large log has thousands that are
 * not. */
struct identity {
    struct bytes user, known_as;
    instant first, last;
    struct span span;
    uint64_t allowed, denied;
    bool in_scope;
    uint32_t head, tail; /* its patterns, from 1, in order: list.next; 0: none */
};

struct identities {
    const struct scope *s;
    struct identity *v;
    size_t n;
    uint32_t *next; /* of each pattern, the next of the same identity, from 1 */
    /* While one column is counted: words by their number, in order of first sight. */
    uint64_t *counts;
    uint32_t *order;
    size_t counted;
    size_t counts_capacity, order_capacity;
    struct intern *actions; /* "verb resource" */
};

static struct bytes word_of(const struct scope *s, uint32_t number)
{
    return intern_get(s->words, number);
}

static struct identity identity_of(const struct scope *s, struct bytes user)
{
    return (struct identity){.user = user,
                             .first = INT64_MAX,
                             .last = INT64_MIN,
                             .in_scope = scope_reached(s, user, true) != NULL};
}

static void extend(struct identities *all, struct identity *id, uint32_t number)
{
    const struct pattern *p = &all->s->patterns[number];
    if (p->first < id->first) {
        id->first = p->first;
        id->span = p->span;
    }
    if (p->last > id->last)
        id->last = p->last;
    *(p->denied ? &id->denied : &id->allowed) += p->count;
    *(id->head ? &all->next[id->tail - 1] : &id->head) = number + 1;
    id->tail = number + 1;
}

/* -- counting ----------------------------------------------------------------------- */

enum column { SOURCES, AGENTS, VERBS, ACTIONS, NAMESPACES, REASONS };

static uint32_t action_of(struct identities *all, const struct pattern *p)
{
    struct text action = {0};
    text_add(&action, word_of(all->s, p->verb));
    text_byte(&action, ' ');
    text_add(&action, word_of(all->s, p->resource));
    uint32_t number = intern_put(all->actions, text_bytes(&action));
    text_release(&action);
    return number;
}

static uint32_t word_in(struct identities *all, const struct pattern *p, enum column c)
{
    switch (c) {
    case SOURCES:
        return p->source;
    case AGENTS:
        return p->agent;
    case VERBS:
        return p->verb;
    case ACTIONS:
        return action_of(all, p);
    case NAMESPACES:
        return p->namespace;
    case REASONS:
        return p->reason;
    }
    return p->verb;
}

static void count(struct identities *all, uint32_t word, uint64_t n)
{
    size_t had = all->counts_capacity;
    all->counts = memory_grow(all->counts, &all->counts_capacity, (size_t)word + 1,
                              sizeof(uint64_t));
    if (all->counts_capacity > had)
        memset(all->counts + had, 0, (all->counts_capacity - had) * sizeof(uint64_t));
    if (all->counts[word] == 0) {
        all->order = memory_grow(all->order, &all->order_capacity, all->counted + 1,
                                 sizeof(uint32_t));
        all->order[all->counted++] = word;
    }
    all->counts[word] += n;
}

/* `RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "y" to Group "z"`: the part
 * that names binding and role; other authorizers' sentences as they are. */
static struct bytes binding_of(struct bytes reason)
{
    struct bytes prefix = BYTES("RBAC: allowed by ");
    return bytes_starts(reason, prefix) ? bytes_from(reason, prefix.n) : reason;
}

/* Object of words and how often, or, of namespaces, an array of the words. */
static json_t *column(struct identities *all, const struct identity *id, enum column c)
{
    json_t *o = c == NAMESPACES ? json_array() : json_object();
    const struct intern *words = c == ACTIONS ? all->actions : all->s->words;
    for (uint32_t i = id->head; i; i = all->next[i - 1])
        count(all, word_in(all, &all->s->patterns[i - 1], c),
              all->s->patterns[i - 1].count);
    for (size_t i = 0; i < all->counted; i++) {
        uint32_t number = all->order[i];
        struct bytes word = intern_get(words, number);
        if (c == NAMESPACES)
            add_distinct(o, word, all->s, WORDS_SHOWN);
        else
            count_word(o, c == REASONS ? binding_of(word) : word, all->s,
                       all->counts[number]);
        all->counts[number] = 0;
    }
    all->counted = 0;
    return o;
}

/* -- rendering ---------------------------------------------------------------------- */

/* An account in a component's namespace is none for that: somebody may have put it there.
 */
static const char *kind_of_identity(struct bytes user, const struct reached *how)
{
    struct bytes namespace, name;
    if (how && strcmp(how->how, "was created or changed by") == 0 &&
        service_account_of(user, &namespace, &name))
        return "service account";
    if (is_person(user))
        return "person or external";
    if (bytes_is(user, "system:anonymous"))
        return "anonymous";
    if (is_control_plane(user))
        return "component";
    return service_account_of(user, &namespace, &name) ? "service account" : "system";
}

static json_t *render_identity(struct identities *all, const struct identity *id)
{
    const struct scope *s = all->s;
    json_t *o = json_object();
    const struct reached *how = scope_reached(s, id->user, true);
    json_object_set_new(o, "user", render_text(s, id->user));
    put_text(o, "known_as", s, id->known_as);
    put_word(o, "kind", kind_of_identity(id->user, how));
    json_object_set_new(o, "in_scope", json_boolean(id->in_scope));
    if (how) {
        json_t *reached = json_object();
        put_word(reached, "how", how->how);
        put_text(reached, "by", s, how->by);
        if (how->since != INT64_MIN)
            put_time(reached, "since", how->since, PRECISION_MICROSECOND);
        put_span(reached, s, how->span);
        json_object_set_new(o, "reached", reached);
    }
    if (id->last >= id->first) {
        put_time(o, "first_seen", id->first, PRECISION_MICROSECOND);
        put_time(o, "last_seen", id->last, PRECISION_MICROSECOND);
    }
    json_object_set_new(o, "allowed", json_integer((json_int_t)id->allowed));
    json_object_set_new(o, "denied", json_integer((json_int_t)id->denied));
    json_object_set_new(o, "sources", column(all, id, SOURCES));
    json_object_set_new(o, "agents", column(all, id, AGENTS));
    json_object_set_new(o, "verbs", column(all, id, VERBS));
    json_object_set_new(o, "requests", column(all, id, ACTIONS));
    json_object_set_new(o, "namespaces", column(all, id, NAMESPACES));
    json_object_set_new(o, "allowed_by", column(all, id, REASONS));
    put_span(o, s, id->span.item ? id->span : how ? how->span : id->span);
    return o;
}

/* Those in scope first, then people, then by the number of requests. */
static int by_interest(const void *a, const void *b)
{
    const struct identity *x = a, *y = b;
    if (x->in_scope != y->in_scope)
        return x->in_scope ? -1 : 1;
    if (is_person(x->user) != is_person(y->user))
        return is_person(x->user) ? -1 : 1;
    if (x->in_scope && x->first != y->first)
        return x->first < y->first ? -1 : 1;
    uint64_t xn = x->allowed + x->denied, yn = y->allowed + y->denied;
    if (xn != yn)
        return xn > yn ? -1 : 1;
    return bytes_compare(x->user, y->user);
}

/* -- all ---------------------------------------------------------------------------- */

/* An identity that was reached and never seen to act is still worth a line. */
static void add_silent(struct identities *all)
{
    for (size_t r = 0; r < all->s->reached.n; r++) {
        const struct reached *reached = all->s->reached.v[r];
        bool known = !reached->identity;
        for (size_t i = 0; i < all->n && !known; i++)
            known = bytes_eq(all->v[i].user, reached->what);
        if (!known)
            all->v[all->n++] = identity_of(all->s, reached->what);
    }
}

/* `index`: of each word the identity of that name, from 1. */
static void learn_names(struct identities *all, const uint32_t *index)
{
    const struct scope *s = all->s;
    uint32_t user;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->known_as.n && intern_find(s->words, r->user, &user) && index[user])
            all->v[index[user] - 1].known_as = r->known_as;
    }
}

static void collect(struct identities *all)
{
    const struct scope *s = all->s;
    uint32_t words = intern_count(s->words);
    uint32_t *index = memory_new((size_t)words + 1, sizeof *index);
    for (size_t i = 0; i < s->pattern_count; i++) {
        const struct pattern *p = &s->patterns[i];
        if (p->baseline)
            continue;
        if (index[p->user] == 0) {
            all->v[all->n++] = identity_of(s, word_of(s, p->user));
            index[p->user] = (uint32_t)all->n;
        }
        extend(all, &all->v[index[p->user] - 1], (uint32_t)i);
    }
    learn_names(all, index);
    free(index);
    add_silent(all);
}

static struct identities identities_of(const struct scope *s)
{
    struct identities all = {.s = s, .actions = intern_new()};
    all.v = memory_new(s->pattern_count + s->reached.n + 1, sizeof *all.v);
    all.next = memory_new(s->pattern_count + 1, sizeof *all.next);
    collect(&all);
    if (all.n > 1)
        qsort(all.v, all.n, sizeof *all.v, by_interest);
    return all;
}

static void identities_release(struct identities *all)
{
    intern_free(all->actions);
    free(all->order);
    free(all->counts);
    free(all->next);
    free(all->v);
}

json_t *identities_document(struct incident *in)
{
    json_t *o = json_object(), *array = json_array();
    struct identities all = identities_of(in->scope);
    size_t shown = all.n < IDENTITIES_SHOWN ? all.n : IDENTITIES_SHOWN;
    for (size_t i = 0; i < shown; i++)
        json_array_append_new(array, render_identity(&all, &all.v[i]));
    put_word(o, "schema", "exhibit/identities/1");
    json_object_set_new(o, "identities", array);
    json_object_set_new(o, "more", json_integer((json_int_t)(all.n - shown)));
    json_object_set_new(o, "requests_not_kept",
                        json_integer((json_int_t)in->scope->not_kept));
    json_object_set_new(o, "cloud_requests_not_kept",
                        json_integer((json_int_t)in->scope->cloud_left));
    json_object_set_new(o, "alerts_not_kept",
                        json_integer((json_int_t)in->scope->alerts_left));
    json_object_set_new(o, "other_events_not_kept",
                        json_integer((json_int_t)in->scope->marks_left));
    identities_release(&all);
    return o;
}
