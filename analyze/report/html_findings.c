/* Findings: what somebody must look at, with proof and what would refute it. */
#include <string.h>

#include "analyze/report/html.h"
#include "analyze/report/words.h"

/* A report with more is not read; findings.json has all. */
#define FINDINGS     1000
#define PROOF_EVENTS 5

static void techniques(struct page *p, struct bytes attack)
{
    struct bytes one;
    while (word_next(&attack, &one)) {
        html_str(p, " <span class=\"attack\">");
        html_text(p, one);
        html_str(p, "</span>");
    }
}

static void proofs(struct page *p, const struct case_finding_row *f)
{
    html_str(p, "<div><dt>Evidence</dt><dd>");
    html_cite_places(p, case_finding_places(p->casefile, f->id));
    if (f->more_spans > 0)
        text_printf(p->out, "and %lld more places", (long long)f->more_spans);
    html_str(p, "</dd></div>");
}

static void events(struct page *p, int64_t finding)
{
    struct case_walk *w = case_finding_events(p->casefile, finding);
    struct case_event_row e;
    size_t n = 0;
    for (; case_next_event(w, &e); n++) {
        if (n >= PROOF_EVENTS)
            continue;
        html_str(p, n == 0 ? "<div class=\"screen-only\"><dt>Events</dt><dd>" : " ");
        text_printf(p->out, "<a class=\"to-event\" href=\"#t%lld\">", (long long)e.id);
        html_instant(p, e.time, e.precision);
        html_str(p, "</a>");
    }
    if (n > PROOF_EVENTS)
        text_printf(p->out, " and %zu more", n - PROOF_EVENTS);
    html_str(p, n > 0 ? "</dd></div>" : "");
    case_end(w);
}

static void arguments(struct page *p, struct bytes json)
{
    const char *key;
    json_t *value;
    json_t *o = json_loadb((const char *)json.p, json.n, 0, NULL);
    json_object_foreach(o, key, value)
    {
        if (strcmp(key, "count") == 0 && strcmp(word_of(o, key), "1") == 0)
            continue; /* says nothing */
        html_str(p, "<div><dt>");
        html_label(p, key);
        html_str(p, "</dt><dd class=\"said\">");
        html_value(p, value);
        html_str(p, "</dd></div>");
    }
    json_decref(o);
}

/* What a rule means is printed where it first speaks, and stands beside each finding on a
 * screen. */
static bool is_told(struct page *p, struct bytes rule)
{
    uint32_t before = intern_count(p->rules);
    return intern_put(p->rules, rule) < before;
}

static void meaning(struct page *p, const char *label, struct bytes text, bool told)
{
    if (text.n == 0)
        return;
    text_printf(p->out, "<div%s><dt>%s</dt><dd>", told ? " class=\"screen-only\"" : "",
                label);
    html_text(p, text);
    html_str(p, "</dd></div>");
}

/* How grave it would be is no word for what could not be decided. */
static void gravity(struct page *p, const struct case_finding_row *f)
{
    if (f->not_decidable)
        html_str(p, "<span class=\"badge\">not decidable</span>");
    else
        html_badge(p, f->severity);
}

/* What other rules say of the same act. */
static void parts(struct page *p, int64_t leader)
{
    struct case_walk *w = case_finding_parts(p->casefile, leader);
    struct case_finding_row f;
    size_t n = 0;
    for (; case_next_finding(w, &f); n++) {
        html_str(p, n == 0 ? "<h4>Of the same act</h4><ul class=\"parts\">" : "");
        text_printf(p->out, "<li id=\"f%lld\">", (long long)f.id);
        gravity(p, &f);
        html_str(p, " <span class=\"title\">");
        html_text(p, f.title);
        html_str(p, "</span> <span class=\"subject\">");
        html_text(p, f.subject);
        html_str(p, is_told(p, f.rule) ? "</span> <span class=\"screen-only\">"
                                       : "</span> <span>");
        html_text(p, f.why);
        if (f.refute.n > 0) {
            html_str(p, " <span class=\"refute\">Against it: ");
            html_text(p, f.refute);
            html_str(p, "</span>");
        }
        html_str(p, "</span>");
        html_str(p, " <code>");
        html_text(p, f.rule);
        html_str(p, "</code>");
        techniques(p, f.attack);
        html_str(p, "</li>");
    }
    html_str(p, n > 0 ? "</ul>" : "");
    case_end(w);
}

