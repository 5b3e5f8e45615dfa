#include "formats/retention_columns.h"

#include "formats/base/instant.h"

/* What a value looks like. */
enum shape {
    ANYTHING,
    WORD, /* of a web server's header: no number, no padding of base64 at its end */
    CAPITALS,
    PAIRS, /* name="value" */
    KEY,   /* of the key service: its ARN or a UUID */
    TRUTH,
    NUMBER,
    DATE,
    ETAG,
    MODE,
    HOLD,
    CHECKSUM_TYPE,
    REQUESTER,
    CIPHER,
    PATH,
    VERSION,
    OCTETS = 100, /* + so many, in base64 */
    OCTETS_4 = OCTETS + 4,
    OCTETS_8 = OCTETS + 8,
    OCTETS_16 = OCTETS + 16,
    OCTETS_20 = OCTETS + 20,
    OCTETS_32 = OCTETS + 32,
    OCTETS_64 = OCTETS + 64,
};

static const struct retention_section rows[] = {
#define SECTION(operation, name, is_list) {#operation, #name, 0, is_list},
#define COLUMN(name, shape, needed)       {NULL, #name, shape, needed},
#include "formats/retention_sections.def"
#undef SECTION
#undef COLUMN
};
#define ROWS (sizeof rows / sizeof *rows)

/* -- sections --------------------------------------------------------------------------
 */

const struct retention_section *retention_section(struct bytes name)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].operation && bytes_is(name, rows[i].name))
            return &rows[i];
    }
    return NULL;
}

static bool is_top(const struct retention_section *s)
{
    return s->operation && strcmp(s->operation, s->name) == 0;
}

const struct retention_section *retention_section_headed(struct bytes heading)
{
    for (size_t i = 0; i < heading.n; i++) {
        if (heading.p[i] < 'A' || heading.p[i] > 'Z')
            return NULL;
    }
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].operation && !is_top(&rows[i]) &&
            bytes_eq_nocase(heading, bytes_str(rows[i].name)))
            return &rows[i];
    }
    return NULL;
}

const struct retention_section *retention_section_of(const struct bytes *values, size_t n)
{
    const char *names[RETENTION_VALUES];
    for (size_t i = 0; i < ROWS; i++) {
        if (is_top(&rows[i]) && retention_columns(&rows[i], values, n, names))
            return &rows[i];
    }
    return NULL;
}

/* -- what a value looks like -----------------------------------------------------------
 */

/* Every octet is one of these, or a letter or digit. */
static bool is_made_of(struct bytes v, const char *others, bool small)
{
    for (size_t i = 0; i < v.n; i++) {
        uint8_t c = v.p[i];
        bool letter = (c >= 'A' && c <= 'Z') || (small && c >= 'a' && c <= 'z');
        if (!letter && !is_digit(c) && (c == 0 || !strchr(others, c)))
            return false;
    }
    return v.n > 0;
}

static bool is_number(struct bytes v)
{
    uint64_t ignored;
    return bytes_to_u64(v, &ignored);
}

static bool is_date(struct bytes v)
{
    enum { LONGEST = 64 };
    instant ignored;
    return v.n <= LONGEST &&
           (instant_parse_date(v, &ignored, NULL) || instant_parse_http(v, &ignored));
}

/* In quotes from HeadObject, without from GetObjectAttributes. */
static bool is_etag(struct bytes v)
{
    bool quoted = v.n > 2 && v.p[0] == '"' && v.p[v.n - 1] == '"';
    struct bytes text = quoted ? bytes_sub(v, 1, v.n - 2) : v;
    return text.n >= 32 && is_made_of(text, "-", true);
}

/* "-N" behind it counts the parts of a composite one. */
static bool is_octets(struct bytes v, size_t octets)
{
    size_t letters = (octets + 2) / 3 * 4, padding = (3 - octets % 3) % 3;
    struct bytes text = bytes_sub(v, 0, letters), rest = bytes_from(v, letters);
    if (text.n < letters ||
        !is_made_of(bytes_sub(text, 0, letters - padding), "+/", true))
        return false;
    for (size_t i = letters - padding; i < letters; i++) {
        if (text.p[i] != '=')
            return false;
    }
    return rest.n == 0 || (rest.p[0] == '-' && is_number(bytes_from(rest, 1)));
}

