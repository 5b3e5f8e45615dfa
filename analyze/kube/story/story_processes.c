/* Facts from sensors of processes (Tetragon, Tracee): what rules call grave, and where
 * those programs connected to. */
#include "analyze/kube/story/story.h"

/* A scanner connects to everything: the first addresses tell enough. */
#define ADDRESSES_TOLD 40

static bool is_grave(const struct story *y, const struct mark *m)
{
    return m->kind == EVENT_RUNTIME_EVENT && m->suspicious && m->in_scope && m->actor.n &&
           m->time != INSTANT_NONE &&
           incident_place(y->in, m->kind, &m->span, m->time) >= y->in->first_placed;
}

static void tell(struct story *y, const struct mark *m, const char *phase, struct text *t)
{
    struct fact f = {.time = m->time,
                     .kind = m->kind,
                     .precision = m->precision,
                     .phase = phase,
                     .lead = BYTES("The sensor on the node saw a process:"),
                     .sentence = arena_copy(&y->in->scope->arena, text_bytes(t)),
                     .confidence = CONFIDENCE_MEDIUM};
    fact_span(&f, m->span);
    story_add(y, f);
    text_release(t);
}

/* "198.51.100.9:8443" */
static bool is_address(struct bytes object)
{
    return object.n && (is_digit(object.p[0]) || object.p[0] == '[') &&
           bytes_find_byte(object, ':') < object.n;
}

static bool is_connection(const struct mark *m, const struct mark *of)
{
    return m->kind == EVENT_RUNTIME_EVENT && m->in_scope && !m->suspicious &&
           bytes_eq(m->actor, of->actor) && is_address(m->object);
}

/* Each address once, with how often and how long. */
static void tell_connections(struct story *y, const struct mark *of)
{
    const struct scope *s = y->in->scope;
    struct intern *told = intern_new();
    for (size_t i = 0; i < s->marks.n && intern_count(told) < ADDRESSES_TOLD; i++) {
        const struct mark *m = s->marks.v[i], *last = m;
        uint32_t known = intern_count(told);
        struct text t = {0};
        char when[INSTANT_TEXT];
        size_t n = 0;
        if (!is_connection(m, of) || intern_put(told, m->object) < known)
            continue;
        for (size_t k = i; k < s->marks.n; k++) {
            const struct mark *again = s->marks.v[k];
            if (!is_connection(again, of) || !bytes_eq(again->object, m->object))
                continue;
            last = again;
            n++;
        }
        text_add(&t, bytes_sub(m->actor, 0, 200));
        text_str(&t, ", to ");
        text_add(&t, m->object);
        if (n > 1)
            text_printf(&t, ", %zu times until %s", n,
                        instant_format(last->time, PRECISION_SECOND, when));
        tell(y, m, "command and control", &t);
    }
    intern_free(told);
}

void story_add_processes(struct story *y)
{
    const struct scope *s = y->in->scope;
    struct intern *programs = intern_new();
    for (size_t i = 0; i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        struct text t = {0};
        if (!is_grave(y, m))
            continue;
        text_add(&t, bytes_sub(m->actor, 0, 200));
        tell(y, m, "execution", &t);
        uint32_t known = intern_count(programs);
        if (intern_put(programs, m->actor) == known)
            tell_connections(y, m);
    }
    intern_free(programs);
}
