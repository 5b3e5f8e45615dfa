/* The members of audit.k8s.io Event, v1 and before. */
#include "formats/audit_private.h"

typedef void read_member(struct audit_event *e, struct jsonl_value v);

/* Go matches names without regard to case, and shippers that marshal Go structs
 * capitalise them. */
static bool same_name(struct bytes key, const char *name, size_t n)
{
    if (key.n != n)
        return false;
    return memcmp(key.p, name, n) == 0 ||
           ((key.p[0] & 0x20) == 0 && bytes_eq_nocase(key, bytes_of(name, n)));
}

void audit_list_add(struct audit_list *list, struct bytes value)
{
    if (list->n < AUDIT_LIST)
        list->v[list->n++] = value;
    else
        list->more++;
}

static void read_list(struct audit_list *list, struct jsonl_value array)
{
    struct bytes key;
    struct jsonl_walk w = jsonl_members(array);
    list->n = list->more = 0;
    for (struct jsonl_value v; jsonl_next(&w, &key, &v);)
        audit_list_add(list, jsonl_string(v));
}

static void read_account(struct audit_user *u, struct jsonl_value object)
{
    struct bytes key;
    struct jsonl_walk w = jsonl_members(object);
    for (struct jsonl_value v; jsonl_next(&w, &key, &v);) {
        if (same_name(key, "username", 8))
            u->username = jsonl_string(v);
        else if (same_name(key, "uid", 3))
            u->uid = jsonl_string(v);
        else if (same_name(key, "groups", 6))
            read_list(&u->groups, v);
        else if (same_name(key, "extra", 5))
            u->extra = v;
    }
}

static const struct {
    const char *name;
    size_t n;
    enum audit_level level;
} levels[] = {
    {"Metadata", 8, AUDIT_LEVEL_METADATA},
    {"RequestResponse", 15, AUDIT_LEVEL_REQUEST_RESPONSE},
    {"Request", 7, AUDIT_LEVEL_REQUEST},
    {"None", 4, AUDIT_LEVEL_NONE},
};

static const struct {
    const char *name;
    size_t n;
    enum audit_stage stage;
} stages[] = {
    {"ResponseComplete", 16, AUDIT_STAGE_RESPONSE_COMPLETE},
    {"RequestReceived", 15, AUDIT_STAGE_REQUEST_RECEIVED},
    {"ResponseStarted", 15, AUDIT_STAGE_RESPONSE_STARTED},
    {"Panic", 5, AUDIT_STAGE_PANIC},
};

static void read_level(struct audit_event *e, struct jsonl_value v)
{
    struct bytes s = jsonl_string(v);
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (s.n == levels[i].n && memcmp(s.p, levels[i].name, s.n) == 0)
            e->level = levels[i].level;
    }
}

static void read_stage(struct audit_event *e, struct jsonl_value v)
{
    struct bytes s = jsonl_string(v);
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        if (s.n == stages[i].n && memcmp(s.p, stages[i].name, s.n) == 0)
            e->stage = stages[i].stage;
    }
}

static void read_kind(struct audit_event *e, struct jsonl_value v)
{
    if (bytes_is(jsonl_string(v), "Event") && e->shape == AUDIT_SHAPE_UNKNOWN)
        e->shape = AUDIT_SHAPE_BETA;
}

static void read_version(struct audit_event *e, struct jsonl_value v)
{
    if (bytes_is(jsonl_string(v), "audit.k8s.io/v1"))
        e->shape = AUDIT_SHAPE_V1;
}

static void read_audit_id(struct audit_event *e, struct jsonl_value v)
{
    e->audit_id = jsonl_string(v);
}

static void read_request_uri(struct audit_event *e, struct jsonl_value v)
{
    e->request_uri = jsonl_string(v);
}

static void read_verb(struct audit_event *e, struct jsonl_value v)
{
    e->verb = jsonl_string(v);
}

