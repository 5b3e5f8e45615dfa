#include "formats/written_city.h"

#include "formats/base/text.h"

#define NAME_MOST  48
#define WORDS_MOST 32

/* The database of time zones names each by its largest city, below its part of the
 * world. */
static const char *const areas[] = {"Europe/", "America/", "Asia/", "Australia/",
                                    "Africa/", "Pacific/", "US/",   "Canada/",
                                    "Brazil/", "Atlantic/"};

/* What others call these cities. */
static const char *const exonyms[][2] = {
    {"Londres", "London"},     {"Londra", "London"},      {"Londen", "London"},
    {"Wien", "Vienna"},        {"Vienne", "Vienna"},      {"Rom", "Rome"},
    {"Roma", "Rome"},          {"Parigi", "Paris"},       {"Parijs", "Paris"},
    {"Berlino", "Berlin"},     {"Lisboa", "Lisbon"},      {"Lissabon", "Lisbon"},
    {"Lisbonne", "Lisbon"},    {"Moskau", "Moscow"},      {"Moscou", "Moscow"},
    {"Zürich", "Zurich"},      {"Bruxelles", "Brussels"}, {"Brüssel", "Brussels"},
    {"Brussel", "Brussels"},   {"Tokio", "Tokyo"},        {"Singapur", "Singapore"},
    {"Brasília", "Sao_Paulo"}, {"Brasilia", "Sao_Paulo"}, {"México", "Mexico_City"},
    {"Mexico", "Mexico_City"}, {"CDMX", "Mexico_City"},   {"Bogotá", "Bogota"},
};

static bool is_any(struct bytes word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes_eq_nocase(word, bytes_str(words[i])))
            return true;
    return false;
}

static bool speaks_of_time(struct bytes word)
{
    static const char *const words[] = {
        "time",      "times",  "zeit",   "zeiten", "ortszeit", "uhrzeit",
        "uhrzeiten", "heure",  "heures", "hora",   "horas",    "ora",
        "ore",       "orario", "tijd",   "tijden", "horario",  "horário"};
    return is_any(word, words, sizeof words / sizeof *words);
}

/* Between the time and its place. */
static bool leads_on(struct bytes word)
{
    static const char *const words[] = {"de",    "of",     "in",     "di",     "für",
                                        "local", "locale", "locali", "van",    "von",
                                        "are",   "sind",   "is",     "zone",   "the",
                                        "US",    "la",     "del",    "centro", "Ciudad"};
    return word.n == 0 || is_any(word, words, sizeof words / sizeof *words);
}

static bool is_name(struct bytes word)
{
    return word.n > 2 && word.p[0] >= 'A' && word.p[0] <= 'Z';
}

static const struct tzif *look_up(const struct written_zones *zones, struct bytes city)
{
    struct text name = {0};
    const struct tzif *rules = NULL;
    for (size_t i = 0; i < sizeof exonyms / sizeof *exonyms; i++)
        if (bytes_is(city, exonyms[i][0]))
            city = bytes_str(exonyms[i][1]);
    for (size_t i = 0; !rules && i < sizeof areas / sizeof *areas; i++) {
        text_clear(&name);
        text_str(&name, areas[i]);
        text_add(&name, city);
        rules = zones->find(zones->context, text_bytes(&name));
    }
    text_release(&name);
    return rules;
}

struct words {
    struct bytes v[WORDS_MOST];
    size_t n;
};

/* One word or two ("New York"), and one without the ending of "Berliner". */
static const struct tzif *city_at(const struct words *w, size_t at, size_t n,
                                  const struct written_zones *zones)
{
    struct text name = {0};
    for (size_t i = at; i < at + n; i++) {
        if (i >= w->n || !is_name(w->v[i]) || speaks_of_time(w->v[i])) {
            text_release(&name);
            return NULL;
        }
        text_str(&name, i > at ? "_" : "");
        text_add(&name, w->v[i]);
    }
    struct bytes whole = bytes_sub(text_bytes(&name), 0, NAME_MOST);
    const struct tzif *rules = look_up(zones, whole);
    if (!rules && n == 1 && bytes_ends(whole, BYTES("er")))
        rules = look_up(zones, bytes_sub(whole, 0, whole.n - 2));
    text_release(&name);
    return rules;
}

/* The longer name first: York is in no database, but New York is not New. */
static const struct tzif *place_of(const struct words *w, size_t time,
                                   const struct written_zones *zones)
{
    size_t after = time + 1;
    const struct tzif *rules = NULL;
    while (after < w->n && leads_on(w->v[after]))
        after++;
    for (size_t n = 2; !rules && n > 0; n--) {
        rules = city_at(w, after, n, zones);
        if (!rules && time >= n)
            rules = city_at(w, time - n, n, zones);
    }
    return rules;
}

static bool has_clock(struct bytes line)
{
    for (size_t i = 1; i + 1 < line.n; i++)
        if (is_digit(line.p[i - 1]) && memchr(":h", line.p[i], 2) &&
            is_digit(line.p[i + 1]))
            return true;
    return false;
}

static bool is_mark(uint8_t c)
{
    return memchr("()[]*_#|.,;:\"'", c, 14) != NULL;
}

static struct words words_of(struct bytes line)
{
    struct words w = {.n = 0};
    struct bytes word;
    while (w.n < WORDS_MOST && bytes_word(&line, &word)) {
        while (word.n && is_mark(word.p[0]))
            word = bytes_from(word, 1);
        while (word.n && is_mark(word.p[word.n - 1]))
            word.n--;
        w.v[w.n++] = word;
    }
    return w;
}

const struct tzif *written_city_zone(struct bytes line, const struct written_zones *zones)
{
    if (!zones->find || has_clock(line))
        return NULL;
    struct words w = words_of(line);
    const struct tzif *rules = NULL;
    for (size_t i = 0; !rules && i < w.n; i++)
        if (speaks_of_time(w.v[i]))
            rules = place_of(&w, i, zones);
    return rules;
}
