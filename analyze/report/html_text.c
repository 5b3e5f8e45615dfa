/* Text, terms and tables of the page. */
#include <string.h>

#include "analyze/report/html.h"
#include "analyze/report/words.h"

/* A list that is longer is for machines: the JSON file has it whole. */
#define TABLE_ROWS 1000
/* More kinds of a thing than are read one by one. */
#define COUNTS 16
/* Keys of a citation (case_span), which is shown as a link. */
static const char *const citation_keys[] = {"item",    "item_id", "offset", "length",
                                            "package", "sha256",  NULL};

void html_text(struct page *p, struct bytes text)
{
    escape_html(p->out, text);
}

void html_str(struct page *p, const char *trusted)
{
    text_str(p->out, trusted);
}

void html_instant(struct page *p, instant when, enum precision precision)
{
    char out[INSTANT_TEXT];
    instant_format(when, precision, out);
    text_printf(p->out, "<time datetime=\"%s\">%s</time>", out, out);
}

void html_badge(struct page *p, struct bytes name)
{
    text_str(p->out, "<span class=\"badge ");
    /* A class is one word: what is none of our names gets no colour. */
    for (size_t i = 0; i < name.n && i < 32; i++) {
        uint8_t c = to_lower(name.p[i]);
        text_byte(p->out, (c >= 'a' && c <= 'z') ? (char)c : '-');
    }
    text_str(p->out, "\">");
    html_text(p, name);
    text_str(p->out, "</span>");
}

/* Our keys are lower-case words; others came out of the evidence and stand as they are.
 */
static bool is_key_of_ours(const char *key)
{
    for (const char *c = key; *c; c++)
        if (!(*c >= 'a' && *c <= 'z') && !is_digit((uint8_t)*c) && *c != '_' && *c != ' ')
            return false;
    return true;
}

void html_label(struct page *p, const char *key)
{
    static const struct {
        const char *key, *label;
    } known[] = {
        {"span", "evidence"},
        {"spans", "evidence"},
        {"cwd", "working directory"},
        {"sid", "session"},
        {"pgid", "process group"},
        {"execfn", "executed as"},
        {"sha256", "SHA-256"},
        {"pid", "process"},
        {"ppid", "parent"},
        {"uid", "owner"},
        {"gid", "group"},
        {"mtime", "modified"},
        {"ctime", "status changed"},
        {"atime", "accessed"},
        {"certificate_sha256", "certificate SHA-256"},
        {"accuracy_ns", "accuracy in nanoseconds"},
        {"entry", "type, mode, owner"},
    };
    const char *label = NULL;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(key, known[i].key) == 0)
            label = known[i].label;
    if (!label && !is_key_of_ours(key)) {
        html_str(p, "<code>");
        html_text(p, bytes_str(key));
        html_str(p, "</code>");
        return;
    }
    const char *text = label ? label : key;
    for (const char *c = text; *c; c++) {
        char letter = *c == '_' ? ' ' : *c;
        if (c == text && letter >= 'a' && letter <= 'z')
            letter = (char)(letter - 'a' + 'A');
        html_text(p, bytes_of(&letter, 1));
    }
}

static bool is_scalar(const json_t *v)
{
    return !json_is_object(v) && !json_is_array(v);
}

/* As instant_format writes it, to the second at least: it stays on one line. */
static bool is_time(struct bytes text)
{
    return text.n >= 20 && text.n < INSTANT_TEXT && text.p[4] == '-' &&
           text.p[10] == 'T' && text.p[text.n - 1] == 'Z' && is_digit(text.p[0]);
}

static void scalar(struct page *p, const json_t *v)
{
    if (json_is_string(v)) {
        struct bytes text = bytes_of(json_string_value(v), json_string_length(v));
        bool lines = bytes_find_byte(text, '\n') < text.n, time = is_time(text);
        html_str(p, lines ? "<pre>" : time ? "<time>" : "");
        html_text(p, text);
        html_str(p, lines ? "</pre>" : time ? "</time>" : "");
    } else if (json_is_integer(v)) {
        text_printf(p->out, "%lld", (long long)json_integer_value(v));
    } else if (json_is_boolean(v)) {
        html_str(p, json_is_true(v) ? "yes" : "no");
    } else if (json_is_real(v)) {
        text_printf(p->out, "%.3f", json_real_value(v));
    } else {
        html_str(p, "<span class=\"none\">none</span>");
    }
}

