/* Exposure: a checklist of what to rotate, in order, then how each thing was exposed. */
#include "analyze/report/html.h"
#include "analyze/report/words.h"

static void name_of(struct page *p, const json_t *secret)
{
    html_str(p, "<span class=\"path\">");
    if (*word_of(secret, "namespace")) {
        html_text(p, bytes_str(word_of(secret, "namespace")));
        html_str(p, "/");
    }
    html_text(p, bytes_str(word_of(secret, "name")));
    html_str(p, "</span>");
    if (*word_of(secret, "audience")) {
        html_str(p, " for ");
        html_text(p, bytes_str(word_of(secret, "audience")));
    }
}

/* When and by whom it was rotated, or what is to be done. */
static void state_of(struct page *p, const json_t *rotation)
{
    const json_t *by = json_object_get(rotation, "by");
    bool seen = json_is_true(json_object_get(rotation, "seen"));
    html_badge(p, seen ? BYTES("rotated") : BYTES("not seen"));
    html_str(p, " ");
    if (!seen) {
        html_text(p, bytes_str(word_of(rotation, "remedy")));
        return;
    }
    html_str(p, "<time>");
    html_text(p, bytes_str(word_of(by, "time")));
    html_str(p, "</time> ");
    html_text(p, bytes_str(word_of(by, json_object_get(by, "user") ? "user" : "actor")));
    html_str(p, ": ");
    html_text(p, bytes_str(word_of(by, "action")));
    if (*word_of(rotation, "how_sure")) {
        html_str(p, "<br>");
        html_text(p, bytes_str(word_of(rotation, "how_sure")));
    }
}

/* Who uses it, and whether with the new value. */
static void consumers_of(struct page *p, const json_t *rotation)
{
    const json_t *list = json_object_get(rotation, "consumers");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const json_t *restarted = json_object_get(one, "restarted_since");
        html_str(p, i ? "<br>" : "");
        html_text(p, bytes_str(word_of(one, "kind")));
        html_str(p, " ");
        html_text(p, bytes_str(word_of(one, "name")));
        if (restarted)
            html_str(p, json_is_true(restarted) ? ", restarted since"
                                                : ", not restarted since");
    }
}

static void row(struct page *p, const json_t *secret, size_t number)
{
    const json_t *rotation = json_object_get(secret, "rotation");
    text_printf(p->out, "<tr><td><label><input type=\"checkbox\"> %zu</label></td><td>",
                number);
    html_text(p, bytes_str(word_of(secret, "kind")));
    html_str(p, " ");
    name_of(p, secret);
    html_str(p, "</td><td>");
    html_text(p, bytes_str(word_of(secret, "why")));
    html_str(p, "</td><td>");
    html_badge(p, json_is_true(json_object_get(secret, "read")) ? BYTES("read")
                                                                : BYTES("readable"));
    html_str(p, "</td><td>");
    state_of(p, rotation);
    html_str(p, "</td><td>");
    consumers_of(p, rotation);
    html_str(p, "</td><td>");
    html_cite_all(p, secret);
    html_str(p, "</td></tr>\n");
    output_spill(&p->report->out);
}

static void checklist(struct page *p, const json_t *secrets)
{
    html_str(p,
             "<h3>Rotation checklist</h3>\n<p>In the order in which to do it; ticks are "
             "kept nowhere.</p>\n<div class=\"scroll\"><table "
             "class=\"checklist\"><thead><tr><th "
             "scope=\"col\">No.</th><th scope=\"col\">What</th><th scope=\"col\">"
             "Why</th><th scope=\"col\">Read?</th><th scope=\"col\">Rotation</th><th "
             "scope=\"col\">Used by</th><th "
             "scope=\"col\">Evidence</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < json_array_size(secrets); i++)
        row(p, json_array_get(secrets, i), i + 1);
    html_str(p, "</tbody></table></div>\n");
}

static void details(struct page *p, const json_t *secrets)
{
    html_str(p,
             "<h3>How each was exposed</h3>\n<p class=\"print-note\">The steps of each, "
             "with its readers and consumers, are in exposure.json and in the page on a "
             "screen.</p>\n");
    for (size_t i = 0; i < json_array_size(secrets); i++) {
        const json_t *one = json_array_get(secrets, i);
        html_str(p, "<details class=\"screen-only\"><summary>");
        html_text(p, bytes_str(word_of(one, "kind")));
        html_str(p, " ");
        name_of(p, one);
        html_str(p, "</summary>");
        html_rest(p, one, NULL);
        html_str(p, "</details>\n");
    }
}

static void reach(struct page *p, const json_t *one)
{
    static const char *const shown[] = {"identities", NULL};
    if (!html_says_something(one))
        return;
    html_str(p, "<h3>Reach</h3>\n");
    html_reach(p, json_object_get(one, "identities"));
    html_rest(p, one, shown);
}

bool section_exposure(struct page *p)
{
    json_t *d = case_document_json(p->casefile, "exposure");
    json_t *secrets = json_object_get(d, "secrets");
    if (!d)
        return false;
    if (json_array_size(secrets) > 0) {
        checklist(p, secrets);
        details(p, secrets);
    }
    json_object_del(d, "secrets");
    reach(p, json_object_get(d, "reach"));
    json_object_del(d, "reach");
    html_document(p, d);
    json_decref(d);
    return true;
}
