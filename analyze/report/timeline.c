/* The timeline, for machines: JSON lines and CSV that Timesketch imports, and mactime's
 * bodyfile.
 *
 * Sources: Timesketch's guide "Import timelines from JSON/CSV file" (message, datetime
 * with an explicit offset, timestamp_desc; timestamp in microseconds; tag as a list);
 * RFC 4180; The Sleuth Kit's body file, version 3:
 * MD5|name|inode|mode_as_string|UID|GID|size|atime|mtime|ctime|crtime.
 */
#include "analyze/report/report.h"
#include "analyze/report/words.h"

/* What Timesketch can filter by: the findings, then the techniques. */
static void add_tags(struct text *t, const struct case_event_row *e)
{
    struct text list = {0};
    text_add(&list, e->findings);
    text_byte(&list, ' ');
    text_add(&list, e->attack);
    word_array(t, text_bytes(&list));
    text_release(&list);
}

static int64_t microseconds(instant t)
{
    int64_t us = t / 1000;
    return us * 1000 > t ? us - 1 : us;
}

static struct bytes datetime(const struct case_event_row *e, char out[INSTANT_TEXT])
{
    return bytes_str(instant_format(e->time, e->precision, out));
}

/* -- JSON lines -----------------------------------------------------------------------
 */

static void json_times(struct text *t, const struct case_event_row *e)
{
    char when[INSTANT_TEXT], end[INSTANT_TEXT];
    if (e->time == INSTANT_NONE) {
        text_str(t, ",\"datetime\":null,\"timestamp\":null");
    } else {
        word_member(t, "datetime", datetime(e, when));
        word_number(t, "timestamp", microseconds(e->time));
    }
    word_member(t, "timestamp_desc", e->time_desc);
    /* Where it stands by the reference clock: for the order alone (clocks.json). */
    if (e->placed != e->time)
        word_member(t, "placed_at",
                    bytes_str(instant_format(e->placed, e->precision, when)));
    if (e->time_end != INSTANT_NONE && e->time_end != e->time)
        word_member(t, "datetime_end",
                    bytes_str(instant_format(e->time_end, e->precision, end)));
}

static void json_also(struct report *r, const struct case_event_row *e,
                      struct bytes package)
{
    struct text *t = &r->out.text;
    struct case_walk *w = case_event_also(r->casefile, e->id);
    struct case_place p;
    text_str(t, ",\"also\":[");
    for (int ordinal = 1; case_next_place(w, &p); ordinal++) {
        text_printf(t, "%s{\"ordinal\":%d", ordinal > 1 ? "," : "", ordinal);
        word_place(t, &p, package);
        text_byte(t, '}');
    }
    text_str(t, "]");
    case_end(w);
}

static void json_row(struct report *r, const struct case_event_row *e,
                     struct bytes package)
{
    struct text *t = &r->out.text;
    struct text message = {0};
    word_event(&message, e);
    text_str(t, "{\"message\":");
    word_json(t, text_bytes(&message));
    json_times(t, e);
    text_str(t, ",\"tag\":");
    add_tags(t, e);
    word_member(t, "source", e->source);
    word_member(t, "kind", e->kind);
    word_member(t, "actor", e->actor);
    word_member(t, "action", e->action);
    word_member(t, "object", e->object);
    if (e->severity.n > 0)
        word_member(t, "severity", e->severity);
    word_member(t, "clock", e->clock);
    text_str(t, e->in_scope ? ",\"in_scope\":true" : ",\"in_scope\":false");
    word_member(t, "item", e->place.item);
    word_number(t, "item_id", e->place.item_id);
    word_number(t, "offset", (int64_t)e->place.offset);
    word_number(t, "length", (int64_t)e->place.length);
    word_member(t, "item_sha256", e->place.sha256);
    word_member(t, "item_verdict", e->place.verdict);
    text_str(t, ",\"findings\":");
    word_array(t, e->findings);
    struct text command = {0};
    case_place_command(&e->place, package, &command);
    word_member(t, "show", text_bytes(&command));
    if (e->also > 0)
        json_also(r, e, package);
    text_str(t, ",\"fields\":");
    text_add(t, e->fields);
    text_str(t, "}\n");
    text_release(&command);
    text_release(&message);
}

