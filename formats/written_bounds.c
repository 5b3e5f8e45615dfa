#include "formats/written_bounds.h"

#include "formats/written_marks.h"
#include "formats/written_relative.h"
#include "formats/written_words.h"

/* -- words --------------------------------------------------------------------------- */

static bool take_one_of(struct bytes *rest, const char *const *words)
{
    for (; *words; words++) {
        struct bytes r = *rest;
        if (!written_word(&r, *words))
            continue;
        *rest = r;
        written_spaces(rest);
        return true;
    }
    return false;
}

static const char *const articles[] = {"las", "les", "la", "le", "der", "dem",
                                       "the", "l'",  "à",  "a",  "que", NULL};

static const char *const before[] = {"no later than",
                                     "not later than",
                                     "prior to",
                                     "before",
                                     "until",
                                     "till",
                                     "by",
                                     "spätestens um",
                                     "vor",
                                     "bis",
                                     "avant",
                                     "jusqu'à",
                                     "jusque",
                                     "antes de",
                                     "antes das",
                                     "hasta",
                                     "até",
                                     "prima delle",
                                     "fino alle",
                                     "voor",
                                     "tot",
                                     NULL};

static const char *const after[] = {
    "since", "seit",       "ab",         "depuis",  "desde", "after", "nach",
    "après", "después de", "depois das", "dopo le", "na",    NULL};

static const char *const between[] = {"between", "zwischen", "entre",
                                      "tra",     "tussen",   NULL};

static const char *const about_words[] = {
    "approximately", "approx.", "approx",  "around",    "about", "roughly",
    "circa",         "ca.",     "ca",      "c.",        "gegen", "etwa",
    "ungefähr",      "vers",    "environ", "hacia",     "sobre", "aproximadamente",
    "por volta das", "verso",   "rond",    "omstreeks", NULL};

bool written_bound_take(struct bytes *rest, struct written_bound *out)
{
    struct bytes r = *rest;
    *out = (struct written_bound){0};
    out->about = r.n && r.p[0] == '~';
    if (out->about)
        r = bytes_from(r, 1);
    if (take_one_of(&r, between))
        out->range = true;
    else if (take_one_of(&r, before))
        out->bound = TIMELINE_BEFORE;
    else if (take_one_of(&r, after))
        out->bound = TIMELINE_AFTER;
    out->about |= take_one_of(&r, about_words);
    bool any = r.p != rest->p;
    if (any)
        take_one_of(&r, articles);
    *rest = r;
    return any;
}

/* -- counted from a line ------------------------------------------------------------- */

static bool take_count(struct bytes *rest, struct written_relative *r)
{
    static const struct {
        const char *word;
        int64_t seconds;
    } units[] = {{"seconds", 1},   {"second", 1},    {"secs", 1},     {"sec", 1},
                 {"s", 1},         {"sekunden", 1},  {"sekunde", 1},  {"secondes", 1},
                 {"segundos", 1},  {"secondi", 1},   {"minutes", 60}, {"minute", 60},
                 {"mins", 60},     {"min.", 60},     {"min", 60},     {"minuten", 60},
                 {"minutos", 60},  {"minuti", 60},   {"minuto", 60},  {"hours", 3600},
                 {"hour", 3600},   {"hrs", 3600},    {"h", 3600},     {"stunden", 3600},
                 {"stunde", 3600}, {"heures", 3600}, {"heure", 3600}, {"horas", 3600},
                 {"hora", 3600},   {"ore", 3600},    {"ora", 3600},   {"uur", 3600}};
    struct bytes b = *rest;
    int count = 1;
    bool one = written_word(&b, "a") || written_word(&b, "an") ||
               written_word(&b, "one") || written_word(&b, "eine") ||
               written_word(&b, "une") || written_word(&b, "una");
    if (!one && !written_number(&b, 1, 4, &count))
        return false;
    written_spaces(&b);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!written_word(&b, units[i].word))
            continue;
        written_spaces(&b);
        r->after = count * units[i].seconds * NANOSECONDS;
        r->precision = units[i].seconds == 1 ? PRECISION_SECOND : PRECISION_MINUTE;
        *rest = b;
        return true;
    }
    return false;
}

/* Marks and a comma behind "afterwards,". */
static void end_of_words(struct bytes *rest)
{
    *rest = written_without_marks(*rest);
}

/* "2 minutes later", "after 2 minutes", "5 minutes after" (and not "after 11:00"). */
static bool take_counted(struct bytes *rest, struct written_bound *out)
{
    static const char *const later[] = {
        "past",       "nach",      "later",   "afterwards", "thereafter", "after that",
        "after this", "after",     "später",  "danach",     "darauf",     "plus tard",
        "après",      "más tarde", "después", "depois",     "mais tarde", "dopo",
        "più tardi",  "later",     NULL};
    static const char *const within[] = {"after", "nach", "après", "tras",
                                         "dopo",  "na",   "após",  NULL};
    struct written_relative count = {0};
    struct bytes r = *rest;
    bool first = take_one_of(&r, within);
    if (!take_count(&r, &count) || (!first && !take_one_of(&r, later)))
        return false;
    out->after = count.after;
    out->precision = count.precision;
    *rest = r;
    return true;
}

static const char *const vague[] = {"shortly afterwards",
                                    "shortly after that",
                                    "shortly thereafter",
                                    "shortly after",
                                    "soon afterwards",
                                    "soon after",
                                    "some time later",
                                    "sometime later",
                                    "a few minutes later",
                                    "a few seconds later",
                                    "some minutes later",
                                    "several minutes later",
                                    "moments later",
                                    "a while later",
                                    "afterwards",
                                    "subsequently",
                                    "thereafter",
                                    "after that",
                                    "after this",
                                    "later on",
                                    "later",
                                    "then",
                                    "next",
                                    "kurz danach",
                                    "kurz darauf",
                                    "wenig später",
                                    "einige minuten später",
                                    "wenige minuten später",
                                    "danach",
                                    "anschließend",
                                    "daraufhin",
                                    "später",
                                    "dann",
                                    "peu après",
                                    "quelques minutes plus tard",
                                    "ensuite",
                                    "puis",
                                    "plus tard",
                                    "poco después",
                                    "unos minutos después",
                                    "a continuación",
                                    "después",
                                    "luego",
                                    "más tarde",
                                    "pouco depois",
                                    "depois",
                                    "em seguida",
                                    "poco dopo",
                                    "dopo",
                                    "poi",
                                    "kort daarna",
                                    "daarna",
                                    NULL};

static const char *const same[] = {"at the same time",
                                   "at the same moment",
                                   "simultaneously",
                                   "meanwhile",
                                   "in parallel",
                                   "gleichzeitig",
                                   "zur gleichen zeit",
                                   "zeitgleich",
                                   "parallel dazu",
                                   "en même temps",
                                   "simultanément",
                                   "al mismo tiempo",
                                   "simultáneamente",
                                   "ao mesmo tempo",
                                   "contemporaneamente",
                                   "tegelijkertijd",
                                   NULL};

bool written_after_take(struct bytes *rest, struct written_bound *out)
{
    struct bytes r = *rest;
    *out = (struct written_bound){.about = true, .precision = PRECISION_MINUTE};
    bool counted = take_counted(&r, out);
    bool simultaneous = !counted && take_one_of(&r, same);
    bool later = !counted && !simultaneous && take_one_of(&r, vague);
    if (later)
        out->bound = TIMELINE_AFTER;
    if (!counted && !simultaneous && !later)
        return false;
    end_of_words(&r);
    *rest = r;
    return true;
}
