#include "formats/request_path.h"

#include "tests/sample.h"

/* k8s.io/apiserver documents these in requestinfo.go. */
Test(request_path, resources)
{
    static const struct {
        char uri[80];
        char method[8], verb[20];
        char group[12], namespace[8], resource[16], name[8], subresource[12];
    } cases[] = {
        {"/api/v1/namespaces", "GET", "list", "", "", "namespaces", "", ""},
        {"/api/v1/namespaces/ns", "GET", "get", "", "ns", "namespaces", "ns", ""},
        {"/api/v1/namespaces/ns/status", "PUT", "update", "", "ns", "namespaces", "ns",
         "status"},
        {"/api/v1/namespaces/ns/pods", "DELETE", "deletecollection", "", "ns", "pods", "",
         ""},
        {"/api/v1/namespaces/ns/pods/p/exec?command=id", "POST", "create", "", "ns",
         "pods", "p", "exec"},
        {"/apis/apps/v1/namespaces/ns/deployments/d", "PATCH", "patch", "apps", "ns",
         "deployments", "d", ""},
        {"/api/v1/nodes/n/proxy/run/x", "GET", "get", "", "", "nodes", "n", "proxy"},
        {"/api/v1/pods?watch=true", "GET", "watch", "", "", "pods", "", ""},
        {"/api/v1/watch/namespaces/ns/pods", "GET", "watch", "", "ns", "pods", "", ""},
        {"/healthz", "GET", "GET", "", "", "", "", ""},
        {"/api", "GET", "GET", "", "", "", "", ""},
        {"", "GET", "GET", "", "", "", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct request_path p = request_path_of(bytes_str(cases[i].uri));
        expect_bytes(request_verb(&p, bytes_str(cases[i].method)), cases[i].verb);
        expect_bytes(p.api_group, cases[i].group);
        expect_bytes(p.namespace, cases[i].namespace);
        expect_bytes(p.resource, cases[i].resource);
        expect_bytes(p.name, cases[i].name);
        expect_bytes(p.subresource, cases[i].subresource);
    }
}

Test(request_path, parameters_are_decoded)
{
    struct bytes rest = BYTES("/x?a=1&command=sh+-c&b&command=%69d%2&command=");
    struct text t = {0};
    cr_expect(request_parameter(&rest, "command", &t));
    cr_expect_str_eq(text_c(&t), "sh -c");
    text_clear(&t);
    cr_expect(request_parameter(&rest, "command", &t));
    cr_expect_str_eq(text_c(&t), "id%2");
    text_clear(&t);
    cr_expect(request_parameter(&rest, "command", &t));
    cr_expect_eq(t.n, 0);
    cr_expect_not(request_parameter(&rest, "command", &t));
    text_release(&t);
}
