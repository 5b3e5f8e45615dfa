#include "formats/written_words.h"

/* -- words and numbers --------------------------------------------------------------- */

static bool is_letter(uint8_t c)
{
    c = to_lower(c);
    return c >= 'a' && c <= 'z';
}

bool written_byte(struct bytes *rest, const char *any)
{
    if (!rest->n || !rest->p[0] || !strchr(any, rest->p[0]))
        return false;
    *rest = bytes_from(*rest, 1);
    return true;
}

bool written_number(struct bytes *rest, size_t least, size_t most, int *out)
{
    size_t n = 0;
    int value = 0;
    while (n < rest->n && n < most && is_digit(rest->p[n]))
        value = value * 10 + (rest->p[n++] - '0');
    if (n < least || (n < rest->n && is_digit(rest->p[n])))
        return false;
    *rest = bytes_from(*rest, n);
    *out = value;
    return true;
}

/* "5th" */
void written_ordinal(struct bytes *rest)
{
    static const char *const endings[] = {"st", "nd", "rd", "th"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        struct bytes ending = bytes_str(endings[i]);
        bool whole = ending.n >= rest->n || !is_letter(rest->p[ending.n]);
        if (whole && bytes_eq_nocase(bytes_sub(*rest, 0, ending.n), ending)) {
            *rest = bytes_from(*rest, ending.n);
            return;
        }
    }
}

/* A whole word, whatever its case. Words are many, and most differ in their first letter.
 */
bool written_word(struct bytes *rest, const char *word)
{
    if (!rest->n || to_lower(rest->p[0]) != to_lower((uint8_t)word[0]))
        return false;
    size_t n = strlen(word);
    if (!bytes_eq_nocase(bytes_sub(*rest, 0, n), bytes_of(word, n)) ||
        (n < rest->n && is_letter(rest->p[n])))
        return false;
    *rest = bytes_from(*rest, n);
    return true;
}

void written_spaces(struct bytes *rest)
{
    while (written_byte(rest, " \t"))
        ;
}

/* English, German, French, Spanish, Italian, Portuguese, Dutch; full and shortened. */
enum { MONTH_NAMES = 12 };
static const char *const months[12][MONTH_NAMES] = {
    {"Jan", "January", "Januar", "Jänner", "janvier", "janv", "enero", "ene", "gennaio",
     "gen", "janeiro", "januari"},
    {"Feb", "February", "Februar", "Feber", "février", "févr", "fevrier", "febrero",
     "febbraio", "fevereiro", "fev", "februari"},
    {"Mar", "March", "März", "Mär", "mars", "marzo", "março", "maart", "mrt"},
    {"Apr", "April", "avril", "avr", "abril", "abr", "aprile"},
    {"May", "Mai", "mayo", "maggio", "mag", "maio", "mei"},
    {"Jun", "June", "Juni", "juin", "junio", "giugno", "giu", "junho"},
    {"Jul", "July", "Juli", "juillet", "juil", "julio", "luglio", "lug", "julho"},
    {"Aug", "August", "août", "aout", "agosto", "ago", "augustus"},
    {"Sep", "Sept", "September", "septembre", "septiembre", "settembre", "set",
     "setembro"},
    {"Oct", "October", "Oktober", "Okt", "octobre", "octubre", "ottobre", "ott",
     "outubro", "out", "oktober"},
    {"Nov", "November", "novembre", "noviembre", "novembro"},
    {"Dec", "December", "Dezember", "Dez", "décembre", "déc", "decembre", "diciembre",
     "dic", "dicembre", "dezembro"},
};

bool written_month(struct bytes *rest, int *month)
{
    if (!rest->n || !is_letter(rest->p[0]))
        return false;
    for (int m = 0; m < 12; m++) {
        for (size_t i = 0; i < MONTH_NAMES && months[m][i]; i++) {
            if (!written_word(rest, months[m][i]))
                continue;
            *month = m + 1;
            return true;
        }
    }
    return false;
}

static const char *const weekdays[] = {
    "Montag",       "Dienstag",    "Mittwoch",      "Donnerstag",  "Freitag",
    "Samstag",      "Sonnabend",   "Sonntag",       "lundi",       "mardi",
    "mercredi",     "jeudi",       "vendredi",      "samedi",      "dimanche",
    "lunes",        "martes",      "miércoles",     "jueves",      "viernes",
    "sábado",       "domingo",     "segunda-feira", "terça-feira", "quarta-feira",
    "quinta-feira", "sexta-feira", "lunedì",        "martedì",     "mercoledì",
    "giovedì",      "venerdì",     "domenica",      "maandag",     "dinsdag",
    "woensdag",     "donderdag",   "vrijdag",       "zaterdag",    "zondag",
    "Mon",          "Tue",         "Wed",           "Thu",         "Fri",
    "Sat",          "Sun",         "Monday",        "Tuesday",     "Wednesday",
    "Thursday",     "Friday",      "Saturday",      "Sunday"};

bool written_weekday(struct bytes *rest)
{
    for (size_t i = 0; i < sizeof weekdays / sizeof *weekdays; i++) {
        if (!written_word(rest, weekdays[i]))
            continue;
        written_byte(rest, ",");
        written_spaces(rest);
        return true;
    }
    return false;
}
