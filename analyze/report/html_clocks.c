/* Clocks: whether the sources agree about the time, and what that was used for. */
#include <string.h>

#include "analyze/report/html.h"
#include "analyze/report/words.h"

static bool any_applied(const json_t *sources)
{
    for (size_t i = 0; i < json_array_size(sources); i++)
        if (json_is_true(json_object_get(json_array_get(sources, i), "applied_to_order")))
            return true;
    return false;
}

/* Those that are not compared keep the order that they state. */
static void uncompared(struct page *p, const json_t *sources)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(sources); i++)
        n += json_is_false(json_object_get(json_array_get(sources, i), "compared"));
    if (n > 0)
        text_printf(p->out,
                    "<p>%zu of %zu sources could not be compared with the first "
                    "reference: where they stand among the others rests on their own "
                    "word.</p>\n",
                    n, json_array_size(sources));
}

static void number_cell(struct page *p, const json_t *one, const char *key,
                        const char *before)
{
    html_str(p, "<td class=\"number\">");
    if (*word_of(one, key)) {
        html_str(p, before);
        html_text(p, bytes_str(word_of(one, key)));
    }
    html_str(p, "</td>");
}

static void source_row(struct page *p, const json_t *one)
{
    html_str(p, "<tr><td class=\"path\">");
    html_text(p, bytes_str(word_of(one, "source")));
    html_str(p, "</td><td>");
    html_text(p, bytes_str(word_of(one, "clock")));
    html_str(p, "</td>");
    number_cell(p, one, "ahead_seconds", "");
    number_cell(p, one, "uncertainty_seconds", "± ");
    html_str(p, "<td class=\"path\">");
    html_text(p, bytes_str(word_of(one, "reference")));
    html_str(p, "</td></tr>\n");
}

static void sources_table(struct page *p, const json_t *sources)
{
    html_str(p,
             "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Source</th>"
             "<th scope=\"col\">Its clock</th><th scope=\"col\" class=\"number\">Ahead "
             "by seconds</th><th scope=\"col\" class=\"number\">Uncertainty</th>"
             "<th scope=\"col\">Reference</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < json_array_size(sources); i++)
        source_row(p, json_array_get(sources, i));
    html_str(p, "</tbody></table></div>\n");
}

/* Two pairs, as a reader checks them. */
static void examples(struct page *p, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list) && i < 2; i++) {
        const json_t *one = json_array_get(list, i);
        html_str(p, i > 0 ? "<br>" : "");
        html_text(p, bytes_str(word_of(one, "by")));
        html_str(p, " ");
        html_cite_all(p, json_object_get(one, "spans"));
    }
}

/* Of an offset that rests on what must have come first. */
static void bound(struct page *p, const json_t *one, const char *before, const char *key)
{
    if (!*word_of(one, key))
        return;
    html_str(p, before);
    html_text(p, bytes_str(word_of(one, key)));
    html_str(p, " seconds");
}

static void comparison_row(struct page *p, const json_t *one)
{
    html_str(p, "<tr><td class=\"path\">");
    html_text(p, bytes_str(word_of(one, "second")));
    html_str(p, " against ");
    html_text(p, bytes_str(word_of(one, "first")));
    html_str(p, "</td>");
    text_printf(p->out, "<td class=\"number\">%lld</td>",
                (long long)json_integer_value(json_object_get(one, "pairs")));
    number_cell(p, one, "offset_seconds", "");
    number_cell(p, one, "uncertainty_seconds", "± ");
    number_cell(p, one, "drift_ppm", "");
    html_str(p, "<td>");
    html_text(p, bytes_str(json_is_true(json_object_get(one, "differs"))
                               ? "the clocks differ"
                               : word_of(one, "why")));
    bound(p, one, "; at least ", "at_least_seconds");
    bound(p, one, "; at most ", "at_most_seconds");
    html_str(p, "</td><td>");
    examples(p, json_object_get(one, "examples"));
    html_str(p, "</td></tr>\n");
}

static void comparisons_table(struct page *p, const json_t *list)
{
    html_str(p, "<h3>Pairs of sources that recorded the same acts</h3>\n"
                "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Sources</th>"
                "<th scope=\"col\" class=\"number\">Acts</th><th scope=\"col\" "
                "class=\"number\">Offset, seconds</th><th scope=\"col\" "
                "class=\"number\">Uncertainty</th><th scope=\"col\" "
                "class=\"number\">Drift, millionths</th><th scope=\"col\">Judgement</th>"
                "<th scope=\"col\">For example</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < json_array_size(list); i++)
        comparison_row(p, json_array_get(list, i));
    html_str(p, "</tbody></table></div>\n");
}

bool section_clocks(struct page *p)
{
    json_t *d = case_document_json(p->casefile, "clocks");
    const json_t *sources = json_object_get(d, "sources");
    const json_t *list = json_object_get(d, "comparisons");
    bool any = json_array_size(sources) > 0;
    if (any) {
        html_str(p, any_applied(sources)
                        ? "<p>Sources disagree about the time. Every time in this report "
                          "is the one that its source states; the order of the timeline "
                          "and of the account follows the reference clock.</p>\n"
                        : "<p>No source was found to disagree with another by more than "
                          "recording takes; the order of events follows the stated "
                          "times.</p>\n");
        uncompared(p, sources);
        sources_table(p, sources);
    }
    if (json_array_size(list) > 0)
        comparisons_table(p, list);
    json_decref(d);
    return any;
}
