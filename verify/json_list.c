#include "verify/json_list.h"

#include <stdlib.h>

#include "formats/base/text.h"

void json_list_begin(struct json_list *l, json_t *document, const char *name, FILE *to)
{
    struct text place = {0};
    *l = (struct json_list){.to = to, .text = json_dumps(document, JSON_INDENT(2))};
    struct bytes all = bytes_str(l->text);
    /* No string of the document can hold the place, because quotes in them are escaped.
     */
    text_printf(&place, "\n  \"%s\": []", name);
    size_t at = bytes_find(all, text_bytes(&place)) + place.n - 1;
    fwrite(all.p, 1, at, to);
    l->rest = bytes_from(all, at);
    text_release(&place);
}

void json_list_add(struct json_list *l, json_t *element)
{
    char *text = json_dumps(element, JSON_INDENT(2) | JSON_ENCODE_ANY);
    struct bytes rest = bytes_str(text), line;
    fputs(l->any ? "," : "", l->to);
    l->any = true;
    while (bytes_split(&rest, '\n', &line))
        fprintf(l->to, "\n    %.*s", (int)line.n, (const char *)line.p);
    free(text);
    json_decref(element);
}

void json_list_end(struct json_list *l)
{
    fputs(l->any ? "\n  " : "", l->to);
    fwrite(l->rest.p, 1, l->rest.n, l->to);
    putc('\n', l->to);
    free(l->text);
}
