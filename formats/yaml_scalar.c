#include "formats/yaml_scalar.h"

#include <stdlib.h>
#include <string.h>

static bool is_one_of(struct bytes text, const char *const *words)
{
    for (; *words; words++) {
        if (bytes_is(text, *words))
            return true;
    }
    return false;
}

/* The three spellings of each word that YAML 1.1 allows. "y" and "n" are left strings:
 * they are names of keys far more often. */
static const char *const true_words[] = {"true", "True", "TRUE", "yes", "Yes",
                                         "YES",  "on",   "On",   "ON",  NULL};
static const char *const false_words[] = {"false", "False", "FALSE", "no",  "No",
                                          "NO",    "off",   "Off",   "OFF", NULL};
static const char *const null_words[] = {"", "~", "null", "Null", "NULL", NULL};

static int digit_of(uint8_t c)
{
    c = to_lower(c);
    if (is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

static unsigned base_of(struct bytes *digits)
{
    static const struct {
        const char *prefix;
        unsigned base;
    } bases[] = {{"0x", 16}, {"0b", 2}, {"0o", 8}};
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
        if (bytes_starts(*digits, bytes_str(bases[i].prefix))) {
            *digits = bytes_from(*digits, 2);
            return bases[i].base;
        }
    }
    return digits->n > 1 && digits->p[0] == '0' ? 8 : 10;
}

static bool integer_of(struct bytes text, int64_t *out)
{
    bool negative = text.n && text.p[0] == '-';
    struct bytes digits = bytes_from(text, text.n && (negative || text.p[0] == '+'));
    unsigned base = base_of(&digits);
    uint64_t value = 0;
    bool any = false;
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] == '_' && any)
            continue;
        int digit = digit_of(digits.p[i]);
        if (digit >= (int)base || __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value))
            return false;
        any = true;
    }
    if (!any || value > (uint64_t)INT64_MAX + negative)
        return false;
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

/* [-+]? digits [. digits] [e [-+] digits], with a point or an exponent. */
static bool real_of(struct bytes text, double *out)
{
    char copy[64];
    if (text.n == 0 || text.n >= sizeof copy)
        return false;
    bool digit = false, real = false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        digit |= is_digit(c);
        real |= c == '.' || c == 'e' || c == 'E';
        if (!is_digit(c) && !memchr(".eE+-", c, 5))
            return false;
        copy[i] = (char)c;
    }
    copy[text.n] = '\0';
    if (!digit || !real)
        return false;
    /* jansson's parser does not depend on the locale; strtod does. A point needs digits
     * on both sides there. */
    char *start = copy[0] == '+' ? copy + 1 : copy;
    json_t *number = json_loadb(start, strlen(start), JSON_DECODE_ANY, NULL);
    if (!number)
        return false;
    bool found = json_is_number(number);
    *out = json_number_value(number);
    json_decref(number);
    return found;
}

static json_t *string_of(struct bytes text)
{
    return json_stringn_nocheck(text.n ? (const char *)text.p : "", text.n);
}

json_t *yaml_scalar(struct bytes text, bool plain, const char *tag)
{
    int64_t integer;
    double real;
    bool binary = tag && strcmp(tag, "tag:yaml.org,2002:str") != 0 &&
                  strcmp(tag, "!") != 0 && strncmp(tag, "tag:yaml.org,2002:", 18) == 0;
    if (!plain && !binary)
        return string_of(text);
    if (is_one_of(text, null_words))
        return json_null();
    if (is_one_of(text, true_words))
        return json_true();
    if (is_one_of(text, false_words))
        return json_false();
    if (integer_of(text, &integer))
        return json_integer(integer);
    if (real_of(text, &real))
        return json_real(real);
    return string_of(text);
}
