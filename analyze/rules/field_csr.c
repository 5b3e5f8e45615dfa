/* The subject that a certificate signing request asks for: "CN=…", "O=…". */
#include "analyze/rules/field.h"
#include "formats/audit.h"
#include "formats/csr.h"

void field_derive_csr(const struct record *r, struct values *to)
{
    if (!r->audit)
        return;
    struct jsonl_value spec = jsonl_get(r->audit->request_object, "spec");
    struct csr_names names;
    struct csr_name name;
    if (!csr_open(jsonl_string(jsonl_get(spec, "request")), to->arena, &names))
        return;
    while (csr_next(&names, &name))
        values_text(to, bytes_str(arena_printf(
                            to->arena, "%s=%.*s", name.attribute, (int)name.value.n,
                            name.value.n ? (const char *)name.value.p : "")));
}
