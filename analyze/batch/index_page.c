/* index.html and the table on the terminal. */
#include <stdlib.h>
#include <string.h>

#include "analyze/batch/index.h"
#include "formats/base/memory.h"

#define MOST_ROWS  60 /* on the terminal */
#define MOST_LINKS 12 /* to cases beside a shared indicator; the others fold out */
#define MOST_OPEN  10 /* shared indicators of a kind; the others fold out */

static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>exhibit: cases</title>\n<style>\n"
    ":root{color-scheme:light dark;--bad:#b3261e;--short:#8a5a00;--good:#1b6e2d}\n"
    "@media(prefers-color-scheme:dark){"
    ":root{--bad:#ff8a80;--short:#ffca6b;--good:#7bd88f}}\n"
    "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:75rem;"
    "padding:0 1rem}\n"
    "table{border-collapse:collapse;width:100%;margin:1rem 0 2rem}\n"
    "th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;"
    "border-bottom:1px solid #8886}\n"
    "th{white-space:nowrap}td{overflow-wrap:anywhere}td.n,th.n{text-align:right}\n"
    "td.v{min-width:6rem}td.w{width:22rem}\n"
    ".bad{color:var(--bad);font-weight:600}.short{color:var(--short);font-weight:600}\n"
    ".good{color:var(--good);font-weight:600}\n"
    "ul{margin:0;padding-left:1.1rem}small{opacity:.75}summary{cursor:pointer}\n"
    "@media print{details>*{display:block}a{color:inherit}}\n"
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

static json_int_t critical_of(const json_t *c)
{
    return number_of(json_object_get(c, "findings"), "critical");
}

static void put(struct text *t, const char *s)
{
    escape_html(t, bytes_str(s));
}

/* What a reader wants to know first of a case, the worst first. */
static const struct {
    const char *name, *style, *what;
} outcomes[] = {
    {"not done", "bad", "crashed, hung, took too much memory or cannot be opened"},
    {"gone", "bad", "no longer under ROOT; its results are those of an earlier time"},
    {"failed", "bad", "a digest, signature, time-stamp or lock does not hold"},
    {"waiting", "short", "not worked on yet"},
    {"incomplete", "short", "something is missing, unlisted, unreadable or not sealed"},
    {"unsealed", "", "the digests hold; no seal was checked"},
    {"verified", "good", "the digests hold under an accepted seal"},
};
#define OUTCOMES (sizeof outcomes / sizeof *outcomes)

static size_t outcome(const json_t *c)
{
    const char *state = string_of(c, "state"), *name = string_of(c, "verdict");
    if (json_is_true(json_object_get(c, "gone")))
        name = "gone";
    else if (strcmp(state, "failed") == 0)
        name = "not done";
    else if (strcmp(state, "waiting") == 0)
        name = state;
    for (size_t i = 0; i < OUTCOMES; i++)
        if (strcmp(outcomes[i].name, name) == 0)
            return i;
    return 0; /* done, and its results cannot be read: as good as not done */
}

/* -- order: the worst first ------------------------------------------------------------
 */

static int by_need(const void *a, const void *b)
{
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    size_t p = outcome(x), q = outcome(y);
    json_int_t m = critical_of(x), n = critical_of(y);
    if (p != q)
        return p < q ? -1 : 1;
    if (m != n)
        return m > n ? -1 : 1;
    return strcmp(string_of(x, "path"), string_of(y, "path"));
}

/* Borrowed elements; free() the array. */
static const json_t **in_order(const json_t *cases)
{
    const json_t **v = memory_new(json_array_size(cases) + 1, sizeof *v);
    size_t i;
    json_t *c;
    json_array_foreach(cases, i, c) v[i] = c;
    qsort(v, json_array_size(cases), sizeof *v, by_need);
    return v;
}

static void count(const json_t *cases, size_t counts[static OUTCOMES])
{
    size_t i;
    json_t *c;
    memset(counts, 0, OUTCOMES * sizeof *counts);
    json_array_foreach(cases, i, c) counts[outcome(c)]++;
}

/* -- index.html ------------------------------------------------------------------------
 */

