/* What happened: what it is about, the first sign, and the account in phases. */
#include <string.h>

#include "analyze/report/html.h"
#include "analyze/report/words.h"

static void scope_line(struct page *p)
{
    json_t *scope = case_document_json(p->casefile, "scope");
    if (*word_of(scope, "pod")) {
        html_str(p, "<p class=\"lead\">This case is about pod <strong>");
        html_text(p, bytes_str(word_of(scope, "namespace")));
        html_str(p, "/");
        html_text(p, bytes_str(word_of(scope, "pod")));
        html_str(p, "</strong>");
        if (*word_of(scope, "node")) {
            html_str(p, " on node <strong>");
            html_text(p, bytes_str(word_of(scope, "node")));
            html_str(p, "</strong>");
        }
        if (*word_of(scope, "service_account")) {
            html_str(p, ", which acted as <code>");
            html_text(p, bytes_str(word_of(scope, "service_account")));
            html_str(p, "</code>");
        }
        html_str(p, ".</p>\n");
    } else if (scope) {
        html_str(p,
                 "<p class=\"lead\">Which pod this case is about does not show in the "
                 "package: what was done to it, what it could reach and whether it was "
                 "contained cannot be answered. <code>--pod NAMESPACE/NAME</code> says "
                 "it");
        if (*word_of(scope, "most_named")) {
            html_str(p, ", perhaps <strong>");
            html_text(p, bytes_str(word_of(scope, "most_named")));
            html_str(p, "</strong>: ");
            html_text(p, bytes_str(word_of(scope, "most_named_by")));
        }
        html_str(p, ".</p>\n");
    }
    json_decref(scope);
}

/* The gravest of what was found about it: findings stand in order of severity. */
static void gravest(struct page *p, const json_t *findings)
{
    const json_t *first = json_array_get(findings, 0);
    if (!first)
        return;
    html_str(p, " ");
    html_badge(p, bytes_str(word_of(first, "severity")));
}

static void doubts(struct page *p, const json_t *one)
{
    const json_t *against = json_object_get(one, "against");
    html_str(p, "<p class=\"doubt\">Confidence ");
    html_text(p, bytes_str(word_of(one, "confidence")));
    html_str(p, json_array_size(against) > 0 ? ". Against it: " : ".");
    for (size_t i = 0; i < json_array_size(against); i++) {
        html_str(p, i > 0 ? " · " : "");
        html_text(p, bytes_str(json_string_value(json_array_get(against, i))));
    }
    html_str(p, "</p>");
}

static void fact(struct page *p, const json_t *one)
{
    html_str(p, "<li><time>");
    html_text(p, *word_of(one, "time") ? bytes_str(word_of(one, "time"))
                                       : BYTES("time not stated"));
    html_str(p, "</time><div><span class=\"sentence\">");
    html_text(p, bytes_str(word_of(one, "sentence")));
    html_str(p, "</span>");
    gravest(p, json_object_get(one, "findings"));
    html_str(p, " ");
    html_cite_all(p, json_object_get(one, "spans"));
    doubts(p, one);
    html_str(p, "</div></li>\n");
}

/* A sentence with its places. */
static void saying(struct page *p, const json_t *one, const char *key)
{
    html_str(p, "<li>");
    html_text(p, bytes_str(word_of(one, key)));
    html_str(p, " ");
    html_cite_all(p, json_object_get(one, "spans"));
    html_str(p, "</li>\n");
}

/* Who it was is not said twice in a row. */
static void step(struct page *p, const json_t *one, const json_t *before)
{
    const char *who = word_of(one, "who");
    html_str(p, "<li><time>");
    html_text(p, *word_of(one, "time") ? bytes_str(word_of(one, "time"))
                                       : BYTES("time not stated"));
    html_str(p, "</time><span>");
    if (!before || strcmp(who, word_of(before, "who")) != 0) {
        html_text(p, bytes_str(who));
        html_str(p, " ");
    }
    html_text(p, bytes_str(word_of(one, "what")));
    html_str(p, " ");
    html_cite_all(p, json_object_get(one, "spans"));
    html_str(p, "</span></li>\n");
}

