/* Rule files: whatever stands in one is refused with a message or compiled, and what was
 * compiled can be asked about a record. */
#include <stddef.h>
#include <stdint.h>

#include "analyze/rules/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(void *context, const struct match *m)
{
    *(unsigned *)context += m->outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char text[] =
        "{\"verb\":\"create\",\"objectRef\":{\"resource\":\"pods\",\"name\":\"a\"},"
        "\"requestObject\":{\"spec\":{\"containers\":[{\"name\":\"c\"}]}},"
        "\"rule\":\"x\",\"message\":\"m\",\"path\":\"/p\"}";
    unsigned sum = 0;
    struct rules *r = rules_new();
    rules_add(r, "fuzz.yml", bytes_of(data, size));
    rules_compile(r);
    json_t *json = json_loads(text, 0, NULL);
    for (unsigned s = 0; s < LOG_SOURCE_COUNT; s++) {
        struct record record = record_of_json((enum log_source)s, json);
        rules_match(r, &record, ignore, &sum);
    }
    json_decref(json);
    rules_free(r);
    return 0;
}
