#include "formats/written_zone.h"

#include "formats/written_words.h"

#define MINUTE (60 * NANOSECONDS)
#define HOUR   (60 * MINUTE)

/* -- offsets ------------------------------------------------------------------------- */

/* Abbreviations that mean one thing only. */
static const struct {
    const char *name;
    int minutes;
} abbreviations[] = {
    {"UTC", 0},     {"GMT", 0},    {"Z", 0},      {"Zulu", 0},   {"WET", 0},
    {"MEZ", 60},    {"MESZ", 120}, {"CET", 60},   {"CEST", 120}, {"EET", 120},
    {"EEST", 180},  {"MSK", 180},  {"JST", 540},  {"KST", 540},  {"EST", -300},
    {"EDT", -240},  {"MST", -420}, {"PST", -480}, {"PDT", -420}, {"CDT", -300},
    {"MDT", -360},  {"WEST", 60},  {"BRT", -180}, {"TRT", 180},  {"SAST", 120},
    {"SGT", 480},   {"HKT", 480},  {"ICT", 420},  {"AWST", 480}, {"ACST", 570},
    {"AEST", 600},  {"AEDT", 660}, {"NZST", 720}, {"NZDT", 780}, {"AKST", -540},
    {"AKDT", -480},
};

static bool take_offset(struct bytes *rest, int64_t *zone)
{
    struct bytes r = *rest;
    bool west = r.n && r.p[0] == '-';
    int hours, minutes = 0;
    if (!written_byte(&r, "+-") || !r.n || !is_digit(r.p[0]))
        return false;
    struct bytes four = r;
    if (written_number(&four, 4, 4, &hours)) {
        minutes = hours % 100;
        hours /= 100;
        r = four;
    } else {
        if (!written_number(&r, 1, 2, &hours))
            return false;
        if (written_byte(&r, ":") && !written_number(&r, 2, 2, &minutes))
            return false;
    }
    if (hours > 14 || minutes > 59)
        return false;
    *zone = (hours * HOUR + minutes * MINUTE) * (west ? -1 : 1);
    *rest = r;
    return true;
}

bool written_zone_take(struct bytes *rest, int64_t *zone)
{
    if (take_offset(rest, zone))
        return true;
    for (size_t i = 0; i < sizeof abbreviations / sizeof *abbreviations; i++) {
        struct bytes r = *rest;
        if (!written_word(&r, abbreviations[i].name))
            continue;
        *zone = abbreviations[i].minutes * MINUTE;
        if (abbreviations[i].minutes == 0)
            take_offset(&r, zone);
        *rest = r;
        return true;
    }
    return false;
}

/* -- names --------------------------------------------------------------------------- */

#define NAME_MOST 64

/* Each is the time of at least two parts of the world. */
static const char *const ambiguous[] = {"CST", "IST", "BST", "AST", "GST",
                                        "SST", "AMT", "ECT", "WST"};

/* In capitals, as a word of its own. */
static bool take_ambiguous(struct bytes *rest, struct bytes *name)
{
    for (size_t i = 0; i < sizeof ambiguous / sizeof *ambiguous; i++) {
        *name = bytes_str(ambiguous[i]);
        if (bytes_starts(*rest, *name) && written_word(rest, ambiguous[i]))
            return true;
    }
    return false;
}

static bool is_area(struct bytes word)
{
    static const char *const areas[] = {"Africa", "America",  "Antarctica", "Arctic",
                                        "Asia",   "Atlantic", "Australia",  "Brazil",
                                        "Canada", "Chile",    "Etc",        "Europe",
                                        "Indian", "Mexico",   "Pacific",    "US"};
    for (size_t i = 0; i < sizeof areas / sizeof *areas; i++)
        if (bytes_eq_nocase(word, bytes_str(areas[i])))
            return true;
    return false;
}

static bool is_name_byte(uint8_t c)
{
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') ||
           memchr("_+-/", c, 4);
}

static size_t name_length(struct bytes text)
{
    size_t n = 0;
    while (n < text.n && is_name_byte(text.p[n]))
        n++;
    return n;
}

static const struct tzif *find(const struct written_zones *zones, struct bytes name)
{
    return zones && zones->find ? zones->find(zones->context, name) : NULL;
}

/* "America/New York": with its blanks as the name has them. */
static const struct tzif *find_blanks(const struct written_zones *zones,
                                      struct bytes text, size_t *used)
{
    uint8_t name[NAME_MOST];
    size_t n = *used;
    for (int words = 0; words < 2; words++) {
        struct bytes next = bytes_from(text, n);
        size_t more = next.n && next.p[0] == ' ' ? name_length(bytes_from(next, 1)) : 0;
        if (!more || n + 1 + more > sizeof name)
            return NULL;
        n += 1 + more;
        for (size_t i = 0; i < n; i++)
            name[i] = text.p[i] == ' ' ? '_' : text.p[i];
        const struct tzif *rules = find(zones, bytes_of(name, n));
        if (rules) {
            *used = n;
            return rules;
        }
    }
    return NULL;
}

/* "Europe/Berlin" */
static bool take_named(struct bytes *rest, const struct written_zones *zones,
                       struct written_zone *out)
{
    size_t n = name_length(*rest), slash = bytes_find_byte(bytes_sub(*rest, 0, n), '/');
    if (slash + 1 >= n || n > NAME_MOST || !is_area(bytes_sub(*rest, 0, slash)))
        return false;
    out->rules = find(zones, bytes_sub(*rest, 0, n));
    if (!out->rules)
        out->rules = find_blanks(zones, *rest, &n);
    out->kind = out->rules ? ZONE_RULES : ZONE_UNKNOWN;
    *rest = bytes_from(*rest, n);
    return true;
}

bool written_zone_read(struct bytes *rest, const struct written_zones *zones,
                       const struct written_zone *home, struct written_zone *out)
{
    struct bytes name;
    int64_t seconds;
    *out = (struct written_zone){0};
    if (take_named(rest, zones, out))
        return true;
    if (take_ambiguous(rest, &name)) {
        bool told = home && home->kind == ZONE_RULES &&
                    tzif_abbreviation(home->rules, name, &seconds);
        out->kind = told ? ZONE_OFFSET : ZONE_AMBIGUOUS;
        out->offset = told ? seconds * NANOSECONDS : 0;
        return true;
    }
    out->kind = written_zone_take(rest, &out->offset) ? ZONE_OFFSET : ZONE_NOT_TOLD;
    return out->kind != ZONE_NOT_TOLD;
}

enum tzif_place written_zone_moment(const struct written_zone *zone, instant local,
                                    instant *out)
{
    *out = INSTANT_NONE;
    if (zone->kind == ZONE_RULES) {
        int64_t seconds = local / NANOSECONDS - (local % NANOSECONDS < 0), t;
        enum tzif_place place = tzif_moment(zone->rules, seconds, &t);
        if (__builtin_mul_overflow(t, NANOSECONDS, out) ||
            __builtin_add_overflow(*out, local - seconds * NANOSECONDS, out))
            *out = INSTANT_NONE;
        return place;
    }
    if ((zone->kind == ZONE_NOT_TOLD || zone->kind == ZONE_OFFSET) &&
        __builtin_sub_overflow(local, zone->offset, out))
        *out = INSTANT_NONE;
    return TZIF_ONCE;
}
