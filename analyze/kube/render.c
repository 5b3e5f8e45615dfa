#include "analyze/kube/render.h"

#include "analyze/evidence_json.h"

json_t *render_text(const struct scope *s, struct bytes b)
{
    return json_masked(&s->analysis->mask, b);
}

json_t *render_secret(const struct scope *s, const char *kind, struct bytes value)
{
    struct text masked = {0};
    mask_value(&s->analysis->mask, kind, value, &masked);
    json_t *string = json_evidence(text_bytes(&masked));
    text_release(&masked);
    return string;
}

json_t *render_time(instant t, enum precision p)
{
    char when[INSTANT_TEXT];
    if (t == INSTANT_NONE || t == INT64_MAX)
        return json_null();
    return json_string(instant_format(t, p, when));
}

json_t *render_span(const struct scope *s, struct span span)
{
    json_t *cited = span.item ? case_span(s->analysis->casefile, span) : NULL;
    return cited ? cited : json_null();
}

json_t *render_spans(const struct scope *s, const struct span *spans, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        if (spans[i].item)
            json_array_append_new(array, render_span(s, spans[i]));
    return array;
}

void put_text(json_t *object, const char *key, const struct scope *s, struct bytes b)
{
    if (b.n)
        json_object_set_new(object, key, render_text(s, b));
}

void put_word(json_t *object, const char *key, const char *word)
{
    if (word && *word)
        json_object_set_new(object, key, json_string(word));
}

void put_time(json_t *object, const char *key, instant t, enum precision p)
{
    if (t != INSTANT_NONE && t != INT64_MAX)
        json_object_set_new(object, key, render_time(t, p));
}

void put_span(json_t *object, const struct scope *s, struct span span)
{
    json_object_set_new(object, "spans", render_spans(s, &span, 1));
}

/* -- names -------------------------------------------------------------------------- */

void name_object(struct text *t, struct bytes namespace, struct bytes name)
{
    text_add(t, namespace);
    if (namespace.n && name.n)
        text_byte(t, '/');
    text_add(t, name);
}

void name_action(struct text *t, const struct request *r)
{
    text_add(t, r->verb);
    text_byte(t, ' ');
    if (r->resource.n == 0) {
        text_add(t, bytes_sub(r->uri, 0, bytes_find_byte(r->uri, '?')));
        return;
    }
    text_add(t, r->resource);
    if (r->subresource.n) {
        text_byte(t, '/');
        text_add(t, r->subresource);
    }
}

/* Resources that have no namespace, as far as they are met here. */
static bool is_cluster_resource(struct bytes resource)
{
    static const char *const names[] = {"clusterroles",
                                        "clusterrolebindings",
                                        "nodes",
                                        "namespaces",
                                        "persistentvolumes",
                                        "selfsubjectaccessreviews",
                                        "selfsubjectrulesreviews",
                                        "subjectaccessreviews",
                                        "tokenreviews",
                                        "certificatesigningrequests"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bytes_is(resource, names[i]))
            return true;
    return false;
}

void name_target(struct text *t, const struct request *r)
{
    bool all = r->namespace.n == 0 && r->name.n == 0 && r->resource.n &&
               !is_cluster_resource(r->resource);
    if (all && !request_writes(r))
        text_str(t, "all namespaces");
    else if (r->name.n == 0 && r->namespace.n)
        text_printf(t, "namespace %.*s", (int)r->namespace.n,
                    (const char *)r->namespace.p);
    else
        name_object(t, r->namespace, r->name);
}

/* -- records ------------------------------------------------------------------------ */

static void put_names(json_t *o, const struct scope *s, const struct request *r)
{
    struct text t = {0};
    name_action(&t, r);
    put_text(o, "action", s, text_bytes(&t));
    text_clear(&t);
    name_target(&t, r);
    put_text(o, "object", s, text_bytes(&t));
    put_text(o, "command", s, r->command);
    text_release(&t);
}

static const char *outcome(const struct request *r)
{
    if (request_denied(r))
        return "denied";
    if (r->code >= 400)
        return "failed";
    return r->code == 0 ? "not told" : "allowed";
}

json_t *render_request(const struct scope *s, const struct request *r)
{
    json_t *o = json_object();
    const struct request *cause = request_cause(r);
    json_object_set_new(o, "time", render_time(r->time, r->precision));
    if (r->end > r->time && request_enters(r))
        put_time(o, "until", r->end, r->precision);
    put_text(o, "user", s, r->user);
    put_text(o, "as", s, r->as);
    put_text(o, "via", s, r->via);
    put_text(o, "known_as", s, r->known_as);
    put_names(o, s, r);
    put_word(o, "outcome", outcome(r));
    if (r->code)
        json_object_set_new(o, "code", json_integer(r->code));
    put_text(o, "agent", s, r->agent);
    put_text(o, "source", s, r->source);
    put_text(o, "reason", s, r->reason);
    put_text(o, "credential", s, r->credential);
    if (cause != r)
        put_text(o, "caused_by", s, request_as(cause));
    if (r->parts > 1)
        json_object_set_new(o, "records", json_integer((json_int_t)r->parts));
    if (r->truncated || r->partial)
        put_word(o, "note",
                 r->truncated ? "bodies were removed for their size"
                              : "the record is damaged");
    json_object_set_new(o, "in_scope", json_boolean(r->in_scope));
    json_object_set_new(o, "spans", render_spans(s, r->spans, r->span_count));
    return o;
}

json_t *render_alert(const struct scope *s, const struct alert *a)
{
    json_t *o = json_object();
    json_object_set_new(o, "time", render_time(a->time, a->precision));
    put_word(o, "source", "falco");
    put_text(o, "rule", s, a->rule);
    put_word(o, "priority", falco_priority_name(a->priority));
    put_text(o, "container_id", s, a->container_id);
    put_text(o, "process", s, a->process);
    put_text(o, "parent", s, a->parent);
    put_text(o, "command", s, a->command);
    put_text(o, "file", s, a->file);
    put_text(o, "user", s, a->user);
    put_span(o, s, a->span);
    return o;
}

json_t *render_mark(const struct scope *s, const struct mark *m)
{
    json_t *o = json_object();
    json_object_set_new(o, "time", render_time(m->time, m->precision));
    put_word(o, "source", event_kind_source(m->kind));
    put_text(o, "actor", s, m->actor);
    put_text(o, "action", s, m->action);
    put_text(o, "object", s, m->object);
    put_text(o, "message", s, m->message);
    put_span(o, s, m->span);
    return o;
}

/* -- counting ----------------------------------------------------------------------- */

void count_word(json_t *object, struct bytes word, const struct scope *s, uint64_t n)
{
    if (word.n == 0)
        return;
    json_t *text = render_text(s, word);
    const char *key = json_string_value(text);
    json_t *count = json_object_get(object, key);
    if (count)
        json_integer_set(count, json_integer_value(count) + (json_int_t)n);
    else
        json_object_set_new(object, key, json_integer((json_int_t)n));
    json_decref(text);
}

void add_distinct(json_t *array, struct bytes word, const struct scope *s, size_t limit)
{
    json_t *text = render_text(s, word);
    bool known = word.n == 0 || json_array_size(array) >= limit;
    for (size_t i = 0; i < json_array_size(array) && !known; i++)
        known = json_equal(json_array_get(array, i), text);
    if (known)
        json_decref(text);
    else
        json_array_append_new(array, text);
}
