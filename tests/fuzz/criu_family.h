/* One family of CRIU images: the first byte of the input chooses a type of it (its
 * highest bit: numbers of a big-endian machine), the rest are the records. So the fuzzer
 * spends its time behind the magic, on messages and payloads that belong together. */
#ifndef FUZZ_CRIU_FAMILY_H
#define FUZZ_CRIU_FAMILY_H

#include <stdlib.h>

#include "analyze/process/decode.h"
#include "formats/criu/pagemap.h"
#include "formats/criu/payload.h"

/* Ghosts and message queues have a structure of their own inside the payload. */
static inline void fuzz_record(const struct criu_record *r, enum criu_payload kind,
                               size_t size)
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

/* All that is asked of one image: records, payloads, pagemap, JSON. */
static inline void fuzz_image(struct bytes all)
{
    struct faults faults = {0};
    struct criu_image image;
    struct criu_pagemap map;
    criu_image_read(&image, all, &faults);
    for (size_t i = 0; i < image.count; i++)
        fuzz_record(&image.records[i], image.frame.type->payload, all.n);
    criu_image_release(&image);
    if (criu_pagemap_read(&map, all, 4096, &faults))
        for (size_t i = 1; i < map.count; i++)
            if (map.extents[i].start < map.extents[i - 1].start + map.extents[i - 1].size)
                abort();
    criu_pagemap_release(&map);
    json_decref(decode_image(all, true, &faults));
    faults_release(&faults);
}

static inline void put_word(uint8_t *at, uint32_t word, bool big_endian)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(word >> 8 * (big_endian ? 3 - i : i));
}

/* `n` types; an input of no byte is none. */
static inline void fuzz_family(const enum criu_type *types, size_t n, struct bytes input)
{
    if (input.n == 0)
        return;
    const struct criu_type_info *type = criu_type_info(types[(input.p[0] & 127) % n]);
    bool big_endian = input.p[0] >> 7;
    size_t header = type->class_magic ? 8 : 4;
    uint8_t *image = malloc(header + input.n - 1);
    if (!image)
        abort();
    if (type->class_magic)
        put_word(image, type->class_magic, big_endian);
    put_word(image + header - 4, type->magic, big_endian);
    memcpy(image + header, input.p + 1, input.n - 1);
    fuzz_image(bytes_of(image, header + input.n - 1));
    free(image);
}

#define FUZZ_FAMILY(...)                                                                 \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);                        \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)                         \
    {                                                                                    \
        static const enum criu_type types[] = {__VA_ARGS__};                             \
        fuzz_family(types, sizeof types / sizeof *types, bytes_of(data, size));          \
        return 0;                                                                        \
    }

#endif
