/* Findings: what somebody must look at, with proof and what would refute it. */
#include <string.h>

#include "analyze/report/folds.h"
#include "analyze/report/html.h"
#include "analyze/report/words.h"

/* Entries: a report with more is not read; findings.json has all. */
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
    html_str(p, "<div class=\"proof\"><dt>Evidence</dt><dd>");
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

static void subject(struct page *p, struct bytes text)
{
    html_str(p, " <span class=\"subject\">");
    html_text(p, text);
    html_str(p, "</span>");
}

static void part(struct page *p, const struct case_finding_row *f)
{
    gravity(p, f);
    html_str(p, " <span class=\"title\">");
    html_text(p, f->title);
    html_str(p, "</span>");
    subject(p, f->subject);
    html_str(p, is_told(p, f->rule) ? " <span class=\"screen-only\">" : " <span>");
    html_text(p, f->why);
    if (f->refute.n > 0) {
        html_str(p, " <span class=\"refute\">Against it: ");
        html_text(p, f->refute);
        html_str(p, "</span>");
    }
    html_str(p, "</span> <code>");
    html_text(p, f->rule);
    html_str(p, "</code>");
    techniques(p, f->attack);
}

/* What other rules say of the same act; of one rule all subjects together. */
static void parts(struct page *p, int64_t leader)
{
    struct case_walk *w = case_finding_parts(p->casefile, leader);
    struct intern *rules = intern_new();
    struct case_finding_row f;
    size_t n = 0;
    for (; case_next_finding(w, &f); n++) {
        uint32_t before = intern_count(rules);
        bool more = intern_put(rules, f.rule) < before;
        html_str(p, n == 0 ? "<h3>Of the same act</h3><ul class=\"parts\">"
                    : more ? ""
                           : "</li>");
        text_printf(p->out, "<%s id=\"f%lld\">", more ? "span" : "li", (long long)f.id);
        if (more) {
            html_str(p, " · also");
            subject(p, f.subject);
            html_str(p, "</span>");
        } else {
            part(p, &f);
        }
    }
    html_str(p, n > 0 ? "</li></ul>" : "");
    intern_free(rules);
    case_end(w);
}

/* What was so before the intrusion began is seldom part of it. */
static void before_first_sign(struct page *p, bool before)
{
    if (before)
        html_str(p, " <span class=\"badge\">before the first sign</span>");
}

static void when(struct page *p, instant time)
{
    if (time != INSTANT_NONE)
        html_instant(p, time, word_digits(time));
}

/* What the finding itself tells, other than what its rule says of all. */
static void particulars(struct page *p, const struct case_finding_row *f)
{
    arguments(p, f->arguments);
    proofs(p, f);
    events(p, f->id);
}

static void rule(struct page *p, const struct case_finding_row *f)
{
    bool told = is_told(p, f->rule);
    meaning(p, "Why it matters", f->why, told);
    meaning(p, "What would refute it", f->refute, told);
    html_str(p, "<div><dt>Rule</dt><dd><code>");
    html_text(p, f->rule);
    html_str(p, "</code>, confidence ");
    html_text(p, f->confidence);
    techniques(p, f->attack);
    html_str(p, "</dd></div>");
}

/* One of several of the same rule. */
static void member(struct page *p, int64_t id)
{
    struct case_walk *w = case_finding_by_id(p->casefile, id);
    struct case_finding_row f;
    if (case_next_finding(w, &f)) {
        text_printf(p->out, "<li id=\"f%lld\"><p>", (long long)id);
        subject(p, f.subject);
        when(p, f.time);
        html_str(p, "</p><dl class=\"terms\">");
        particulars(p, &f);
        html_str(p, "</dl>");
        parts(p, id);
        html_str(p, "</li>\n");
    }
    case_end(w);
}

static void members(struct page *p, const struct fold *fold)
{
    html_str(p, "<ol class=\"members\">\n");
    for (size_t i = 0; i < fold->member_count; i++)
        member(p, fold->members[i]);
    html_str(p, "</ol>\n");
    if (fold->count > fold->member_count)
        text_printf(p->out, "<p class=\"note\">and %zu more in findings.json</p>\n",
                    fold->count - fold->member_count);
}

static void count_of(struct page *p, const struct fold *fold)
{
    if (fold->subjects > 1)
        text_printf(p->out, " <span class=\"count\">%zu subjects</span>", fold->subjects);
    if (fold->count > fold->subjects)
        text_printf(p->out, " <span class=\"count\">%zu times</span>", fold->count);
}

static void begin_finding(struct page *p, const struct case_finding_row *f,
                          const struct fold *fold)
{
    bool open = bytes_is(f->severity, "critical") && !fold->before;
    text_printf(p->out,
                "<details class=\"finding\" id=\"%s%lld\" data-acts=\"%zu\""
                " data-severity=\"",
                fold->count > 1 ? "fold" : "f", (long long)f->id, fold->count);
    html_text(p, f->not_decidable ? BYTES("not decidable") : f->severity);
    html_str(p, open && !f->not_decidable ? "\" open><summary>" : "\"><summary>");
    if (fold->count == 1)
        when(p, f->time);
    gravity(p, f);
    html_str(p, "<span class=\"title\">");
    html_text(p, f->title);
    html_str(p, "</span>");
    count_of(p, fold);
    subject(p, text_bytes(&fold->names));
    before_first_sign(p, fold->before);
    html_str(p, "</summary><dl class=\"terms\">");
}

static void finding(struct page *p, const struct fold *fold)
{
    struct case_walk *w = case_finding_by_id(p->casefile, fold->members[0]);
    struct case_finding_row f;
    if (case_next_finding(w, &f)) {
        begin_finding(p, &f, fold);
        if (fold->count == 1)
            particulars(p, &f);
        rule(p, &f);
        html_str(p, "</dl>");
        if (fold->count == 1)
            parts(p, f.id);
        else
            members(p, fold);
        html_str(p, "</details>\n");
    }
    case_end(w);
}

/* What stands together, and why there are fewer entries than findings. */
static void introduce(struct page *p)
{
    text_printf(
        p->out,
        "<p class=\"note\">%lld findings. What several rules say of one act stands under "
        "the gravest of them, what one rule says of many subjects in one entry; "
        "findings.json has each by itself.</p>\n",
        (long long)case_number(p->casefile, "SELECT count(*) FROM finding"));
}

bool section_findings(struct page *p)
{
    struct folds *folds = folds_new(p->casefile);
    struct fold fold = {0};
    size_t n = 0;
    bool leading = p->leading;
    for (; folds_next(folds, &fold); n++) {
        if (n >= FINDINGS)
            continue;
        if (n == 0) {
            introduce(p);
            html_str(p, "<div class=\"filter\" id=\"finding-filter\" hidden></div>\n");
        }
        p->leading = leading && !fold.minor; /* told, but no bytes of it in print */
        finding(p, &fold);
        output_spill(&p->report->out);
    }
    folds_free(folds, &fold);
    p->leading = leading;
    if (n > FINDINGS)
        text_printf(p->out,
                    "<p class=\"note\">The %d most severe of %zu; findings.json has "
                    "all.</p>\n",
                    FINDINGS, n);
    return n > 0;
}
