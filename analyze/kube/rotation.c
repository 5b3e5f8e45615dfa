/* Was it rotated, who uses it, and do they use the new value? */
#include "analyze/kube/exposure.h"

#include <stdlib.h>

/* -- rotation ----------------------------------------------------------------------- */

static bool renews(const struct exposed *x, const struct request *r)
{
    bool here = bytes_eq(r->namespace, x->namespace) && bytes_eq(r->name, x->name);
    switch (x->kind) {
    case REFERENCE_SECRET:
        return here && request_is(r, "secrets", "");
    case REFERENCE_CONFIGMAP:
        return here && request_is(r, "configmaps", "");
    case REFERENCE_TOKEN: /* bound tokens end with their account */
        return here && request_is(r, "serviceaccounts", "") &&
               bytes_starts(r->verb, BYTES("delete"));
    default:
        return false;
    }
}

static void find_rotation(struct exposures *e, struct exposed *x)
{
    const struct incident *in = e->in;
    for (size_t i = 0; in->first_sign != INSTANT_NONE && i < in->writes.n; i++) {
        const struct request *r = in->writes.v[i];
        if (r->time > in->first_placed && renews(x, r) && !is_attackers(in, r) &&
            (!x->last_read || r->time > x->last_read->time))
            x->rotated = r;
    }
}

/* -- consumers ---------------------------------------------------------------------- */

struct using
{
    const struct exposed *x;
    struct bytes account;
    bool found;
};

static void look(void *context, const struct reference *r)
{
    struct using *u = context;
    const struct exposed *x = u->x;
    bool token = r->kind == REFERENCE_TOKEN && x->kind == REFERENCE_TOKEN;
    u->found |=
        (r->kind == x->kind && bytes_eq(r->name, x->name) && !token) ||
        (token && bytes_eq(u->account, x->name) && bytes_eq(r->audience, x->audience));
}

static bool uses(const struct exposed *x, const json_t *object, struct bytes namespace)
{
    struct using u = {x, podspec_account(object), false};
    if (!bytes_eq(namespace, x->namespace))
        return false;
    podspec_references(object, look, &u);
    return u.found;
}

/* A pod is restarted when it is deleted or made anew; a workload when its template is
 * written (kubectl rollout restart does that). */
static bool was_restarted(const struct exposures *e, const struct exposed *x,
                          struct bytes name)
{
    for (size_t i = 0; i < e->in->writes.n; i++) {
        const struct request *r = e->in->writes.v[i];
        if (r->time > x->rotated->time && bytes_eq(r->namespace, x->namespace) &&
            bytes_eq(r->name, name) && !bytes_is(r->resource, "secrets") &&
            (bytes_is(r->verb, "create") || bytes_starts(r->verb, BYTES("delete")) ||
             tree_get(r->request, "spec/template") ||
             bytes_is(r->subresource, "eviction")))
            return true;
    }
    return false;
}

static void add_consumer(struct exposures *e, struct exposed *x, struct bytes kind,
                         struct bytes name, struct span span)
{
    const struct scope *s = e->in->scope;
    json_t *o = json_object();
    put_text(o, "kind", s, kind);
    put_text(o, "name", s, name);
    if (x->rotated) {
        bool restarted = was_restarted(e, x, name);
        json_object_set_new(o, "restarted_since", json_boolean(restarted));
        x->consumers_old |= !restarted;
    }
    put_span(o, s, span);
    json_array_append_new(x->consumers, o);
}

static void consumers_in_documents(struct exposures *e, struct exposed *x)
{
    const struct scope *s = e->in->scope;
    for (size_t i = 0; i < s->objects.n; i++) {
        const struct object *o = s->objects.v[i];
        struct bytes namespace = o->k->namespace.n ? o->k->namespace : BYTES("default");
        if (podspec_of(o->k->object) && uses(x, o->k->object, namespace))
            add_consumer(e, x, o->k->kind, o->k->name, object_span(o, NULL));
    }
}

static void consumers_in_log(struct exposures *e, struct exposed *x)
{
    struct scope *s = e->in->scope;
    for (size_t i = 0; i < e->in->writes.n; i++) {
        const struct request *r = e->in->writes.v[i];
        const json_t *body = r->response ? r->response : r->request;
        if (!bytes_is(r->verb, "create") || r->subresource.n || !podspec_of(body) ||
            !uses(x, body, r->namespace))
            continue;
        struct bytes kind = tree_string(body, "kind");
        if (!objects_find(s, kind.n ? arena_string(&s->arena, kind) : "Pod", r->namespace,
                          r->name))
            add_consumer(e, x, kind, r->name, r->spans[0]);
    }
}

void exposure_rotation(struct exposures *e, struct exposed *x)
{
    find_rotation(e, x);
    if (x->kind == REFERENCE_VALUE || x->kind == REFERENCE_EXTERNAL)
        return;
    consumers_in_documents(e, x);
    consumers_in_log(e, x);
}

/* -- how to ------------------------------------------------------------------------- */

static const char *remedy(const struct exposed *x)
{
    switch (x->kind) {
    case REFERENCE_SECRET:
        return "change the credential where it is issued, write the secret, restart its "
               "consumers; an account's old-style token ends when its secret is deleted";
    case REFERENCE_TOKEN:
        return "delete the pod that holds it, or the account; other audiences: revoke at "
               "the service that trusts them";
    case REFERENCE_VALUE:
        return "change the credential where it is issued and take it out of the manifest";
    case REFERENCE_EXTERNAL:
        return "rotate in the external store";
    default:
        return "look for credentials in it";
    }
}

json_t *render_rotation(struct exposures *e, const struct exposed *x)
{
    const struct scope *s = e->in->scope;
    json_t *o = json_object();
    json_object_set_new(o, "seen", json_boolean(x->rotated != NULL));
    if (x->rotated)
        json_object_set_new(o, "by", render_request(s, x->rotated));
    else
        put_time(o, "not_until", s->audit_last, PRECISION_MICROSECOND);
    put_word(o, "remedy", remedy(x));
    json_object_set_new(o, "consumers", x->consumers);
    return o;
}
