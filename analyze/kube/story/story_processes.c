/* Facts from sensors of processes (Tetragon, Tracee, KubeArmor, GuardDuty): what rules
 * call grave, and where those programs connected to. */
#include <stdlib.h>

#include "analyze/kube/story/story.h"
#include "formats/base/memory.h"

/* A scanner connects to everything: the first addresses tell enough. */
#define ADDRESSES_TOLD 40

static bool is_grave(const struct story *y, const struct mark *m)
{
    return m->kind == EVENT_RUNTIME_EVENT && m->suspicious && m->in_scope &&
           (m->actor.n || m->found) && m->time != INSTANT_NONE &&
           incident_place(y->in, m->kind, &m->span, m->time) >= y->in->first_placed;
}

/* The program, with the file that it was about; of a finding its title, with the type
 * that says more than many titles. */
static void add_sight(const struct mark *m, struct text *t)
{
    bool file =
        bytes_starts(m->object, BYTES("/")) && !bytes_contains(m->actor, m->object);
    if (!m->found) {
        text_add(t, bytes_sub(m->actor, 0, 200));
        text_str(t, file ? ", with " : "");
        text_add(t, file ? bytes_sub(m->object, 0, 200) : BYTES_NONE);
        return;
    }
    text_add(t, bytes_sub(m->message, 0, 200));
    while (t->n && t->p[t->n - 1] == '.')
        t->n--;
    text_str(t, " (");
    text_add(t, m->action);
    text_str(t, m->actor.n ? ": " : "");
    text_add(t, bytes_sub(m->actor, 0, 200));
    text_byte(t, ')');
}

static void tell(struct story *y, const struct mark *m, const char *phase, struct text *t)
{
    struct fact f = {.time = m->time,
                     .kind = m->kind,
                     .precision = m->precision,
                     .phase = phase,
                     .lead = m->found ? BYTES("The cloud's sensor found:")
                                      : BYTES("The sensor on the node saw a process:"),
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

/* A program and where it connected to, however often. */
struct contact {
    const struct mark *first, *last;
    size_t times;
    uint32_t next; /* of the same program, in order of the first; 0: none */
};

struct contacts {
    struct intern *programs, *ends; /* ends: of a program, by its number */
    struct contact *v;              /* by number of the end, from 1 */
    uint32_t *first, *last;         /* by number of the program */
};

static void add_contact(struct contacts *all, const struct mark *m)
{
    struct text key = {0};
    uint32_t program = intern_put(all->programs, m->actor);
    text_printf(&key, "%u ", program);
    text_add(&key, m->object);
    uint32_t end = intern_put(all->ends, text_bytes(&key)) + 1;
    struct contact *c = &all->v[end];
    text_release(&key);
    c->last = m;
    if (c->times++)
        return;
    c->first = m;
    if (all->first[program])
        all->v[all->last[program]].next = end;
    else
        all->first[program] = end;
    all->last[program] = end;
}

static struct contacts contacts_of(const struct scope *s)
{
    size_t room = s->marks.n + 2;
    struct contacts all = {intern_new(), intern_new(), memory_new(room, sizeof *all.v),
                           memory_new(room, sizeof *all.first),
                           memory_new(room, sizeof *all.last)};
    for (size_t i = 0; i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        if (m->kind == EVENT_RUNTIME_EVENT && m->in_scope && !m->suspicious &&
            m->actor.n && is_address(m->object))
            add_contact(&all, m);
    }
    return all;
}

static void contacts_free(struct contacts *all)
{
    intern_free(all->programs);
    intern_free(all->ends);
    free(all->v);
    free(all->first);
    free(all->last);
}

/* Each address once, with how often and how long. */
static void tell_connections(struct story *y, const struct contacts *all,
                             const struct mark *of)
{
    uint32_t program, told = 0;
    if (!intern_find(all->programs, of->actor, &program))
        return;
    for (uint32_t end = all->first[program]; end && told < ADDRESSES_TOLD;
         end = all->v[end].next, told++) {
        const struct contact *c = &all->v[end];
        struct text t = {0};
        char when[INSTANT_TEXT];
        text_add(&t, bytes_sub(c->first->actor, 0, 200));
        text_str(&t, ", to ");
        text_add(&t, c->first->object);
        if (c->times > 1)
            text_printf(&t, ", %zu times until %s", c->times,
                        instant_format(c->last->time, PRECISION_SECOND, when));
        tell(y, c->first, "command and control", &t);
    }
}

void story_add_processes(struct story *y)
{
    const struct scope *s = y->in->scope;
    struct intern *programs = intern_new();
    struct contacts contacts = contacts_of(s);
    for (size_t i = 0; i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        struct text t = {0};
        if (!is_grave(y, m))
            continue;
        add_sight(m, &t);
        tell(y, m, "execution", &t);
        uint32_t known = intern_count(programs);
        if (intern_put(programs, m->actor) == known)
            tell_connections(y, &contacts, m);
    }
    intern_free(programs);
    contacts_free(&contacts);
}
