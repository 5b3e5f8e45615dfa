/* What happened: what it is about, the first sign, and the account in phases. */
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
    }
    json_decref(scope);
}

static bool same_fact(const json_t *a, const json_t *b)
{
    return a && b && json_equal(json_object_get(a, "time"), json_object_get(b, "time")) &&
           json_equal(json_object_get(a, "sentence"), json_object_get(b, "sentence"));
}

/* What several sources say in the same words is one line with all their places. */
static void fact(struct page *p, const json_t *facts, size_t *i)
{
    const json_t *one = json_array_get(facts, *i);
    static const char *const shown[] = {"time", "sentence", "spans", NULL};
    json_t *rest = json_copy((json_t *)(uintptr_t)one);
    html_str(p, "<li><time>");
    html_text(p, bytes_str(word_of(one, "time")));
    html_str(p, "</time><div><span class=\"sentence\">");
    html_text(p, bytes_str(word_of(one, "sentence")));
    html_str(p, "</span> ");
    html_cite_all(p, json_object_get(one, "spans"));
    while (same_fact(one, json_array_get(facts, *i + 1)))
        html_cite_all(p, json_object_get(json_array_get(facts, ++*i), "spans"));
    for (const char *const *k = shown; *k; k++)
        json_object_del(rest, *k);
    if (html_says_something(rest))
        html_rest(p, rest, NULL);
    html_str(p, "</div></li>\n");
    json_decref(rest);
}

static void phases(struct page *p, const json_t *list)
{
    html_str(p, "<ol class=\"phases\">\n");
    for (size_t k = 0; k < json_array_size(list); k++) {
        const json_t *phase = json_array_get(list, k);
        const json_t *facts = json_object_get(phase, "facts");
        html_str(p, "<li><h3>");
        html_label(p, word_of(phase, "phase"));
        html_str(p, "</h3><ul class=\"facts\">\n");
        for (size_t i = 0; i < json_array_size(facts); i++)
            fact(p, facts, &i);
        html_str(p, "</ul></li>\n");
        output_spill(&p->report->out);
    }
    html_str(p, "</ol>\n");
}

static void turning_points(struct page *p, const json_t *story)
{
    static const struct {
        const char *key, *label;
    } points[] = {{"first_sign", "The first sign stands at "},
                  {"contained", "Containment stands at "}};
    for (size_t i = 0; i < 2; i++) {
        if (!*word_of(story, points[i].key))
            continue;
        html_str(p, i == 0 ? "<p class=\"lead\">" : " ");
        html_str(p, points[i].label);
        html_str(p, "<time>");
        html_text(p, bytes_str(word_of(story, points[i].key)));
        html_str(p, "</time>.");
    }
    html_str(p, "</p>\n");
}

static void first_sign(struct page *p)
{
    json_t *zero = case_document_json(p->casefile, "patient_zero");
    if (zero) {
        html_str(p, "<details><summary>The first sign, and what each source shows around "
                    "it</summary>");
        html_document(p, zero);
        html_str(p, "</details>\n");
    }
    json_decref(zero);
}

bool section_story(struct page *p)
{
    json_t *story = case_document_json(p->casefile, "story");
    bool any = story || case_document_text(p->casefile, "patient_zero").n > 0;
    scope_line(p);
    turning_points(p, story);
    phases(p, json_object_get(story, "phases"));
    first_sign(p);
    json_object_del(story, "phases");
    json_object_del(story, "first_sign");
    json_object_del(story, "contained");
    html_document(p, story);
    json_decref(story);
    return any;
}
