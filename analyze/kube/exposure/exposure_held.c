/* What the memory and the files of the pod really held: the findings of the checkpoint
 * and of the writable layer about credentials, beside what the manifest makes readable.
 */
#include "analyze/kube/exposure/exposure.h"

static const struct {
    const char *finding, *where;
} places[] = {
    {"memory.credential", "memory of the checkpoint"},
    {"process.secret-file-open", "a file that a process had open"},
    {"layer.credential", "a file of the writable layer"},
    {"layer.credential-content", "text of a file of the writable layer"},
};

static const char *place_of(const struct finding *f)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (strcmp(f->kind->id, places[i].finding) == 0)
            return places[i].where;
    return NULL;
}

/* "<token 18 bytes #4558cbc4>" and "<named as a secret 18 bytes #4558cbc4>" are equal
 * values: the length and the hash, or what is shown with --reveal. */
static struct bytes value_of(const json_t *masked)
{
    struct bytes text = bytes_of(json_string_value(masked), json_string_length(masked));
    size_t at = bytes_rfind_byte(text, '#');
    return at < text.n ? bytes_from(text, at) : text;
}

/* The value of the manifest that it is; NULL: none, or more cannot be told. */
static const struct exposed *same_value(const struct exposures *e, const json_t *masked)
{
    const struct exposed *same = NULL;
    for (size_t i = 0; i < e->all.n && !same; i++) {
        const struct exposed *x = e->all.v[i];
        json_t *own =
            x->value.n ? render_secret(e->in->scope, x->value_kind, x->value) : NULL;
        if (own && bytes_eq(value_of(own), value_of(masked)))
            same = x;
        json_decref(own);
    }
    return same;
}

json_t *exposure_held(const struct exposures *e)
{
    const struct scope *s = e->in->scope;
    const struct findings *all = s->analysis->findings;
    json_t *array = json_array();
    for (size_t i = 0; i < all->n; i++) {
        const struct finding *f = all->v[i];
        const char *where = place_of(f);
        if (!where)
            continue;
        json_t *o = json_object();
        json_object_set_new(o, "what", render_text(s, f->subject));
        put_word(o, "where", where);
        const struct exposed *same = same_value(e, json_object_get(o, "what"));
        if (same)
            put_text(o, "same_as", s, same->name);
        json_object_set_new(o, "spans", render_spans(s, f->spans, f->span_count));
        json_array_append_new(array, o);
    }
    return array;
}
