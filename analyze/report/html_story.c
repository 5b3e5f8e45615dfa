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

static void first_sign(struct page *p)
{
    static const char *const shown[] = {"schema", "around", NULL};
    json_t *zero = case_document_json(p->casefile, "patient_zero");
    if (zero) {
        html_str(p, "<h3>First sign</h3>\n<div class=\"card\">");
        html_rest(p, zero, shown);
        html_str(p, "</div>\n");
        if (html_says_something(json_object_get(zero, "around"))) {
            html_str(p, "<details><summary>What other sources show around it</summary>");
            html_document(p, json_object_get(zero, "around"));
            html_str(p, "</details>\n");
        }
    }
    json_decref(zero);
}

bool section_story(struct page *p)
{
    json_t *story = case_document_json(p->casefile, "story");
    bool any = story || case_document_text(p->casefile, "patient_zero").n > 0;
    scope_line(p);
    html_document(p, story);
    first_sign(p);
    json_decref(story);
    return any;
}
