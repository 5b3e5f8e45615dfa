/* The four slices that a responder cuts out of an audit log first: what was run in pods,
 * who touched secrets, what was refused, what people did. */
#include "analyze/kube/incident/incident.h"
#include "analyze/kube/room.h"

/* What a broken workload is refused every second takes no row from the attacker's. */
#define SLICE_SHOWN 2000

struct slice {
    const char *name;
    bool (*wants)(const struct scope *s, const struct request *r);
};

static bool is_exec(const struct scope *s, const struct request *r)
{
    (void)s;
    return request_enters(r);
}

/* Components read secrets all day; they count when they do it in the scope's matter. */
static bool is_secret(const struct scope *s, const struct request *r)
{
    (void)s;
    return bytes_is(r->resource, "secrets") &&
           (r->in_scope || !is_control_plane(request_as(r)));
}

static bool is_denial(const struct scope *s, const struct request *r)
{
    (void)s;
    return request_denied(r);
}

/* What people did on purpose: the reads that lead to a write, and discovery, are not. */
static bool is_human(const struct scope *s, const struct request *r)
{
    (void)s;
    bool person = is_person(r->user) || is_person(request_cause(r)->user);
    return person && r->resource.n && (r->weighty || r->in_scope);
}

static const struct slice slices[] = {{"exec", is_exec},
                                      {"secrets", is_secret},
                                      {"denials", is_denial},
                                      {"users", is_human}};

static json_t *cut(const struct scope *s, const struct slice *slice)
{
    json_t *o = json_object(), *rows = json_array();
    struct crowd *seen = NULL;
    json_int_t more = 0;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->folded || r->baseline || !slice->wants(s, r))
            continue;
        enum novelty novelty = room_novelty(&seen, r, r->in_scope);
        if (crowd_has_room(novelty, json_array_size(rows), SLICE_SHOWN))
            json_array_append_new(rows, render_request(s, r));
        else
            more++;
    }
    crowd_free(seen);
    json_object_set_new(o, "requests", rows);
    json_object_set_new(o, "more", json_integer(more));
    return o;
}

/* Without an audit log there is nothing to cut: an empty slice says that none was seen.
 */
json_t *slices_document(struct incident *in)
{
    json_t *o = json_object();
    put_word(o, "schema", "exhibit/slices/1");
    for (size_t i = 0; in->scope->requests.n && i < sizeof slices / sizeof *slices; i++)
        json_object_set_new(o, slices[i].name, cut(in->scope, &slices[i]));
    return o;
}
