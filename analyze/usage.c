#include "analyze/usage.h"

#include "analyze/commands.h"
#include "analyze/opening.h"

int usage_error(const char *command, const char *what, const char *which)
{
    fprintf(stderr, "exhibit %s: %s", command, what);
    if (which)
        print_escaped(stderr, bytes_str(which));
    fprintf(stderr, "\nTry: exhibit %s --help\n", command);
    return EXIT_USAGE;
}

bool usage_number(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
    return bytes_to_u64(bytes_str(text), out) && *out >= least && *out <= most;
}

bool usage_size(const char *text, uint64_t *out)
{
    static const char units[] = "kmgt";
    struct bytes b = bytes_str(text);
    uint8_t last = b.n ? to_lower(b.p[b.n - 1]) : 0;
    const char *unit = last ? strchr(units, last) : NULL;
    unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    if (unit)
        b.n--;
    if (!bytes_to_u64(b, out) || *out > UINT64_MAX >> shift)
        return false;
    *out <<= shift;
    return true;
}
