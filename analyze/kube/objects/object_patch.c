#include "analyze/kube/objects/object_patch.h"

#include "formats/base/text.h"
#include "formats/document.h"

/* -- merge -------------------------------------------------------------------------- */

static bool has_directive(const json_t *patch, const char *directive)
{
    return bytes_is(tree_string(patch, "$patch"), directive);
}

/* The tree is as deep as the decoder allowed it to be. */
static json_t *merged(const json_t *before, const json_t *patch)
{
    if (!json_is_object(patch))
        return json_deep_copy(patch);
    bool anew = !json_is_object(before) || has_directive(patch, "replace");
    json_t *after = anew ? json_object() : json_copy((json_t *)(uintptr_t)before);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)patch, key, value)
    {
        if (key[0] == '$')
            continue;
        if (json_is_null(value) || has_directive(value, "delete"))
            json_object_del(after, key);
        else
            json_object_set_new(after, key, merged(json_object_get(after, key), value));
    }
    return after;
}

/* -- JSON patch --------------------------------------------------------------------- */

/* A step of a JSON pointer (RFC 6901): "~1" stands for "/" and "~0" for "~". */
static struct bytes unescaped(struct bytes step, struct text *room)
{
    text_clear(room);
    for (size_t i = 0; i < step.n; i++) {
        bool escape = step.p[i] == '~' && i + 1 < step.n;
        if (!escape)
            text_add(room, bytes_sub(step, i, 1));
        else
            text_byte(room, step.p[++i] == '1' ? '/' : '~');
    }
    return text_bytes(room);
}

/* The index that a step names; SIZE_MAX for "-", behind the last element. */
static bool index_of(struct bytes step, size_t *out)
{
    uint64_t number;
    *out = SIZE_MAX;
    if (bytes_is(step, "-"))
        return true;
    if (!bytes_to_u64(step, &number))
        return false;
    *out = (size_t)number;
    return true;
}

static json_t *child(const json_t *node, struct bytes step)
{
    size_t index;
    if (json_is_object(node))
        return json_object_getn(node, (const char *)step.p, step.n);
    return json_is_array(node) && index_of(step, &index) ? json_array_get(node, index)
                                                         : NULL;
}

static void put_element(json_t *list, size_t index, json_t *value, bool replaces)
{
    if (replaces && index < json_array_size(list))
        json_array_set_new(list, index, value);
    else if (index < json_array_size(list))
        json_array_insert_new(list, index, value);
    else
        json_array_append_new(list, value);
}

/* `node` holds the place that the last step names. */
static void change(json_t *node, struct bytes step, const json_t *operation)
{
    struct bytes what = tree_string(operation, "op");
    const json_t *value = json_object_get(operation, "value");
    bool removes = bytes_is(what, "remove"), replaces = bytes_is(what, "replace");
    size_t index;
    if (!removes && !((replaces || bytes_is(what, "add")) && value))
        return;
    if (json_is_object(node) && removes)
        json_object_deln(node, (const char *)step.p, step.n);
    else if (json_is_object(node))
        json_object_setn_new(node, (const char *)step.p, step.n, json_deep_copy(value));
    else if (!json_is_array(node) || !index_of(step, &index))
        return;
    else if (removes)
        json_array_remove(node, index);
    else
        put_element(node, index, json_deep_copy(value), replaces);
}

static void apply(json_t *object, const json_t *operation)
{
    struct bytes rest = tree_string(operation, "path"), step;
    struct text room = {0};
    json_t *node = object;
    bytes_split(&rest, '/', &step); /* what stands before the first slash is empty */
    while (node && bytes_split(&rest, '/', &step)) {
        step = unescaped(step, &room);
        if (rest.n)
            node = child(node, step);
        else
            change(node, step, operation);
    }
    text_release(&room);
}

json_t *object_patched(const json_t *before, const json_t *patch)
{
    if (!json_is_array(patch))
        return merged(before, patch);
    json_t *after = before ? json_deep_copy(before) : json_object();
    for (size_t i = 0; i < json_array_size(patch); i++)
        apply(after, json_array_get(patch, i));
    return after;
}
