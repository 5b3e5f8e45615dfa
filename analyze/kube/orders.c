#include "analyze/kube/orders.h"

#include "analyze/kube/group.h"
#include "analyze/kube/keyed.h"
#include "formats/base/bisect.h"

/* -- what an object says ------------------------------------------------------------ */

static struct bytes member(struct jsonl_value object, const char *name)
{
    return jsonl_string(jsonl_get(object, name));
}

/* "APP", or "NAMESPACE_APP": names of Kubernetes have no "_". */
static void take_application(struct bytes app, struct order *o)
{
    size_t at = bytes_find_byte(app, '_');
    o->resource = BYTES("applications");
    o->namespace = at < app.n ? bytes_sub(app, 0, at) : BYTES_NONE;
    o->name = at < app.n ? bytes_from(app, at + 1) : app;
}

static bool is_flux(struct jsonl_value labels, struct order *o)
{
    static const struct {
        const char *name, *namespace, *resource;
    } kinds[] = {
        {"kustomize.toolkit.fluxcd.io/name", "kustomize.toolkit.fluxcd.io/namespace",
         "kustomizations"},
        {"helm.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/namespace",
         "helmreleases"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        o->name = member(labels, kinds[i].name);
        o->namespace = member(labels, kinds[i].namespace);
        o->resource = bytes_str(kinds[i].resource);
        if (o->name.n)
            return true;
    }
    return false;
}

bool order_of(struct jsonl_value metadata, struct arena *arena, struct order *out)
{
    struct jsonl_value labels = jsonl_get(metadata, "labels");
    struct bytes tracked =
        member(jsonl_get(metadata, "annotations"), "argocd.argoproj.io/tracking-id");
    struct bytes labelled = member(labels, "argocd.argoproj.io/instance");
    struct order o;
    if (tracked.n)
        take_application(bytes_sub(tracked, 0, bytes_find_byte(tracked, ':')), &o);
    else if (labelled.n)
        take_application(labelled, &o);
    else if (!is_flux(labels, &o))
        return false;
    *out = (struct order){o.resource, arena_copy(arena, o.namespace),
                          arena_copy(arena, o.name)};
    return out->name.n > 0;
}

/* -- who ordered it ----------------------------------------------------------------- */

/* The first of the writes to that object; those of one object stand together. */
static size_t first_of(const struct keyed *made, size_t n, struct request *object)
{
    const struct keyed wanted = {group_key(object), object};
    size_t low;
    BISECT(low, 0, n, keyed_compare(&made[low], &wanted, group_by_object) < 0);
    return low;
}

static bool is_object(const struct request *r, const struct request *object)
{
    return bytes_eq(r->resource, object->resource) &&
           bytes_eq(r->namespace, object->namespace) && bytes_eq(r->name, object->name);
}

/* Who wrote the order last before that, but the tool itself, which notes there how far it
 * got, and whoever only had the tool look again: Argo CD's pages, `argocd app get
 * --refresh` and `flux reconcile` set an annotation. An order without a namespace stands
 * where the tool runs. */
static const struct request *ordered_by(const struct keyed *made, size_t n,
                                        const struct request *r, const struct order *o)
{
    struct bytes home, account;
    const struct request *best = NULL;
    if (!service_account_of(r->user, &home, &account))
        return NULL;
    struct request order = {.resource = o->resource,
                            .namespace = o->namespace.n ? o->namespace : home,
                            .name = o->name,
                            .time = INT64_MIN};
    for (size_t i = first_of(made, n, &order); i < n && is_object(made[i].r, &order); i++)
        if (made[i].r->time <= r->time && made[i].r->written != VALUES_LEFT &&
            !bytes_eq(made[i].r->user, r->user))
            best = made[i].r;
    return best;
}

/* By which order what is taken away here was made. */
static const struct order *order_of_deleted(const struct keyed *made, size_t n,
                                            const struct request *r)
{
    const struct order *o = NULL;
    struct request object = *r;
    object.time = INT64_MIN;
    for (size_t i = first_of(made, n, &object); i < n && is_object(made[i].r, r); i++)
        if (made[i].r->time <= r->time && bytes_eq(made[i].r->user, r->user) &&
            made[i].r->order.name.n)
            o = &made[i].r->order;
    return o;
}

/* What the tool writes again and again is no answer to the last order. */
static bool is_answer(const struct scope *s, const struct request *r,
                      const struct request *order)
{
    return bytes_is(r->verb, "create") || bytes_is(r->verb, "delete") || r->code == 201 ||
           !journal_is_habit(s, r, order->time);
}

void orders_find(struct scope *s, const struct keyed *made, size_t n)
{
    for (size_t i = 0; i < s->requests.n; i++) {
        struct request *r = s->requests.v[i];
        if (r->folded || r->caused || !request_writes(r) || !request_succeeded(r) ||
            r->subresource.n || !r->name.n)
            continue;
        bool deletes = bytes_is(r->verb, "delete");
        const struct order *o = deletes           ? order_of_deleted(made, n, r)
                                : r->order.name.n ? &r->order
                                                  : NULL;
        const struct request *by = o ? ordered_by(made, n, r, o) : NULL;
        if (by && is_answer(s, r, by)) {
            r->caused = by;
            r->ordered = true;
        }
    }
}