static void case_link(const char *path, const char *report, struct text *t)
{
    if (*report) {
        text_str(t, "<a href=\"");
        put(t, report);
        text_str(t, "\">");
    }
    put(t, path);
    text_str(t, *report ? "</a>" : "");
}

static void case_findings(const json_t *c, struct text *t)
{
    size_t i;
    json_t *f;
    put(t, string_of(c, "reason"));
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

static void case_row(const json_t *c, bool first, struct text *t)
{
    static const char *const severities[] = {"critical", "high", "medium"};
    size_t o = outcome(c);
    text_printf(t, first ? "<tr id=\"o%zu\"><td class=w>" : "<tr><td class=w>", o);
    case_link(string_of(c, "path"), string_of(c, "report"), t);
    text_printf(t, "<td class=\"v %s\">%s", outcomes[o].style, outcomes[o].name);
    const json_t *counts = json_object_get(c, "findings"); /* of what was analysed */
    for (size_t i = 0; i < 3; i++) {
        text_str(t, "<td class=n>");
        if (counts)
            text_printf(t, "%lld", (long long)number_of(counts, severities[i]));
    }
    text_str(t, "<td>");
    case_findings(c, t);
    text_str(t, "\n");
}

static void case_table(const json_t *cases, struct text *t)
{
    const json_t **v = in_order(cases);
    text_str(t, "<h2 id=\"cases\">Cases, the worst "
                "first</h2>\n<table><thead><tr><th>case<th>verdict"
                "<th class=n>critical<th class=n>high<th class=n>medium"
                "<th>reasons and first findings</thead>\n");
    for (size_t i = 0; i < json_array_size(cases); i++)
        case_row(v[i], i == 0 || outcome(v[i]) != outcome(v[i - 1]), t);
    text_str(t, "</table>\n");
    free(v);
}

static void totals(const json_t *cases, struct text *t)
{
    size_t counts[OUTCOMES];
    count(cases, counts);
    text_printf(t, "<h1>%zu cases</h1>\n<table>\n", json_array_size(cases));
    for (size_t i = 0; i < OUTCOMES; i++)
        if (counts[i])
            text_printf(
                t,
                "<tr><td class=n>%zu<td class=\"v %s\"><a href=\"#o%zu\">%s</a><td>%s\n",
                counts[i], outcomes[i].style, i, outcomes[i].name, outcomes[i].what);
    text_str(t, "</table>\n<p><a href=\"#cases\">Cases, the worst first</a> · "
                "<a href=\"#shared\">What several cases share</a></p>\n");
}

/* -- what several cases share ----------------------------------------------------------
 */

static void name_links(const json_t *shared, const json_t *reports, struct text *t)
{
    size_t i, n = json_array_size(json_object_get(shared, "cases"));
    json_int_t all = number_of(shared, "count");
    json_t *name;
    json_array_foreach(json_object_get(shared, "cases"), i, name)
    {
        const char *path = json_string_value(name) ? json_string_value(name) : "";
        if (i == MOST_LINKS)
            text_printf(t, " <details><summary>and %lld more</summary>",
                        (long long)all - MOST_LINKS);
        else if (i)
            text_str(t, ", ");
        case_link(path, string_of(reports, path), t);
    }
    if (all > (json_int_t)n)
        text_printf(t, " … and %lld more", (long long)all - (long long)n);
    text_str(t, n > MOST_LINKS ? "</details>" : "");
}

static void shared_row(const json_t *shared, const json_t *reports, struct text *t)
{
    text_str(t, "<tr><td class=w>");
    put(t, string_of(shared, "value"));
    text_printf(t, "<td class=n>%lld<td>", (long long)number_of(shared, "count"));
    name_links(shared, reports, t);
    text_str(t, "\n");
}

/* Some of the document's "shared", all of one kind. */
struct shared_range {
    const json_t *all, *reports; /* reports: {path of case: report} */
    size_t from, to;
};

static void shared_table(struct shared_range r, struct text *t)
{
    text_str(t, "<table><thead><tr><th>value<th class=n>cases<th>in</thead>\n");
    for (size_t i = r.from; i < r.to; i++)
        shared_row(json_array_get(r.all, i), r.reports, t);
    text_str(t, "</table>\n");
}

static const char *kind_of(const json_t *all, size_t i)
{
    return string_of(json_array_get(all, i), "kind");
}

static void shared_kind(struct shared_range r, struct text *t)
{
    static const struct {
        const char *kind, *title;
    } titles[] = {{"address", "Addresses"},
                  {"domain", "Domains"},
                  {"digest", "Files, by digest"},
                  {"image", "Images"},
                  {"account", "Accounts"}};
    size_t n = r.to - r.from, open = n > MOST_OPEN ? MOST_OPEN : n;
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (strcmp(titles[i].kind, kind_of(r.all, r.from)) == 0)
            text_printf(t, "<h3>%s</h3>\n", titles[i].title);
    shared_table((struct shared_range){r.all, r.reports, r.from, r.from + open}, t);
    if (open == n)
        return;
    text_printf(t, "<details><summary>%zu more</summary>\n", n - open);
    shared_table((struct shared_range){r.all, r.reports, r.from + open, r.to}, t);
    text_str(t, "</details>\n");
}

static void shared_section(const json_t *document, const json_t *reports, struct text *t)
{
    json_t *all = json_object_get(document, "shared");
    size_t n = json_array_size(all);
    text_str(t, "<h2 id=\"shared\">What several cases share</h2>\n");
    text_str(t,
             n ? "<p>Addresses, domains, files and accounts that findings rest on, and "
                 "images wherever they stand. That two cases share one is a lead, not "
                 "a proof that they belong together.</p>\n"
               : "<p>No image, and nothing that a finding rests on.</p>\n");
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n; to++)
            if (strcmp(kind_of(all, from), kind_of(all, to)) != 0)
                break;
        shared_kind((struct shared_range){all, reports, from, to}, t);
    }
}