int write_timeline_jsonl(struct report *r)
{
    struct bytes package = word_package(r->casefile);
    struct case_walk *w = case_events(r->casefile);
    struct case_event_row e;
    while (case_next_event(w, &e)) {
        json_row(r, &e, package);
        output_spill(&r->out);
    }
    case_end(w);
    return 0;
}

/* -- CSV ------------------------------------------------------------------------------
 */

static void csv_cell(struct text *t, struct bytes text)
{
    escape_csv(t, text);
    text_byte(t, ',');
}

static void csv_row(struct text *t, const struct case_event_row *e)
{
    char when[INSTANT_TEXT];
    struct text s = {0};
    word_event(&s, e);
    csv_cell(t, datetime(e, when));
    csv_cell(t, e->time_desc);
    csv_cell(t, text_bytes(&s));
    if (e->time != INSTANT_NONE)
        text_decimal(t, microseconds(e->time));
    text_byte(t, ',');
    const struct bytes cells[] = {e->source, e->kind,     e->actor, e->action,
                                  e->object, e->severity, e->clock, e->place.item};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        csv_cell(t, cells[i]);
    text_printf(t, "%lld,%llu,%llu,", (long long)e->place.item_id,
                (unsigned long long)e->place.offset, (unsigned long long)e->place.length);
    csv_cell(t, e->place.sha256);
    csv_cell(t, e->place.verdict);
    csv_cell(t, e->findings);
    text_clear(&s);
    add_tags(&s, e);
    escape_csv(t, text_bytes(&s));
    text_str(t, "\r\n");
    text_release(&s);
}

int write_timeline_csv(struct report *r)
{
    struct case_walk *w = case_events(r->casefile);
    struct case_event_row e;
    text_str(&r->out.text,
             "datetime,timestamp_desc,message,timestamp,source,kind,actor,action,object,"
             "severity,clock,item,item_id,offset,length,item_sha256,item_verdict,"
             "findings,tag\r\n");
    while (case_next_event(w, &e)) {
        csv_row(&r->out.text, &e);
        output_spill(&r->out);
    }
    case_end(w);
    return 0;
}

/* -- bodyfile -------------------------------------------------------------------------
 */

/* A '|' in the name would make another field; a line's end, another line. */
static void body_name(struct text *t, struct bytes name)
{
    struct text shown = {0};
    escape_line(&shown, name);
    for (size_t i = 0; i < shown.n; i++) {
        if (shown.p[i] == '|')
            text_str(t, "\\x7C");
        else
            text_byte(t, shown.p[i]);
    }
    text_release(&shown);
}

static void body_row(struct text *t, const struct case_event_row *e)
{
    struct text name = {0};
    int64_t seconds = e->time / NANOSECONDS;
    /* mactime has four columns of time. A time of a file goes where it belongs; any other
     * event has one time, which stands in all of them and makes one row. */
    bool of_file = bytes_is(e->kind, "file-time");
    size_t column = bytes_contains(e->time_desc, BYTES("Access"))     ? 0
                    : bytes_contains(e->time_desc, BYTES("Metadata")) ? 2
                    : bytes_contains(e->time_desc, BYTES("Creat"))    ? 3
                                                                      : 1;
    if (e->time < 0 && seconds * NANOSECONDS != e->time)
        seconds--;
    text_add(&name, e->source);
    text_str(&name, ": ");
    word_event(&name, e);
    if (e->findings.n > 0) {
        text_str(&name, " [");
        text_add(&name, e->findings);
        text_byte(&name, ']');
    }
    text_str(t, "0|");
    body_name(t, text_bytes(&name));
    text_printf(t, "|%lld||0|0|%llu", (long long)e->place.item_id,
                (unsigned long long)e->place.length);
    for (size_t i = 0; i < 4; i++)
        text_printf(t, "|%lld", !of_file || i == column ? (long long)seconds : 0LL);
    text_byte(t, '\n');
    text_release(&name);
}

int write_bodyfile(struct report *r)
{
    struct case_walk *w = case_events(r->casefile);
    struct case_event_row e;
    while (case_next_event(w, &e)) {
        if (e.time != INSTANT_NONE)
            body_row(&r->out.text, &e);
        output_spill(&r->out);
    }
    case_end(w);
    return 0;
}
