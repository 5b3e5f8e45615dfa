#include "analyze/kube/network/selector.h"

#include "formats/document.h"

enum truth labels_get(const struct labels *l, struct bytes key, struct bytes *value)
{
    const json_t *own = json_object_getn(l->v, (const char *)key.p, key.n);
    enum truth added = TRUTH_FALSE;
    if (own) {
        *value = tree_string(own, "");
        return TRUTH_TRUE;
    }
    if (l->added)
        added = l->added(l->context, key, value);
    return added == TRUTH_FALSE && l->partial ? TRUTH_UNKNOWN : added;
}

static enum truth added_name(const void *context, struct bytes key, struct bytes *value)
{
    const struct bytes *name = context;
    *value = *name;
    return truth_of(name->n && bytes_is(key, "kubernetes.io/metadata.name"));
}

struct labels labels_of_namespace(const json_t *object, const struct bytes *name)
{
    return (struct labels){.v = tree_get(object, "metadata/labels"),
                           .partial = !object,
                           .added = added_name,
                           .context = name};
}

/* "k8s:app" and "any:app" are app; labels of other sources are not of the object. */
static struct bytes plain_key(struct bytes key, enum selector_keys keys)
{
    static const char *const sources[] = {"k8s:", "any:"};
    for (size_t i = 0; keys == SELECTOR_CILIUM && i < 2; i++)
        if (bytes_starts(key, bytes_str(sources[i])))
            return bytes_from(key, 4);
    return key;
}

static enum truth in_values(const json_t *requirement, struct bytes value)
{
    const json_t *values = tree_get(requirement, "values");
    for (size_t i = 0; i < json_array_size(values); i++)
        if (bytes_eq(tree_string(json_array_get(values, i), ""), value))
            return TRUTH_TRUE;
    return TRUTH_FALSE;
}

static enum truth requirement_decide(const json_t *requirement,
                                     const struct labels *labels, enum selector_keys keys)
{
    struct bytes relation = tree_string(requirement, "operator"), value = BYTES_NONE;
    struct bytes key = plain_key(tree_string(requirement, "key"), keys);
    enum truth there = labels_get(labels, key, &value);
    enum truth in = there == TRUTH_TRUE ? in_values(requirement, value) : there;
    if (bytes_is(relation, "In"))
        return in;
    /* NotIn holds also where the key is absent. */
    if (bytes_is(relation, "NotIn"))
        return truth_not(in);
    if (bytes_is(relation, "Exists"))
        return there;
    if (bytes_is(relation, "DoesNotExist"))
        return truth_not(there);
    return TRUTH_UNKNOWN;
}

enum truth selector_decide(const json_t *selector, const struct labels *labels,
                           enum selector_keys keys)
{
    if (!json_is_object(selector))
        return TRUTH_FALSE;
    const json_t *match = tree_get(selector, "matchLabels");
    const json_t *requirements = tree_get(selector, "matchExpressions");
    /* What else it may say is of an API that is not known. */
    enum truth all =
        json_object_size(selector) > (size_t)(match != NULL) + (requirements != NULL)
            ? TRUTH_UNKNOWN
            : TRUTH_TRUE;
    const char *key;
    json_t *wanted;
    json_object_foreach((json_t *)(uintptr_t)match, key, wanted)
    {
        struct bytes value = BYTES_NONE;
        enum truth there = labels_get(labels, plain_key(bytes_str(key), keys), &value);
        if (there == TRUTH_TRUE)
            there = truth_of(bytes_eq(value, tree_string(wanted, "")));
        all = truth_and(all, there);
    }
    for (size_t i = 0; i < json_array_size(requirements); i++)
        all = truth_and(
            all, requirement_decide(json_array_get(requirements, i), labels, keys));
    return all;
}

bool selector_matches(const json_t *selector, const json_t *labels, bool *unknown)
{
    struct labels known = {.v = labels};
    enum truth t = selector_decide(selector, &known, SELECTOR_PLAIN);
    if (unknown && t == TRUTH_UNKNOWN)
        *unknown = true;
    return t == TRUTH_TRUE;
}
