#include "formats/request_path.h"

static struct bytes next_part(struct bytes *rest)
{
    struct bytes part = BYTES_NONE;
    while (bytes_split(rest, '/', &part) && !part.n)
        ;
    return part;
}

static bool query_has_watch(struct bytes query)
{
    struct bytes pair;
    while (bytes_split(&query, '&', &pair)) {
        if (bytes_is(pair, "watch=true") || bytes_is(pair, "watch=1") ||
            bytes_is(pair, "watch"))
            return true;
    }
    return false;
}

/* namespaces/NS alone, and these below it, mean the namespace itself. */
static bool of_namespace_itself(struct bytes part)
{
    return !part.n || bytes_is(part, "status") || bytes_is(part, "finalize");
}

static void read_resource(struct request_path *p, struct bytes rest)
{
    struct bytes part = next_part(&rest);
    if (bytes_is(part, "watch") || bytes_is(part, "proxy")) {
        p->watch |= bytes_is(part, "watch");
        part = next_part(&rest);
    }
    p->resource = part;
    p->name = next_part(&rest);
    if (bytes_is(part, "namespaces") && p->name.n) {
        p->namespace = p->name;
        struct bytes below = rest;
        struct bytes next = next_part(&below);
        if (!of_namespace_itself(next)) {
            p->resource = next;
            p->name = next_part(&below);
            rest = below;
        }
    }
    p->subresource = next_part(&rest);
    p->is_resource = p->resource.n > 0;
}

struct request_path request_path_of(struct bytes uri)
{
    struct request_path p = {0};
    size_t question = bytes_find_byte(uri, '?');
    struct bytes path = bytes_sub(uri, 0, question);
    if (question < uri.n)
        p.watch = query_has_watch(bytes_from(uri, question + 1));
    struct bytes rest = path, first = next_part(&rest);
    if (bytes_is(first, "apis"))
        p.api_group = next_part(&rest);
    else if (!bytes_is(first, "api"))
        return p;
    p.api_version = next_part(&rest);
    if (p.api_version.n)
        read_resource(&p, rest);
    return p;
}

struct bytes request_verb(const struct request_path *p, struct bytes method)
{
    if (!p->is_resource)
        return method;
    bool read = bytes_is(method, "GET") || bytes_is(method, "HEAD");
    if (read && p->watch)
        return BYTES("watch");
    if (read)
        return p->name.n ? BYTES("get") : BYTES("list");
    if (bytes_is(method, "POST"))
        return BYTES("create");
    if (bytes_is(method, "PUT"))
        return BYTES("update");
    if (bytes_is(method, "PATCH"))
        return BYTES("patch");
    if (bytes_is(method, "DELETE"))
        return p->name.n ? BYTES("delete") : BYTES("deletecollection");
    return method;
}

bool request_parameter(struct bytes *rest, const char *name, struct text *value)
{
    /* The first call is given the whole URI, the later ones what is left of the query. */
    if (rest->n && rest->p[0] == '/')
        *rest = bytes_from(*rest, bytes_find_byte(*rest, '?') + 1);
    struct bytes pair, want = bytes_str(name);
    while (bytes_split(rest, '&', &pair)) {
        if (pair.n > want.n && bytes_starts(pair, want) && pair.p[want.n] == '=') {
            unescape_url(value, bytes_from(pair, want.n + 1));
            return true;
        }
    }
    return false;
}