static bool all_scalars(const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++)
        if (!is_scalar(json_array_get(array, i)))
            return false;
    return true;
}

/* Does the object name a place, besides whatever else it says? */
static bool names_place(const json_t *o)
{
    const json_t *id = json_object_get(o, "item_id");
    return json_is_integer(id ? id : json_object_get(o, "item")) &&
           json_is_integer(json_object_get(o, "offset")) &&
           json_is_integer(json_object_get(o, "length"));
}

static bool all_citations(const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++)
        if (!names_place(json_array_get(array, i)))
            return false;
    return true;
}

static bool all_objects(const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++)
        if (!json_is_object(json_array_get(array, i)))
            return false;
    return true;
}

/* Is there a sentence in the list? */
static bool has_sentence(const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *v = json_array_get(array, i);
        struct bytes text = bytes_of(json_string_value(v), json_string_length(v));
        if (text.n > 40 && bytes_find_byte(text, ' ') < text.n)
            return true;
    }
    return false;
}

static void bullets(struct page *p, const json_t *array)
{
    html_str(p, "<ul>");
    for (size_t i = 0; i < json_array_size(array); i++) {
        html_str(p, "<li>");
        html_value(p, json_array_get(array, i));
        html_str(p, "</li>");
    }
    html_str(p, "</ul>");
}

/* Words side by side; each its own element, so that hostile text cannot join them. */
static void inline_list(struct page *p, const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        html_str(p, i > 0 ? " <span class=\"word\">" : "<span class=\"word\">");
        scalar(p, json_array_get(array, i));
        html_str(p, "</span>");
    }
    if (json_array_size(array) == 0)
        html_str(p, "<span class=\"none\">none</span>");
}

static void cell(struct page *p, const json_t *v)
{
    html_str(p, "<td>");
    if (v)
        html_value(p, v);
    html_str(p, "</td>");
}

void html_table(struct page *p, const json_t *rows, const char *const *columns)
{
    size_t n = json_array_size(rows);
    html_str(p, "<div class=\"scroll\"><table><thead><tr>");
    for (const char *const *c = columns; *c; c++) {
        html_str(p, "<th scope=\"col\">");
        html_label(p, *c);
        html_str(p, "</th>");
    }
    html_str(p, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < n && i < TABLE_ROWS; i++) {
        html_str(p, "<tr>");
        for (const char *const *c = columns; *c; c++)
            cell(p, json_object_get(json_array_get(rows, i), *c));
        html_str(p, "</tr>\n");
        output_spill(&p->report->out);
    }
    html_str(p, "</tbody></table></div>\n");
    if (n > TABLE_ROWS)
        text_printf(p->out,
                    "<p class=\"note\">The first %d of %zu rows; the JSON file beside "
                    "this report has all of them.</p>\n",
                    TABLE_ROWS, n);
}

/* Columns by what the rows hold, in order of first sight. A key that most often holds
 * much is no column. */
#define COLUMNS 9
static size_t find_columns(const json_t *rows, const char *columns[COLUMNS + 1])
{
    size_t n = 0;
    size_t count = json_array_size(rows);
    for (size_t i = 0; i < count && i < 100; i++) {
        const char *key;
        json_t *value;
        json_object_foreach(json_array_get(rows, i), key, value)
        {
            size_t k = 0;
            while (k < n && strcmp(columns[k], key) != 0)
                k++;
            if (k == n && n == COLUMNS)
                return COLUMNS + 1;
            if (k == n)
                columns[n++] = key;
        }
    }
    columns[n] = NULL;
    return n;
}

static void cards(struct page *p, const json_t *rows)
{
    size_t n = json_array_size(rows);
    for (size_t i = 0; i < n && i < TABLE_ROWS; i++) {
        html_str(p, "<div class=\"card\">");
        html_rest(p, json_array_get(rows, i), NULL);
        html_str(p, "</div>\n");
        output_spill(&p->report->out);
    }
}

static void array(struct page *p, const json_t *v)
{
    const char *columns[COLUMNS + 1];
    if (all_scalars(v) && !has_sentence(v)) {
        inline_list(p, v);
    } else if (all_citations(v)) {
        html_cite_all(p, v);
    } else if (html_are_acts(v)) {
        html_acts(p, v);
    } else if (!all_objects(v)) {
        bullets(p, v);
    } else if (find_columns(v, columns) <= COLUMNS) {
        html_table(p, v, columns);
    } else {
        cards(p, v);
    }
}

