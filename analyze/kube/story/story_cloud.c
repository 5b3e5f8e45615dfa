/* Facts from the cloud's own interface: what was asked of it from where the attacker
 * works. */
#include <stdlib.h>

#include "analyze/kube/story/story.h"
#include "formats/base/memory.h"

void story_cloud(struct text *t, const struct mark *m)
{
    text_str(t, "asked the cloud for ");
    text_add(t, m->action);
    text_str(t, m->object.n ? " of " : "");
    text_add(t, m->object);
    text_str(t, m->failed ? ", and was refused" : "");
}

static bool is_attackers_mark(const struct mark *m)
{
    return m->kind == EVENT_CLOUD_REQUEST && m->in_scope && m->suspicious;
}

/* A bucket may be emptied file by file: who reads by the same act again is told with the
 * first time. Numbers of its marks: how many there are of the act of each, 0 where it is
 * told already. */
static size_t *count_acts(const struct scope *s)
{
    size_t *count = memory_new(s->marks.n + 1, sizeof *count), n = 0;
    size_t *first = memory_new(s->marks.n + 1, sizeof *first); /* by number of the act */
    struct intern *acts = intern_new();
    struct text key = {0};
    for (size_t i = 0; i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        if (!is_attackers_mark(m))
            continue;
        text_clear(&key);
        text_add(&key, m->actor);
        text_byte(&key, '\n');
        text_add(&key, m->action);
        text_str(&key, m->failed ? "!" : "");
        uint32_t number = m->discloses ? intern_put(acts, text_bytes(&key)) : 0;
        if (!m->discloses || number == n)
            count[i] = 1;
        if (!m->discloses)
            continue;
        if (number == n)
            first[n++] = i;
        else
            count[first[number]]++;
    }
    text_release(&key);
    intern_free(acts);
    free(first);
    return count;
}

static void add_mark(struct story *y, const struct mark *m, size_t count)
{
    struct text t = {0};
    bool access = bytes_contains(m->action, BYTES("Access"));
    story_cloud(&t, m);
    if (count > 1)
        text_printf(&t, ", and of %zu more", count - 1);
    struct fact f = {.time = m->time,
                     .kind = m->kind,
                     .precision = m->precision,
                     .phase = access ? "persistence" : "credential access",
                     .lead = m->actor,
                     .sentence = arena_copy(&y->in->scope->arena, text_bytes(&t)),
                     .confidence = CONFIDENCE_MEDIUM};
    fact_span(&f, m->span);
    fact_against(&f, "Whoever shares the address could have sent it.");
    story_add(y, f);
    text_release(&t);
}

void story_add_cloud(struct story *y)
{
    const struct scope *s = y->in->scope;
    size_t *count = count_acts(s);
    for (size_t i = 0; i < s->marks.n; i++)
        if (count[i])
            add_mark(y, s->marks.v[i], count[i]);
    free(count);
}
