/* What was written to one object: reads are many; what undoes, rotates or restarts is
 * looked for among the writes, by the object's name. */
#include <stdlib.h>

#include "analyze/kube/incident.h"
#include "formats/base/bisect.h"

static int by_name(const struct request *a, struct bytes namespace, struct bytes name)
{
    int order = bytes_compare(a->namespace, namespace);
    return order ? order : bytes_compare(a->name, name);
}

static int by_object(const void *a, const void *b)
{
    const struct request *x = *(void *const *)a, *y = *(void *const *)b;
    int order = by_name(x, y->namespace, y->name);
    return order ? order : moment_compare(x->time, &x->spans[0], y->time, &y->spans[0]);
}

void incident_writes(struct incident *in)
{
    const struct scope *s = in->scope;
    for (size_t i = 0; i < s->requests.n; i++) {
        struct request *r = s->requests.v[i];
        if (!r->folded && request_writes(r) && request_succeeded(r))
            list_add(&in->writes, r);
    }
    if (in->writes.n > 1)
        qsort(in->writes.v, in->writes.n, sizeof *in->writes.v, by_object);
}

/* In the order of names, then of time: before `of`'s name, or of it and not after t. */
static bool is_until(const struct request *r, const struct request *of, instant t)
{
    int order = by_name(r, of->namespace, of->name);
    return order < 0 || (order == 0 && r->time <= t);
}

/* Index of the first write to objects of that name, or of a later one, after `t`. */
static size_t first_after(const struct list *writes, const struct request *of, instant t)
{
    size_t low;
    BISECT(low, 0, writes->n, is_until(writes->v[low], of, t));
    return low;
}

struct history incident_history(const struct incident *in, struct bytes namespace,
                                struct bytes name, instant after)
{
    const struct request of = {.namespace = namespace, .name = name};
    size_t first = first_after(&in->writes, &of, after);
    return (struct history){(const struct request *const *)in->writes.v + first,
                            first_after(&in->writes, &of, INT64_MAX) - first};
}
