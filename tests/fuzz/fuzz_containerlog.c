/* Container logs: lines, joined parts, paths, and the records of collectors. */
#include <stdlib.h>

#include "formats/container_export.h"
#include "formats/container_join.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jsonl_parser *p = jsonl_parser_new();
    struct jsonl_parser *inner = jsonl_parser_new();
    struct container_join join = {0};
    struct jsonl_value v;
    struct text room = {0};
    struct container_line line, whole;
    struct bytes all = bytes_of(data, size), rest = all, text;
    while (bytes_split(&rest, '\n', &text)) {
        container_line_read(p, text, text.n, &line);
        line.offset = (uint64_t)(text.p - data);
        line.length = text.n;
        if (container_join_next(&join, &line, &whole) &&
            (whole.offset > size || whole.length > size - whole.offset))
            abort();
        container_log_place(text);
        if (!jsonl_parse(p, text, text.n, &v).code)
            container_export_read(v, inner, &room, &line);
    }
    while (container_join_end(&join, &whole))
        ;
    container_join_release(&join);
    container_log_looks_like(all);
    container_export_probe(all);
    text_release(&room);
    jsonl_parser_free(inner);
    jsonl_parser_free(p);
    return 0;
}
