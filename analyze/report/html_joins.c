/* What joins the sources: each thing that several of them name, and where. */
#include "analyze/report/html.h"
#include "analyze/report/joins.h"

/* A page has no room for more; the most named of each kind come first. */
#define JOINS_SHOWN 200

static void seen(struct page *p, const struct join *join)
{
    for (const struct join_seen *s = join->seen; s; s = s->next) {
        html_str(p, s != join->seen ? " <span class=\"seen\">" : "<span class=\"seen\">");
        html_text(p, s->source);
        if (s->count > 1)
            text_printf(p->out, " × %zu", s->count);
        html_str(p, " ");
        html_cite(p, &s->place);
        html_str(p, "</span>");
    }
}

static void row(struct page *p, const struct join *join, bool first)
{
    html_str(p, "<tr><td>");
    html_str(p, first ? join->kind : "");
    html_str(p, "</td><td class=\"path\">");
    html_text(p, join->value);
    for (const struct join_name *name = join->names; name; name = name->next) {
        html_str(p,
                 name == join->names ? "<br><span class=\"names\">the bytes of " : ", ");
        html_text(p, name->name);
    }
    html_str(p, join->names ? "</span></td><td>" : "</td><td>");
    seen(p, join);
    html_str(p, "</td></tr>\n");
    output_spill(&p->report->out);
}

bool section_joins(struct page *p)
{
    struct joins *joins = joins_new(p->casefile);
    const struct join *one, *before = NULL;
    size_t n = 0;
    for (; (one = joins_at(joins, n)) != NULL; n++, before = one) {
        if (n == 0)
            html_str(p,
                     "<p>What several kinds of sources name, how often, and where each "
                     "names it first: by this their records belong together.</p>\n"
                     "<div class=\"scroll\"><table class=\"joins\"><thead><tr>"
                     "<th scope=\"col\">What</th><th scope=\"col\">Named</th>"
                     "<th scope=\"col\">By</th></tr></thead><tbody>\n");
        if (n < JOINS_SHOWN)
            row(p, one, !before || before->kind != one->kind);
    }
    html_str(p, n > 0 ? "</tbody></table></div>\n" : "");
    if (n > JOINS_SHOWN)
        text_printf(p->out, "<p class=\"note\">and %zu more</p>\n", n - JOINS_SHOWN);
    joins_free(joins);
    return n > 0;
}
