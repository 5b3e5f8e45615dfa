#include "verify/identify_account.h"

#include "formats/writtentimeline.h"
#include "verify/identify_name.h"

bool account_probe(struct bytes head, struct bytes path)
{
    enum { ENOUGH = 3, LINES = 24 * 1024 };
    static const struct timeline_given given = {.near = INSTANT_NONE};
    bool text = name_ends(path, ".md") || name_ends(path, ".txt") ||
                name_ends(path, ".markdown") || name_ends(path, ".rst") ||
                name_ends(path, ".adoc");
    struct timeline t = {0};
    struct bytes line, rest = head = bytes_sub(head, 0, LINES);
    size_t lines = 0, minutes = 0;
    if (!text)
        return false;
    while (bytes_split(&rest, '\n', &line))
        lines += bytes_trim(line).n > 0;
    timeline_read(head, &given, &t);
    for (size_t i = 0; i < t.n; i++)
        minutes += t.v[i].precision == PRECISION_MINUTE && t.v[i].text.n > 0;
    for (size_t i = 0; i < t.faults.n; i++) /* a zone that has several meanings */
        minutes += t.faults.v[i].code == FAULT_ZONE_AMBIGUOUS ||
                   t.faults.v[i].code == FAULT_ZONE_UNKNOWN;
    timeline_release(&t);
    return minutes >= ENOUGH && minutes * 2 >= lines;
}
