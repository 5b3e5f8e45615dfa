/* JSON documents: those that the rooms made, as they are; the findings; all in one. */
#include "analyze/report/report.h"
#include "analyze/report/words.h"

/* What was stored element by element fills the empty list that the document ends with.
 * False when the case has no such document. */
static bool document(struct report *r, const char *name)
{
    struct text *t = &r->out.text;
    struct bytes text = bytes_trim(case_document_text(r->casefile, name));
    struct case_walk *w = case_elements(r->casefile, name);
    struct case_element_row e;
    struct bytes end = BYTES("]\n}");
    bool any = bytes_ends(text, end) && case_next_element(w, &e);
    text_add(t, any ? bytes_sub(text, 0, text.n - end.n) : text);
    for (bool more = any; more; text_str(t, more ? "," : "\n ]\n}")) {
        text_str(t, "\n");
        text_add(t, e.content);
        output_spill(&r->out);
        more = case_next_element(w, &e);
    }
    case_end(w);
    return text.n > 0;
}

int write_document(struct report *r)
{
    if (!document(r, r->format->name))
        return 1;
    text_byte(&r->out.text, '\n');
    return 0;
}

/* Every finding has a proof, so that the list is never left unopened. */
static void proofs(struct report *r, const struct case_finding_row *f,
                   struct bytes package)
{
    struct text *t = &r->out.text;
    struct case_walk *w = case_finding_places(r->casefile, f->id);
    struct case_place p;
    for (int ordinal = 1; case_next_place(w, &p); ordinal++) {
        text_printf(t, "%s\n   {\"ordinal\":%d", ordinal > 1 ? "," : ",\n  \"spans\":[",
                    ordinal);
        word_place(t, &p, package);
        text_byte(t, '}');
    }
    text_str(t, "]");
    case_end(w);
}

static void events_of(struct report *r, int64_t finding)
{
    struct text *t = &r->out.text;
    struct case_walk *w = case_finding_events(r->casefile, finding);
    struct case_event_row e;
    const char *comma = "";
    text_str(t, ",\"events\":[");
    while (case_next_event(w, &e)) {
        text_printf(t, "%s%lld", comma, (long long)e.id);
        comma = ",";
    }
    text_str(t, "]");
    case_end(w);
}

static void finding_json(struct report *r, const struct case_finding_row *f,
                         struct bytes package)
{
    struct text *t = &r->out.text;
    char when[INSTANT_TEXT];
    text_printf(t, "{\"id\":%lld", (long long)f->id);
    if (f->part_of)
        word_number(t, "part_of", f->part_of);
    word_member(t, "rule", f->rule);
    word_member(t, "severity", f->severity);
    word_member(t, "confidence", f->confidence);
    word_member(t, "title", f->title);
    word_member(t, "subject", f->subject);
    if (f->time == INSTANT_NONE)
        text_str(t, ",\"time\":null");
    else
        word_member(t, "time",
                    bytes_str(instant_format(f->time, PRECISION_NANOSECOND, when)));
    text_str(t, ",\"attack\":");
    word_array(t, f->attack);
    text_str(t,
             f->not_decidable ? ",\"not_decidable\":true" : ",\"not_decidable\":false");
    word_member(t, "why", f->why);
    word_member(t, "refute", f->refute);
    text_str(t, ",\"arguments\":");
    text_add(t, f->arguments);
    proofs(r, f, package);
    word_number(t, "more_spans", f->more_spans);
    events_of(r, f->id);
    text_str(t, "}");
    output_spill(&r->out);
}

static void findings_array(struct report *r)
{
    struct bytes package = word_package(r->casefile);
    struct case_walk *w = case_findings(r->casefile);
    struct case_finding_row f;
    const char *comma = "";
    text_str(&r->out.text, "[");
    while (case_next_finding(w, &f)) {
        text_printf(&r->out.text, "%s\n ", comma);
        finding_json(r, &f, package);
        comma = ",";
    }
    text_str(&r->out.text, "]");
    case_end(w);
}

int write_findings(struct report *r)
{
    text_str(&r->out.text, "{\"schema\":\"exhibit/findings/1\",\"findings\":");
    findings_array(r);
    text_str(&r->out.text, "}\n");
    return 0;
}

int write_json(struct report *r)
{
    text_str(&r->out.text, "{\"schema\":\"exhibit/case/1\"");
    for (const struct report_format *f = report_formats; f->name; f++) {
        if (f->write != write_document || case_document_text(r->casefile, f->name).n == 0)
            continue;
        text_printf(&r->out.text, ",\n\"%s\":", f->name);
        document(r, f->name);
        output_spill(&r->out);
    }
    text_str(&r->out.text, ",\n\"findings\":");
    findings_array(r);
    text_str(&r->out.text, "}\n");
    return 0;
}
