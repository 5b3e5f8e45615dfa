/* Questions about one request. */
#include "analyze/kube/journal.h"
#include "formats/document.h"

struct bytes request_as(const struct request *r)
{
    return r->as.n ? r->as : r->user;
}

bool request_of_policy(const struct request *r)
{
    return bytes_ends(r->resource, BYTES("networkpolicies")) ||
           bytes_is(r->resource, "egressfirewalls");
}

bool request_of_token_secret(const struct request *r, struct bytes namespace,
                             struct bytes account)
{
    return request_is(r, "secrets", "") && bytes_eq(r->namespace, namespace) &&
           bytes_starts(r->name, account) &&
           bytes_starts(bytes_from(r->name, account.n), BYTES("-token"));
}

bool request_denied(const struct request *r)
{
    return bytes_is(r->decision, "forbid") || r->code == 401 || r->code == 403;
}

/* 101 is a connection handed over (exec); 0 is a record that does not tell. */
bool request_succeeded(const struct request *r)
{
    return !request_denied(r) && r->code < 400;
}

void request_owner_resource(const struct request *r, struct text *out)
{
    for (size_t i = 0; i < r->owner_kind.n; i++)
        text_byte(out, (char)to_lower(r->owner_kind.p[i]));
    text_byte(out, 's');
}

void request_release_bodies(struct request *r)
{
    json_decref(r->request);
    json_decref(r->response);
    r->request = r->response = NULL;
}

bool request_writes(const struct request *r)
{
    static const char *const verbs[] = {"create",           "update", "patch", "delete",
                                        "deletecollection", "post",   "put"};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (bytes_is(r->verb, verbs[i]))
            return !r->dry_run;
    return false;
}

bool request_is(const struct request *r, const char *resource, const char *subresource)
{
    return bytes_is(r->resource, resource) && bytes_is(r->subresource, subresource);
}

const json_t *request_written(const struct request *r, const char *path)
{
    const json_t *value = tree_get(r->request, path);
    for (size_t i = 0; !value && i < json_array_size(r->request); i++) {
        const json_t *operation = json_array_get(r->request, i);
        struct bytes pointer = tree_string(operation, "path");
        if (pointer.n && pointer.p[0] == '/' &&
            bytes_starts(bytes_from(pointer, 1), bytes_str(path)))
            value = tree_get(operation, "value");
    }
    return value;
}

bool request_scales_to_nothing(const struct request *r)
{
    const json_t *replicas = request_written(r, "spec/replicas");
    return request_writes(r) && !bytes_is(r->verb, "create") &&
           json_is_integer(replicas) && json_integer_value(replicas) == 0;
}

bool request_checkpoints(const struct request *r, struct bytes *namespace,
                         struct bytes *pod)
{
    struct bytes before = BYTES("/proxy/checkpoint/"), container;
    struct bytes path = bytes_sub(r->uri, 0, bytes_find_byte(r->uri, '?'));
    size_t at = bytes_find(path, before);
    /* What is escaped or goes up may end elsewhere. */
    if (!request_is(r, "nodes", "proxy") || !bytes_is(r->verb, "create") ||
        at == path.n || bytes_find_byte(path, '%') < path.n ||
        bytes_contains(path, BYTES("..")) || bytes_contains(path, BYTES("//")))
        return false;
    path = bytes_from(path, at + before.n);
    return bytes_split(&path, '/', namespace) && bytes_split(&path, '/', pod) &&
           bytes_split(&path, '/', &container) && !path.n && namespace->n && pod->n &&
           container.n;
}

bool request_enters(const struct request *r)
{
    static const char *const subresources[] = {"exec", "attach", "portforward", "proxy",
                                               "ephemeralcontainers"};
    for (size_t i = 0; i < sizeof subresources / sizeof *subresources; i++)
        if (bytes_is(r->subresource, subresources[i]))
            return true;
    return false;
}

bool request_enters_pod(const struct request *r)
{
    return request_is(r, "pods", "exec") || request_is(r, "pods", "attach") ||
           (request_is(r, "pods", "ephemeralcontainers") && request_writes(r));
}
