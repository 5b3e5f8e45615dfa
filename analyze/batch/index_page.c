/* index.html and the table on the terminal. */
#include <string.h>

#include "analyze/batch/index.h"

#define MOST_ROWS 60 /* on the terminal */

static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src "
    "'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>exhibit: "
    "cases</title>\n"
    "<style>\n"
    ":root{color-scheme:light dark}\n"
    "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 "
    "1rem}\n"
    "table{border-collapse:collapse;width:100%;margin:1rem 0 2rem}\n"
    "th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;"
    "border-bottom:1px solid #8886}\n"
    "td{overflow-wrap:anywhere}td.n,th.n{text-align:right}\n"
    ".failed{color:#b3261e;font-weight:600}.incomplete{color:#8a5a00;font-weight:600}\n"
    ".verified{color:#1b6e2d;font-weight:600}\n"
    "@media(prefers-color-scheme:dark){.failed{color:#ff8a80}.incomplete{color:#ffca6b}"
    ".verified{color:#7bd88f}}\n"
    "ul{margin:0;padding-left:1.1rem}small{opacity:.75}\n"
    "</style>\n";

static const char *string_of(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "";
}

static json_int_t number_of(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

static void put(struct text *t, const char *s)
{
    escape_html(t, bytes_str(s));
}

/* What a reader wants to know first: the verdict, or why there is none. */
static const char *verdict_of(const json_t *c)
{
    if (strcmp(string_of(c, "state"), "done") == 0)
        return string_of(c, "verdict");
    return strcmp(string_of(c, "state"), "failed") == 0 ? "not done" : "waiting";
}

static const char *class_of(const char *verdict)
{
    if (strcmp(verdict, "verified") == 0 || strcmp(verdict, "incomplete") == 0)
        return verdict;
    return strcmp(verdict, "failed") == 0 || strcmp(verdict, "not done") == 0 ? "failed"
                                                                              : "";
}

static void case_name(const json_t *c, struct text *t)
{
    const char *report = string_of(c, "report");
    if (*report) {
        text_str(t, "<a href=\"");
        put(t, report);
        text_str(t, "\">");
    }
    put(t, string_of(c, "path"));
    text_str(t, *report ? "</a>" : "");
}

static void case_findings(const json_t *c, struct text *t)
{
    size_t i;
    json_t *f;
    const char *reason = string_of(c, "reason");
    if (*reason)
        put(t, reason);
    text_str(t, "<ul>");
    json_array_foreach(json_object_get(c, "reasons"), i, f)
    {
        text_str(t, "<li>");
        put(t, json_string_value(f) ? json_string_value(f) : "");
    }
    json_array_foreach(json_object_get(c, "top"), i, f)
    {
        text_str(t, "<li>");
        put(t, string_of(f, "severity"));
        text_str(t, ": ");
        put(t, string_of(f, "title"));
        text_str(t, " <small>");
        put(t, string_of(f, "subject"));
        text_str(t, "</small>");
    }
    text_str(t, "</ul>");
}

static void case_row(const json_t *c, struct text *t)
{
    static const char *const severities[] = {"critical", "high", "medium"};
    const char *verdict = verdict_of(c);
    text_str(t, "<tr><td>");
    case_name(c, t);
    text_printf(t, "<td class=\"%s\">", class_of(verdict));
    put(t, verdict);
    for (size_t i = 0; i < 3; i++)
        text_printf(t, "<td class=n>%lld",
                    (long long)number_of(json_object_get(c, "findings"), severities[i]));
    text_str(t, "<td>");
    case_findings(c, t);
    text_str(t, "\n");
}

static void shared_row(const json_t *s, struct text *t)
{
    size_t i;
    json_t *name;
    text_str(t, "<tr><td>");
    put(t, string_of(s, "kind"));
    text_str(t, "<td>");
    put(t, string_of(s, "value"));
    text_printf(t, "<td class=n>%zu<td>", json_array_size(json_object_get(s, "cases")));
    json_array_foreach(json_object_get(s, "cases"), i, name)
    {
        text_str(t, i ? ", " : "");
        put(t, json_string_value(name) ? json_string_value(name) : "");
    }
    text_str(t, "\n");
}

void index_html(const json_t *document, struct text *t)
{
    size_t i;
    json_t *row, *cases = json_object_get(document, "cases");
    json_t *shared = json_object_get(document, "shared");
    text_str(t, head);
    text_printf(t, "<h1>%zu cases</h1>\n", json_array_size(cases));
    text_str(t,
             "<table><thead><tr><th>case<th>verdict<th class=n>critical<th class=n>high"
             "<th class=n>medium<th>reasons and first findings</thead>\n");
    json_array_foreach(cases, i, row) case_row(row, t);
    text_str(t, "</table>\n<h2>What several cases share</h2>\n");
    if (json_array_size(shared) == 0) {
        text_str(t, "<p>Nothing that a finding rests on, and no image.</p>\n");
    } else {
        text_str(t,
                 "<table><thead><tr><th>kind<th>value<th class=n>cases<th>in</thead>\n");
        json_array_foreach(shared, i, row) shared_row(row, t);
        text_str(t, "</table>\n");
    }
    text_printf(
        t, "<p><small>exhibit %s. <a href=\"index.json\">index.json</a></small></p>\n",
        string_of(json_object_get(document, "tool"), "version"));
}

/* -- terminal --------------------------------------------------------------------------
 */

static bool needs_a_look(const json_t *c)
{
    const char *verdict = verdict_of(c);
    return (strcmp(verdict, "verified") != 0 && strcmp(verdict, "unsealed") != 0) ||
           number_of(json_object_get(c, "findings"), "critical") > 0;
}

static void text_row(const json_t *c, struct text *t)
{
    const char *why = string_of(c, "reason");
    const json_t *first = json_array_get(json_object_get(c, "reasons"), 0);
    if (!*why && json_is_string(first))
        why = json_string_value(first);
    text_printf(t, "  %-10s ", verdict_of(c));
    escape_terminal(t, bytes_str(string_of(c, "path")));
    json_int_t critical = number_of(json_object_get(c, "findings"), "critical");
    if (critical > 0)
        text_printf(t, "  (%lld critical)", (long long)critical);
    if (*why) {
        text_str(t, ": ");
        escape_terminal(t, bytes_str(why));
    }
    text_byte(t, '\n');
}

void index_text(const json_t *document, struct text *t)
{
    static const char *const verdicts[] = {"verified", "unsealed", "incomplete",
                                           "failed",   "not done", "waiting"};
    size_t i, counts[6] = {0}, rows = 0, look = 0;
    json_t *c, *cases = json_object_get(document, "cases");
    json_array_foreach(cases, i, c)
    {
        for (size_t v = 0; v < 6; v++)
            counts[v] += strcmp(verdict_of(c), verdicts[v]) == 0;
        look += needs_a_look(c);
    }
    json_array_foreach(cases, i, c)
    {
        if (needs_a_look(c) && rows < MOST_ROWS && ++rows)
            text_row(c, t);
    }
    if (look > rows)
        text_printf(t, "  … and %zu more: see index.html\n", look - rows);
    text_printf(t, "%zu cases:", json_array_size(cases));
    for (size_t v = 0; v < 6; v++)
        if (counts[v])
            text_printf(t, " %zu %s", counts[v], verdicts[v]);
    text_byte(t, '\n');
}
