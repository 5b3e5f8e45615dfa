/* What the container changed in its file system. */
#include <string.h>

#include "analyze/report/html.h"
#include "analyze/report/words.h"

/* diff.json has all of them. */
#define CHANGES 2000

/* Both states side by side; what differs is marked. */
static void states(struct page *p, const json_t *before, const json_t *after)
{
    json_t *all = json_object();
    const char *key;
    json_t *unused;
    json_object_update(all, (json_t *)(uintptr_t)before);
    json_object_update(all, (json_t *)(uintptr_t)after);
    html_str(p, "<table class=\"states\"><thead><tr><th></th><th scope=\"col\">In the "
                "image</th><th scope=\"col\">In the container</th></tr></thead><tbody>");
    json_object_foreach(all, key, unused)
    {
        const json_t *was = json_object_get(before, key);
        const json_t *is = json_object_get(after, key);
        bool differs = was && is && !json_equal(was, is);
        html_str(p, differs ? "<tr class=\"marked\"><th scope=\"row\">"
                            : "<tr><th scope=\"row\">");
        html_label(p, key);
        html_str(p, "</th><td>");
        if (was)
            html_value(p, was);
        html_str(p, "</td><td>");
        if (is)
            html_value(p, is);
        html_str(p, "</td></tr>");
    }
    html_str(p, "</tbody></table>");
    json_decref(all);
}

static void kinds(struct page *p, const json_t *one)
{
    const json_t *list = json_object_get(one, "kinds");
    html_str(p, " <span class=\"class\">");
    for (size_t i = 0; i < json_array_size(list); i++) {
        html_str(p, i > 0 ? ", " : "");
        html_value(p, json_array_get(list, i));
    }
    html_text(p, bytes_str(word_of(one, "class")));
    html_str(p, "</span>");
}

static void change(struct page *p, const json_t *one)
{
    static const char *const shown[] = {"path",   "change", "class", "diff",
                                        "before", "after",  "kinds", NULL};
    html_str(p, "<details class=\"change\"><summary>");
    html_badge(p, bytes_str(word_of(one, "change")));
    html_str(p, " <span class=\"path\">");
    html_text(p, bytes_str(word_of(one, "path")));
    html_str(p, "</span>");
    kinds(p, one);
    html_str(p, "</summary>");
    if (json_object_get(one, "before") || json_object_get(one, "after"))
        states(p, json_object_get(one, "before"), json_object_get(one, "after"));
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

static void comparison(struct page *p, const json_t *d)
{
    static const char *const shown[] = {"schema",  "changes", "added", "modified",
                                        "deleted", "others",  NULL};
    const json_t *changes = json_object_get(d, "changes");
    summary(p, changes);
    for (size_t i = 0; i < json_array_size(changes) && i < CHANGES; i++)
        change(p, json_array_get(changes, i));
    if (json_array_size(changes) > CHANGES)
        text_printf(p->out,
                    "<p class=\"note\">The first %d of %zu; diff.json has all.</p>\n",
                    CHANGES, json_array_size(changes));
    html_str(p, "<details><summary>What was compared with what</summary>");
    html_rest(p, d, shown);
    html_str(p, "</details>\n");
}

bool section_files(struct page *p)
{
    json_t *d = case_document_json(p->casefile, "diff");
    const json_t *others = json_object_get(d, "others");
    if (!d)
        return false;
    comparison(p, d);
    for (size_t i = 0; i < json_array_size(others); i++) {
        html_str(p, "<h3>Another layer of the package</h3>\n");
        comparison(p, json_array_get(others, i));
    }
    json_decref(d);
    return true;
}
