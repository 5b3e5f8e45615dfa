#include "analyze/kube/objects/answer.h"

void answer_objects(struct jsonl_value answer,
                    void (*each)(void *context, struct jsonl_value object,
                                 struct jsonl_value row),
                    void *context)
{
    bool table = bytes_is(jsonl_string(jsonl_get(answer, "kind")), "Table");
    struct jsonl_value of = jsonl_get(answer, table ? "rows" : "items");
    struct jsonl_value one;
    struct jsonl_walk w = jsonl_members(of);
    struct bytes key;
    if (!table && !jsonl_is(of, JSONL_ARRAY))
        each(context, answer, JSONL_NOTHING);
    while (jsonl_is(of, JSONL_ARRAY) && jsonl_next(&w, &key, &one))
        each(context, table ? jsonl_get(one, "object") : one,
             table ? one : JSONL_NOTHING);
}