/* A finding keeps no precision: no more digits are shown than its time needs. */
static enum precision digits_of(instant time)
{
    if (time % NANOSECONDS == 0)
        return PRECISION_SECOND;
    if (time % (NANOSECONDS / 1000) == 0)
        return PRECISION_MILLISECOND;
    return time % 1000 == 0 ? PRECISION_MICROSECOND : PRECISION_NANOSECOND;
}

/* What was so before the intrusion began is seldom part of it. */
static void before_first_sign(struct page *p, instant time)
{
    if (time != INSTANT_NONE && time < p->first_sign)
        html_str(p, " <span class=\"badge\">before the first sign</span>");
}

static void finding(struct page *p, const struct case_finding_row *f)
{
    text_printf(p->out, "<details class=\"finding\" id=\"f%lld\" data-severity=\"",
                (long long)f->id);
    html_text(p, f->not_decidable ? BYTES("not decidable") : f->severity);
    html_str(p, bytes_is(f->severity, "critical") && !f->not_decidable
                    ? "\" open><summary>"
                    : "\"><summary>");
    if (f->time != INSTANT_NONE)
        html_instant(p, f->time, digits_of(f->time));
    gravity(p, f);
    html_str(p, "<span class=\"title\">");
    html_text(p, f->title);
    html_str(p, "</span> <span class=\"subject\">");
    html_text(p, f->subject);
    html_str(p, "</span>");
    before_first_sign(p, f->time);
    html_str(p, "</summary><dl class=\"terms\">");
    arguments(p, f->arguments);
    proofs(p, f);
    events(p, f->id);
    bool told = is_told(p, f->rule);
    meaning(p, "Why it matters", f->why, told);
    meaning(p, "What would refute it", f->refute, told);
    html_str(p, "<div><dt>Rule</dt><dd><code>");
    html_text(p, f->rule);
    html_str(p, "</code>, confidence ");
    html_text(p, f->confidence);
    techniques(p, f->attack);
    html_str(p, "</dd></div></dl>");
    parts(p, f->id);
    html_str(p, "</details>\n");
}

/* Told, but not proved with bytes in print. */
static bool is_minor(struct bytes severity)
{
    return bytes_is(severity, "low") || bytes_is(severity, "info");
}

/* INSTANT_NONE where it is not known, or where clocks differ: then times do not tell. */
static instant first_sign(struct page *p)
{
    instant time = INSTANT_NONE;
    json_t *story = case_document_json(p->casefile, "story");
    if (case_number(p->casefile, "SELECT count(*) FROM event WHERE placed IS NOT NULL") ==
        0)
        instant_parse(bytes_str(word_of(story, "first_sign")), &time, NULL);
    json_decref(story);
    return time;
}

bool section_findings(struct page *p)
{
    struct case_walk *w = case_findings(p->casefile);
    struct case_finding_row f;
    size_t n = 0, acts = 0;
    bool leading = p->leading;
    p->first_sign = first_sign(p);
    html_str(p, "<div class=\"filter\" id=\"finding-filter\" hidden></div>\n");
    for (; case_next_finding(w, &f); n++) {
        if (f.part_of || acts++ >= FINDINGS)
            continue;
        p->leading = leading && !is_minor(f.severity);
        finding(p, &f);
        output_spill(&p->report->out);
    }
    case_end(w);
    p->leading = leading;
    if (acts > FINDINGS)
        text_printf(p->out,
                    "<p class=\"note\">The %d most severe of %zu; findings.json has "
                    "all.</p>\n",
                    FINDINGS, acts);
    return n > 0;
}
