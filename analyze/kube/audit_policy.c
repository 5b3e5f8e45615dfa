#include "analyze/kube/audit_policy.h"

#include "analyze/kube/objects/objects.h"
#include "analyze/kube/render.h"

static bool is_audit_policy(const struct object *o)
{
    return bytes_is(o->k->kind, "Policy") &&
           bytes_starts(tree_string(o->k->object, "apiVersion"), BYTES("audit.k8s.io/"));
}

static void add_words(struct text *t, const json_t *list, const char *none)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        text_str(t, i ? ", " : "");
        text_add(t, tree_string(json_array_get(list, i), ""));
    }
    if (json_array_size(list) == 0)
        text_str(t, none);
}

/* "secrets, configmaps; everything in apps; paths /healthz*" */
static void name_what(struct text *t, const json_t *rule)
{
    const json_t *groups = tree_get(rule, "resources");
    const json_t *paths = tree_get(rule, "nonResourceURLs");
    for (size_t i = 0; i < json_array_size(groups); i++) {
        const json_t *one = json_array_get(groups, i);
        struct bytes group = tree_string(one, "group");
        text_str(t, i ? "; " : "");
        add_words(t, tree_get(one, "resources"), "everything");
        if (group.n) {
            text_str(t, " in ");
            text_add(t, group);
        }
    }
    if (paths) {
        text_str(t, t->n ? "; paths " : "paths ");
        add_words(t, paths, "");
    }
    if (t->n == 0)
        text_str(t, "everything");
}

static void put_words(json_t *o, const char *key, const struct scope *s,
                      const json_t *rule, const char *list)
{
    struct text t = {0};
    add_words(&t, tree_get(rule, list), "");
    put_text(o, key, s, text_bytes(&t));
    text_release(&t);
}

static bool is_level(const json_t *rule, const char *level)
{
    return bytes_is(tree_string(rule, "level"), level);
}

static json_t *render_rule(const struct scope *s, const struct object *o,
                           const json_t *rule)
{
    json_t *out = json_object();
    struct text what = {0};
    name_what(&what, rule);
    put_text(out, "level", s, tree_string(rule, "level"));
    put_text(out, "what", s, text_bytes(&what));
    text_release(&what);
    put_words(out, "verbs", s, rule, "verbs");
    put_words(out, "users", s, rule, "users");
    put_words(out, "groups", s, rule, "userGroups");
    put_words(out, "namespaces", s, rule, "namespaces");
    put_words(out, "stages_left_out", s, rule, "omitStages");
    put_word(out, "says",
             is_level(rule, "None")
                 ? "not recorded: that the log holds no such request proves nothing"
             : is_level(rule, "Metadata")
                 ? "recorded without bodies: what was sent and answered is not told"
                 : "recorded without the answers");
    put_span(out, s, object_span(o, rule));
    return out;
}

json_t *kube_audit_policy(const struct scope *s)
{
    json_t *array = json_array();
    for (size_t i = 0; s && i < s->objects.n; i++) {
        const struct object *o = s->objects.v[i];
        const json_t *rules = tree_get(o->k->object, "rules");
        if (!is_audit_policy(o))
            continue;
        for (size_t r = 0; r < json_array_size(rules); r++) {
            const json_t *rule = json_array_get(rules, r);
            if (!is_level(rule, "RequestResponse"))
                json_array_append_new(array, render_rule(s, o, rule));
        }
    }
    return array;
}

/* Its name, a star, and a group without a list stand for it. */
static bool names(const json_t *rule, struct bytes resource)
{
    const json_t *groups = tree_get(rule, "resources");
    if (json_array_size(groups) == 0)
        return !tree_get(rule, "nonResourceURLs");
    for (size_t i = 0; i < json_array_size(groups); i++) {
        const json_t *list = tree_get(json_array_get(groups, i), "resources");
        if (json_array_size(list) == 0)
            return true;
        for (size_t k = 0; k < json_array_size(list); k++) {
            struct bytes one = tree_string(json_array_get(list, k), "");
            if (bytes_is(one, "*") || bytes_eq(one, resource))
                return true;
        }
    }
    return false;
}

bool kube_audit_leaves_out(const struct scope *s, struct bytes resource)
{
    for (size_t i = 0; i < s->objects.n; i++) {
        const struct object *o = s->objects.v[i];
        const json_t *rules = tree_get(o->k->object, "rules");
        for (size_t r = 0; is_audit_policy(o) && r < json_array_size(rules); r++) {
            const json_t *rule = json_array_get(rules, r);
            bool all = !tree_get(rule, "users") && !tree_get(rule, "userGroups") &&
                       !tree_get(rule, "verbs");
            if (all && names(rule, resource)) /* it decides for everybody */
                return is_level(rule, "None");
        }
    }
    return false;
}
