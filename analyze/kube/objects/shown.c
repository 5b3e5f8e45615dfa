#include "analyze/kube/objects/shown.h"

#include <jansson.h>
#include <stdlib.h>

#include "analyze/kube/objects/answer.h"
#include "analyze/kube/objects/objects.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/base/text.h"
#include "formats/json_lines.h"

/* -- what is wanted of a pod --------------------------------------------------------- */

/* A container's env.valueFrom.secretKeyRef is seven levels below the pod's spec. */
#define SHOWN_DEPTH 24

static bool one_of(struct bytes key, const char *const *names)
{
    while (*names && !bytes_is(key, *names))
        names++;
    return *names != NULL;
}

static const char *const metadata_wanted[] = {
    "name",   "namespace",       "uid", "creationTimestamp", "deletionTimestamp",
    "labels", "ownerReferences", NULL};
/* How it is scheduled and watched over: long, and nothing asks for it. */
static const char *const spec_unwanted[] = {"tolerations", "affinity", "schedulerName",
                                            "topologySpreadConstraints", NULL};
static const char *const container_unwanted[] = {
    "livenessProbe",          "readinessProbe",           "startupProbe",    "resources",
    "terminationMessagePath", "terminationMessagePolicy", "imagePullPolicy", NULL};
static const char *const status_wanted[] = {"phase", "podIP", "podIPs", "hostIP", NULL};
/* Ids of its containers join it to what runtimes tell. */
static const char *const own_status_wanted[] = {"phase",
                                                "podIP",
                                                "podIPs",
                                                "hostIP",
                                                "containerStatuses",
                                                "initContainerStatuses",
                                                "ephemeralContainerStatuses",
                                                NULL};

/* Members of an object: `wanted` alone (NULL: all), without `unwanted` (NULL: with all);
 * further below without `below`. */
struct choice {
    const char *const *wanted, *const *unwanted, *const *below;
};

/* Lists of pods are long: what there is room for is not worth a call. */
static inline void put(struct text *t, struct bytes b)
{
    if (b.n >= t->capacity - t->n) {
        text_add(t, b);
        return;
    }
    memcpy(t->p + t->n, b.p, b.n);
    t->n += b.n;
}

static inline void put_byte(struct text *t, char c)
{
    put(t, bytes_of(&c, 1));
}

static inline bool is_plain(uint8_t c)
{
    return c >= ' ' && c != '"' && c != '\\';
}

/* RFC 8259, to be read again and not to be shown (escape_json): nothing is made visible.
 */
static void put_string(struct text *t, struct bytes b)
{
    put_byte(t, '"');
    while (b.n) {
        size_t run = 0;
        while (run < b.n && is_plain(b.p[run]))
            run++;
        put(t, bytes_sub(b, 0, run));
        if (run < b.n && b.p[run] < ' ')
            text_printf(t, "\\u%04x", b.p[run]);
        else if (run < b.n)
            put(t, bytes_of((char[]){'\\', (char)b.p[run]}, 2));
        b = bytes_from(b, run < b.n ? run + 1 : run);
    }
    put_byte(t, '"');
}

static void write_value(struct text *t, struct jsonl_value v, const char *const *unwanted,
                        unsigned depth);

static void write_members(struct text *t, struct jsonl_value v, struct choice c,
                          unsigned depth)
{
    struct jsonl_walk w = jsonl_members(v);
    struct bytes key;
    struct jsonl_value member;
    bool first = true;
    put_byte(t, '{');
    while (jsonl_next(&w, &key, &member)) {
        if ((c.wanted && !one_of(key, c.wanted)) ||
            (c.unwanted && one_of(key, c.unwanted)))
            continue;
        if (!first)
            put_byte(t, ',');
        first = false;
        put_string(t, key);
        put_byte(t, ':');
        write_value(t, member, c.below, depth);
    }
    put_byte(t, '}');
}

static void write_array(struct text *t, struct jsonl_value v, const char *const *unwanted,
                        unsigned depth)
{
    struct jsonl_walk w = jsonl_members(v);
    struct bytes key;
    struct jsonl_value element;
    put_byte(t, '[');
    for (bool first = true; jsonl_next(&w, &key, &element); first = false) {
        if (!first)
            put_byte(t, ',');
        write_value(t, element, unwanted, depth);
    }
    put_byte(t, ']');
}

