/* One CRIU image of any type: framing, messages, payloads, pagemaps. */
#include <stdlib.h>

#include "analyze/process/decode.h"
#include "formats/criu/pagemap.h"
#include "formats/criu/payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ghosts and message queues have a structure of their own inside the payload. */
static void check_record(const struct criu_record *r, enum criu_payload kind, size_t size)
{
    struct criu_chunk chunk;
    struct criu_queue_message message;
    struct fault fault;
    if (r->offset > size || r->length > size - r->offset)
        abort();
    if (!r->message)
        return;
    for (size_t at = 0;
         kind == CRIU_PAYLOAD_GHOST && criu_ghost_next(r, &at, &chunk, &fault);)
        if (chunk.at > size || chunk.data.n > size - chunk.at)
            abort();
    for (size_t at = 0;
         kind == CRIU_PAYLOAD_MESSAGES && criu_queue_next(r, &at, &message);)
        ;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes all = bytes_of(data, size);
    struct faults faults = {0};
    struct criu_image image;
    struct criu_pagemap map;
    criu_image_read(&image, all, &faults);
    for (size_t i = 0; i < image.count; i++)
        check_record(&image.records[i], image.frame.type->payload, size);
    criu_image_release(&image);
    if (criu_pagemap_read(&map, all, 4096, &faults))
        for (size_t i = 1; i < map.count; i++)
            if (map.extents[i].start < map.extents[i - 1].start + map.extents[i - 1].size)
                abort();
    criu_pagemap_release(&map);
    json_decref(decode_image(all, true, &faults));
    faults_release(&faults);
    return 0;
}
