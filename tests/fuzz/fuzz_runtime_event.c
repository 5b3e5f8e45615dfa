/* Records of sensors, journals and network plugins. */
#include "formats/runtime_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads what the views show: one into room that has moved is found only so. */
static uint64_t read_all(const struct runtime_event *e)
{
    const struct bytes views[] = {e->what,
                                  e->message,
                                  e->rule,
                                  e->severity,
                                  e->user,
                                  e->target,
                                  e->container_id,
                                  e->image,
                                  e->process.executable,
                                  e->process.name,
                                  e->process.arguments,
                                  e->parent.executable};
    uint64_t hash = BYTES_HASH;
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        hash = bytes_hash(hash, views[i]);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct runtime_reader r;
    struct runtime_event e;
    runtime_reader_open(&r);
    struct text line = {0};
    volatile uint64_t read = 0;
    if (!runtime_read(&r, bytes_of(data, size), size, &e).code) {
        read = read_all(&e);
        runtime_command_line(e.raw, &line);
    }
    (void)read;
    text_release(&line);
    runtime_reader_close(&r);
    return 0;
}
