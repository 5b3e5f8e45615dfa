/* Identities: who did what through the API, how often, from where, and by whose leave. */
#include <stdlib.h>

#include "analyze/kube/incident/incident.h"
#include "formats/base/memory.h"

#define IDENTITIES_SHOWN 500
#define WORDS_SHOWN      100

struct identity {
    struct bytes user, known_as;
    instant first, last;
    struct span span;
    uint64_t allowed, denied;
    json_t *sources, *agents, *verbs, *resources, *namespaces, *bindings;
    bool in_scope;
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
                             .sources = json_object(),
                             .agents = json_object(),
                             .verbs = json_object(),
                             .resources = json_object(),
                             .namespaces = json_array(),
                             .bindings = json_object(),
                             .in_scope = scope_reached(s, user, true) != NULL};
}

/* `RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "y" to Group "z"`: the part
 * that names binding and role; other authorizers' sentences as they are. */
static struct bytes binding_of(struct bytes reason)
{
    struct bytes prefix = BYTES("RBAC: allowed by ");
    return bytes_starts(reason, prefix) ? bytes_from(reason, prefix.n) : reason;
}

static void extend(struct identity *id, const struct scope *s, const struct pattern *p)
{
    struct text action = {0};
    if (p->first < id->first) {
        id->first = p->first;
        id->span = p->span;
    }
    if (p->last > id->last)
        id->last = p->last;
    *(p->denied ? &id->denied : &id->allowed) += p->count;
    text_add(&action, word_of(s, p->verb));
    text_byte(&action, ' ');
    text_add(&action, word_of(s, p->resource));
    count_word(id->sources, word_of(s, p->source), s, p->count);
    count_word(id->agents, word_of(s, p->agent), s, p->count);
    count_word(id->verbs, word_of(s, p->verb), s, p->count);
    count_word(id->resources, text_bytes(&action), s, p->count);
    count_word(id->bindings, binding_of(word_of(s, p->reason)), s, p->count);
    add_distinct(id->namespaces, word_of(s, p->namespace), s, WORDS_SHOWN);
    text_release(&action);
}

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

static json_t *render_identity(const struct scope *s, struct identity *id)
{
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
    json_object_set_new(o, "sources", id->sources);
    json_object_set_new(o, "agents", id->agents);
    json_object_set_new(o, "verbs", id->verbs);
    json_object_set_new(o, "requests", id->resources);
    json_object_set_new(o, "namespaces", id->namespaces);
    json_object_set_new(o, "allowed_by", id->bindings);
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

/* An identity that was reached and never seen to act is still worth a line. */
static size_t add_silent(const struct scope *s, struct identity *all, size_t n)
{
    for (size_t r = 0; r < s->reached.n; r++) {
        const struct reached *reached = s->reached.v[r];
        bool known = !reached->identity;
        for (size_t i = 0; i < n && !known; i++)
            known = bytes_eq(all[i].user, reached->what);
        if (!known)
            all[n++] = identity_of(s, reached->what);
    }
    return n;
}

/* `index`: of each word the identity of that name, from 1. */
static void learn_names(const struct scope *s, const uint32_t *index,
                        struct identity *all)
{
    uint32_t user;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->known_as.n && intern_find(s->words, r->user, &user) && index[user])
            all[index[user] - 1].known_as = r->known_as;
    }
}

static size_t collect(const struct scope *s, struct identity *all)
{
    uint32_t words = intern_count(s->words);
    uint32_t *index = memory_new((size_t)words + 1, sizeof *index);
    size_t n = 0;
    for (size_t i = 0; i < s->pattern_count; i++) {
        const struct pattern *p = &s->patterns[i];
        if (p->baseline)
            continue;
        if (index[p->user] == 0) {
            all[n++] = identity_of(s, word_of(s, p->user));
            index[p->user] = (uint32_t)n;
        }
        extend(&all[index[p->user] - 1], s, p);
    }
    learn_names(s, index, all);
    free(index);
    return add_silent(s, all, n);
}

json_t *identities_document(struct incident *in)
{
    const struct scope *s = in->scope;
    json_t *o = json_object(), *array = json_array();
    struct identity *all = memory_new(s->pattern_count + s->reached.n + 1, sizeof *all);
    size_t n = collect(s, all);
    if (n > 1)
        qsort(all, n, sizeof *all, by_interest);
    for (size_t i = 0; i < n; i++) {
        json_t *rendered = render_identity(s, &all[i]);
        if (i < IDENTITIES_SHOWN)
            json_array_append_new(array, rendered);
        else
            json_decref(rendered);
    }
    put_word(o, "schema", "exhibit/identities/1");
    json_object_set_new(o, "identities", array);
    json_object_set_new(
        o, "more",
        json_integer(n > IDENTITIES_SHOWN ? (json_int_t)(n - IDENTITIES_SHOWN) : 0));
    json_object_set_new(o, "requests_not_kept", json_integer((json_int_t)s->not_kept));
    json_object_set_new(o, "cloud_requests_not_kept",
                        json_integer((json_int_t)s->cloud_left));
    json_object_set_new(o, "other_events_not_kept",
                        json_integer((json_int_t)s->marks_left));
    free(all);
    return o;
}
