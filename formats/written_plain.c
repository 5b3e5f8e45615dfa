#include "formats/written_plain.h"

#define TAG_MOST 512

static bool has_tag(struct bytes text, const char *tag)
{
    size_t n = strlen(tag);
    return bytes_eq_nocase(bytes_sub(text, 0, n), bytes_str(tag)) && n < text.n &&
           memchr("> /\t\r\n", text.p[n], 6);
}

/* Where a line ends or begins. */
static bool is_block(struct bytes text)
{
    static const char *const tags[] = {
        "<tr",  "</tr", "<li", "</li", "<p",  "</p",  "<br", "</h1", "</h2",  "</h3",
        "</h4", "<h1",  "<h2", "<h3",  "<h4", "</ul", "<ul", "<div", "</div", "</table"};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (has_tag(text, tags[i]))
            return true;
    return false;
}

struct written_text written_text_of(struct bytes text, struct arena *arena)
{
    static const char *const tags[] = {"</td>", "</li>", "</p>", "<br>", "<br/>"};
    struct written_text t = {text, arena, false};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        t.html |= bytes_contains(text, bytes_str(tags[i]));
    return t;
}

/* -- entities ------------------------------------------------------------------------ */

static const struct {
    const char *name, *text;
} entities[] = {{"&amp;", "&"},   {"&lt;", "<"},    {"&gt;", ">"},   {"&quot;", "\""},
                {"&#39;", "'"},   {"&apos;", "'"},  {"&nbsp;", " "}, {"&#160;", " "},
                {"&ndash;", "-"}, {"&mdash;", "-"}, {"&rarr;", "-"}};

static size_t put_entity(struct bytes rest, uint8_t *out, size_t *n)
{
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        struct bytes name = bytes_str(entities[i].name);
        if (!bytes_starts(rest, name))
            continue;
        out[(*n)++] = (uint8_t)entities[i].text[0];
        return name.n;
    }
    out[(*n)++] = rest.p[0];
    return 1;
}

/* What a tag leaves: bars between the cells of a row, marks before points and headings.
 */
static size_t put_tag(struct bytes rest, uint8_t *out, size_t *n)
{
    /* What goes on longer is no tag; so a text of "<" alone costs no square. */
    rest = bytes_sub(rest, 0, TAG_MOST);
    size_t end = bytes_find_byte(rest, '>');
    bool cell = has_tag(rest, "<td") || has_tag(rest, "<th") || has_tag(rest, "</tr");
    bool heading = has_tag(rest, "<h1") || has_tag(rest, "<h2") || has_tag(rest, "<h3") ||
                   has_tag(rest, "<h4");
    if (end == rest.n) {
        out[(*n)++] = rest.p[0];
        return 1;
    }
    if (cell || heading || has_tag(rest, "<li")) {
        out[(*n)++] = cell ? '|' : heading ? '#' : '-';
        out[(*n)++] = ' ';
    }
    return end + 1;
}

static struct bytes plain_of(struct arena *arena, struct bytes line)
{
    uint8_t *out = arena_alloc(arena, line.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < line.n;) {
        struct bytes rest = bytes_from(line, i);
        if (rest.p[0] == '<')
            i += put_tag(rest, out, &n);
        else if (rest.p[0] == '&')
            i += put_entity(rest, out, &n);
        else
            out[n++] = line.p[i++];
    }
    return bytes_of(out, n);
}

/* -- lines --------------------------------------------------------------------------- */

/* Up to the next tag that begins or ends one, or the end of the line. Within a row lines
 * may end anywhere. */
static size_t html_length(struct bytes rest)
{
    bool row = has_tag(rest, "<tr");
    for (size_t i = 1; i < rest.n; i++) {
        struct bytes behind = bytes_from(rest, i);
        if ((behind.p[0] == '\n' && !row) ||
            (behind.p[0] == '<' && !row && is_block(behind)))
            return i;
        if (row && (has_tag(behind, "</tr") || has_tag(behind, "<tr")))
            return i;
    }
    return rest.n;
}

bool written_text_line(struct written_text *t, struct bytes *place, struct bytes *plain)
{
    if (!t->html) {
        bool any = bytes_split(&t->rest, '\n', place);
        *plain = *place;
        return any;
    }
    if (!t->rest.n)
        return false;
    size_t n = html_length(t->rest);
    *place = bytes_sub(t->rest, 0, n);
    *plain = plain_of(t->arena, *place);
    t->rest = bytes_from(t->rest, n);
    return true;
}
