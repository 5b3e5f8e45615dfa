/* Falco alerts, JSON and text, line by line. */
#include "formats/falco.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct falco_alert a;
    struct falco_reader *r = falco_reader_new();
    struct bytes rest = bytes_of(data, size), line;
    while (bytes_split(&rest, '\n', &line)) {
        falco_read(r, line, line.n, &a);
        falco_place(&a);
    }
    falco_looks_like(bytes_of(data, size));
    falco_reader_free(r);
    return 0;
}
