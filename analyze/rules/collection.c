/* Rule collections, as files of several rules were written before Sigma 2: documents with
 * an `action` are no rules but say what the rules of their file have in common.
 *
 *   global   its content goes into all rules that follow, in addition to what was global
 *   reset    nothing is global any more
 *   repeat   the rule before it once more, with this content in it
 *
 * Source: Sigma specification 1.0, "Rule Collections". As in sigmac and pySigma maps are
 * merged, and of anything else what is merged in replaces what was there. */
#include "analyze/rules/private.h"

struct collecting {
    struct rules *rules;
    struct rule_file *file;
    json_t *global, *before; /* before: the rule before, or NULL */
};

/* A new object: what `base` has, with `more` in it. Neither is changed. */
static json_t *merged(const json_t *base, const json_t *more)
{
    json_t *out = json_copy((json_t *)(uintptr_t)base), *value;
    const char *key;
    json_object_foreach((json_t *)(uintptr_t)more, key, value)
    {
        json_t *own = json_object_get(out, key);
        if (json_is_object(own) && json_is_object(value))
            json_object_set_new(out, key, merged(own, value));
        else
            json_object_set(out, key, value);
    }
    return out;
}

/* The document becomes `root`, whose reference is taken over. What it was stays alive:
 * its parts are told by their places. */
static void replace(struct collecting *c, struct document *d, json_t *root)
{
    json_array_append(c->file->collected, d->root);
    json_decref(d->root);
    d->root = root;
}

static void wrong(struct collecting *c, const struct document *d, const char *why)
{
    struct reading reading = {.rules = c->rules, .file = c->file, .document = d};
    reading_problem(place_at(&reading, d->root, "action"), RULE_ERROR, "%s", why);
}

static void begin_rule(struct collecting *c, struct document *d, json_t *rule)
{
    json_decref(c->before);
    c->before = json_incref(rule);
    replace(c, d, rule);
}

static void act(struct collecting *c, struct document *d, struct bytes action)
{
    json_t *content = json_copy(d->root), *was = c->global;
    json_object_del(content, "action");
    if (bytes_is(action, "repeat") && c->before) {
        begin_rule(c, d, merged(c->before, content));
        json_decref(content);
        return;
    }
    if (bytes_is(action, "global")) {
        c->global = merged(was, content);
        json_decref(was);
    } else if (bytes_is(action, "reset")) {
        c->global = json_object();
        json_decref(was);
    } else if (bytes_is(action, "repeat")) {
        wrong(c, d, "action \"repeat\" repeats the rule before it, and there is none");
    } else {
        wrong(c, d,
              "the action of a document of a collection is global, reset or repeat");
    }
    json_decref(content);
    replace(c, d, json_null());
}

/* Correlations, filters and placeholders are of Sigma 2: they stay as they are. */
static bool is_rule(const json_t *document)
{
    return json_is_object(document) && !json_object_get(document, "correlation") &&
           !json_object_get(document, "filter") &&
           !json_object_get(document, "placeholders");
}

static bool is_collection(const struct documents *all)
{
    for (size_t i = 0; i < all->n; i++)
        if (json_object_get(all->v[i].root, "action"))
            return true;
    return false;
}

void collection_read(struct rules *r, struct rule_file *f)
{
    struct collecting c = {.rules = r, .file = f, .global = json_object()};
    if (is_collection(&f->documents))
        f->collected = json_array();
    for (size_t i = 0; f->collected && i < f->documents.n; i++) {
        struct document *d = &f->documents.v[i];
        const json_t *action = json_object_get(d->root, "action");
        if (action)
            act(&c, d, tree_string(action, ""));
        else if (is_rule(d->root))
            begin_rule(&c, d, merged(d->root, c.global));
    }
    json_decref(c.global);
    json_decref(c.before);
}
