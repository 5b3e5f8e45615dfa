/* The timeline: a table to read and print, and the same as data for the page's script,
 * which then shows all rows, with filters. */
#include "analyze/report/html.h"
#include "analyze/report/words.h"

/* All rows of a small case are printed; of a large one, those that matter. */
#define PRINTED_ROWS  400
#define PRINTED_FIRST 100
/* Rows in the data. 200,000 rows take about 30 MB of page. */
#define DATA_ROWS 250000
/* Bytes of message texts in the data, together. */
#define DATA_TEXT (16 * 1000 * 1000)

/* Further records of the event. */
static void cite_also(struct page *p, const struct case_event_row *e)
{
    struct case_walk *w = e->also > 0 ? case_event_also(p->casefile, e->id) : NULL;
    struct case_place place;
    while (w && case_next_place(w, &place)) {
        html_str(p, " ");
        html_cite(p, &place);
    }
    if (w)
        case_end(w);
}

static void row(struct page *p, const struct case_event_row *e)
{
    struct text s = {0};
    text_printf(p->out, "<tr id=\"t%lld\"", (long long)e->id);
    if (bytes_is(e->worst, "critical") || bytes_is(e->worst, "high"))
        html_str(p, " class=\"marked\"");
    html_str(p, "><td>");
    html_instant(p, e->time, e->precision);
    if (e->placed != e->time)
        html_str(p, " <span class=\"moved\">moved, see Clocks</span>");
    html_str(p, "</td><td>");
    html_text(p, e->source);
    html_str(p, "</td><td>");
    word_event(&s, e);
    html_text(p, text_bytes(&s));
    text_release(&s);
    html_str(p, "</td><td>");
    if (e->worst.n > 0)
        html_badge(p, e->worst);
    html_str(p, "</td><td>");
    html_cite(p, &e->place);
    cite_also(p, e);
    html_str(p, "</td></tr>\n");
    output_spill(&p->report->out);
}

bool section_timeline(struct page *p)
{
    int64_t all = case_number(p->casefile, "SELECT count(*) FROM event");
    struct case_walk *w = case_events(p->casefile);
    struct case_event_row e;
    size_t first = 0, marked = 0;
    html_str(p, "<div id=\"timeline-app\" hidden></div>\n<div id=\"timeline-plain\">\n");
    if (all > PRINTED_ROWS)
        text_printf(p->out,
                    "<p class=\"note\">Of %lld events, the first %d and the first %d of "
                    "those that findings rest on. timeline.csv and case.db have all of "
                    "them; with scripts, so has this page.</p>\n",
                    (long long)all, PRINTED_FIRST, PRINTED_ROWS - PRINTED_FIRST);
    html_str(p, "<div class=\"scroll\"><table class=\"events\"><thead><tr><th "
                "scope=\"col\">Time (UTC)</th><th "
                "scope=\"col\">Source</th><th scope=\"col\">What</th><th "
                "scope=\"col\">Finding</th><th scope=\"col\">Evidence</th></tr></thead>"
                "<tbody>\n");
    while (case_next_event(w, &e)) {
        bool matters = e.findings.n > 0 && marked < PRINTED_ROWS - PRINTED_FIRST;
        if (all > PRINTED_ROWS && first >= PRINTED_FIRST && !matters)
            continue;
        first++;
        marked += e.findings.n > 0;
        row(p, &e);
    }
    case_end(w);
    html_str(p, "</tbody></table></div></div>\n");
    return all > 0;
}

/* -- data -----------------------------------------------------------------------------
 */

struct data {
    struct page *page;
    struct intern *strings, *items;
    size_t limit; /* bytes of one message */
    struct text row;
    instant before; /* whole seconds of the row before */
};

/* JSON is safe inside a script element once no '<' stands in it; in JSON a '<' can only
 * stand in a string, where \u003c means the same. */
static void add_json(struct text *t, struct bytes json)
{
    while (json.n > 0) {
        size_t at = bytes_find_byte(json, '<');
        text_add(t, bytes_sub(json, 0, at));
        if (at < json.n)
            text_str(t, "\\u003c");
        json = bytes_from(json, at + 1);
    }
}

static void add_string(struct text *t, struct bytes text)
{
    struct text json = {0};
    escape_json(&json, text);
    add_json(t, text_bytes(&json));
    text_release(&json);
}

static struct bytes cut(struct bytes b, size_t limit)
{
    if (b.n <= limit)
        return b;
    while (limit > 0 && (b.p[limit] & 0xc0) == 0x80)
        limit--;
    return bytes_sub(b, 0, limit);
}

static unsigned string_number(struct data *d, struct bytes text)
{
    struct text s = {0};
    struct bytes shown = cut(text, d->limit);
    text_add(&s, shown);
    if (shown.n < text.n)
        text_str(&s, " …");
    unsigned number = intern_put(d->strings, text_bytes(&s));
    text_release(&s);
    return number;
}

static unsigned severity_rank(struct bytes severity)
{
    static const char *const names[] = {"", "info", "low", "medium", "high", "critical"};
    for (unsigned i = 0; i < 6; i++)
        if (bytes_is(severity, names[i]))
            return i;
    return 0;
}

static void add_findings_of(struct data *d, const struct case_event_row *e)
{
    struct bytes list = e->findings, one;
    const char *comma = "";
    text_str(&d->row, ",[");
    while (word_next(&list, &one)) {
        text_printf(&d->row, "%s%u", comma, intern_put(d->strings, one));
        comma = ",";
    }
    text_str(&d->row, "]");
}

static unsigned item_number(struct data *d, int64_t id)
{
    struct text item = {0};
    text_printf(&item, "%lld", (long long)id);
    unsigned number = intern_put(d->items, text_bytes(&item));
    text_release(&item);
    return number;
}