static void write_value(struct text *t, struct jsonl_value v, const char *const *unwanted,
                        unsigned depth)
{
    enum jsonl_kind kind = jsonl_kind(v);
    char room[JSONL_SCALAR];
    struct bytes scalar = jsonl_scalar(v, room);
    if (kind == JSONL_STRING)
        put_string(t, scalar);
    else if (kind == JSONL_OBJECT && depth)
        write_members(t, v, (struct choice){NULL, unwanted, unwanted}, depth - 1);
    else if (kind == JSONL_ARRAY && depth)
        write_array(t, v, unwanted, depth - 1);
    else if (scalar.n)
        put(t, scalar);
    else
        put(t, BYTES("null"));
}

static void write_pod(struct text *t, struct jsonl_value pod, bool own)
{
    const struct choice metadata = {metadata_wanted, NULL, NULL},
                        spec = {NULL, spec_unwanted, container_unwanted},
                        status = {own ? own_status_wanted : status_wanted, NULL, NULL};
    text_str(t, "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":");
    write_members(t, jsonl_get(pod, "metadata"), metadata, SHOWN_DEPTH);
    text_str(t, ",\"spec\":");
    write_members(t, jsonl_get(pod, "spec"), spec, SHOWN_DEPTH);
    text_str(t, ",\"status\":");
    write_members(t, jsonl_get(pod, "status"), status, SHOWN_DEPTH);
    put_byte(t, '}');
}

/* What a Table tells of a pod: its metadata and, of the wide one, its address. No spec:
 * it has one, which is not known. */
static void write_metadata(struct text *t, struct jsonl_value pod, struct bytes address)
{
    const struct choice metadata = {metadata_wanted, NULL, NULL};
    text_str(t, "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":");
    write_members(t, jsonl_get(pod, "metadata"), metadata, SHOWN_DEPTH);
    text_str(t, ",\"status\":{\"podIP\":");
    put_string(t, address);
    text_str(t, "}}");
}

/* -- the decoder's part -------------------------------------------------------------- */

bool shown_in(const struct audit_event *e)
{
    const struct audit_object *o = &e->object;
    return bytes_is(o->resource, "pods") && o->subresource.n == 0 &&
           (bytes_is(e->verb, "get") || bytes_is(e->verb, "list")) &&
           jsonl_is(e->response_object, JSONL_OBJECT);
}

struct showing {
    const struct scope *scope;
    struct arena *arena;
    struct shown_pod like; /* time and place */
    struct shown_pod *first, **end;
    struct text text;
    size_t column; /* of addresses, where the answer is a wide Table */
    bool own;      /* that of the scope is wanted, else all others */
    size_t room;   /* bytes that this record may still leave behind */
    uint64_t left; /* pods that found none */
};

/* The number of the column; SIZE_MAX where there is none of the name. */
static size_t column_of(struct jsonl_value table, const char *name)
{
    struct jsonl_walk w = jsonl_members(jsonl_get(table, "columnDefinitions"));
    struct jsonl_value column;
    struct bytes key;
    for (size_t i = 0; jsonl_next(&w, &key, &column); i++)
        if (bytes_is(jsonl_string(jsonl_get(column, "name")), name))
            return i;
    return SIZE_MAX;
}

static struct bytes cell_of(struct jsonl_value row, size_t number)
{
    struct jsonl_walk w = jsonl_members(jsonl_get(row, "cells"));
    struct jsonl_value cell;
    struct bytes key;
    for (size_t i = 0; jsonl_next(&w, &key, &cell); i++)
        if (i == number)
            return jsonl_string(cell);
    return BYTES_NONE;
}

static void add(void *context, struct jsonl_value pod, struct jsonl_value row)
{
    struct showing *g = context;
    struct jsonl_value metadata = jsonl_get(pod, "metadata");
    struct bytes namespace = jsonl_string(jsonl_get(metadata, "namespace"));
    struct bytes name = jsonl_string(jsonl_get(metadata, "name"));
    bool is_own = scope_is_pod(g->scope, namespace, name);
    bool whole = jsonl_is(jsonl_get(pod, "spec"), JSONL_OBJECT);
    bool partial =
        bytes_is(jsonl_string(jsonl_get(pod, "kind")), "PartialObjectMetadata");
    if (is_own != g->own || !name.n || (!whole && !partial))
        return;
    text_clear(&g->text);
    if (!g->left && whole) /* what comes after the first without room is only counted */
        write_pod(&g->text, pod, g->own);
    else if (!g->left)
        write_metadata(&g->text, pod, cell_of(row, g->column));
    if (g->left || g->text.n > g->room) {
        g->left++;
        return;
    }
    g->room -= g->text.n;
    struct shown_pod *kept = arena_new(g->arena, struct shown_pod);
    *kept = g->like;
    kept->namespace = arena_copy(g->arena, namespace);
    kept->name = arena_copy(g->arena, name);
    kept->text = arena_copy(g->arena, text_bytes(&g->text));
    kept->partial = !whole;
    *g->end = kept;
    g->end = (struct shown_pod **)(uintptr_t)&kept->next;
}

struct shown_pods shown_note(const struct scope *s, const struct audit_event *e,
                             struct span span, struct arena *arena)
{
    struct showing g = {.scope = s, .arena = arena, .room = LIMIT_SHOWN_RECORD};
    g.end = &g.first;
    g.like.time = e->stage_time != INSTANT_NONE ? e->stage_time : audit_time(e);
    g.like.span = span;
    g.column = column_of(e->response_object, "IP");
    for (int others = 0; others < 2; others++) {
        g.own = !others;
        answer_objects(e->response_object, add, &g);
    }
    text_release(&g.text);
    return (struct shown_pods){g.first, g.left};
}

/* -- the journal's part -------------------------------------------------------------- */

struct state {
    uint32_t name, text; /* words */
    instant time;
    struct span span;
    bool partial;
};

struct shown {
    struct intern *names, *texts;
    uint32_t *last; /* by name: number of its state that came last, from 1 */
    size_t last_count, last_capacity;
    struct state *states;
    size_t n, capacity;
    size_t bytes; /* of all texts */
    json_t **trees;
    size_t tree_count;
    struct list joined; /* json_t *: metadata with what an earlier answer had */
};

static struct shown *shown_of(struct scope *s)
{
    if (!s->shown_states) {
        s->shown_states = memory_new(1, sizeof *s->shown_states);
        s->shown_states->names = intern_new();
        s->shown_states->texts = intern_new();
    }
    return s->shown_states;
}

static uint32_t name_of(struct shown *all, const struct shown_pod *pod)
{
    struct text key = {0};
    text_add(&key, pod->namespace);
    text_byte(&key, '/');
    text_add(&key, pod->name);
    uint32_t number = intern_put(all->names, text_bytes(&key));
    text_release(&key);
    all->last =
        memory_grow(all->last, &all->last_capacity, number + 1, sizeof *all->last);
    for (; all->last_count <= number; all->last_count++)
        all->last[all->last_count] = 0;
    return number;
}

/* Logs come in any order: an earlier moment is kept, of a later one that shows the same
 * nothing. */
static void keep_one(struct scope *s, struct shown *all, const struct shown_pod *pod)
{
    bool own = scope_is_pod(s, pod->namespace, pod->name);
    uint32_t text;
    bool known = intern_find(all->texts, pod->text, &text);
    size_t more = known ? 0 : pod->text.n;
    if (!own && (all->n >= LIMIT_SHOWN_STATES || all->bytes + more > LIMIT_SHOWN)) {
        s->shown_left++;
        return;
    }
    uint32_t name = name_of(all, pod);
    uint32_t last = all->last[name];
    const struct state *before = last ? &all->states[last - 1] : NULL;
    if (before && known && before->text == text && before->time <= pod->time)
        return;
    all->bytes += more;
    all->states =
        memory_grow(all->states, &all->capacity, all->n + 1, sizeof *all->states);
    all->states[all->n++] = (struct state){name, intern_put(all->texts, pod->text),
                                           pod->time, pod->span, pod->partial};
    all->last[name] = (uint32_t)all->n;
}

void shown_keep(struct scope *s, const struct shown_pods *pods)
{
    s->shown_left += pods->left;
    for (const struct shown_pod *p = pods->first; p; p = p->next)
        if (p->time != INSTANT_NONE)
            keep_one(s, shown_of(s), p);
}

/* -- the end ------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
    const struct state *x = a, *y = b;
    int order = moment_compare(x->time, &x->span, y->time, &y->span);
    return order ? order : (x->name > y->name) - (x->name < y->name);
}

static json_t *tree_of(struct shown *all, uint32_t text)
{
    struct bytes b = intern_get(all->texts, text);
    if (!all->trees[text])
        all->trees[text] = json_loadb((const char *)b.p, b.n, JSON_ALLOW_NUL, NULL);
    return all->trees[text];
}

/* A pod keeps its spec: what showed its metadata alone changes nothing else. */
static const json_t *joined_tree(struct shown *all, const json_t *whole,
                                 const json_t *metadata)
{
    json_t *joined = json_copy((json_t *)(uintptr_t)whole);
    json_object_set(joined, "metadata", json_object_get(metadata, "metadata"));
    list_add(&all->joined, joined);
    return joined;
}

/* `whole`: the pod as an earlier answer showed it, or NULL; becomes what this one shows.
 */
static struct object *make_object(struct scope *s, const struct state *state,
                                  const json_t **whole)
{
    struct object *o = arena_new(&s->arena, struct object);
    struct kobject *k = arena_new(&s->arena, struct kobject);
    const json_t *tree = tree_of(s->shown_states, state->text);
    if (tree && state->partial && *whole)
        tree = joined_tree(s->shown_states, *whole, tree);
    else if (!state->partial)
        *whole = tree;
    if (!tree)
        return NULL; /* deeper than jansson goes */
    *k = kobject_of(tree);
    k->offset = state->span.offset;
    k->length = state->span.length;
    *o = (struct object){.item = state->span.item, .k = k, .seen = state->time};
    return o;
}

/* Pods of documents, as name_of() writes them. */
static struct intern *documented(const struct scope *s)
{
    struct intern *names = intern_new();
    struct text key = {0};
    for (size_t i = 0; i < s->objects.n; i++) {
        const struct kobject *k = ((const struct object *)s->objects.v[i])->k;
        if (!bytes_is(k->kind, "Pod") || !json_object_get(k->object, "spec"))
            continue;
        text_clear(&key);
        text_add(&key, k->namespace.n ? k->namespace : BYTES("default"));
        text_byte(&key, '/');
        text_add(&key, k->name);
        intern_put(names, text_bytes(&key));
    }
    text_release(&key);
    return names;
}

/* The last state of each that no document tells of. */
static void add_objects(struct scope *s, struct object **made)
{
    struct shown *all = s->shown_states;
    struct intern *names = documented(s);
    bool *taken = memory_new(all->last_count + 1, sizeof *taken);
    for (size_t i = all->n; i > 0; i--) {
        uint32_t name = all->states[i - 1].name, number;
        bool known = intern_find(names, intern_get(all->names, name), &number);
        if (made[i - 1] && !known && !taken[name])
            list_add(&s->objects, made[i - 1]);
        taken[name] = true;
    }
    free(taken);
    intern_free(names);
}

void shown_read(struct scope *s)
{
    struct shown *all = s->shown_states;
    if (!all)
        return;
    struct object **made = memory_new(all->n + 1, sizeof *made);
    const json_t **whole = memory_new(all->last_count + 1, sizeof *whole); /* by name */
    all->tree_count = intern_count(all->texts);
    all->trees = memory_new(all->tree_count + 1, sizeof *all->trees);
    qsort(all->states, all->n, sizeof *all->states, by_time);
    for (size_t i = 0; i < all->n; i++) {
        made[i] = make_object(s, &all->states[i], &whole[all->states[i].name]);
        if (made[i])
            list_add(&s->shown, made[i]);
    }
    add_objects(s, made);
    free(whole);
    free(made);
}

void shown_free(struct shown *all)
{
    if (!all)
        return;
    for (size_t i = 0; i < all->tree_count; i++)
        json_decref(all->trees[i]);
    for (size_t i = 0; i < all->joined.n; i++)
        json_decref(all->joined.v[i]);
    free(all->joined.v);
    free(all->trees);
    free(all->states);
    free(all->last);
    intern_free(all->names);
    intern_free(all->texts);
    free(all);
}
