/* Evidence: every statement of the page links to an exhibit (E1, E2 …) in Annex A, where
 * the place, the bytes, the digest and the command that shows them again stand. */
#include "analyze/report/html.h"
#include "analyze/report/words.h"
#include "formats/base/arena.h"
#include "formats/base/memory.h"

/* Beyond these a report is no longer read: case.db has the rest. */
#define EXHIBITS 20000

static size_t exhibit_of(struct page *p, const struct case_place *place)
{
    struct text key = {0};
    text_printf(&key, "%lld/%llu/%llu", (long long)place->item_id,
                (unsigned long long)place->offset, (unsigned long long)place->length);
    uint32_t number = intern_put(p->cited, text_bytes(&key));
    text_release(&key);
    if (number == p->place_count) {
        p->places = memory_grow(p->places, &p->place_capacity, p->place_count + 1,
                                sizeof *p->places);
        p->places[p->place_count++] = *place;
    }
    return number + 1;
}

void html_cite(struct page *p, const struct case_place *place)
{
    size_t number = exhibit_of(p, place);
    if (number <= EXHIBITS)
        text_printf(p->out, "<a class=\"ev\" href=\"#e%zu\">E%zu</a>", number, number);
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

void html_cite_all(struct page *p, const json_t *value)
{
    const char *key;
    json_t *member;
    if (html_cite_json(p, value)) {
        html_str(p, " ");
        return;
    }
    for (size_t i = 0; i < json_array_size(value); i++)
        html_cite_all(p, json_array_get(value, i));
    json_object_foreach((json_t *)(uintptr_t)value, key, member) html_cite_all(p, member);
}

static void exhibit(struct page *p, size_t number, const struct case_place *cited)
{
    struct case_place place;
    struct text command = {0};
    struct bytes bytes;
    uint64_t shown;
    if (!case_place_of(p->casefile, cited->item_id, &place))
        return;
    place.offset = cited->offset;
    place.length = cited->length;
    text_printf(p->out, "<article class=\"exhibit\" id=\"e%zu\"><h3>E%zu <span>", number,
                number);
    html_text(p, place.item.n > 0 ? place.item : BYTES("the package itself"));
    text_printf(p->out, "</span></h3><p class=\"where\">bytes %llu to %llu",
                (unsigned long long)place.offset,
                (unsigned long long)(place.offset + place.length));
    html_str(p, " · SHA-256 of the item <code class=\"digest\">");
    html_text(p, place.sha256.n > 0 ? place.sha256 : BYTES("not computed"));
    html_str(p, "</code> ");
    html_badge(p, place.verdict);
    html_str(p, "</p>");
    if (case_excerpt(p->casefile, &place, &bytes, &shown)) {
        html_str(p, "<pre class=\"bytes\">");
        html_text(p, bytes);
        html_str(p, "</pre>");
        if (shown < place.length)
            text_printf(p->out, "<p class=\"note\">The first %llu of %llu bytes.</p>",
                        (unsigned long long)shown, (unsigned long long)place.length);
    }
    case_place_command(&place, p->package, &command);
    html_str(p, "<p class=\"command\"><code>");
    html_text(p, text_bytes(&command));
    html_str(p, "</code></p></article>\n");
    text_release(&command);
}

bool section_annex(struct page *p)
{
    if (p->place_count == 0)
        return false;
    html_str(p, "<p>Each exhibit is a place in the evidence that a statement above "
                "rests on. Bytes that are no text stand as <code>\\xNN</code>, "
                "credentials as <code>&lt;kind N bytes #hash&gt;</code>. The command "
                "shows the bytes again, from the package itself.</p>\n");
    for (size_t i = 0; i < p->place_count && i < EXHIBITS; i++) {
        exhibit(p, i + 1, &p->places[i]);
        output_spill(&p->report->out);
    }
    return true;
}
