/* Evidence records, and the DER under them. */
#include "formats/der.h"
#include "formats/evidence_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT;
    struct evidence_record record;
    struct fault fault;
    struct bytes all = bytes_of(data, size), rest = all;
    struct der element;
    enum digest_algorithm algorithm;
    (void)evidence_record_probe(all);
    (void)evidence_record_read(all, &arena, &record, &fault);
    (void)der_digest_algorithm(all, &algorithm);
    while (der_next(&rest, &element))
        continue;
    arena_release(&arena);
    return 0;
}
