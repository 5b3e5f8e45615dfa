/* Evidence: every statement of the page links to an exhibit (E1, E2 …) in Annex A, where
 * the place, the bytes, the digest and the command that shows them again stand. */
#include "analyze/report/html.h"
#include "analyze/report/words.h"
#include "formats/base/arena.h"
#include "formats/base/memory.h"

/* Beyond these a report is no longer read: case.db has the rest. */
#define EXHIBITS 20000
/* Of one statement: its record, and the next of the same act. The others are told by
 * place and digest. */
#define PRINTED_PLACES 2
/* Octets of "\xNN", and how many in a row are no longer read one by one. */
#define ESCAPED 4
#define RUN     8

static size_t exhibit_of(struct page *p, const struct case_place *place)
{
    struct text key = {0};
    text_printf(&key, "%lld/%llu/%llu", (long long)place->item_id,
                (unsigned long long)place->offset, (unsigned long long)place->length);
    uint32_t number = intern_put(p->cited, text_bytes(&key));
    text_release(&key);
    if (number == p->exhibit_count) {
        p->exhibits = memory_grow(p->exhibits, &p->exhibit_capacity, p->exhibit_count + 1,
                                  sizeof *p->exhibits);
        p->exhibits[p->exhibit_count++] = (struct exhibit){.place = *place};
    }
    p->exhibits[number].leading |= p->leading;
    return number + 1;
}

/* What is not as it was collected is said wherever a statement rests on it. */
static void warn(struct page *p, int64_t item)
{
    struct case_place of;
    if (!p->failing || !case_place_of(p->casefile, item, &of))
        return;
    if (word_is_doubtful(of.verdict, p->listed)) {
        html_str(p, " ");
        html_badge(p, of.verdict);
    }
}

void html_cite(struct page *p, const struct case_place *place)
{
    size_t number = exhibit_of(p, place);
    if (number > EXHIBITS)
        return;
    text_printf(p->out, "<a class=\"ev\" href=\"#e%zu\">E%zu</a>", number, number);
    warn(p, place->item_id);
}

static bool place_of_json(const json_t *span, struct case_place *place)
{
    const json_t *id = json_object_get(span, "item_id");
    const json_t *item = id ? id : json_object_get(span, "item");
    const json_t *offset = json_object_get(span, "offset");
    const json_t *length = json_object_get(span, "length");
    if (!json_is_integer(item) || !json_is_integer(offset) || !json_is_integer(length))
        return false;
    *place = (struct case_place){.item_id = json_integer_value(item),
                                 .offset = (uint64_t)json_integer_value(offset),
                                 .length = (uint64_t)json_integer_value(length)};
    return true;
}

bool html_cite_json(struct page *p, const json_t *span)
{
    struct case_place place;
    if (!place_of_json(span, &place))
        return false;
    html_cite(p, &place);
    return true;
}

static void cite_each(struct page *p, const json_t *value, size_t *cited)
{
    const char *key;
    json_t *member;
    p->leading &= *cited < PRINTED_PLACES;
    if (html_cite_json(p, value)) {
        html_str(p, " ");
        (*cited)++;
        return;
    }
    for (size_t i = 0; i < json_array_size(value); i++)
        cite_each(p, json_array_get(value, i), cited);
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
        cite_each(p, member, cited);
}

void html_cite_all(struct page *p, const json_t *value)
{
    bool leading = p->leading;
    size_t cited = 0;
    cite_each(p, value, &cited);
    p->leading = leading;
}

void html_cite_places(struct page *p, struct case_walk *places)
{
    struct case_place place;
    bool leading = p->leading;
    for (size_t n = 0; case_next_place(places, &place); n++) {
        p->leading &= n < PRINTED_PLACES;
        html_cite(p, &place);
        html_str(p, " ");
    }
    case_end(places);
    p->leading = leading;
}

/* What it is: in one line, as `exhibit show` takes it. */
static void exhibit_head(struct page *p, size_t number, const struct case_place *place)
{
    text_printf(p->out, "<h3>E%zu <span>", number);
    html_text(p, place->item.n > 0 ? place->item : BYTES("the package itself"));
    html_str(p, "</span></h3><p class=\"where\">");
    if (place->length > 0)
        text_printf(p->out, "bytes %llu to %llu ", (unsigned long long)place->offset,
                    (unsigned long long)(place->offset + place->length));
    else
        html_str(p, "no bytes of its own: that it is there, or that it is gone ");
    html_str(p, "<span class=\"of-item\">· SHA-256 of the item <code class=\"digest\">");
    html_text(p, place->sha256.n > 0 ? place->sha256 : BYTES("not computed"));
    html_str(p, "</code> ");
    html_badge(p, place->verdict);
    html_str(p, "</span></p>");
}

