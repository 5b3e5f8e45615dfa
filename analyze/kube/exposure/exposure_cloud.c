/* What the cloud handed out to whoever had taken a role of the pod or its node: secrets,
 * parameters, files, what a key opened; and the role itself. */
#include "analyze/kube/exposure/exposure.h"
#include "analyze/kube/incident/cloud.h"

/* arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION is a session of
 * arn:aws:iam::ACCOUNT:role/ROLE. */
static struct bytes role_of(struct scope *s, struct bytes session)
{
    struct bytes account, role = cloud_role_of(session, &account), rest = session, part;
    if (!role.n || !bytes_split(&rest, ':', &part) || !bytes_split(&rest, ':', &part))
        return BYTES_NONE;
    struct text t = {0};
    text_str(&t, "arn:");
    text_add(&t, part); /* the partition: aws, aws-cn */
    text_str(&t, ":iam::");
    text_add(&t, account);
    text_str(&t, ":role/");
    text_add(&t, role);
    struct bytes arn = arena_copy(&s->arena, text_bytes(&t));
    text_release(&t);
    return arn;
}

/* The role of a session, or that a new session was asked for. */
static struct bytes used_role(struct scope *s, const struct mark *m)
{
    return bytes_starts(m->action, BYTES("AssumeRole")) && !m->failed
               ? m->object
               : role_of(s, m->actor);
}

/* More places of one thing are not told: the timeline has them all. */
#define PLACES_TOLD 8

static void add(struct exposures *e, const struct exposed *what, const struct mark *m,
                const char *via)
{
    const struct exposed *known = exposure_find(e, what);
    struct exposure_way way = {via, m->actor, BYTES_NONE, m->span};
    if (known && json_array_size(known->how) >= PLACES_TOLD)
        return;
    exposure_add(e, what, &way);
}

static void by_role(struct exposures *e, const struct mark *m)
{
    struct scope *s = e->in->scope;
    struct exposed what = {.kind = REFERENCE_CLOUD,
                           .urgency = URGENCY_TAKEN,
                           .namespace = s->pod.namespace, /* as its account names it */
                           .name = used_role(s, m)};
    if (what.name.n && !exposure_find(e, &what))
        what.namespace = BYTES_NONE;
    if (what.name.n)
        add(e, &what, m, "role used from where the attacker works");
}

/* A file or what a key opened is no secret by its kind; a token of the registry opens
 * it. */
static enum urgency urgency_of(const struct mark *m)
{
    if (bytes_is(m->action, "GetObject") || bytes_is(m->action, "Decrypt"))
        return URGENCY_CONFIG;
    return bytes_is(m->action, "GetAuthorizationToken") ? URGENCY_AUDIENCE
                                                        : URGENCY_READ_AT_CLOUD;
}

static void by_disclosed(struct exposures *e, const struct mark *m)
{
    struct bytes names = m->object;
    while (names.n) {
        size_t end = bytes_find(names, BYTES(", "));
        struct exposed what = {.kind = REFERENCE_EXTERNAL,
                               .urgency = urgency_of(m),
                               .name = bytes_sub(names, 0, end)};
        add(e, &what, m, arena_string(&e->in->scope->arena, m->action));
        names = bytes_from(names, end + 2);
    }
}

void exposure_by_cloud(struct exposures *e)
{
    const struct scope *s = e->in->scope;
    for (size_t i = 0; i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        if (m->kind != EVENT_CLOUD_REQUEST || !m->in_scope || !m->suspicious || m->failed)
            continue;
        by_role(e, m);
        if (m->discloses)
            by_disclosed(e, m);
    }
}
