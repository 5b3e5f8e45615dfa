/* Bodies of audit records: from the log's parser to a tree that outlives it. */
#include "analyze/kube/note.h"

/* The deepest thing that is asked for is a container's env.valueFrom.secretKeyRef inside
 * a CronJob's template: fourteen levels. */
#define BODY_DEPTH 32
/* Pods with hundreds of variables stay below this; a body beyond it is not copied. */
#define BODY_NODES 20000

struct copy {
    size_t left;
};

static json_t *copy_value(struct copy *c, struct jsonl_value v, unsigned depth);

/* What the server adds about itself and nobody asks for. */
static bool unwanted(struct bytes key)
{
    return bytes_is(key, "managedFields") ||
           bytes_is(key, "kubectl.kubernetes.io/last-applied-configuration");
}

static json_t *copy_object(struct copy *c, struct jsonl_value v, unsigned depth)
{
    json_t *object = json_object();
    struct jsonl_walk w = jsonl_members(v);
    struct bytes key;
    struct jsonl_value member;
    while (jsonl_next(&w, &key, &member)) {
        if (unwanted(key) || c->left == 0)
            continue;
        json_t *copied = copy_value(c, member, depth);
        if (json_object_getn(object, (const char *)key.p, key.n))
            json_decref(copied); /* of a member that occurs twice the first one counts */
        else if (copied)
            json_object_setn_new(object, (const char *)key.p, key.n, copied);
    }
    return object;
}

static json_t *copy_array(struct copy *c, struct jsonl_value v, unsigned depth)
{
    json_t *array = json_array();
    struct jsonl_walk w = jsonl_members(v);
    struct bytes key;
    struct jsonl_value element;
    while (c->left && jsonl_next(&w, &key, &element)) {
        json_t *copied = copy_value(c, element, depth);
        if (copied)
            json_array_append_new(array, copied);
    }
    return array;
}

static json_t *copy_scalar(struct jsonl_value v, enum jsonl_kind kind)
{
    int64_t integer;
    struct bytes text = jsonl_string(v);
    switch (kind) {
    case JSONL_STRING:
        return json_stringn((const char *)text.p, text.n);
    case JSONL_INTEGER:
        return jsonl_integer(v, &integer) ? json_integer(integer) : json_null();
    case JSONL_BOOL:
        return json_boolean(jsonl_true(v));
    default:
        return json_null();
    }
}

static json_t *copy_value(struct copy *c, struct jsonl_value v, unsigned depth)
{
    enum jsonl_kind kind = jsonl_kind(v);
    if (kind == JSONL_ABSENT || depth == 0 || c->left == 0)
        return NULL;
    c->left--;
    if (kind == JSONL_OBJECT)
        return copy_object(c, v, depth - 1);
    if (kind == JSONL_ARRAY)
        return copy_array(c, v, depth - 1);
    return copy_scalar(v, kind);
}

json_t *note_body(struct jsonl_value v, size_t *values)
{
    struct copy c = {BODY_NODES};
    enum jsonl_kind kind = jsonl_kind(v);
    if (kind != JSONL_OBJECT && kind != JSONL_ARRAY)
        return NULL;
    json_t *body = copy_value(&c, v, BODY_DEPTH);
    *values += BODY_NODES - c.left;
    return body;
}
