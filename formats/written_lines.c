/* Lines that do not begin with a time: what goes on, what hangs on the line above, what
 * tells its time elsewhere in it, and what tells none. */
#include "formats/written_bounds.h"
#include "formats/written_reader.h"

/* Shorter lines are titles and marks. */
#define SENTENCE_WORDS 3
#define AUTHOR_WORDS   4
/* The head of a message is no longer, nor is a sentence that anybody reads. */
#define HEAD_MOST     160
#define SENTENCE_MOST 4096

static size_t count_words(struct bytes text)
{
    struct bytes word;
    size_t n = 0;
    while (bytes_word(&text, &word))
        n++;
    return n;
}

static bool is_capital(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

static struct bytes sentence_of(const struct written_line *line)
{
    struct bytes text = written_without_marks(line->text);
    /* "1. " */
    size_t blank = bytes_find_byte(text, ' ');
    if (line->point && text.n && is_digit(text.p[0]) &&
        memchr(".)", text.p[blank - 1], 2))
        text = bytes_from(text, blank);
    text = written_without_marks(text);
    if (bytes_starts(text, BYTES("x] ")) || bytes_starts(text, BYTES("X] ")))
        text = written_without_marks(bytes_from(text, 2));
    return written_without_end_marks(text);
}

/* -- who wrote it -------------------------------------------------------------------- */

/* "Ana Sousa", "bo.lang" */
static bool is_author(struct bytes text)
{
    struct bytes word, rest = text;
    size_t n = 0;
    for (; n <= AUTHOR_WORDS && bytes_word(&rest, &word); n++)
        if (!is_capital(word.p[0]) && word.p[0] != '(')
            return n == 0 && !rest.n && bytes_find_byte(word, '.') + 1 < word.n;
    return n >= 2 && n <= AUTHOR_WORDS;
}

/* "Ana Sousa added a comment -" */
static struct bytes without_comment(struct bytes text)
{
    static const char *const said[] = {
        " added a comment",         " commented", " wrote", " hat einen Kommentar",
        " a ajouté un commentaire", " APP"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        size_t at = bytes_find(text, bytes_str(said[i]));
        if (at < text.n)
            return bytes_sub(text, 0, at);
    }
    return text;
}

/* A name, a time, and nothing else: the head of a message or comment. */
static bool read_author(struct written_reader *r, const struct written_line *line)
{
    struct bytes text = line->text;
    if (text.n > HEAD_MOST)
        return false;
    for (size_t at = bytes_find_byte(text, ' '); at < text.n;) {
        struct bytes before = bytes_sub(text, 0, at), who = without_comment(before);
        bool said = who.n < before.n;
        who = written_without_end_marks(who);
        struct bytes rest = bytes_from(text, at);
        size_t kept = r->out->n;
        struct written_above above = r->above;
        struct written_time t;
        struct bytes probe = written_without_marks(rest);
        bool ends = written_take_time(r, &probe, &t) && t.has_clock &&
                    !written_without_marks(probe).n;
        if (ends && (is_author(who) || said) &&
            written_statement_read(r, rest, line->place) && r->out->n == kept) {
            r->above.alone = true;
            r->above.who = who;
            return true;
        }
        if (r->out->n == kept)
            r->above = above;
        at += bytes_find_byte(bytes_from(text, at + 1), ' ') + 1;
    }
    return false;
}

/* -- what goes on -------------------------------------------------------------------- */

static struct bytes joined(struct written_reader *r, struct bytes a, const char *between,
                           struct bytes b)
{
    size_t n = strlen(between);
    uint8_t *p = arena_alloc(&r->out->arena, a.n + n + b.n);
    memcpy(p, a.p, a.n);
    memcpy(p + a.n, between, n);
    memcpy(p + a.n + n, b.p, b.n);
    return bytes_of(p, a.n + n + b.n);
}

/* The rest of a sentence that was begun in the line above. */
static bool goes_on(const struct written_reader *r, const struct written_line *line)
{
    if (!r->above.open || line->point || !r->out->n || r->columns.separator)
        return false;
    struct bytes before = r->out->v[r->out->n - 1].text;
    return r->above.alone || line->indent > r->above.indent ||
           is_lower(line->text.p[0]) || is_author(before) ||
           r->above.when.time == INSTANT_NONE;
}

/* Room grows by doubling: many short lines cost no square. */
static void append(struct written_reader *r, struct timeline_statement *s,
                   struct bytes more)
{
    struct written_above *above = &r->above;
    if (s->text.p != above->room || s->text.n + more.n > above->capacity) {
        above->capacity = 2 * (s->text.n + more.n);
        above->room = arena_alloc(&r->out->arena, above->capacity);
        memcpy(above->room, s->text.p, s->text.n);
    }
    if (more.n)
        memcpy(above->room + s->text.n, more.p, more.n);
    s->text = bytes_of(above->room, s->text.n + more.n);
}

static void go_on(struct written_reader *r, const struct written_line *line)
{
    struct timeline_statement *s = &r->out->v[r->out->n - 1];
    bool ended = s->text.n && memchr(".!?:;,", s->text.p[s->text.n - 1], 6);
    const char *between = is_author(s->text)                   ? " | "
                          : ended || is_lower(line->text.p[0]) ? " "
                                                               : ". ";
    if (s->text.n + line->text.n > SENTENCE_MOST)
        return;
    append(r, s, bytes_str(between));
    append(r, s, written_without_end_marks(line->text));
    s->place = bytes_of(s->place.p, (size_t)(line->place.p + line->place.n - s->place.p));
    s->length = s->place.n;
}

/* -- a time elsewhere ---------------------------------------------------------------- */

/* "2 minutes later the attacker …": from the line before. */
static bool read_after(struct written_reader *r, const struct written_line *line)
{
    struct written_bound bound;
    struct bytes rest = sentence_of(line);
    struct timeline_statement s = {.loose = true, .date_assumed = true};
    if (r->last == INSTANT_NONE || !written_after_take(&rest, &bound) || !rest.n ||
        __builtin_add_overflow(r->last, bound.after, &s.time))
        return false;
    s.end = s.time;
    s.bound = bound.bound;
    s.precision = bound.precision;
    s.zone_assumed = r->above.when.zone_assumed;
    r->last = s.time;
    r->above = (struct written_above){.when = s,
                                      .listed = line->point,
                                      .indent = line->indent,
                                      .dated = r->above.dated};
    written_add(r, &s, rest, line->place);
    return true;
}

/* Words before a time that stands in a sentence: "deleted at 11:20". */
static bool is_at(struct bytes before)
{
    static const char *const words[] = {" at",     " um",   " à", " a las",
                                        " alle",   " om",   " @", " gegen",
                                        " around", " vers", NULL};
    before = bytes_trim(before);
    for (size_t i = 0; words[i]; i++)
        if (bytes_ends(before, bytes_str(words[i])))
            return true;
    return false;
}

/* A sentence with one clock time in it. */
static bool read_within(struct written_reader *r, const struct written_line *line)
{
    struct bytes text = sentence_of(line);
    size_t found = 0, place = 0;
    for (struct bytes left = text; left.n; left = bytes_trim(left)) {
        struct bytes rest = left;
        struct written_time t;
        if (written_take_time(r, &rest, &t) && t.has_clock) {
            found++;
            place = (size_t)(left.p - text.p);
            left = rest;
        }
        left = bytes_from(left, bytes_find_byte(left, ' ') + 1);
    }
    size_t kept = r->out->n;
    if (found != 1 || !place || !is_at(bytes_sub(text, 0, place)) ||
        !written_statement_read(r, bytes_from(text, place), line->place))
        return false;
    if (r->out->n == kept && r->above.when.time != INSTANT_NONE)
        written_add(r, &r->above.when, text, line->place);
    if (r->out->n > kept) {
        r->out->v[kept].text = text;
        r->out->v[kept].loose = true;
    }
    r->above.alone = false;
    return true;
}

/* -- what stands above it ------------------------------------------------------------ */

/* The day of the heading, for the points of a list under it. */
static struct timeline_statement on_day(const struct written_reader *r)
{
    return (struct timeline_statement){.time = r->day,
                                       .end = r->day,
                                       .precision = PRECISION_DAY,
                                       .loose = true,
                                       .date_assumed = true};
}

static void hang(struct written_reader *r, const struct written_line *line)
{
    struct written_above *above = &r->above;
    struct bytes text = sentence_of(line);
    struct timeline_statement s = above->when,
                              none = {.time = INSTANT_NONE, .end = INSTANT_NONE};
    bool below = !above->listed || line->indent > above->indent;
    bool timed = s.time != INSTANT_NONE && below &&
                 (above->alone || (line->point && line->indent > above->indent));
    if (above->who.n)
        text = joined(r, above->who, " | ", text);
    s.loose |= !above->alone;
    s.said = above->who.n > 0;
    s.date_assumed = true;
    if (timed) {
        written_add(r, &s, text, line->place);
        return;
    }
    if (count_words(text) < SENTENCE_WORDS)
        return;
    bool dated = above->dated && line->point && r->day != INSTANT_NONE;
    above->when = none;
    above->alone = false;
    above->who = BYTES_NONE;
    if (dated)
        none = on_day(r);
    written_add(r, &none, text, line->place);
}

void written_row_read(struct written_reader *r, const struct written_line *line)
{
    struct timeline_statement s = r->above.when;
    struct bytes text = bytes_from(line->text, 1);
    uint8_t separator = r->columns.separator;
    bool bar = line->text.p[0] == '|';
    text = bytes_trim(text);
    bool empty = bar ? bytes_starts(text, BYTES("|")) : line->text.p[0] == separator;
    if (!empty || s.time == INSTANT_NONE)
        return;
    if (!bar)
        text = written_table_text(&r->out->arena, text, separator);
    text = written_without_end_marks(written_without_marks(text));
    s.loose = s.date_assumed = true;
    if (count_words(text) >= SENTENCE_WORDS)
        written_add(r, &s, text, line->place);
}

void written_line_read(struct written_reader *r, const struct written_line *line)
{
    if (!line->point && read_author(r, line))
        return;
    if (goes_on(r, line))
        go_on(r, line);
    else if (!read_after(r, line) && !read_within(r, line))
        hang(r, line);
}
