/* Coverage: what each source holds, where it falls silent, and what it cannot show. */
#include "analyze/report/html.h"
#include "analyze/report/words.h"

static int64_t count_of(const json_t *v)
{
    const json_t *count = json_is_object(v) ? json_object_get(v, "count") : v;
    return json_is_integer(count) ? json_integer_value(count) : 0;
}

static void time_cell(struct page *p, const json_t *source, const char *key)
{
    html_str(p, "<td><time>");
    html_text(p, bytes_str(word_of(source, key)));
    html_str(p, "</time></td>");
}

/* Every counter that is not zero, with the places it counts. */
static void problems(struct page *p, const json_t *source)
{
    static const char *const keys[] = {"malformed",     "cut_off",
                                       "contradictory", "clock_mismatches",
                                       "drop_notices",  "dropped_events",
                                       "without_time",  "out_of_order",
                                       "other_lines",   NULL};
    size_t n = 0;
    for (const char *const *k = keys; *k; k++) {
        const json_t *v = json_object_get(source, *k);
        if (count_of(v) == 0)
            continue;
        html_str(p, n++ > 0 ? "<br>" : "");
        html_label(p, *k);
        text_printf(p->out, ": %lld ", (long long)count_of(v));
        html_cite_all(p, json_object_get(v, "places"));
    }
    if (json_array_size(json_object_get(source, "gaps")) > 0) {
        html_str(p, n++ > 0 ? "<br>Gaps: " : "Gaps: ");
        html_value(p, json_object_get(source, "gaps"));
    }
    if (n == 0)
        html_str(p, "<span class=\"none\">none</span>");
}

static void row(struct page *p, const json_t *source)
{
    html_str(p, "<tr><td class=\"path\">");
    html_text(p, bytes_str(word_of(source, "item")));
    html_str(p, "</td><td>");
    html_text(p, bytes_str(word_of(source, "role")));
    text_printf(p->out, "</td><td class=\"number\">%lld</td>",
                (long long)count_of(json_object_get(source, "records")));
    time_cell(p, source, "first");
    time_cell(p, source, "last");
    html_str(p, "<td>");
    problems(p, source);
    html_str(p, "</td></tr>\n");
    output_spill(&p->report->out);
}

static void sources_table(struct page *p, const json_t *sources)
{
    html_str(p, "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Source</th>"
                "<th scope=\"col\">Role</th><th scope=\"col\" "
                "class=\"number\">Records</th><th scope=\"col\">First</th><th "
                "scope=\"col\">Last</th><th scope=\"col\">Problems</th></tr></thead>"
                "<tbody>\n");
    for (size_t i = 0; i < json_array_size(sources); i++)
        row(p, json_array_get(sources, i));
    html_str(p, "</tbody></table></div>\n");
}

/* What is said of a source besides the table: its rhythm, levels and stages. */
static void remark(struct page *p, const json_t *source)
{
    static const char *const told[] = {"item",
                                       "item_id",
                                       "role",
                                       "records",
                                       "first",
                                       "last",
                                       "gaps",
                                       "malformed",
                                       "cut_off",
                                       "contradictory",
                                       "offset",
                                       "length",
                                       "other_lines",
                                       "drop_notices",
                                       "out_of_order",
                                       "clock_mismatches",
                                       "without_time",
                                       "dropped_events",
                                       NULL};
    json_t *rest = json_copy((json_t *)(uintptr_t)source);
    for (const char *const *k = told; *k; k++)
        json_object_del(rest, *k);
    if (html_says_something(rest)) {
        html_str(p, "<div class=\"card\"><h4 class=\"path\">");
        html_text(p, bytes_str(word_of(source, "item")));
        html_str(p, "</h4>");
        html_rest(p, rest, NULL);
        html_str(p, "</div>\n");
    }
    json_decref(rest);
}

static void remarks(struct page *p, const json_t *sources)
{
    html_str(p, "<h3>Rhythm, levels and stages</h3>\n");
    for (size_t i = 0; i < json_array_size(sources); i++)
        remark(p, json_array_get(sources, i));
}

static void question(struct page *p, const json_t *one)
{
    const json_t *sources = json_object_get(one, "sources");
    html_str(p, "<li>");
    html_text(p, bytes_str(word_of(one, "question")));
    html_str(p, " ");
    html_cite_all(p, json_object_get(one, "spans"));
    for (size_t i = 0; i < json_array_size(sources); i++) {
        html_str(p, i > 0 ? ", <span class=\"path\">" : "(<span class=\"path\">");
        html_text(p, bytes_str(json_string_value(json_array_get(sources, i))));
        html_str(p, "</span>");
    }
    html_str(p, json_array_size(sources) > 0 ? ")</li>\n" : "</li>\n");
}

static void questions(struct page *p, const json_t *list)
{
    html_str(p, "<h3>What this package cannot answer</h3>\n<ul class=\"questions\">\n");
    for (size_t i = 0; i < json_array_size(list); i++)
        question(p, json_array_get(list, i));
    html_str(p, "</ul>\n");
}

bool section_coverage(struct page *p)
{
    json_t *d = case_document_json(p->casefile, "coverage");
    json_t *sources = json_object_get(d, "sources");
    if (!d)
        return false;
    if (json_array_size(sources) > 0) {
        sources_table(p, sources);
        remarks(p, sources);
    }
    questions(p, json_object_get(d, "cannot_answer"));
    json_object_del(d, "cannot_answer");
    json_object_del(d, "sources");
    html_document(p, d);
    json_decref(d);
    return true;
}
