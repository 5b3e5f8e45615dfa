/* The three ways to read JSON agree on what is JSON, and what was repaired is. */
#include <jansson.h>
#include <stdlib.h>

#include "formats/json.h"
#include "formats/json_lines.h"
#include "formats/json_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(struct jsonl_value v)
{
    char room[JSONL_SCALAR];
    struct bytes key;
    struct jsonl_walk w = jsonl_members(v);
    jsonl_scalar(v, room);
    for (struct jsonl_value member; jsonl_next(&w, &key, &member);)
        walk(member);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = bytes_of(data, size);
    struct jsonl_parser *p = jsonl_parser_new();
    struct jsonl_value root;
    bool fast = jsonl_parse(p, text, size, &root).code == FAULT_NONE;
    if (fast && json_check(text).code)
        abort();
    walk(root);
    struct text repaired = {0};
    json_repair(text, &repaired);
    if (repaired.n && json_check(text_bytes(&repaired)).code)
        abort();
    text_release(&repaired);
    struct documents all = {0};
    json_read(text, &all);
    for (size_t i = 0; i < all.n; i++) {
        for (size_t k = 0; k < all.v[i].node_count; k++) {
            const struct document_node *n = &all.v[i].nodes[k];
            if (n->offset > size || n->length > size - n->offset)
                abort();
        }
    }
    documents_release(&all);
    jsonl_parser_free(p);
    return 0;
}
