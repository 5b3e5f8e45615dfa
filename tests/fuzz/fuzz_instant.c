/* What parses is written in one form, and that form parses to the same instant. */
#include <stdlib.h>

#include "formats/base/instant.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool parsed, instant t, enum precision p)
{
    char out[INSTANT_TEXT];
    instant again;
    if (!parsed)
        return;
    if (t == INSTANT_NONE || precision_width(p) <= 0)
        abort();
    instant_format(t, PRECISION_NANOSECOND, out);
    if (!instant_parse(bytes_str(out), &again, NULL) || again != t)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes b = bytes_of(data, size);
    instant t = 0;
    size_t used = 0;
    enum precision p = PRECISION_SECOND;
    check(instant_parse(b, &t, &p), t, p);
    check(instant_parse_date(b, &t, &p), t, p);
    check(instant_parse_epoch(b, &t, &p), t, p);
    check(instant_parse_http(b, &t), t, PRECISION_SECOND);
    bool prefix = instant_parse_prefix(b, &used, &t, &p);
    check(prefix, t, p);
    if (prefix && (used > size || !instant_parse(bytes_sub(b, 0, used), &t, &p)))
        abort();
    return 0;
}
