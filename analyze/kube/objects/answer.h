/* Answer: the objects in what the API server answered to a GET or LIST: one object, a
 * list of them, or the Table that kubectl asks for. For analyze/kube/. */
#ifndef ANALYZE_KUBE_ANSWER_H
#define ANALYZE_KUBE_ANSWER_H

#include "formats/json_lines.h"

/* `row` is absent unless it is a Table, whose rows hold an object's metadata, all of it,
 * or nothing of it. */
void answer_objects(struct jsonl_value answer,
                    void (*each)(void *context, struct jsonl_value object,
                                 struct jsonl_value row),
                    void *context);

#endif
