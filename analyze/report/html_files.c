/* What the container changed in its file system. */
#include <string.h>

#include "analyze/report/html.h"
#include "analyze/report/words.h"

/* diff.json has all of them. */
#define CHANGES 2000

static void change(struct page *p, const json_t *one)
{
    static const char *const shown[] = {"path", "change", "class", "diff", NULL};
    const char *word = word_of(one, "change");
    const char *class = word_of(one, "class");
    text_printf(p->out, "<details class=\"change\"><summary>");
    html_badge(p, bytes_str(word));
    html_str(p, " <span class=\"path\">");
    html_text(p, bytes_str(word_of(one, "path")));
    html_str(p, "</span>");
    if (*class) {
        html_str(p, " <span class=\"class\">");
        html_text(p, bytes_str(class));
        html_str(p, "</span>");
    }
    html_str(p, "</summary>");
    html_rest(p, one, shown);
    if (*word_of(one, "diff")) {
        html_str(p, "<pre class=\"diff\">");
        html_text(p, bytes_str(word_of(one, "diff")));
        html_str(p, "</pre>");
    }
    html_str(p, "</details>\n");
    output_spill(&p->report->out);
}

static void summary(struct page *p, const json_t *changes)
{
    static const char *const words[] = {"added", "modified", "deleted"};
    size_t counts[3] = {0};
    for (size_t i = 0; i < json_array_size(changes); i++)
        for (size_t k = 0; k < 3; k++)
            counts[k] +=
                strcmp(word_of(json_array_get(changes, i), "change"), words[k]) == 0;
    text_printf(p->out, "<p>%zu added, %zu modified, %zu deleted.</p>\n", counts[0],
                counts[1], counts[2]);
}

bool section_files(struct page *p)
{
    static const char *const shown[] = {"schema", "changes", NULL};
    json_t *d = case_document_json(p->casefile, "diff");
    const json_t *changes = json_object_get(d, "changes");
    if (!d)
        return false;
    summary(p, changes);
    for (size_t i = 0; i < json_array_size(changes) && i < CHANGES; i++)
        change(p, json_array_get(changes, i));
    if (json_array_size(changes) > CHANGES)
        text_printf(p->out,
                    "<p class=\"note\">The first %d of %zu; diff.json has all.</p>\n",
                    CHANGES, json_array_size(changes));
    html_rest(p, d, shown);
    json_decref(d);
    return true;
}
