/* Audit records of every shape, line by line. */
#include "formats/audit.h"
#include "formats/json_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct audit_reader *r = audit_reader_new();
    struct bytes rest = bytes_of(data, size), line;
    struct audit_event e;
    while (bytes_split(&rest, '\n', &line)) {
        audit_read(r, line, line.n, &e);
        audit_extra(audit_effective_user(&e), "x");
        audit_annotation(&e, "x");
    }
    json_prefix(bytes_of(data, size));
    audit_reader_free(r);
    return 0;
}
