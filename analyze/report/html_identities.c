/* Identities: who acted, with which rights, what was new; and what holds the pod back. */
#include <string.h>

#include "analyze/report/html.h"
#include "analyze/report/words.h"

/* -- for display --------------------------------------------------------------------
 * Nested documents become rows that fit a page; the JSON files keep them as they are. */

/* {"app": "shop"} as ["app=shop"]. */
static json_t *pairs(const json_t *object)
{
    json_t *list = json_array();
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) json_array_append_new(
        list, json_is_string(value) ? json_sprintf("%s=%s", key, json_string_value(value))
                                    : json_string(key));
    return list;
}

/* The state of one direction, then in one line who is still reached, then the peers that
 * matter. Each rule and each pod stands in containment.json. */
static json_t *direction(const json_t *one)
{
    json_t *list = json_array();
    const json_t *open = json_object_get(one, "open");
    json_array_append_new(list, json_string(word_of(one, "state")));
    for (size_t i = 0; i < json_array_size(open); i++) {
        const json_t *o = json_array_get(open, i);
        const char *path = json_is_true(json_object_get(o, "responders_path"))
                               ? ", as responders need it"
                               : "";
        json_array_append_new(
            list, json_sprintf("open to %s%s, by policy %s: %s", word_of(o, "to"), path,
                               word_of(o, "policy"), word_of(o, "rule")));
    }
    bool shut = strcmp(word_of(one, "state"), "closed: nothing is allowed") == 0;
    if (*word_of(one, "stays_open") && !shut)
        json_array_append_new(list,
                              json_sprintf("stays open: %s", word_of(one, "stays_open")));
    const json_t *paths = json_object_get(one, "paths");
    for (size_t i = 0; i < json_array_size(paths); i++) {
        const json_t *path = json_array_get(paths, i);
        const json_t *allowed = json_object_get(path, "allowed");
        const char *answer = json_is_true(allowed)    ? "lets through"
                             : json_is_false(allowed) ? "holds back"
                                                      : "not decidable";
        json_array_append_new(list,
                              json_sprintf("%s: %s, %s", answer, word_of(path, "to"),
                                           word_of(path, "what")));
    }
    return list;
}

/* A string, or text that could not be formed into one. */
static void put(json_t *row, const char *key, json_t *value)
{
    json_object_set_new(row, key, value ? value : json_string("not shown"));
}

static json_t *isolation_row(const json_t *one)
{
    json_t *row = json_object();
    const char *until = word_of(one, "until");
    put(row, "from", json_string(word_of(one, "from")));
    put(row, "until", json_string(*until ? until : "the end of the evidence"));
    put(row, "labels", pairs(json_object_get(one, "labels")));
    json_object_set(row, "policies", json_object_get(one, "policies"));
    put(row, "ingress", direction(json_object_get(one, "ingress")));
    put(row, "egress", direction(json_object_get(one, "egress")));
    json_object_set(row, "spans", json_object_get(one, "spans"));
    return row;
}

/* Whether a step came in its order; null where the evidence has not both. */
static json_t *order_row(const json_t *one)
{
    json_t *row = json_copy((json_t *)(uintptr_t)one);
    if (json_is_null(json_object_get(row, "held")))
        put(row, "held", json_string("not decidable"));
    return row;
}

/* Replaces document[key] by what `row` makes of each of its elements. */
static void redraw(json_t *document, const char *key, json_t *(*row)(const json_t *))
{
    const json_t *list = json_object_get(document, key);
    json_t *drawn = json_array();
    for (size_t i = 0; i < json_array_size(list); i++)
        json_array_append_new(drawn, row(json_array_get(list, i)));
    if (list)
        json_object_set(document, key, drawn);
    json_decref(drawn);
}

bool section_containment(struct page *p)
{
    json_t *d = case_document_json(p->casefile, "containment");
    redraw(d, "isolation", isolation_row);
    redraw(d, "order", order_row);
    json_t *connections = json_incref(json_object_get(d, "connections"));
    json_object_del(d, "connections");
    html_document(p, d);
    html_connections(p, connections);
    json_decref(connections);
    bool any = d != NULL;
    json_decref(d);
    return any;
}

/* -- reach --------------------------------------------------------------------------
 */

static bool same_grant(const json_t *a, const json_t *b)
{
    static const char *const keys[] = {
        "where",      "binding_kind", "binding", "role",  "since",
        "granted_by", "at_the_end",   "until",   "spans", NULL};
    for (const char *const *k = keys; *k; k++) {
        const json_t *x = json_object_get(a, *k), *y = json_object_get(b, *k);
        if (x != y && (!x || !y || !json_equal(x, y)))
            return false;
    }
    return true;
}

static void may(struct page *p, const json_t *one)
{
    bool escalates = json_is_true(json_object_get(one, "escalates"));
    html_str(p, escalates ? "<strong>" : "");
    html_text(p, bytes_str(word_of(one, "may")));
    html_str(p, escalates ? "</strong>" : "");
}

