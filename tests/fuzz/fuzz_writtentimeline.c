/* Written timelines: statements are bytes of the text. */
#include <stdlib.h>

#include "formats/writtentimeline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every name is known, and is that of a zone with summer time. */
static const struct tzif *find(void *context, struct bytes name)
{
    return name.n ? context : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tzif zone = {
        .has_rule = true,
        .rule = {.standard = BYTES("CET"),
                 .summer = BYTES("CEST"),
                 .standard_offset = 3600,
                 .summer_offset = 7200,
                 .begins = {TZIF_MONTH, .month = 3, .week = 5, .second = 7200},
                 .ends = {TZIF_MONTH, .month = 10, .week = 5, .second = 10800}}};
    const struct timeline_given given = {.near = INSTANT_NONE, .zones = {find, &zone}};
    struct timeline t = {0};
    timeline_read(bytes_of(data, size), &given, &t);
    for (size_t i = 0; i < t.n; i++) {
        if (t.v[i].offset > size || t.v[i].length > size - t.v[i].offset ||
            t.v[i].end < t.v[i].time)
            abort();
    }
    timeline_release(&t);
    return 0;
}