static bool is_among(const char *key, const char *const *list)
{
    for (; list && *list; list++)
        if (strcmp(key, *list) == 0)
            return true;
    return false;
}

/* Nothing to say: nothing there, or only counts of nothing. */
static bool is_empty(const json_t *v)
{
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)v, key, member)
    {
        bool zero = json_is_integer(member) && json_integer_value(member) == 0;
        if (!zero && !is_empty(member))
            return false;
    }
    return json_is_object(v) || json_is_null(v) ||
           (json_is_string(v) && json_string_length(v) == 0) ||
           (json_is_array(v) && json_array_size(v) == 0);
}

/* Labels and annotations: names and values are the evidence's. */
static void words_of(struct page *p, const json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        html_str(p, "<span class=\"word\">");
        html_text(p, bytes_str(key));
        html_str(p, "=");
        scalar(p, value);
        html_str(p, "</span> ");
    }
}

static bool is_map(const char *key, const json_t *value)
{
    static const char *const maps[] = {"labels", "annotations", NULL};
    const char *unused;
    json_t *member;
    if (!is_among(key, maps) || !json_is_object(value))
        return false;
    json_object_foreach((json_t *)(uintptr_t)value, unused,
                        member) if (!is_scalar(member)) return false;
    return true;
}

void html_rest(struct page *p, const json_t *object, const char *const *shown)
{
    const char *key;
    json_t *value;
    bool cites = names_place(object);
    html_str(p, "<dl class=\"terms\">");
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (is_among(key, shown) || is_empty(value) ||
            (cites && is_among(key, citation_keys)))
            continue;
        html_str(p, "<div><dt>");
        html_label(p, key);
        html_str(p, "</dt><dd>");
        if (is_map(key, value))
            words_of(p, value);
        else
            html_value(p, value);
        html_str(p, "</dd></div>");
    }
    if (cites) {
        html_str(p, "<div><dt>Evidence</dt><dd>");
        html_cite_json(p, object);
        html_str(p, "</dd></div>");
    }
    html_str(p, "</dl>");
}

static bool is_citation(const json_t *object)
{
    const char *key;
    json_t *value;
    if (!names_place(object))
        return false;
    json_object_foreach((json_t *)(uintptr_t)object, key,
                        value) if (!is_among(key, citation_keys)) return false;
    return true;
}

/* {"get pods": 5, "list secrets": 1}: names that the evidence gave, with counts. */
static bool is_counts(const json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key,
                        value) if (!json_is_integer(value) ||
                                   json_integer_value(value) < 1) return false;
    return json_object_size(object) > 0;
}

static void counts(struct page *p, const json_t *object)
{
    const char *key;
    json_t *value;
    size_t n = 0;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (n++ >= COUNTS)
            continue;
        html_str(p, "<span class=\"word\">");
        html_text(p, bytes_str(key));
        text_printf(p->out, " × %lld</span> ", (long long)json_integer_value(value));
    }
    if (n > COUNTS)
        text_printf(p->out, "and %zu more kinds", n - COUNTS);
}

void html_value(struct page *p, const json_t *v)
{
    if (json_is_object(v) && is_counts(v))
        counts(p, v);
    else if (json_is_array(v))
        array(p, v);
    else if (!json_is_object(v))
        scalar(p, v);
    else if (is_citation(v))
        html_cite_json(p, v);
    else
        html_rest(p, v, NULL);
}

bool html_says_something(const json_t *value)
{
    return !is_empty(value);
}

void html_document(struct page *p, const json_t *document)
{
    static const char *const hidden[] = {"schema", NULL};
    const char *key;
    json_t *value;
    json_t *plain = json_object();
    json_object_foreach((json_t *)(uintptr_t)document, key,
                        value) if (is_scalar(value) && !is_among(key, hidden))
        json_object_set(plain, key, value);
    if (!is_empty(plain))
        html_rest(p, plain, NULL);
    json_decref(plain);
    json_object_foreach((json_t *)(uintptr_t)document, key, value)
    {
        if (is_scalar(value) || is_empty(value))
            continue;
        html_str(p, "<h3>");
        html_label(p, key);
        html_str(p, "</h3>\n");
        html_value(p, value);
    }
}