static void read_user(struct audit_event *e, struct jsonl_value v)
{
    read_account(&e->user, v);
}

static void read_impersonated(struct audit_event *e, struct jsonl_value v)
{
    e->has_impersonated = jsonl_is(v, JSONL_OBJECT);
    read_account(&e->impersonated, v);
}

static void read_source_ips(struct audit_event *e, struct jsonl_value v)
{
    read_list(&e->source_ips, v);
}

static void read_user_agent(struct audit_event *e, struct jsonl_value v)
{
    e->user_agent = jsonl_string(v);
}

static void read_object(struct audit_event *e, struct jsonl_value object)
{
    static const struct {
        const char *name;
        size_t n, at;
    } parts[] = {
#define PART(name, member) {name, sizeof name - 1, offsetof(struct audit_object, member)}
        PART("resource", resource),
        PART("namespace", namespace),
        PART("name", name),
        PART("uid", uid),
        PART("apiGroup", api_group),
        PART("apiVersion", api_version),
        PART("resourceVersion", resource_version),
        PART("subresource", subresource),
#undef PART
    };
    struct bytes key;
    struct jsonl_walk w = jsonl_members(object);
    e->has_object = jsonl_is(object, JSONL_OBJECT);
    for (struct jsonl_value v; jsonl_next(&w, &key, &v);) {
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
            if (!same_name(key, parts[i].name, parts[i].n))
                continue;
            *(struct bytes *)(void *)((char *)&e->object + parts[i].at) = jsonl_string(v);
            break;
        }
    }
}

static void read_response(struct audit_event *e, struct jsonl_value object)
{
    struct bytes key;
    struct jsonl_walk w = jsonl_members(object);
    e->response.present = jsonl_is(object, JSONL_OBJECT);
    for (struct jsonl_value v; jsonl_next(&w, &key, &v);) {
        if (same_name(key, "code", 4))
            jsonl_integer(v, &e->response.code);
        else if (same_name(key, "status", 6))
            e->response.status = jsonl_string(v);
        else if (same_name(key, "reason", 6))
            e->response.reason = jsonl_string(v);
        else if (same_name(key, "message", 7))
            e->response.message = jsonl_string(v);
    }
}

static void read_request_body(struct audit_event *e, struct jsonl_value v)
{
    e->request_object = jsonl_is(v, JSONL_NULL) ? JSONL_NOTHING : v;
}

static void read_response_body(struct audit_event *e, struct jsonl_value v)
{
    e->response_object = jsonl_is(v, JSONL_NULL) ? JSONL_NOTHING : v;
}

/* Databases hand times on without their zone, which is UTC: "2022-11-29 00:09:04.38",
 * "2022-11-29 00:09:04.38 UTC". */
bool audit_read_time(struct bytes text, instant *out, enum precision *p)
{
    char zoned[48];
    if (instant_parse(text, out, p))
        return true;
    if (bytes_ends(text, BYTES(" UTC")))
        text = bytes_sub(text, 0, text.n - 4);
    if (text.n < 19 || text.n >= sizeof zoned - 1)
        return false;
    memcpy(zoned, text.p, text.n);
    zoned[text.n] = 'Z';
    return instant_parse(bytes_of(zoned, text.n + 1), out, p);
}

static void read_received(struct audit_event *e, struct jsonl_value v)
{
    audit_read_time(jsonl_string(v), &e->received, &e->precision);
}

static void read_stage_time(struct audit_event *e, struct jsonl_value v)
{
    audit_read_time(jsonl_string(v), &e->stage_time, &e->precision);
}

/* v1alpha1 and v1beta1 before 1.9: whole seconds, when the stage was reached. */
static void read_timestamp(struct audit_event *e, struct jsonl_value v)
{
    if (e->stage_time == INSTANT_NONE)
        audit_read_time(jsonl_string(v), &e->stage_time, &e->precision);
}

