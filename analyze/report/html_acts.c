/* Acts: requests, alerts, log lines, checkpoints, as the documents of several rooms list
 * them: each in one line with its places. The JSON files beside the report have every
 * field of them. */
#include "analyze/report/html.h"
#include "analyze/report/words.h"

/* A list that is longer is for machines. */
#define ACTS 1000

bool html_are_acts(const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *one = json_array_get(array, i);
        bool tells = json_object_get(one, "action") || json_object_get(one, "rule") ||
                     json_object_get(one, "message");
        if (!tells || !json_object_get(one, "time") || !json_object_get(one, "spans"))
            return false;
    }
    return json_array_size(array) > 0;
}

/* A member, where there is one. */
static void said(struct page *p, const char *before, const json_t *one, const char *key)
{
    if (!*word_of(one, key))
        return;
    html_str(p, before);
    html_text(p, bytes_str(word_of(one, key)));
}

static void request(struct page *p, const json_t *one)
{
    said(p, "", one, "user");
    said(p, ", known as ", one, "known_as");
    said(p, " as ", one, "as");
    said(p, " ", one, "action");
    said(p, " ", one, "object");
    said(p, ": ", one, "command");
    said(p, ", ", one, "outcome");
    said(p, "; caused by ", one, "caused_by");
    said(p, "; ", one, "note");
    if (json_object_get(one, "times")) {
        text_printf(p->out, "; %lld times",
                    (long long)json_integer_value(json_object_get(one, "times")));
        said(p, ", until ", one, "last");
    }
}

static void alert(struct page *p, const json_t *one)
{
    said(p, "", one, "source");
    said(p, ": ", one, "rule");
    said(p, ": ", one, *word_of(one, "command") ? "command" : "process");
    said(p, " on ", one, "file");
}

static void record(struct page *p, const json_t *one)
{
    said(p, "", one, "source");
    said(p, ": ", one, "actor");
    said(p, ": ", one, *word_of(one, "message") ? "message" : "action");
    if (!*word_of(one, "message"))
        said(p, " ", one, "object");
}

/* What became of it later, where that was looked for. */
static void reversal(struct page *p, const json_t *one)
{
    const json_t *reverted = json_object_get(one, "reverted");
    const json_t *by = json_object_get(one, "reverted_by");
    if (!json_is_boolean(reverted))
        return;
    html_str(p, " ");
    html_badge(p, json_is_true(reverted) ? BYTES("taken back") : BYTES("not taken back"));
    if (!by)
        return;
    html_str(p, " <time>");
    html_text(p, bytes_str(word_of(by, "time")));
    html_str(p, "</time> ");
    request(p, by);
    html_str(p, " ");
    html_cite_all(p, json_object_get(by, "spans"));
}

static void act(struct page *p, const json_t *one)
{
    html_str(p, "<li><time>");
    html_text(p, *word_of(one, "time") ? bytes_str(word_of(one, "time"))
                                       : BYTES("time not stated"));
    html_str(p, "</time><div>");
    if (*word_of(one, "what")) {
        html_str(p, "<strong>");
        html_text(p, bytes_str(word_of(one, "what")));
        html_str(p, "</strong> ");
    }
    if (json_object_get(one, "rule"))
        alert(p, one);
    else if (json_object_get(one, "user"))
        request(p, one);
    else
        record(p, one);
    html_str(p, " ");
    html_cite_all(p, json_object_get(one, "spans"));
    reversal(p, one);
    if (*word_of(one, "detail")) {
        html_str(p, "<br><code>");
        html_text(p, bytes_str(word_of(one, "detail")));
        html_str(p, "</code>");
    }
    html_str(p, "</div></li>\n");
}

void html_acts(struct page *p, const json_t *array)
{
    size_t n = json_array_size(array);
    html_str(p, "<ul class=\"acts\">\n");
    for (size_t i = 0; i < n && i < ACTS; i++) {
        act(p, json_array_get(array, i));
        output_spill(&p->report->out);
    }
    html_str(p, "</ul>\n");
    if (n > ACTS)
        text_printf(p->out,
                    "<p class=\"note\">The first %d of %zu; the JSON file beside this "
                    "report has all of them.</p>\n",
                    ACTS, n);
}

/* -- the written timeline ------------------------------------------------------------ */

static void weighed(struct page *p, const json_t *claim, const char *key,
                    const char *label)
{
    const json_t *acts = json_object_get(claim, key);
    if (json_array_size(acts) == 0)
        return;
    text_printf(p->out, "<p class=\"weighed\">%s</p>", label);
    html_value(p, acts);
}

static void claim(struct page *p, const json_t *one)
{
    const json_t *why = json_object_get(one, "why");
    html_str(p, "<article class=\"card claim\"><p><time>");
    const char *time = word_of(one, "time");
    html_text(p, bytes_str(time[0] ? time : "no time told"));
    html_str(p, "</time> <q>");
    html_text(p, bytes_str(word_of(one, "claim")));
    html_str(p, "</q> ");
    html_badge(p, bytes_str(word_of(one, "verdict")));
    html_str(p, " ");
    html_cite_all(p, json_object_get(one, "spans"));
    html_str(p, "</p>");
    said(p, "<p class=\"note\">By the reference clock: ", one, "by_reference_clock");
    if (json_array_size(why) > 0)
        html_value(p, why);
    weighed(p, one, "parts", "Act by act");
    weighed(p, one, "supports", "The evidence for it");
    weighed(p, one, "contradicts", "The evidence against it");
    html_str(p, "</article>\n");
    output_spill(&p->report->out);
}

bool section_claims(struct page *p)
{
    json_t *d = case_document_json(p->casefile, "claims");
    const json_t *claims = json_object_get(d, "claims");
    size_t n = json_array_size(claims);
    const json_t *undated = json_object_get(d, "undated");
    size_t more = json_array_size(undated);
    for (size_t i = 0; i < n; i++)
        claim(p, json_array_get(claims, i));
    for (size_t i = 0; i < more; i++)
        claim(p, json_array_get(undated, i));
    json_decref(d);
    return n + more > 0;
}
