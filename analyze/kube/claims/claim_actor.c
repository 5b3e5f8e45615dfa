/* Who a sentence of the written timeline says did it. */
#include "analyze/kube/claims/claim_evidence.h"

/* A user's name that is written otherwise than it stands in the log. */
#define NAME_ROOM 128

/* The last part of "system:serviceaccount:ns:name"; "alice" of "oidc:alice@example" and
 * of "arn:aws:sts::1:assumed-role/admin/alice". */
static struct bytes short_name(struct bytes user, bool *workload)
{
    struct bytes namespace, name;
    *workload = service_account_of(user, &namespace, &name);
    if (*workload)
        return name;
    name = bytes_sub(user, 0, bytes_find_byte(user, '@'));
    /* "system:node:n1": who says n1 means the node, and not who did something to it. */
    if (bytes_starts(name, BYTES("system:")))
        return name;
    for (size_t i = name.n; i > 0; i--)
        if (strchr(":/#\\", name.p[i - 1]))
            return bytes_from(name, i);
    return name;
}

/* "ana.sousa" is written "Ana Sousa" as well; copied to `room`, empty where it is not. */
static struct bytes written_name(struct bytes name, uint8_t room[NAME_ROOM])
{
    bool parts = false;
    if (name.n > NAME_ROOM)
        return BYTES_NONE;
    for (size_t i = 0; i < name.n; i++) {
        bool joint = name.p[i] == '.' || name.p[i] == '_';
        room[i] = joint ? ' ' : name.p[i];
        parts |= joint;
    }
    return parts ? bytes_of(room, name.n) : BYTES_NONE;
}

/* "bo.lang@corp" is called "Bo" as well, with a capital, as a name is written. */
static struct bytes first_name(struct bytes name, uint8_t room[NAME_ROOM])
{
    size_t n = bytes_find_byte(name, '.');
    if (n == name.n || n < 2 || n > NAME_ROOM || bytes_starts(name, BYTES("system:")))
        return BYTES_NONE;
    for (size_t i = 0; i < n; i++)
        room[i] = to_lower(name.p[i]);
    if (room[0] < 'a' || room[0] > 'z')
        return BYTES_NONE;
    room[0] = (uint8_t)(room[0] - 'a' + 'A');
    return bytes_of(room, n);
}

/* By the first name, where it is written as one. */
static bool says_first_name_did(struct bytes text, struct bytes name)
{
    uint8_t room[NAME_ROOM];
    struct bytes first = first_name(name, room);
    return first.n && bytes_contains(text, first) && claim_says_did(text, first, false);
}

static bool has_name(struct bytes text, struct bytes user)
{
    uint8_t room[NAME_ROOM];
    bool workload;
    struct bytes name = short_name(user, &workload);
    return claim_has_word(text, name) || claim_has_word(text, written_name(name, room)) ||
           (!workload && says_first_name_did(text, name));
}

bool claim_names_user(struct bytes text, const struct request *r)
{
    return has_name(text, r->login.n ? r->login : request_as(r)) ||
           (!r->as.n && r->known_as.n && has_name(text, r->known_as));
}

/* "deleted by the ReplicaSet" */
static bool says_cluster_did(struct bytes text)
{
    static const char *const parts[] = {
        "replicaset", "controller",  "kubelet",   "scheduler",
        "kubernetes", "statefulset", "daemonset", "deployment controller"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (claim_says_by(text, bytes_str(parts[i])))
            return true;
    return false;
}

/* By any of the names that people have. */
static bool is_called(struct bytes who, struct bytes name)
{
    uint8_t room[NAME_ROOM], first[NAME_ROOM];
    struct bytes written = written_name(name, room), given = first_name(name, first);
    return who.n &&
           (claim_has_word(who, name) || (written.n && claim_has_word(who, written)) ||
            (given.n && claim_has_word(who, given)));
}

struct claim_actor claim_actor_of(struct bytes text, const struct list *users)
{
    struct claim_actor a = {.attacker = claim_says_attacker_did(text),
                            .cluster = says_cluster_did(text)};
    uint8_t room[NAME_ROOM];
    const struct bytes self = claim_self(text);
    for (size_t i = 0; i < users->n && a.count < CLAIM_SUBJECTS; i++) {
        const struct claim_user *known = users->v[i];
        bool workload;
        struct bytes name = short_name(known->name, &workload);
        if (claim_says_did(text, name, workload) || claim_says_by(text, known->user) ||
            claim_says_did(text, written_name(name, room), workload) ||
            (!workload && (says_first_name_did(text, name) || is_called(self, name))))
            a.users[a.count++] = known->user;
    }
    return a;
}