static bool is_one_of(struct bytes v, const char *one, const char *other)
{
    return bytes_is(v, one) || bytes_is(v, other);
}

static bool fits(struct bytes v, int shape)
{
    /* What one of several alike lacks is empty, or the word for nothing of Python. */
    if (v.n == 0 || bytes_is(v, "None"))
        return shape != NUMBER && shape != ETAG && shape != MODE && shape != DATE;
    switch (shape) {
    case WORD:
        return !is_number(v) && !is_date(v) && v.p[0] != '"' && v.p[v.n - 1] != '=';
    case CAPITALS:
        return is_made_of(v, "_-", false) && !is_number(v) && v.n > 3;
    case PAIRS:
        return bytes_contains(v, BYTES("=\""));
    case KEY:
        return bytes_starts(v, BYTES("arn:")) || (v.n == 36 && v.p[8] == '-');
    case TRUTH:
        return is_one_of(v, "True", "False");
    case NUMBER:
        return is_number(v);
    case DATE:
        return is_date(v);
    case ETAG:
        return is_etag(v);
    case MODE:
        return is_one_of(v, "COMPLIANCE", "GOVERNANCE");
    case HOLD:
        return is_one_of(v, "ON", "OFF");
    case CHECKSUM_TYPE:
        return is_one_of(v, "COMPOSITE", "FULL_OBJECT");
    case REQUESTER:
        return bytes_is(v, "requester");
    case CIPHER:
        return bytes_is(v, "AES256") || bytes_starts(v, BYTES("aws:"));
    case PATH:
        return bytes_find_byte(v, '/') < v.n;
    case VERSION:
        return is_made_of(v, "._-", true);
    case ANYTHING:
        return true;
    default:
        return is_octets(v, (size_t)(shape - OCTETS));
    }
}

/* -- which column it stands in ---------------------------------------------------------
 */

/* Sets of places between the columns, as bits: place j is before column j. */
struct columns {
    const struct retention_section *v;
    size_t n;
};

static struct columns columns_of(const struct retention_section *s)
{
    struct columns c = {s + 1, 0};
    while (c.v + c.n < rows + ROWS && !c.v[c.n].operation)
        c.n++;
    return c;
}

/* Columns that need not be there are passed over, forwards. */
static uint64_t pass_over(const struct columns *c, uint64_t places)
{
    for (size_t j = 0; j < c->n; j++) {
        if (places >> j & 1 && !c->v[j].is_list)
            places |= (uint64_t)2 << j;
    }
    return places;
}

static uint64_t pass_back(const struct columns *c, uint64_t places)
{
    for (size_t j = c->n; j-- > 0;) {
        if (places >> j & 2 && !c->v[j].is_list)
            places |= (uint64_t)1 << j;
    }
    return places;
}

static uint64_t fitting(const struct columns *c, struct bytes value)
{
    uint64_t set = 0;
    for (size_t j = 0; j < c->n; j++)
        set |= (uint64_t)fits(value, c->v[j].shape) << j;
    return set;
}

bool retention_columns(const struct retention_section *s, const struct bytes *values,
                       size_t n, const char **names)
{
    const struct columns c = columns_of(s);
    uint64_t fit[RETENTION_VALUES], before[RETENTION_VALUES];
    if (n == 0 || n > c.n || n > RETENTION_VALUES)
        return false;
    uint64_t places = pass_over(&c, 1);
    for (size_t i = 0; i < n; i++) {
        fit[i] = fitting(&c, values[i]);
        before[i] = places;
        places = pass_over(&c, (places & fit[i]) << 1);
    }
    if (!(places >> c.n & 1))
        return false;
    places = pass_back(&c, (uint64_t)1 << c.n);
    for (size_t i = n; i-- > 0;) {
        uint64_t possible = fit[i] & before[i] & places >> 1;
        bool is_one = (possible & (possible - 1)) == 0;
        names[i] = is_one ? c.v[__builtin_ctzll(possible)].name : NULL;
        places = pass_back(&c, possible);
    }
    return true;
}