static void read_annotations(struct audit_event *e, struct jsonl_value object)
{
    struct bytes key;
    struct jsonl_walk w = jsonl_members(object);
    e->annotations = object;
    for (struct jsonl_value v; jsonl_next(&w, &key, &v);) {
        /* Elastic's agents put underscores for the dots of keys, Loki for all signs. */
        if (bytes_is(key, "authorization.k8s.io/decision") ||
            bytes_is(key, "authorization_k8s_io/decision") ||
            bytes_is(key, "authorization_k8s_io_decision"))
            e->decision = jsonl_string(v);
        else if (bytes_is(key, "authorization.k8s.io/reason") ||
                 bytes_is(key, "authorization_k8s_io/reason") ||
                 bytes_is(key, "authorization_k8s_io_reason"))
            e->reason = jsonl_string(v);
        else if (bytes_is(key, "audit.k8s.io/truncated"))
            e->truncated = bytes_is(jsonl_string(v), "true");
    }
}

/* In the order in which the API server writes them, so that the next member is mostly the
 * next one here. */
static const struct {
    const char *name;
    size_t n;
    read_member *read;
} members[] = {
#define MEMBER(name, read)                                                               \
    {                                                                                    \
        name, sizeof name - 1, read                                                      \
    }
    MEMBER("kind", read_kind),
    MEMBER("apiVersion", read_version),
    MEMBER("level", read_level),
    MEMBER("auditID", read_audit_id),
    MEMBER("stage", read_stage),
    MEMBER("requestURI", read_request_uri),
    MEMBER("verb", read_verb),
    MEMBER("user", read_user),
    MEMBER("impersonatedUser", read_impersonated),
    MEMBER("sourceIPs", read_source_ips),
    MEMBER("userAgent", read_user_agent),
    MEMBER("objectRef", read_object),
    MEMBER("responseStatus", read_response),
    MEMBER("requestObject", read_request_body),
    MEMBER("responseObject", read_response_body),
    MEMBER("requestReceivedTimestamp", read_received),
    MEMBER("stageTimestamp", read_stage_time),
    MEMBER("annotations", read_annotations),
    MEMBER("timestamp", read_timestamp),
#undef MEMBER
};
#define MEMBERS (sizeof members / sizeof *members)

/* Index of the member, looked for from `hint` on; MEMBERS when it is unknown. */
static size_t member_of(struct bytes key, size_t hint)
{
    for (size_t i = 0; i < MEMBERS; i++) {
        size_t at = hint + i < MEMBERS ? hint + i : hint + i - MEMBERS;
        if (same_name(key, members[at].name, members[at].n))
            return at;
    }
    return MEMBERS;
}

/* Bare items of lists have neither kind nor version, and exports leave members out;
 * Kubernetes' own Event has a kind and none of the rest. */
static bool tell_shape(struct audit_event *e)
{
    bool asked = e->verb.n || e->request_uri.n;
    bool named = e->audit_id.n || e->stage || e->user.username.n || e->has_object;
    bool is_event = asked && (named || e->shape == AUDIT_SHAPE_V1);
    if (!is_event)
        e->shape = AUDIT_SHAPE_UNKNOWN;
    else if (e->shape == AUDIT_SHAPE_UNKNOWN)
        e->shape = AUDIT_SHAPE_BETA;
    return is_event;
}

bool audit_from_event(struct jsonl_value v, struct audit_event *out, bool *twice)
{
    struct bytes key;
    struct jsonl_walk w = jsonl_members(v);
    uint32_t seen = 0;
    size_t hint = 0;
    out->received = out->stage_time = INSTANT_NONE;
    for (struct jsonl_value member; w.object && jsonl_next(&w, &key, &member);) {
        size_t at = member_of(key, hint);
        if (at == MEMBERS)
            continue;
        *twice |= seen >> at & 1;
        seen |= 1u << at;
        hint = at + 1;
        members[at].read(out, member);
    }
    out->raw = v;
    return tell_shape(out);
}
