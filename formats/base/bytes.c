#include "formats/base/bytes.h"

int bytes_compare(struct bytes a, struct bytes b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    if (order)
        return order < 0 ? -1 : 1;
    return a.n == b.n ? 0 : a.n < b.n ? -1 : 1;
}

bool bytes_ends(struct bytes a, struct bytes suffix)
{
    return a.n >= suffix.n && bytes_eq(bytes_from(a, a.n - suffix.n), suffix);
}

bool bytes_eq_nocase(struct bytes a, struct bytes b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (to_lower(a.p[i]) != to_lower(b.p[i]))
            return false;
    }
    return true;
}

size_t bytes_find_byte(struct bytes a, uint8_t byte)
{
    const uint8_t *at = a.n ? memchr(a.p, byte, a.n) : NULL;
    return at ? (size_t)(at - a.p) : a.n;
}

size_t bytes_rfind_byte(struct bytes a, uint8_t byte)
{
    const uint8_t *at = a.n ? memrchr(a.p, byte, a.n) : NULL;
    return at ? (size_t)(at - a.p) : a.n;
}

bool bytes_contains(struct bytes a, struct bytes needle)
{
    return needle.n == 0 || bytes_find(a, needle) < a.n;
}

bool bytes_contains_all(struct bytes a, const char *const *needles, size_t most)
{
    for (size_t i = 0; i < most && needles[i]; i++)
        if (!bytes_contains(a, bytes_str(needles[i])))
            return false;
    return true;
}

bool bytes_split(struct bytes *rest, uint8_t separator, struct bytes *part)
{
    if (rest->n == 0)
        return false;
    size_t at = bytes_find_byte(*rest, separator);
    *part = bytes_sub(*rest, 0, at);
    *rest = at < rest->n ? bytes_from(*rest, at + 1) : BYTES_NONE;
    return true;
}

bool bytes_word(struct bytes *rest, struct bytes *word)
{
    size_t n = 0;
    while (rest->n && is_blank(rest->p[0]))
        *rest = bytes_from(*rest, 1);
    while (n < rest->n && !is_blank(rest->p[n]))
        n++;
    *word = bytes_sub(*rest, 0, n);
    *rest = bytes_from(*rest, n);
    return n > 0;
}

bool bytes_line(struct bytes *rest, struct bytes *line)
{
    if (!bytes_split(rest, '\n', line))
        return false;
    *line = bytes_without_cr(*line);
    return true;
}

struct bytes bytes_trim(struct bytes a)
{
    while (a.n && is_blank(a.p[0]))
        a = bytes_from(a, 1);
    while (a.n && is_blank(a.p[a.n - 1]))
        a.n--;
    return a;
}

bool bytes_to_u64(struct bytes a, uint64_t *out)
{
    uint64_t value = 0;
    if (a.n == 0)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (!is_digit(a.p[i]))
            return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(a.p[i] - '0'), &value))
            return false;
    }
    *out = value;
    return true;
}

bool bytes_to_i64(struct bytes a, int64_t *out)
{
    bool negative = a.n && a.p[0] == '-';
    uint64_t value;
    if (!bytes_to_u64(bytes_from(a, negative), &value))
        return false;
    if (value > (uint64_t)INT64_MAX + negative)
        return false;
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

const uint8_t hex_digits[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
    ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
    ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
    ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

bool bytes_from_hex(struct bytes hex, uint8_t *out, size_t room)
{
    if (hex.n % 2 || hex.n / 2 != room)
        return false;
    for (size_t i = 0; i < room; i++) {
        uint8_t high = hex_digits[hex.p[2 * i]], low = hex_digits[hex.p[2 * i + 1]];
        if (!high || !low)
            return false;
        out[i] = (uint8_t)((high - 1) << 4 | (low - 1));
    }
    return true;
}

void bytes_to_hex(struct bytes a, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < a.n; i++) {
        *out++ = digits[a.p[i] >> 4];
        *out++ = digits[a.p[i] & 15];
    }
    *out = '\0';
}
