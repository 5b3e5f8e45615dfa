/* BPF programs, one line per instruction. */
#include <stdlib.h>

#include "formats/criu/filter_names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes program = bytes_of(data, size);
    struct text t = {0};
    struct filter_place *places = filter_places(program);
    for (size_t i = 0; i < filter_count(program); i++) {
        filter_line(filter_at(program, i), i, i & 1, &t);
        filter_operand_name(filter_at(program, i), places[i], i % (MACHINE_OTHER + 1));
    }
    free(places);
    filter_actions(program);
    text_release(&t);
    return 0;
}
