/* CloudTrail's records, line by line. */
#include "formats/cloudtrail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cloudtrail_reader r = {0};
    struct cloudtrail_event e;
    struct bytes rest = bytes_of(data, size), line;
    cloudtrail_probe(rest);
    while (bytes_split(&rest, '\n', &line))
        cloudtrail_read(&r, line, line.n, &e);
    cloudtrail_reader_close(&r);
    return 0;
}
