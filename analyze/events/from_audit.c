#include "analyze/events/batch.h"
#include "analyze/events/from.h"
#include "formats/request_path.h"

static const char *time_desc(const struct audit_event *a)
{
    if (a->stage_time == INSTANT_NONE && a->received == INSTANT_NONE)
        return "Record Logged";
    switch (a->stage) {
    case AUDIT_STAGE_REQUEST_RECEIVED:
        return "Request Received";
    case AUDIT_STAGE_RESPONSE_STARTED:
        return "Response Started";
    case AUDIT_STAGE_RESPONSE_COMPLETE:
        return "Response Complete";
    case AUDIT_STAGE_PANIC:
        return "Panic";
    default:
        return a->stage_time == INSTANT_NONE ? "Request Received" : "Request";
    }
}

static struct bytes request_path_text(const struct audit_event *a)
{
    return bytes_sub(a->request_uri, 0, bytes_find_byte(a->request_uri, '?'));
}

static struct bytes object_of(const struct audit_event *a, struct arena *arena)
{
    if (!a->has_object)
        return request_path_text(a);
    struct bytes name = a->object.name;
    /* What was created under a generated name tells it only in the answer. */
    if (!name.n)
        name = jsonl_string(jsonl_get(jsonl_get(a->response_object, "metadata"), "name"));
    /* Requests for a namespace carry its name in both fields. */
    bool itself = bytes_is(a->object.resource, "namespaces");
    return JOIN(arena, "/", itself ? BYTES_NONE : a->object.namespace, name);
}

static struct bytes command_of(const struct audit_event *a, struct arena *arena)
{
    struct text line = {0};
    audit_command_line(a, &line);
    struct bytes command = arena_copy(arena, text_bytes(&line));
    text_release(&line);
    return command;
}

static void add_identity(struct event *e, const struct audit_event *a)
{
    if (a->has_impersonated)
        event_field(e, "impersonated", a->impersonated.username);
    if (a->source_ips.n)
        event_field(e, "source_ip", a->source_ips.v[a->source_ips.n - 1]);
    if (a->source_ips.n > 1)
        event_field(e, "forwarded_for", a->source_ips.v[0]);
    event_field(e, "user_agent", a->user_agent);
    event_field(e, "credential_id",
                audit_extra(&a->user, "authentication.kubernetes.io/credential-id"));
    event_field(e, "from_pod",
                audit_extra(&a->user, "authentication.kubernetes.io/pod-name"));
    event_field(e, "issued_credential_id",
                audit_annotation(a, "authentication.kubernetes.io/issued-credential-id"));
}

static void add_request(struct event *e, const struct audit_event *a, struct arena *arena)
{
    event_field(e, "verb", a->verb);
    event_field(e, "resource", a->object.resource);
    event_field(e, "subresource", a->object.subresource);
    event_field(e, "namespace", a->object.namespace);
    event_field(e, "name", a->object.name);
    event_field(e, "api_group", a->object.api_group);
    event_field(e, "command", command_of(a, arena));
    if (a->response.code)
        event_field(e, "code", number_text(arena, a->response.code));
    event_field(e, "decision", a->decision);
    event_field(e, "reason", a->reason);
    event_field(e, "audit_id", a->audit_id);
    event_field(e, "stage",
                a->stage ? bytes_str(audit_stage_name(a->stage)) : BYTES_NONE);
    event_field(e, "uri", a->request_uri);
    event_field(e, "cluster", a->cluster);
}

struct event event_from_audit(const struct audit_event *a, struct span span,
                              struct arena *arena)
{
    struct bytes resource = JOIN(arena, "/", a->object.resource, a->object.subresource);
    struct event e = {
        .kind = EVENT_API_REQUEST,
        .time = audit_time(a),
        .end = audit_time(a),
        .precision = a->precision,
        .clock = CLOCK_API_SERVER,
        .time_desc = time_desc(a),
        .actor = a->user.username,
        .action = JOIN(arena, " ", a->verb, resource),
        .object = object_of(a, arena),
        .span = span,
    };
    struct bytes code =
        a->response.code ? number_text(arena, a->response.code) : BYTES_NONE;
    struct bytes as = a->has_impersonated
                          ? JOIN(arena, "", BYTES("as "), a->impersonated.username)
                          : BYTES_NONE;
    struct bytes command = command_of(a, arena);
    e.message =
        JOIN(arena, " ", e.actor, as, e.action, e.object,
             command.n ? JOIN(arena, "", BYTES("["), command, BYTES("]")) : BYTES_NONE,
             code.n ? JOIN(arena, "", BYTES("-> "), code) : BYTES_NONE,
             a->response.code >= 400 ? a->response.message : BYTES_NONE);
    add_request(&e, a, arena);
    add_identity(&e, a);
    return e;
}
