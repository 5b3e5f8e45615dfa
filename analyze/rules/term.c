#include "analyze/rules/term.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "formats/base/instant.h"

/* -- values ------------------------------------------------------------------------- */

/* snprintf is most of the cost of comparing a status code. */
static struct bytes decimal(int64_t n, char room[VALUE_ROOM])
{
    size_t at = VALUE_ROOM;
    uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do
        room[--at] = (char)('0' + left % 10);
    while (left /= 10);
    if (n < 0)
        room[--at] = '-';
    return bytes_of(room + at, VALUE_ROOM - at);
}

bool value_text(const struct value *v, char room[VALUE_ROOM], struct bytes *out)
{
    int n = 0;
    switch (v->type) {
    case VALUE_TEXT:
        *out = v->text;
        return true;
    case VALUE_BOOL:
        *out = bytes_str(v->integer ? "true" : "false");
        return true;
    case VALUE_INTEGER:
        *out = decimal(v->integer, room);
        return true;
    case VALUE_REAL:
        n = snprintf(room, VALUE_ROOM, "%.17g", v->real);
        break;
    default:
        return false;
    }
    *out = bytes_of(room, (size_t)n);
    return true;
}

static bool text_number(struct bytes text, double *out)
{
    char room[64], *end;
    text = bytes_trim(text);
    if (text.n == 0 || text.n >= sizeof room)
        return false;
    memcpy(room, text.p, text.n);
    room[text.n] = '\0';
    /* strtod would take "inf", "nan" and hexadecimal floats as well. */
    if (strspn(room, "0123456789+-.eE") != text.n)
        return false;
    *out = strtod(room, &end);
    return *end == '\0';
}

bool value_number(const struct value *v, double *out)
{
    switch (v->type) {
    case VALUE_INTEGER:
        *out = (double)v->integer;
        return true;
    case VALUE_REAL:
        *out = v->real;
        return true;
    case VALUE_TEXT:
        return text_number(v->text, out);
    default:
        return false;
    }
}

/* -- dates -------------------------------------------------------------------------- */

static bool value_instant(const struct value *v, instant *out)
{
    char room[VALUE_ROOM];
    struct bytes text;
    if (!value_text(v, room, &text))
        return false;
    return instant_parse_date(text, out, NULL) || instant_parse_epoch(text, out, NULL);
}

static bool instant_part(instant t, enum time_part part, double *out)
{
    int64_t seconds = t / NANOSECONDS - (t % NANOSECONDS < 0);
    time_t whole = (time_t)seconds;
    struct tm civil;
    char week[8];
    if (!gmtime_r(&whole, &civil))
        return false;
    switch (part) {
    case TIME_MINUTE:
        *out = civil.tm_min;
        return true;
    case TIME_HOUR:
        *out = civil.tm_hour;
        return true;
    case TIME_DAY:
        *out = civil.tm_mday;
        return true;
    case TIME_MONTH:
        *out = civil.tm_mon + 1;
        return true;
    case TIME_YEAR:
        *out = civil.tm_year + 1900;
        return true;
    case TIME_WEEK:
        strftime(week, sizeof week, "%V", &civil);
        *out = atoi(week);
        return true;
    default:
        return false;
    }
}

static bool compare(double have, enum comparison how, double want)
{
    switch (how) {
    case COMPARE_LT:
        return have < want;
    case COMPARE_LTE:
        return have <= want;
    case COMPARE_GT:
        return have > want;
    case COMPARE_GTE:
        return have >= want;
    case COMPARE_EQ:
        return !(have < want) && !(have > want);
    }
    return false;
}

static enum truth number_matches(const struct term *t, const struct value *v)
{
    double have;
    instant when;
    if (t->part == TIME_WHOLE)
        return truth_of(value_number(v, &have) &&
                        compare(have, t->comparison, t->number));
    return truth_of(value_instant(v, &when) && instant_part(when, t->part, &have) &&
                    compare(have, t->comparison, t->number));
}

/* -- networks ----------------------------------------------------------------------- */

/* Dotted decimals, as most addresses are: inet_pton is asked about the rest. */
static bool parse_v4(struct bytes text, uint8_t out[4])
{
    size_t part = 0, digits = 0;
    unsigned value = 0;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (is_digit(c) && digits < 3 && !(digits && value == 0)) {
            value = value * 10 + (unsigned)(c - '0');
            digits++;
        } else if (c == '.' && digits && value < 256 && part < 3) {
            out[part++] = (uint8_t)value;
            value = 0;
            digits = 0;
        } else {
            return false;
        }
    }
    if (part != 3 || !digits || value > 255)
        return false;
    out[3] = (uint8_t)value;
    return true;
}

static bool address_parse(struct bytes text, struct network *out)
{
    char room[INET6_ADDRSTRLEN + 1];
    if (text.n == 0 || text.n >= sizeof room)
        return false;
    memcpy(room, text.p, text.n);
    room[text.n] = '\0';
    memset(out, 0, sizeof *out);
    if (parse_v4(text, out->address)) {
        out->bits = 32;
        return true;
    }
    out->v6 = true;
    out->bits = 128;
    if (inet_pton(AF_INET6, room, out->address) != 1)
        return false;
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (memcmp(out->address, mapped, sizeof mapped) == 0) { /* ::ffff:10.0.0.1 */
        memmove(out->address, out->address + 12, 4);
        memset(out->address + 4, 0, 12);
        out->v6 = false;
        out->bits = 32;
    }
    return true;
}

bool network_parse(struct bytes text, struct network *out)
{
    size_t slash = bytes_find_byte(text, '/');
    uint64_t bits;
    if (!address_parse(bytes_sub(text, 0, slash), out))
        return false;
    if (slash == text.n)
        return true;
    if (!bytes_to_u64(bytes_from(text, slash + 1), &bits) || bits > out->bits)
        return false;
    out->bits = (unsigned)bits;
    return true;
}

static bool network_holds(const struct network *n, const struct network *address)
{
    size_t whole = n->bits / 8;
    unsigned rest = n->bits % 8, mask = 0xff00u >> rest & 0xff;
    if (n->v6 != address->v6 || memcmp(n->address, address->address, whole) != 0)
        return false;
    return !rest || !((n->address[whole] ^ address->address[whole]) & mask);
}

static enum truth cidr_matches(const struct term *t, const struct value *v)
{
    struct network address;
    return truth_of(v->type == VALUE_TEXT &&
                    address_parse(bytes_trim(v->text), &address) &&
                    network_holds(&t->network, &address));
}

/* ----------------------------------------------------------------------------------- */

/* '*' alone asks whether there is anything, be it an object ("hostPath: '*'"). */
static enum truth pattern_term(const struct term *t, const struct value *v)
{
    char room[VALUE_ROOM];
    struct bytes text;
    if (t->pattern.kind == PATTERN_ANY)
        return truth_of(v->type != VALUE_NULL);
    if (!value_text(v, room, &text))
        return TRUTH_FALSE;
    return pattern_matches(&t->pattern, text);
}

enum truth term_matches(const struct term *t, const struct value *v)
{
    char room[VALUE_ROOM];
    struct bytes text;
    switch (t->kind) {
    case TERM_PATTERN:
        return pattern_term(t, v);
    case TERM_REGEX:
        return value_text(v, room, &text) ? regex_matches(t->regex, text) : TRUTH_FALSE;
    case TERM_NUMBER:
        return number_matches(t, v);
    case TERM_CIDR:
        return cidr_matches(t, v);
    default:
        return TRUTH_FALSE;
    }
}