/* {path: report} */
static json_t *reports_of(const json_t *cases)
{
    json_t *o = json_object(), *c;
    size_t i;
    json_array_foreach(cases, i, c)
        json_object_set(o, string_of(c, "path"), json_object_get(c, "report"));
    return o;
}

void index_html(const json_t *document, struct text *t)
{
    json_t *cases = json_object_get(document, "cases"), *reports = reports_of(cases);
    text_str(t, head);
    totals(cases, t);
    shared_section(document, reports, t);
    case_table(cases, t);
    text_printf(
        t, "<p><small>exhibit %s. <a href=\"index.json\">index.json</a></small></p>\n",
        string_of(json_object_get(document, "tool"), "version"));
    json_decref(reports);
}

/* -- terminal --------------------------------------------------------------------------
 */

static bool needs_a_look(const json_t *c)
{
    return strcmp(outcomes[outcome(c)].style, "bad") == 0 ||
           strcmp(outcomes[outcome(c)].style, "short") == 0 || critical_of(c) > 0;
}

static void text_row(const json_t *c, struct text *t)
{
    const char *why = string_of(c, "reason");
    const json_t *first = json_array_get(json_object_get(c, "reasons"), 0);
    if (!*why && json_is_string(first))
        why = json_string_value(first);
    text_printf(t, "  %-10s ", outcomes[outcome(c)].name);
    escape_line(t, bytes_str(string_of(c, "path")));
    if (critical_of(c) > 0)
        text_printf(t, "  (%lld critical)", (long long)critical_of(c));
    if (*why) {
        text_str(t, ": ");
        escape_line(t, bytes_str(why));
    }
    text_byte(t, '\n');
}

void index_text(const json_t *document, struct text *t)
{
    json_t *cases = json_object_get(document, "cases");
    size_t n = json_array_size(cases), counts[OUTCOMES], rows = 0, look = 0;
    const json_t **v = in_order(cases);
    for (size_t i = 0; i < n; i++) {
        bool needs = needs_a_look(v[i]);
        look += needs;
        if (needs && rows < MOST_ROWS && ++rows)
            text_row(v[i], t);
    }
    if (look > rows)
        text_printf(t, "  … and %zu more: see index.html\n", look - rows);
    count(cases, counts);
    text_printf(t, "%zu cases:", n);
    for (size_t i = OUTCOMES; i-- > 0;)
        if (counts[i])
            text_printf(t, " %zu %s", counts[i], outcomes[i].name);
    text_byte(t, '\n');
    free(v);
}
