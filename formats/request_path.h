/* What a request to the Kubernetes API asks for, from its path and method.
 *
 * Source: k8s.io/apiserver endpoints/request/requestinfo.go.
 */
#ifndef FORMATS_REQUEST_PATH_H
#define FORMATS_REQUEST_PATH_H

#include "formats/base/bytes.h"
#include "formats/base/text.h"

/* Views into the path; not percent-decoded. */
struct request_path {
    bool is_resource; /* false: "/healthz", "/version", "/api" … */
    struct bytes api_group, api_version, namespace, resource, name, subresource;
    bool watch; /* ?watch=true, or the old watch/ prefix */
};

/* Reads the path and query of a request ("/api/v1/namespaces/x/pods?limit=1"). */
struct request_path request_path_of(struct bytes uri);
/* The verb of RBAC and audit for an HTTP method ("POST" gives create); for requests that
 * name no resource the method itself, which is upper-case. Static, or a view of `method`.
 */
struct bytes request_verb(const struct request_path *p, struct bytes method);

/* The values of a query parameter, one by one, decoded ("+" and %20 are blanks): starts
 * with *rest being the whole URI. False when there are no more. Appends to `value`. */
bool request_parameter(struct bytes *rest, const char *name, struct text *value);

#endif
