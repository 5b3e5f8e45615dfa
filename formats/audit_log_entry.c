/* Google Cloud Logging: LogEntry with a protoPayload of google.cloud.audit.AuditLog, as
 * GKE writes the records of its API servers. */
#include "formats/audit_private.h"
#include "formats/request_path.h"

/* google.rpc.Code to the HTTP status that the API server answered with, as far as the
 * mapping can be undone. */
static int64_t http_code(int64_t grpc)
{
    static const int16_t codes[] = {200, 499, 500, 400, 504, 404, 409, 403, 429,
                                    400, 409, 400, 501, 500, 503, 500, 401};
    return grpc >= 0 && grpc < (int64_t)(sizeof codes / sizeof *codes) ? codes[grpc] : 0;
}

/* "core/v1/namespaces/NS/pods/NAME/exec" is the request's path without its prefix. */
static void read_resource_name(struct audit_event *e, struct bytes name)
{
    char path[1024] = "/apis/";
    if (!name.n || name.n > sizeof path - 7)
        return;
    memcpy(path + 6, name.p, name.n);
    struct request_path p = request_path_of(bytes_of(path, name.n + 6));
    /* Offsets in the copy are offsets in the name. */
#define MOVED(view)                                                                      \
    ((view).n ? bytes_of(name.p + ((view).p - (uint8_t *)path - 6), (view).n)            \
              : BYTES_NONE)
    struct bytes group = MOVED(p.api_group);
    e->object.api_group = bytes_is(group, "core") ? BYTES_NONE : group;
    e->object.api_version = MOVED(p.api_version);
    e->object.namespace = MOVED(p.namespace);
    e->object.resource = MOVED(p.resource);
    e->object.name = MOVED(p.name);
    e->object.subresource = MOVED(p.subresource);
#undef MOVED
    e->has_object = p.is_resource;
}

static void read_status(struct audit_event *e, struct jsonl_value status)
{
    int64_t code = 0;
    jsonl_integer(jsonl_get(status, "code"), &code);
    e->response.present = true;
    e->response.code = http_code(code);
    e->response.message = jsonl_string(jsonl_get(status, "message"));
}

static void read_labels(struct audit_event *e, struct jsonl_value labels)
{
    e->annotations = labels;
    e->decision = jsonl_string(jsonl_get(labels, "authorization.k8s.io/decision"));
    e->reason = jsonl_string(jsonl_get(labels, "authorization.k8s.io/reason"));
}

/* The answer may be a Status that tells of a failure which status.code leaves out. */
static void read_answer(struct audit_event *e)
{
    int64_t code;
    struct bytes status = jsonl_string(jsonl_get(e->response_object, "status"));
    if (!bytes_is(status, "Failure"))
        return;
    e->response.status = status;
    if (jsonl_integer(jsonl_get(e->response_object, "code"), &code) && code >= 400)
        e->response.code = code;
    else if (e->response.code < 400)
        e->response.code = 0;
}

static void read_payload(struct audit_event *e, struct jsonl_value payload)
{
    struct jsonl_value who = jsonl_get(payload, "authenticationInfo");
    struct jsonl_value how = jsonl_get(payload, "requestMetadata");
    struct jsonl_value may = jsonl_at(jsonl_get(payload, "authorizationInfo"), 0);
    e->user.username = jsonl_string(jsonl_get(who, "principalEmail"));
    if (!e->user.username.n)
        e->user.username = jsonl_string(jsonl_get(who, "authoritySelector"));
    e->user_agent = jsonl_string(jsonl_get(how, "callerSuppliedUserAgent"));
    struct bytes address = jsonl_string(jsonl_get(how, "callerIp"));
    if (!address.n) /* as some collectors write it */
        address = jsonl_string(jsonl_get(how, "callerIP"));
    if (address.n)
        audit_list_add(&e->source_ips, address);
    e->request_uri = jsonl_string(jsonl_get(payload, "resourceName"));
    read_resource_name(e, e->request_uri);
    read_status(e, jsonl_get(payload, "status"));
    e->request_object = jsonl_get(payload, "request");
    e->response_object = jsonl_get(payload, "response");
    struct jsonl_value granted = jsonl_get(may, "granted");
    if (!e->decision.n && granted.document)
        e->decision = jsonl_true(granted) ? BYTES("allow") : BYTES("forbid");
    read_answer(e);
}

/* What the policy was is not told; what is there was at least allowed by it. */
static enum audit_level least_level(const struct audit_event *e)
{
    if (jsonl_is(e->response_object, JSONL_OBJECT))
        return AUDIT_LEVEL_REQUEST_RESPONSE;
    return e->request_object.document ? AUDIT_LEVEL_REQUEST : AUDIT_LEVEL_METADATA;
}

static struct bytes last_part(struct bytes *dotted)
{
    size_t dot = bytes_rfind_byte(*dotted, '.');
    struct bytes part = dot < dotted->n ? bytes_from(*dotted, dot + 1) : *dotted;
    *dotted = dot < dotted->n ? bytes_sub(*dotted, 0, dot) : BYTES_NONE;
    return part;
}

/* "io.k8s.core.v1.pods.exec.create"; what deploys on somebody's behalf has a method of
 * its own and names the request only in the permission that it used. */
static struct bytes method_of(struct jsonl_value payload)
{
    struct bytes method = jsonl_string(jsonl_get(payload, "methodName"));
    struct jsonl_value used = jsonl_at(jsonl_get(payload, "authorizationInfo"), 0);
    struct bytes permission = jsonl_string(jsonl_get(used, "permission"));
    bool other = !bytes_starts(method, BYTES("io.k8s.")) &&
                 bytes_starts(permission, BYTES("io.k8s."));
    return other ? permission : method;
}

bool audit_from_log_entry(struct jsonl_value v, struct audit_event *out)
{
    struct jsonl_value payload = jsonl_get(v, "protoPayload");
    struct bytes method = method_of(payload);
    out->received = out->stage_time = INSTANT_NONE;
    if (!bytes_starts(method, BYTES("io.k8s.")) &&
        !bytes_is(jsonl_string(jsonl_get(payload, "serviceName")), "k8s.io"))
        return false;
    out->verb = last_part(&method);
    bool names_path = bytes_is(method, "io.k8s") && out->verb.n;
    read_labels(out, jsonl_get(v, "labels"));
    read_payload(out, payload);
    if (!out->has_object && bytes_starts(method, BYTES("io.k8s."))) {
        out->object.resource = last_part(&method);
        out->has_object = out->object.resource.n > 0;
    }
    if (names_path && !out->request_uri.n) { /* "io.k8s.readyz" */
        out->request_uri = out->verb;
        out->verb = BYTES("get");
    }
    out->audit_id = jsonl_string(jsonl_get(jsonl_get(v, "operation"), "id"));
    if (!out->audit_id.n)
        out->audit_id = jsonl_string(jsonl_get(v, "insertId"));
    audit_read_time(jsonl_string(jsonl_get(v, "timestamp")), &out->received,
                    &out->precision);
    struct jsonl_value where = jsonl_get(jsonl_get(v, "resource"), "labels");
    out->cluster = jsonl_string(jsonl_get(where, "cluster_name"));
    out->level = least_level(out);
    out->shape = AUDIT_SHAPE_GKE;
    out->raw = v;
    return out->verb.n > 0;
}
