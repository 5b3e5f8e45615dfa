/* What was done through the cloud's own interface: by the attacker, who is known there by
 * the address from which the cluster was worked on, and against the attacker. */
#include "analyze/kube/incident/cloud.h"

#include "analyze/kube/incident/address.h"
#include "analyze/kube/objects/objects.h"

/* An entry to the cluster is made shortly before it is used; what came from the address
 * long before is not known to be the attacker's. */
#define LEADS_UP (60 * 60 * NANOSECONDS)

static bool of_cloud(const struct mark *m)
{
    return m->kind == EVENT_CLOUD_REQUEST && m->time != INSTANT_NONE;
}

/* Public addresses from which the attacker called the API server. */
static struct intern *places_of(const struct incident *in)
{
    const struct scope *s = in->scope;
    struct intern *places = intern_new(), *asked = intern_new();
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        uint32_t known = intern_count(asked);
        if (!r->folded && is_attackers(in, r) && intern_put(asked, r->source) == known &&
            address_is_outside(s, r->source))
            intern_put(places, r->source);
    }
    intern_free(asked);
    return places;
}

static void tell(struct incident *in, struct bytes actor)
{
    struct scope *s = in->scope;
    struct finding f = {0};
    for (size_t i = 0; i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        if (!of_cloud(m) || !m->in_scope || !m->suspicious || !bytes_eq(m->actor, actor))
            continue;
        if (f.span_count) {
            finding_span(&f, m->span);
            continue;
        }
        f = kube_finding(KUBE_CLOUD_USED, actor, m->span);
        f.time = m->time;
        finding_argument(&f, "address", m->address);
        finding_argument(&f, "first", m->action);
    }
    if (f.span_count)
        kube_found(s, &f);
}

/* From where the attacker works, or by a session that was given out to there. */
static bool is_attackers_request(const struct mark *m, const struct intern *places,
                                 const struct intern *keys)
{
    uint32_t number;
    return of_cloud(m) && (intern_find(places, m->address, &number) ||
                           (m->key.n && intern_find(keys, m->key, &number)));
}

static void mark_attackers(struct incident *in, struct intern *places)
{
    struct scope *s = in->scope;
    struct intern *actors = intern_new();
    struct intern *keys = intern_new(); /* of sessions, in order of time */
    for (size_t i = 0; i < s->marks.n; i++) {
        struct mark *m = s->marks.v[i];
        if (!is_attackers_request(m, places, keys) ||
            incident_place(in, m->kind, &m->span, m->time) <
                instant_after(in->first_placed, -LEADS_UP))
            continue;
        m->suspicious = m->in_scope = true;
        if (m->issued.n)
            intern_put(keys, m->issued);
        uint32_t known = intern_count(actors);
        if (intern_put(actors, m->actor) == known && !in->first_cloud)
            in->first_cloud = m;
    }
    for (uint32_t i = 0; i < intern_count(actors); i++)
        tell(in, intern_get(actors, i));
    intern_free(actors);
    intern_free(keys);
}

void incident_cloud(struct incident *in)
{
    if (in->first_sign == INSTANT_NONE)
        return;
    struct scope *s = in->scope;
    struct intern *places = places_of(in);
    mark_attackers(in, places);
    intern_free(places);
    for (size_t i = 0; i < s->marks.n; i++) {
        struct mark *against = s->marks.v[i];
        against->in_scope |= cloud_against(in, against);
    }
    const struct mark *m = in->first_cloud;
    instant placed = m ? incident_place(in, m->kind, &m->span, m->time) : INT64_MAX;
    if (placed >= in->first_placed)
        return;
    in->first_sign = m->time;
    in->first_placed = placed;
    in->first_span = m->span;
}

/* -- against the attacker ------------------------------------------------------------ */

/* "ci" of "arn:aws:iam::1:user/ci". */
static struct bytes short_of(struct bytes user)
{
    size_t slash = bytes_rfind_byte(user, '/');
    return slash < user.n ? bytes_from(user, slash + 1) : BYTES_NONE;
}

/* The parts of arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE; false for anything else. */
static bool split_arn(struct bytes arn, struct bytes parts[6])
{
    for (size_t i = 0; i < 5; i++)
        if (!bytes_split(&arn, ':', &parts[i]))
            return false;
    parts[5] = arn;
    return bytes_is(parts[0], "arn") && arn.n;
}

struct bytes cloud_role_of(struct bytes session, struct bytes *account)
{
    struct bytes parts[6], kind, role;
    if (!split_arn(session, parts) || !bytes_is(parts[2], "sts") ||
        !bytes_split(&parts[5], '/', &kind) || !bytes_is(kind, "assumed-role") ||
        !bytes_split(&parts[5], '/', &role))
        return BYTES_NONE;
    *account = parts[4];
    return role;
}

/* A role's sessions do not have the path before its name. */
bool cloud_is_principal(struct bytes user, struct bytes principal)
{
    struct bytes parts[6], account, role = cloud_role_of(user, &account);
    if (bytes_eq(user, principal))
        return true;
    return role.n && split_arn(principal, parts) && bytes_eq(parts[4], account) &&
           bytes_starts(parts[5], BYTES("role/")) && bytes_eq(short_of(principal), role);
}

struct bytes cloud_account_of_pod(const struct scope *s, struct bytes user)
{
    for (size_t i = 0; i < CLOUD_ACCOUNTS; i++) {
        struct bytes account = pod_cloud_account(s, i);
        if (account.n && cloud_is_principal(user, account))
            return account;
    }
    return BYTES_NONE;
}

bool cloud_names(const struct mark *m, struct bytes user)
{
    struct bytes name = short_of(user);
    return name.n && bytes_ends(m->object, name) &&
           (m->object.n == name.n || m->object.p[m->object.n - name.n - 1] == '/');
}

bool cloud_revokes(const struct mark *m)
{
    static const char *const names[] = {
        "DeleteAccessEntry", "DisassociateAccessPolicy", "DeleteAccessKey",
        "DeleteUser",        "DeleteLoginProfile",       "DetachUserPolicy",
        "DeleteUserPolicy",  "DetachRolePolicy",         "DeleteRole"};
    if (!of_cloud(m) || (m->in_scope && m->suspicious) || m->failed)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bytes_is(m->action, names[i]))
            return true;
    return bytes_is(m->action, "UpdateAccessKey") &&
           bytes_contains(m->message, BYTES(" Inactive"));
}

bool cloud_against(const struct incident *in, const struct mark *m)
{
    const struct scope *s = in->scope;
    bool named = false;
    for (size_t i = 0; i < s->reached.n && !named && cloud_revokes(m); i++) {
        const struct reached *r = s->reached.v[i];
        named = r->identity && cloud_names(m, r->what);
    }
    return named && incident_place(in, m->kind, &m->span, m->time) >= in->first_placed;
}