/* Once for each grant: what it allows, all in one row. */
static void grant(struct page *p, const json_t *list, size_t first)
{
    const json_t *one = json_array_get(list, first);
    for (size_t i = 0; i < first; i++)
        if (same_grant(json_array_get(list, i), one))
            return;
    html_str(p, "<tr><td>");
    may(p, one);
    for (size_t i = first + 1; i < json_array_size(list); i++) {
        if (!same_grant(json_array_get(list, i), one))
            continue;
        html_str(p, ", ");
        may(p, json_array_get(list, i));
    }
    html_str(p, "</td><td>");
    html_text(p, bytes_str(word_of(one, "where")));
    html_str(p, "</td><td>");
    html_text(p, bytes_str(word_of(one, "binding_kind")));
    html_str(p, " ");
    html_text(p, bytes_str(word_of(one, "binding")));
    if (*word_of(one, "role")) {
        html_str(p, " of ");
        html_text(p, bytes_str(word_of(one, "role")));
    }
    if (*word_of(one, "assumed")) {
        html_str(p, "<br>");
        html_text(p, bytes_str(word_of(one, "assumed")));
    }
    html_str(p, "</td><td><time>");
    html_text(p, *word_of(one, "since") ? bytes_str(word_of(one, "since"))
                                        : BYTES("before the incident"));
    html_str(p, "</time></td><td>");
    html_str(p, json_is_true(json_object_get(one, "at_the_end")) ? "yes" : "no, until ");
    html_text(p, bytes_str(word_of(one, "until")));
    html_str(p, "</td><td>");
    html_cite_all(p, json_object_get(one, "spans"));
    html_str(p, "</td></tr>\n");
}

static void capabilities(struct page *p, const json_t *list)
{
    if (json_array_size(list) == 0)
        return;
    html_str(p, "<div class=\"scroll\"><table class=\"reach\"><thead><tr><th "
                "scope=\"col\">May (in bold: what leads to more rights)</th><th "
                "scope=\"col\">Where</th><th scope=\"col\">By</th><th "
                "scope=\"col\">Since</th><th scope=\"col\">At the end</th><th "
                "scope=\"col\">Evidence</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < json_array_size(list); i++)
        grant(p, list, i);
    html_str(p, "</tbody></table></div>\n");
    output_spill(&p->report->out);
}

void html_reach(struct page *p, const json_t *identities)
{
    static const char *const shown[] = {"identity",     "how",   "by",
                                        "capabilities", "spans", NULL};
    for (size_t i = 0; i < json_array_size(identities); i++) {
        const json_t *one = json_array_get(identities, i);
        html_str(p, "<h4 class=\"path\">");
        html_text(p, bytes_str(word_of(one, "identity")));
        html_str(p, "</h4><p class=\"note\">");
        html_text(p, bytes_str(word_of(one, "how")));
        html_str(p, " ");
        html_text(p, bytes_str(word_of(one, "by")));
        html_str(p, " ");
        html_cite_all(p, json_object_get(one, "spans"));
        html_str(p, "</p>\n");
        capabilities(p, json_object_get(one, "capabilities"));
        html_rest(p, one, shown);
    }
}

/* -- identities ---------------------------------------------------------------------
 */

static void baseline_account(struct page *p, const json_t *one)
{
    static const char *const columns[] = {"action", "namespace", "count", "denied",
                                          "first",  "new",       "spans", NULL};
    static const char *const shown[] = {"user", "new", NULL};
    html_str(p, "<h4 class=\"path\">");
    html_text(p, bytes_str(word_of(one, "user")));
    html_str(p, "</h4>\n");
    html_rest(p, one, shown);
    if (json_array_size(json_object_get(one, "new")) > 0)
        html_table(p, json_object_get(one, "new"), columns);
}

static void baseline(struct page *p)
{
    json_t *d = case_document_json(p->casefile, "baseline");
    const json_t *accounts = json_object_get(d, "accounts");
    if (json_array_size(accounts) > 0)
        html_str(p, "<h3>What each did that it had not done before</h3>\n");
    for (size_t i = 0; i < json_array_size(accounts); i++)
        baseline_account(p, json_array_get(accounts, i));
    json_decref(d);
}

static void slices(struct page *p)
{
    json_t *d = case_document_json(p->casefile, "slices");
    if (json_object_get(d, "exec")) {
        html_str(p, "<p class=\"print-note\">The audit log cut by commands, secrets, "
                    "refusals and accounts is in slice-*.tsv and in the page on a "
                    "screen.</p>\n<details class=\"screen-only\"><summary>The audit log "
                    "cut by commands, secrets, refusals and accounts</summary>");
        html_document(p, d);
        html_str(p, "</details>\n");
    }
    json_decref(d);
}

bool section_identities(struct page *p)
{
    json_t *d = case_document_json(p->casefile, "identities");
    bool any = d || case_document_text(p->casefile, "slices").n > 0 ||
               case_document_text(p->casefile, "baseline").n > 0;
    html_document(p, d);
    baseline(p);
    slices(p);
    json_decref(d);
    return any;
}
