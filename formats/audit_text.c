/* The legacy text format of the log backend: one line for each stage of a request,
 *   2016-09-07T13:03:57.400333046Z AUDIT: id="…" stage="…" ip="…" method="GET" user="…"
 *   groups="\"system:masters\"" as="<self>" asgroups="<lookup>" user-agent="…"
 *   namespace="<none>" uri="/api/v1/pods" response="200"
 * Values are quoted as Go's %q does. Source: k8s.io/apiserver pkg/audit/format.go. */
#include "formats/audit_private.h"
#include "formats/request_path.h"

/* Undoes the quoting that occurs in these values; others stay as they stand. */
static struct bytes unquote(struct arena *arena, struct bytes quoted)
{
    if (bytes_find_byte(quoted, '\\') == quoted.n)
        return quoted;
    uint8_t *out = arena_alloc(arena, quoted.n);
    size_t n = 0;
    for (size_t i = 0; i < quoted.n; i++) {
        bool escape = quoted.p[i] == '\\' && i + 1 < quoted.n &&
                      (quoted.p[i + 1] == '"' || quoted.p[i + 1] == '\\');
        out[n++] = quoted.p[i += escape];
    }
    return bytes_of(out, n);
}

/* Takes key="value" off the line. */
static bool next_pair(struct bytes *rest, struct bytes *key, struct bytes *value)
{
    *rest = bytes_trim(*rest);
    size_t equals = bytes_find(*rest, BYTES("=\""));
    if (equals == rest->n)
        return false;
    *key = bytes_sub(*rest, 0, equals);
    *rest = bytes_from(*rest, equals + 2);
    size_t end = 0;
    while (end < rest->n && rest->p[end] != '"')
        end += rest->p[end] == '\\' ? 2 : 1;
    if (end >= rest->n)
        return false;
    *value = bytes_sub(*rest, 0, end);
    *rest = bytes_from(*rest, end + 1);
    return true;
}

/* "\"a\",\"b\"" after unquoting: "a","b". */
static void read_groups(struct audit_list *list, struct bytes value)
{
    struct bytes group;
    while (bytes_split(&value, ',', &group)) {
        if (group.n >= 2 && group.p[0] == '"')
            group = bytes_sub(group, 1, group.n - 2);
        if (group.n && group.p[0] != '<')
            audit_list_add(list, group);
    }
}

static enum audit_stage stage_of(struct bytes name)
{
    for (int s = AUDIT_STAGE_REQUEST_RECEIVED; s <= AUDIT_STAGE_PANIC; s++) {
        if (bytes_is(name, audit_stage_name((enum audit_stage)s)))
            return (enum audit_stage)s;
    }
    return AUDIT_STAGE_UNKNOWN;
}

static void read_pair(struct audit_event *e, struct bytes key, struct bytes value,
                      struct bytes *method)
{
    uint64_t code;
    if (bytes_is(value, "<none>") || bytes_is(value, "<self>") ||
        bytes_is(value, "<lookup>") || bytes_is(value, "<deferred>"))
        return;
    if (bytes_is(key, "id"))
        e->audit_id = value;
    else if (bytes_is(key, "stage"))
        e->stage = stage_of(value);
    else if (bytes_is(key, "ip"))
        audit_list_add(&e->source_ips, value);
    else if (bytes_is(key, "method"))
        *method = value;
    else if (bytes_is(key, "user"))
        e->user.username = value;
    else if (bytes_is(key, "groups"))
        read_groups(&e->user.groups, value);
    else if (bytes_is(key, "as"))
        e->impersonated.username = value;
    else if (bytes_is(key, "asgroups"))
        read_groups(&e->impersonated.groups, value);
    else if (bytes_is(key, "user-agent"))
        e->user_agent = value;
    else if (bytes_is(key, "uri"))
        e->request_uri = value;
    else if (bytes_is(key, "response") && bytes_to_u64(value, &code) && code < 1000) {
        e->response.present = true;
        e->response.code = (int64_t)code;
    }
}

static void read_target(struct audit_event *e, struct bytes method)
{
    struct request_path p = request_path_of(e->request_uri);
    e->verb = request_verb(&p, method);
    e->has_object = p.is_resource;
    e->object = (struct audit_object){.resource = p.resource,
                                      .subresource = p.subresource,
                                      .namespace = p.namespace,
                                      .name = p.name,
                                      .api_group = p.api_group,
                                      .api_version = p.api_version};
}

bool audit_from_text(struct bytes line, struct arena *arena, struct audit_event *out)
{
    size_t used;
    out->received = out->stage_time = INSTANT_NONE;
    if (!instant_parse_prefix(line, &used, &out->stage_time, &out->precision))
        return false;
    struct bytes rest = bytes_trim(bytes_from(line, used));
    if (!bytes_starts(rest, BYTES("AUDIT: ")))
        return false;
    rest = bytes_from(rest, 7);
    struct bytes key, value, method = BYTES_NONE;
    while (next_pair(&rest, &key, &value))
        read_pair(out, key, unquote(arena, value), &method);
    out->has_impersonated = out->impersonated.username.n > 0;
    read_target(out, method);
    /* Before stages there were a line for the request and one for the response. */
    if (!out->stage)
        out->stage = out->response.present ? AUDIT_STAGE_RESPONSE_COMPLETE
                                           : AUDIT_STAGE_REQUEST_RECEIVED;
    out->level = AUDIT_LEVEL_METADATA;
    out->shape = AUDIT_SHAPE_LEGACY;
    /* Cut off within a value, or before what every request has. */
    out->partial = rest.n || (method.n ? !out->request_uri.n : !out->response.present);
    return out->audit_id.n > 0;
}
