/* Azure's activity log: requests to the objects of a cluster that came by way of Azure
 * Resource Manager (Arc and AKS with Azure's authorization). An operation is
 * "MICROSOFT.KUBERNETES/CONNECTEDCLUSTERS/GROUP/RESOURCE[/SUBRESOURCE]/WRITE"; what wrote
 * is not told apart into create, update and patch, and no body is kept.
 *
 * Source: Microsoft Learn, "Azure activity log event schema" (its REST form, that of
 * diagnostic settings, and the table AzureActivity), "Azure permissions for Containers".
 */
#include "formats/audit_private.h"

static const char *const kinds[] = {"/connectedclusters/", "/managedclusters/", NULL};

/* In lower case, as Kubernetes writes its names. */
static struct bytes lowered(struct bytes text, struct arena *arena)
{
    uint8_t *low = arena_alloc(arena, text.n + 1);
    for (size_t i = 0; i < text.n; i++)
        low[i] = to_lower(text.p[i]);
    return bytes_of(low, text.n);
}

/* What follows a cluster's kind; `in` is in lower case. */
static struct bytes below_kind(struct bytes in)
{
    for (size_t i = 0; kinds[i]; i++) {
        size_t at = bytes_find(in, bytes_str(kinds[i]));
        if (at < in.n)
            return bytes_from(in, at + strlen(kinds[i]));
    }
    return BYTES_NONE;
}

static struct bytes first_string(struct jsonl_value v, const char *const *names)
{
    for (; *names; names++) {
        struct jsonl_value member = jsonl_get(v, *names);
        struct jsonl_value inner = jsonl_get(member, "value"); /* of the REST form */
        struct bytes text = jsonl_string(inner.document ? inner : member);
        if (text.n)
            return text;
    }
    return BYTES_NONE;
}

static struct bytes last_of(struct bytes *path)
{
    size_t slash = bytes_rfind_byte(*path, '/');
    struct bytes last = slash < path->n ? bytes_from(*path, slash + 1) : *path;
    *path = slash < path->n ? bytes_sub(*path, 0, slash) : BYTES_NONE;
    return last;
}

/* "rbac.authorization.k8s.io/rolebindings/write", "pods/exec/action" */
static bool read_operation(struct audit_event *e, struct bytes operation)
{
    struct bytes action = last_of(&operation), one;
    e->verb = bytes_is(action, "write")    ? BYTES("update")
              : bytes_is(action, "delete") ? BYTES("delete")
              : bytes_is(action, "read")   ? BYTES("get")
              : bytes_is(action, "action") ? BYTES("create")
                                           : BYTES_NONE;
    while (bytes_split(&operation, '/', &one)) {
        bool group = bytes_contains(one, BYTES(".")) || bytes_is(one, "apps") ||
                     bytes_is(one, "batch") || bytes_is(one, "policy") ||
                     bytes_is(one, "extensions") || bytes_is(one, "autoscaling");
        if (group && !e->object.resource.n)
            e->object.api_group = one;
        else if (!e->object.resource.n)
            e->object.resource = one;
        else
            e->object.subresource = one;
    }
    e->has_object = e->object.resource.n > 0;
    return e->verb.n && e->has_object && !bytes_is(e->object.resource, "diagnosticlogs");
}

/* ".../connectedClusters/C/namespaces/NS/GROUP/RESOURCE/NAME" */
static void read_id(struct audit_event *e, struct bytes id, struct arena *arena)
{
    struct bytes low = lowered(id, arena), below = below_kind(low);
    struct bytes rest = bytes_from(id, id.n - below.n), part, before = BYTES_NONE;
    bool first = true;
    while (below.n && bytes_split(&rest, '/', &part)) {
        struct bytes kind = lowered(before, arena);
        if (first)
            e->cluster = part;
        else if (bytes_is(kind, "namespaces"))
            e->object.namespace = part;
        else if (bytes_eq(kind, e->object.resource))
            e->object.name = part;
        first = false;
        before = part;
    }
    e->request_uri = id;
}

static void read_caller(struct audit_event *e, struct jsonl_value v)
{
    static const char *const names[] = {"caller", "Caller", NULL};
    static const char *const claims[] = {
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
        "upn",
        "appid",
        "name",
        NULL};
    static const char *const addresses[] = {"callerIpAddress", "CallerIpAddress", NULL};
    static const char *const of_request[] = {"clientIpAddress", NULL};
    struct jsonl_value stated = jsonl_get(jsonl_get(v, "identity"), "claims");
    if (!stated.document)
        stated = jsonl_get(v, "claims");
    e->user.username = first_string(v, names);
    if (!e->user.username.n)
        e->user.username = first_string(stated, claims);
    struct bytes address = first_string(v, addresses);
    if (!address.n)
        address = first_string(jsonl_get(v, "httpRequest"), of_request);
    if (address.n)
        audit_list_add(&e->source_ips, address);
}

/* "Start", then "Success" or "Failure", of one operation. */
static void read_result(struct audit_event *e, struct jsonl_value v)
{
    static const char *const names[] = {"resultType", "status", "ActivityStatusValue",
                                        "ActivityStatus", NULL};
    struct bytes result = first_string(v, names);
    bool begun = bytes_eq_nocase(bytes_sub(result, 0, 5), BYTES("start")) ||
                 bytes_eq_nocase(bytes_sub(result, 0, 6), BYTES("accept"));
    bool failed = bytes_eq_nocase(bytes_sub(result, 0, 4), BYTES("fail"));
    e->stage = begun ? AUDIT_STAGE_REQUEST_RECEIVED : AUDIT_STAGE_RESPONSE_COMPLETE;
    e->response.present = result.n && !begun;
    if (e->response.present && failed)
        e->response.status = BYTES("Failure");
    else if (e->response.present)
        e->response.code = 200;
}

bool audit_from_activity(struct jsonl_value v, struct arena *arena,
                         struct audit_event *out)
{
    static const char *const operations[] = {"operationName", "OperationNameValue",
                                             "OperationName", NULL};
    static const char *const ids[] = {"resourceId", "_ResourceId", "ResourceId", NULL};
    static const char *const times[] = {"time", "eventTimestamp", "TimeGenerated", NULL};
    static const char *const requests[] = {"correlationId", "CorrelationId", NULL};
    struct bytes operation = first_string(v, operations);
    out->received = out->stage_time = INSTANT_NONE;
    if (!operation.n || !read_operation(out, below_kind(lowered(operation, arena))))
        return false;
    read_id(out, first_string(v, ids), arena);
    read_caller(out, v);
    read_result(out, v);
    out->audit_id = first_string(v, requests);
    audit_read_time(first_string(v, times), &out->received, &out->precision);
    out->level = AUDIT_LEVEL_METADATA;
    out->shape = AUDIT_SHAPE_ACTIVITY;
    out->raw = v;
    return true;
}
