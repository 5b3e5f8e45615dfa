/* Tetragon, Tracee and journal records. */
#include "formats/runtime_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct runtime_reader r;
    struct runtime_event e;
    runtime_reader_open(&r);
    struct text line = {0};
    if (!runtime_read(&r, bytes_of(data, size), size, &e).code)
        runtime_command_line(e.raw, &line);
    text_release(&line);
    runtime_reader_close(&r);
    return 0;
}