/* A sentence that is made of steps, as their list. */
static void steps(struct page *p, const json_t *saying)
{
    const json_t *list = json_object_get(saying, "steps");
    json_int_t more = json_integer_value(json_object_get(saying, "more_steps"));
    html_str(p, "<li><strong>");
    html_text(p, bytes_str(word_of(saying, "lead")));
    html_str(p, "</strong><ul class=\"steps\">\n");
    for (size_t i = 0; i < json_array_size(list); i++)
        step(p, json_array_get(list, i), i > 0 ? json_array_get(list, i - 1) : NULL);
    html_str(p, "</ul>");
    if (more > 0)
        text_printf(p->out, "<p class=\"note\">and %lld more, step by step below</p>",
                    (long long)more);
    html_str(p, "</li>\n");
}

static void summary(struct page *p, const json_t *story)
{
    const json_t *list = json_object_get(story, "summary");
    if (json_array_size(list) == 0)
        return;
    html_str(p, "<h3>In short</h3>\n<ul class=\"summary\">\n");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        if (json_array_size(json_object_get(one, "steps")) > 0)
            steps(p, one);
        else
            saying(p, one, "text");
    }
    html_str(p, "</ul>\n");
}

static void questions(struct page *p, const json_t *story)
{
    html_str(p, "<h3>Open questions</h3>\n<ul class=\"questions\">\n");
    const json_t *list = json_object_get(story, "open_questions");
    for (size_t i = 0; i < json_array_size(list); i++)
        saying(p, json_array_get(list, i), "question");
    html_str(p, "</ul>\n");
}

static void phases(struct page *p, const json_t *list)
{
    html_str(p, "<h3>Step by step</h3>\n<ol class=\"phases\">\n");
    for (size_t k = 0; k < json_array_size(list); k++) {
        const json_t *phase = json_array_get(list, k);
        const json_t *facts = json_object_get(phase, "facts");
        html_str(p, "<li><h3>");
        html_label(p, word_of(phase, "phase"));
        html_str(p, "</h3><ul class=\"facts\">\n");
        for (size_t i = 0; i < json_array_size(facts); i++)
            fact(p, json_array_get(facts, i));
        html_str(p, "</ul></li>\n");
        output_spill(&p->report->out);
    }
    html_str(p, "</ol>\n");
}

/* How long it went on, by the times as they are stated: the clocks may differ. */
static void duration(struct page *p, const json_t *story)
{
    instant first, last;
    if (!instant_parse(bytes_str(word_of(story, "first_sign")), &first, NULL) ||
        !instant_parse(bytes_str(word_of(story, "contained")), &last, NULL) ||
        last < first)
        return;
    int64_t seconds = instant_apart(last, first) / NANOSECONDS;
    if (seconds < 120)
        text_printf(p->out, ", %lld seconds later", (long long)seconds);
    else if (seconds < 7200)
        text_printf(p->out, ", %lld minutes later", (long long)(seconds / 60));
    else if (seconds < 172800)
        text_printf(p->out, ", %lld hours later", (long long)(seconds / 3600));
    else
        text_printf(p->out, ", %lld days later", (long long)(seconds / 86400));
    html_str(p, " by the times as stated");
}

static void turning_points(struct page *p, const json_t *story)
{
    const char *first = word_of(story, "first_sign"), *last = word_of(story, "contained");
    if (!*first && !*last)
        return;
    html_str(p, "<p class=\"lead\">");
    if (*first) {
        html_str(p, "The first sign stands at <time>");
        html_text(p, bytes_str(first));
        html_str(p, "</time>.");
    }
    if (*last) {
        html_str(p, " Containment stands at <time>");
        html_text(p, bytes_str(last));
        html_str(p, "</time>");
        duration(p, story);
        html_str(p, ".");
    }
    html_str(p, "</p>\n");
}

static void first_sign(struct page *p)
{
    json_t *zero = case_document_json(p->casefile, "patient_zero");
    bool leading = p->leading;
    if (zero) {
        p->leading = false;
        html_str(p,
                 "<p class=\"print-note\">What each source shows around the first sign "
                 "is in patient_zero.json and in the page on a screen.</p>\n"
                 "<details class=\"screen-only\"><summary>The first sign, and what each "
                 "source shows around "
                 "it</summary>");
        html_document(p, zero);
        html_str(p, "</details>\n");
        p->leading = leading;
    }
    json_decref(zero);
}

bool section_story(struct page *p)
{
    json_t *story = case_document_json(p->casefile, "story");
    const json_t *steps = json_object_get(story, "phases");
    bool any = story || case_document_text(p->casefile, "patient_zero").n > 0;
    scope_line(p);
    turning_points(p, story);
    summary(p, story);
    if (json_array_size(steps) > 0)
        phases(p, steps);
    first_sign(p);
    if (story)
        questions(p, story);
    json_decref(story);
    return any;
}