/* How often the first \xNN of `text` stands there in a row. */
static size_t run_length(struct bytes text)
{
    struct bytes first = bytes_sub(text, 0, ESCAPED);
    size_t n = 0;
    if (text.n < ESCAPED || text.p[0] != '\\' || text.p[1] != 'x')
        return 0;
    while (bytes_eq(bytes_sub(text, n * ESCAPED, ESCAPED), first))
        n++;
    return n;
}

/* Escaped bytes; a run of equal ones, as memory has, is counted instead of shown. */
static void escaped(struct page *p, struct bytes text)
{
    size_t from = 0;
    for (size_t at = 0; at < text.n;) {
        size_t run = run_length(bytes_from(text, at));
        if (run >= RUN) {
            html_text(p, bytes_sub(text, from, at + ESCAPED - from));
            text_printf(p->out, "<span class=\"run\"> × %zu </span>", run);
            from = at + run * ESCAPED;
        }
        at += run > 0 ? run * ESCAPED : 1;
    }
    html_text(p, bytes_from(text, from));
}

static void exhibit_bytes(struct page *p, const struct case_place *place)
{
    struct bytes bytes;
    uint64_t shown;
    if (!case_excerpt(p->casefile, place, &bytes, &shown))
        return;
    html_str(p, "<pre class=\"bytes\">");
    escaped(p, bytes);
    html_str(p, "</pre>");
    if (shown < place->length)
        text_printf(p->out, "<p class=\"note\">The first %llu of %llu bytes.</p>",
                    (unsigned long long)shown, (unsigned long long)place->length);
}

static void exhibit(struct page *p, size_t number, const struct exhibit *cited)
{
    struct case_place place;
    struct text command = {0};
    if (!case_place_of(p->casefile, cited->place.item_id, &place))
        return;
    place.offset = cited->place.offset;
    place.length = cited->place.length;
    text_printf(p->out, "<article class=\"exhibit%s\" id=\"e%zu\">",
                cited->leading ? "" : " further", number);
    exhibit_head(p, number, &place);
    exhibit_bytes(p, &place);
    case_place_command(&place, p->package, &command);
    html_str(p, "<p class=\"command\"><code>");
    html_text(p, text_bytes(&command));
    html_str(p, "</code></p></article>\n");
    text_release(&command);
}

/* In print each digest stands once, not at each of its places. */
static void items_cited(struct page *p)
{
    struct intern *items = intern_new();
    struct case_place place;
    html_str(p, "<table class=\"print-note items-cited\"><thead><tr><th scope=\"col\">"
                "Item</th><th scope=\"col\">SHA-256</th><th scope=\"col\">Verdict</th>"
                "</tr></thead><tbody>\n");
    for (size_t i = 0; i < p->exhibit_count && i < EXHIBITS; i++) {
        int64_t id = p->exhibits[i].place.item_id;
        uint32_t known = intern_count(items);
        if (intern_put(items, bytes_of(&id, sizeof id)) < known ||
            !case_place_of(p->casefile, id, &place))
            continue;
        html_str(p, "<tr><td class=\"path\">");
        html_text(p, place.item.n > 0 ? place.item : BYTES("the package itself"));
        html_str(p, "</td><td class=\"digest\">");
        html_text(p, place.sha256.n > 0 ? place.sha256 : BYTES("not computed"));
        html_str(p, "</td><td>");
        html_badge(p, place.verdict);
        html_str(p, "</td></tr>\n");
        output_spill(&p->report->out);
    }
    html_str(p, "</tbody></table>\n");
    intern_free(items);
}

bool section_annex(struct page *p)
{
    if (p->exhibit_count == 0)
        return false;
    html_str(
        p,
        "<p>Each exhibit is a place in the evidence that a statement above "
        "rests on. Bytes that are no text stand as <code>\\xNN</code>, "
        "credentials as <code>&lt;kind N bytes #hash&gt;</code>. The command "
        "shows the bytes again, from the package itself.</p>\n"
        "<p class=\"print-note\">Printed are the bytes that the account, the "
        "findings from medium on and the written timeline rest on, two places "
        "of each statement; of all others, the place. The items with their digests stand "
        "first. <code>exhibit show PACKAGE ITEM@FROM+LENGTH</code> shows the "
        "bytes of any place.</p>\n");
    items_cited(p);
    html_str(p, "<div class=\"exhibits\">\n");
    for (size_t i = 0; i < p->exhibit_count && i < EXHIBITS; i++) {
        exhibit(p, i + 1, &p->exhibits[i]);
        output_spill(&p->report->out);
    }
    html_str(p, "</div>\n");
    return true;
}