static void add_also_of(struct data *d, const struct case_event_row *e)
{
    struct case_walk *w = case_event_also(d->page->casefile, e->id);
    struct case_place p;
    const char *comma = "";
    text_str(&d->row, ",[");
    while (case_next_place(w, &p)) {
        text_printf(&d->row, "%s[%u,%llu,%llu]", comma, item_number(d, p.item_id),
                    (unsigned long long)p.offset, (unsigned long long)p.length);
        comma = ",";
    }
    text_str(&d->row, "]");
    case_end(w);
}

/* What few rows have: left out at the end of the others. */
static void add_rare(struct data *d, const struct case_event_row *e)
{
    bool moved = e->placed != e->time;
    if (e->findings.n > 0 || e->also > 0 || moved)
        add_findings_of(d, e);
    if (e->also > 0 || moved)
        add_also_of(d, e);
    if (moved)
        text_printf(&d->row, ",%.9f", (double)instant_apart(e->placed, e->time) / 1e9);
}

/* [seconds since the row before, nanoseconds, precision, source, kind, actor, action,
 *  object, message, item, offset, length, severity, id, findings, further places, seconds
 *  by which its place differs from its time]; -1 for no time */
static void data_row(struct data *d, const struct case_event_row *e)
{
    instant seconds = e->time / NANOSECONDS;
    int64_t rest = e->time % NANOSECONDS;
    if (e->time == INSTANT_NONE) {
        seconds = d->before;
        rest = -1;
    } else if (rest < 0) {
        seconds--;
        rest += NANOSECONDS;
    }
    text_clear(&d->row);
    text_printf(&d->row, "[%lld,%lld,%d,%u,%u,%u,%u,%u,%u,%u,%llu,%llu,%u,%lld",
                (long long)(seconds - d->before), (long long)rest, (int)e->precision,
                string_number(d, e->source), string_number(d, e->kind),
                string_number(d, e->actor), string_number(d, e->action),
                string_number(d, e->object), string_number(d, e->message),
                item_number(d, e->place.item_id), (unsigned long long)e->place.offset,
                (unsigned long long)e->place.length, severity_rank(e->worst),
                (long long)e->id);
    add_rare(d, e);
    text_str(&d->row, "]");
    d->before = seconds;
}

/* The longest messages that fit the budget all together. */
static size_t message_limit(struct page *p)
{
    static const size_t limits[] = {4000, 1000, 400, 200, 120, 80};
    struct text query = {0};
    size_t i = 0;
    for (; i + 1 < sizeof limits / sizeof *limits; i++) {
        text_clear(&query);
        text_printf(&query, "SELECT sum(min(length(message), %zu)) FROM event",
                    limits[i]);
        if (case_number(p->casefile, text_c(&query)) <= DATA_TEXT)
            break;
    }
    text_release(&query);
    return limits[i];
}

static void rows(struct data *d)
{
    struct page *p = d->page;
    struct case_walk *w = case_events(p->casefile);
    struct case_event_row e;
    html_str(p, "\"rows\":[");
    for (size_t n = 0; n < DATA_ROWS && case_next_event(w, &e); n++) {
        data_row(d, &e);
        html_str(p, n > 0 ? ",\n" : "\n");
        text_add(p->out, text_bytes(&d->row));
        output_spill(&p->report->out);
    }
    html_str(p, "],\n");
    case_end(w);
}

static void strings(struct data *d)
{
    struct page *p = d->page;
    html_str(p, "\"strings\":[");
    for (uint32_t i = 0; i < intern_count(d->strings); i++) {
        html_str(p, i > 0 ? ",\n" : "\n");
        add_string(p->out, intern_get(d->strings, i));
        output_spill(&p->report->out);
    }
    html_str(p, "],\n");
}

static void items(struct data *d)
{
    struct page *p = d->page;
    struct case_place place;
    html_str(p, "\"items\":[");
    for (uint32_t i = 0; i < intern_count(d->items); i++) {
        int64_t id = 0;
        bytes_to_i64(intern_get(d->items, i), &id);
        if (!case_place_of(p->casefile, id, &place))
            continue;
        text_printf(p->out, "%s\n[%lld,", i > 0 ? "," : "", (long long)id);
        add_string(p->out, place.item);
        html_str(p, ",");
        add_string(p->out, place.sha256);
        html_str(p, ",");
        add_string(p->out, place.verdict);
        html_str(p, ",");
        add_string(p->out, place.package);
        html_str(p, "]");
    }
    html_str(p, "],\n");
}

/* Places that Annex A shows, so that the script opens them from there. */
static void exhibits(struct page *p)
{
    html_str(p, "\"exhibits\":[");
    for (size_t i = 0; i < p->exhibit_count; i++) {
        const struct case_place *place = &p->exhibits[i].place;
        text_printf(p->out, "%s[%lld,%llu,%llu]", i > 0 ? ",\n" : "\n",
                    (long long)place->item_id, (unsigned long long)place->offset,
                    (unsigned long long)place->length);
    }
    html_str(p, "],\n");
}

void html_data(struct page *p)
{
    struct data d = {.page = p, .strings = intern_new(), .items = intern_new()};
    d.limit = message_limit(p);
    intern_put(d.strings, BYTES_NONE);
    html_str(p, "{");
    rows(&d);
    strings(&d);
    items(&d);
    exhibits(p);
    html_str(p, "\"package\":");
    add_string(p->out, p->package);
    text_printf(p->out, ",\"limit\":%zu,\"events\":%lld}", d.limit,
                (long long)case_number(p->casefile, "SELECT count(*) FROM event"));
    intern_free(d.strings);
    intern_free(d.items);
    text_release(&d.row);
}
