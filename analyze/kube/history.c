/* What was written to one object: reads are many; what undoes, rotates or restarts is
 * looked for among the writes, by the object's name. */
#include <stdlib.h>

#include "analyze/kube/incident/incident.h"
#include "analyze/kube/keyed.h"
#include "formats/base/bisect.h"
#include "formats/base/memory.h"

static uint64_t key_of(struct bytes namespace, struct bytes name)
{
    const struct bytes parts[] = {namespace, name};
    return keyed_names(parts, sizeof parts / sizeof *parts);
}

static int by_name(const struct request *a, const struct request *b)
{
    int order = bytes_compare(a->namespace, b->namespace);
    return order ? order : bytes_compare(a->name, b->name);
}

static int by_object(const struct request *x, const struct request *y)
{
    int order = by_name(x, y);
    return order ? order : moment_compare(x->time, &x->spans[0], y->time, &y->spans[0]);
}

void incident_writes(struct incident *in)
{
    const struct scope *s = in->scope;
    in->writes = memory_new(s->requests.n + 1, sizeof *in->writes);
    for (size_t i = 0; i < s->requests.n; i++) {
        struct request *r = s->requests.v[i];
        if (!r->folded && request_writes(r) && request_succeeded(r))
            in->writes[in->write_count++] =
                (struct keyed){key_of(r->namespace, r->name), r};
    }
    keyed_sort(in->writes, in->write_count, by_object);
    in->written = memory_new(in->write_count + 1, sizeof(struct request *));
    for (size_t i = 0; i < in->write_count; i++)
        in->written[i] = in->writes[i].r;
}

/* In that order: before `of`'s name, or of it and not after `t`. */
static bool is_until(const struct keyed *k, const struct keyed *of, instant t)
{
    int order = keyed_compare(k, of, by_name);
    return order < 0 || (order == 0 && k->r->time <= t);
}

/* Index of the first write to objects of that name, or of a later one, after `t`. */
static size_t first_after(const struct incident *in, const struct keyed *of, instant t)
{
    size_t low;
    BISECT(low, 0, in->write_count, is_until(&in->writes[low], of, t));
    return low;
}

struct history incident_history(const struct incident *in, struct bytes namespace,
                                struct bytes name, instant after)
{
    struct request wanted = {.namespace = namespace, .name = name};
    const struct keyed of = {key_of(namespace, name), &wanted};
    size_t first = first_after(in, &of, after);
    return (struct history){in->written + first, first_after(in, &of, INT64_MAX) - first};
}
