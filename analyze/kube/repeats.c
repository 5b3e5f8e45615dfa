#include "analyze/kube/repeats.h"

#include <stdlib.h>

#include "formats/base/memory.h"

static void key_of(struct text *key, const struct request *r)
{
    const struct bytes parts[] = {r->user,      r->as,
                                  r->verb,      r->group,
                                  r->resource,  r->subresource,
                                  r->namespace, r->name,
                                  r->agent,     r->source,
                                  r->command,   r->decision,
                                  r->reason,    r->resource.n ? BYTES_NONE : r->uri};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        text_add(key, parts[i]);
        text_byte(key, '\0');
    }
    text_printf(key, "%lld", (long long)r->code);
}

void repeats_add(struct repeats *all, const struct request *r)
{
    struct text key = {0};
    if (!all->keys)
        all->keys = intern_new();
    key_of(&key, r);
    size_t number = intern_put(all->keys, text_bytes(&key));
    text_release(&key);
    if (number == all->n) {
        all->v = memory_grow(all->v, &all->capacity, all->n + 1, sizeof *all->v);
        all->v[all->n++] = (struct repeated){.first = r};
    }
    struct repeated *g = &all->v[number];
    if (g->times < REPEATED_PLACES)
        g->spans[g->times] = r->spans[0];
    g->times++;
    g->last = r;
}

void repeats_release(struct repeats *all)
{
    if (all->keys)
        intern_free(all->keys);
    free(all->v);
    *all = (struct repeats){0};
}

json_t *render_repeated(const struct scope *s, const struct repeated *g)
{
    json_t *o = render_request(s, g->first);
    if (g->times == 1)
        return o;
    size_t places = g->times < REPEATED_PLACES ? g->times : REPEATED_PLACES;
    json_object_set_new(o, "times", json_integer((json_int_t)g->times));
    put_time(o, "last", g->last->time, g->last->precision);
    json_object_set_new(o, "spans", render_spans(s, g->spans, places));
    return o;
}

struct finding kube_finding_of_repeated(struct scope *s, enum kube_finding which,
                                        const struct repeated *g)
{
    struct finding f = kube_finding_of_request(s, which, g->first);
    struct text times = {0};
    char last[INSTANT_TEXT];
    for (size_t i = 1; i < g->times && i < REPEATED_PLACES; i++)
        finding_span(&f, g->spans[i]);
    if (g->times > 1) {
        text_printf(&times, "%zu, until %s", g->times,
                    instant_format(g->last->time, g->last->precision, last));
        finding_argument(&f, "times", arena_copy(&s->arena, text_bytes(&times)));
    }
    text_release(&times);
    return f;
}
