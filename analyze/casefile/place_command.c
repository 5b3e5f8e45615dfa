/* The command by which a reader of the report shows a cited place again. */
#include "analyze/casefile/reader.h"

static bool shell_takes(struct bytes path)
{
    for (size_t i = 0; i < path.n; i++) {
        uint8_t c = path.p[i];
        if (!is_digit(c) && !(to_lower(c) >= 'a' && to_lower(c) <= 'z') &&
            !memchr("/._-+:,=", c, 8))
            return false;
    }
    /* Digits alone would be taken for an id. */
    uint64_t number;
    return path.n > 0 && path.p[0] != '-' && !bytes_to_u64(path, &number);
}

void case_place_command(const struct case_place *p, struct bytes package, struct text *t)
{
    text_str(t, "exhibit show ");
    text_add(t, p->package.n > 0 ? p->package : package);
    if (shell_takes(p->item)) {
        text_byte(t, ' ');
        text_add(t, p->item);
    } else {
        text_printf(t, " %lld", (long long)p->item_id);
    }
    text_printf(t, "@%llu+%llu", (unsigned long long)p->offset,
                (unsigned long long)p->length);
}
