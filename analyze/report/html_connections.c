/* Connections of the pod, and what the policies of their time said of each. */
#include <stdlib.h>
#include <string.h>

#include "analyze/report/html.h"
#include "analyze/report/words.h"
#include "formats/base/memory.h"

/* A longer table is closed until somebody opens it; in print it is whole. */
#define LONG 20

static bool is_of(const json_t *one, const char *key, const char *word)
{
    return strcmp(word_of(one, key), word) == 0;
}

static size_t count(const json_t *list, const char *verdict)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        n += is_of(json_array_get(list, i), "policies", verdict);
    return n;
}

static size_t count_contradicting(const json_t *list)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        n += json_is_true(json_object_get(json_array_get(list, i), "contradicts"));
    return n;
}

static void heading(struct page *p, const json_t *list)
{
    static const char *const verdicts[] = {"let through", "held back", "not decidable"};
    size_t n = json_array_size(list), against = count_contradicting(list);
    bool first = true;
    text_printf(p->out, "<h3>Connections</h3>\n<details%s><summary>%zu %s of the pod",
                n > LONG ? "" : " open", n, n == 1 ? "connection" : "connections");
    html_str(p, ", by the policies of their time: ");
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        size_t of = count(list, verdicts[i]);
        if (of)
            text_printf(p->out, "%s%zu %s", first ? "" : ", ", of, verdicts[i]);
        first &= !of;
    }
    if (against)
        text_printf(p->out, "; %zu of which the network plugin did otherwise", against);
    html_str(p, "</summary>\n");
}

static void add(struct page *p, const char *before, const char *text, const char *after)
{
    if (!*text)
        return;
    html_str(p, before);
    html_text(p, bytes_str(text));
    html_str(p, after);
}

/* "to 10.1.0.9:5432 (shop/db-0)", "from 10.9.0.5 to its port 8080". */
static void ends(struct page *p, const json_t *one)
{
    const json_t *port = json_object_get(one, "own_port");
    html_str(p, is_of(one, "direction", "ingress") ? "from " : "to ");
    add(p, "<span class=\"path\">", word_of(one, "peer"), "</span>");
    add(p, " (", word_of(one, "whose"), ")");
    if (port)
        text_printf(p->out, " to its port %lld", (long long)json_integer_value(port));
}

static void row(struct page *p, const json_t *one)
{
    add(p, "<tr><td><time>", word_of(one, "time"), "</time></td><td>");
    ends(p, one);
    html_str(p, "</td><td>");
    html_badge(p, bytes_str(word_of(one, "policies")));
    add(p, "<br>", word_of(one, "why"), "");
    html_str(p, "</td><td>");
    add(p, "", word_of(one, "seen_in"), "");
    add(p, ", which ", word_of(one, "plugin"), "");
    if (json_is_true(json_object_get(one, "contradicts")))
        html_str(p, "<br><strong>otherwise than the policies say</strong>");
    html_str(p, "</td><td>");
    html_cite_all(p, json_object_get(one, "spans"));
    html_str(p, "</td></tr>\n");
    output_spill(&p->report->out);
}

/* In order of time; of equal ones the document's order stays. */
struct placed {
    const json_t *one;
    size_t number;
};

static int by_time(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    int order = strcmp(word_of(x->one, "time"), word_of(y->one, "time"));
    return order ? order : (x->number > y->number) - (x->number < y->number);
}

void html_connections(struct page *p, const json_t *list)
{
    size_t n = json_array_size(list);
    if (n == 0)
        return;
    struct placed *sorted = memory_new(n, sizeof *sorted);
    for (size_t i = 0; i < n; i++)
        sorted[i] = (struct placed){json_array_get(list, i), i};
    qsort(sorted, n, sizeof *sorted, by_time);
    heading(p, list);
    html_str(p, "<div class=\"scroll\"><table class=\"connections\"><thead><tr>"
                "<th scope=\"col\">Time</th><th scope=\"col\">Connection</th>"
                "<th scope=\"col\">By the policies</th><th scope=\"col\">Seen in</th>"
                "<th scope=\"col\">Evidence</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < n; i++)
        row(p, sorted[i].one);
    html_str(p, "</tbody></table></div></details>\n");
    free(sorted);
}
