#include "analyze/kube/room.h"

#include <inttypes.h>

#include "analyze/kube/findings.h"
#include "analyze/kube/keyed.h"
#include "formats/base/limits.h"

/* Of the room that there is, so much for all that is worth no more than this. */
#define REQUESTS(twelfths) (LIMIT_KUBE_REQUESTS * (twelfths) / 12)
#define VALUES(eighths)    (LIMIT_KUBE_VALUES * (eighths) / 8)
static const struct {
    size_t requests, values;
} rooms[] = {
    [WORTH_REPEATED] = {REQUESTS(4), VALUES(4)},
    [WORTH_NEAR] = {REQUESTS(7), VALUES(5)},
    [WORTH_NEW] = {REQUESTS(8), VALUES(6)},
    [WORTH_WEIGHTY] = {REQUESTS(10), VALUES(7)},
    [WORTH_SCOPE] = {REQUESTS(12), VALUES(8)},
};

/* A component at its work. With a person's client it is none: that is how a stolen token
 * looks. */
static bool is_at_work(const struct request *r)
{
    return is_control_plane(request_as(r)) && !r->as.n && !is_tool(r->agent) &&
           !request_denied(r) && !request_enters(r);
}

/* What people do, also before anybody knows who they are, and what changes something. */
static bool is_weighty(const struct request *r)
{
    struct bytes user = request_as(r);
    return r->weighty || r->login.n || is_person(user) ||
           bytes_is(user, "system:anonymous");
}

/* Of the object that a request writes, as its dependents name it. */
static struct bytes object_key(struct text *key, const struct request *object)
{
    const struct bytes parts[] = {object->resource, object->namespace, object->name};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        text_add(key, parts[i]);
        text_byte(key, '\n');
    }
    return text_bytes(key);
}

static bool follows_kept(const struct scope *s, const struct request *r)
{
    struct text resource = {0}, key = {0};
    uint32_t number;
    if (!r->owner_name.n || !s->kept_writes)
        return false;
    request_owner_resource(r, &resource);
    const struct request owner = {.resource = text_bytes(&resource),
                                  .namespace = r->namespace,
                                  .name = r->owner_name};
    bool follows = intern_find(s->kept_writes, object_key(&key, &owner), &number);
    text_release(&resource);
    text_release(&key);
    return follows;
}

static bool is_near(const struct scope *s, const struct request *r)
{
    return request_writes(r) &&
           ((s->pod.namespace.n && bytes_eq(r->namespace, s->pod.namespace)) ||
            follows_kept(s, r));
}

enum novelty room_novelty(struct crowd **seen, const struct request *r, bool matters)
{
    const struct bytes who[] = {request_as(r),  r->verb,  r->resource,
                                r->subresource, r->agent, r->source},
                       object[] = {r->namespace, r->name};
    struct text kind = {0};
    text_printf(&kind, "%d%d\n", request_denied(r), (int)r->stage);
    crowd_kind(&kind, who, sizeof who / sizeof *who);
    struct likeness of = {text_bytes(&kind), keyed_names(object, 2), r->time, matters};
    enum novelty novelty = crowd_count(seen, &of);
    text_release(&kind);
    return novelty;
}

/* While there is room for all, nothing is a crowd. */
static enum novelty novelty_of(struct scope *s, const struct request *r)
{
    return s->requests.n < rooms[WORTH_REPEATED].requests
               ? NOVELTY_KIND
               : room_novelty(&s->requests_seen, r, true);
}

/* An operator's pod renews a lease for ever. */
static enum worth worth_in_scope(enum novelty novelty)
{
    static const enum worth worths[] = {[NOVELTY_NONE] = WORTH_NEAR,
                                        [NOVELTY_FORM] = WORTH_NEW,
                                        [NOVELTY_MINUTES] = WORTH_WEIGHTY,
                                        [NOVELTY_KIND] = WORTH_SCOPE};
    return worths[novelty];
}

/* So do a build service, a scanner that nobody knows, and a person's script. */
static enum worth worth_of_weight(enum novelty novelty, bool person)
{
    static const enum worth worths[][2] = {
        [NOVELTY_NONE] = {WORTH_REPEATED, WORTH_REPEATED},
        [NOVELTY_FORM] = {WORTH_NEAR, WORTH_NEW},
        [NOVELTY_MINUTES] = {WORTH_NEW, WORTH_WEIGHTY},
        [NOVELTY_KIND] = {WORTH_WEIGHTY, WORTH_WEIGHTY}};
    return worths[novelty][person];
}

enum worth room_worth(struct scope *s, const struct request *r, const struct pattern *p)
{
    bool at_work = is_at_work(r);
    if (r->in_scope)
        return worth_in_scope(novelty_of(s, r));
    if (is_weighty(r) && !at_work)
        return worth_of_weight(novelty_of(s, r), is_person(request_as(r)));
    if (p ? p->count == 1 : r->stage != AUDIT_STAGE_REQUEST_RECEIVED)
        return WORTH_NEW; /* or there are more patterns than are counted */
    return at_work && is_near(s, r) ? WORTH_NEAR : WORTH_REPEATED;
}

bool room_has(const struct scope *s, enum worth worth)
{
    return s->requests.n < rooms[worth].requests;
}

/* What components make of it later is kept as well. */
static void note_write(struct scope *s, const struct request *r)
{
    struct text key = {0};
    if (!s->kept_writes)
        s->kept_writes = intern_new();
    intern_put(s->kept_writes, object_key(&key, r));
    text_release(&key);
}

void room_take(struct scope *s, struct request *r, enum worth worth)
{
    if (s->body_values + r->values > rooms[worth].values)
        request_release_bodies(r);
    else
        s->body_values += r->values;
    if (worth != WORTH_REPEATED && request_writes(r) && r->name.n)
        note_write(s, r);
}

void room_leave(struct scope *s, const struct request *r, struct pattern *p)
{
    if (!s->not_kept++)
        s->first_not_kept = r->spans[0];
    if (p)
        p->left++;
    else
        s->left_unknown++;
}

void room_tell(struct scope *s)
{
    if (!s->first_not_kept.item)
        return;
    struct finding f = kube_finding(KUBE_NOT_KEPT, BYTES("audit log"), s->first_not_kept);
    const char *left = arena_printf(&s->arena, "%" PRIu64, s->not_kept),
               *kept = arena_printf(&s->arena, "%zu", s->requests.n);
    finding_argument(&f, "counted only", bytes_str(left));
    finding_argument(&f, "kept", bytes_str(kept));
    kube_found(s, &f);
}
