#include "analyze/report/joins.h"

#include <stdlib.h>

#include "analyze/casefile/indicator.h"
#include "analyze/report/words.h"
#include "formats/base/arena.h"
#include "formats/base/intern.h"
#include "formats/base/memory.h"

/* Different values that are kept in mind: a log can be made to name any number. */
#define JOINS_KEPT 200000
/* Runtimes and sensors write the first 12 digits of a container's id. */
#define SHORT_ID 12

enum kind {
    POD,
    POD_UID,
    CONTAINER,
    NODE,
    ACCOUNT,
    TOKEN,
    IMAGE,
    DIGEST,
    PATH,
    ENDPOINT,
    ADDRESS,
    DOMAIN_NAME,
    KINDS
};
static const char *const kinds[KINDS] = {
    "Pod",     "Uid of the pod", "Container", "Node", "Account",
    "Token",   "Image",          "Digest",    "File", "Address and port",
    "Address", "Domain"};

struct joins {
    struct arena arena;
    struct intern *values;
    struct join *all;
    size_t n, capacity;
    /* Of the event before: lines of one log have the same. */
    struct text fields_text;
    json_t *fields;
};

/* Who names what is looked at now. */
struct naming {
    struct joins *joins;
    struct bytes source;
    struct case_place place;
    struct bytes text; /* that indicators are found in */
};

/* -- collecting -----------------------------------------------------------------------
 */

static struct join *join_of(struct joins *j, enum kind kind, struct bytes value)
{
    struct text key = {0};
    text_byte(&key, (char)('A' + kind));
    text_add(&key, value);
    uint32_t number;
    bool known = intern_find(j->values, text_bytes(&key), &number);
    if (!known && j->n < JOINS_KEPT) {
        number = intern_put(j->values, text_bytes(&key));
        j->all = memory_grow(j->all, &j->capacity, j->n + 1, sizeof *j->all);
        j->all[j->n++] = (struct join){
            .kind = kinds[kind], .rank = kind, .value = arena_copy(&j->arena, value)};
        known = true;
    }
    text_release(&key);
    return known ? &j->all[number] : NULL;
}

static void name(const struct naming *by, enum kind kind, struct bytes value)
{
    struct join *join = value.n > 0 ? join_of(by->joins, kind, value) : NULL;
    struct join_seen **at = join ? &join->seen : NULL;
    while (at && *at && !bytes_eq((*at)->source, by->source))
        at = &(*at)->next;
    if (!at || (!*at && join->sources == JOIN_SOURCES))
        return;
    if (!*at) {
        *at = arena_new(&by->joins->arena, struct join_seen);
        (*at)->source = arena_copy(&by->joins->arena, by->source);
        (*at)->place = by->place;
        join->sources++;
    }
    (*at)->count++;
}

/* The bytes of what is called so. */
static void name_digest(const struct naming *by, const char *digest, const char *called)
{
    struct bytes value = bytes_str(digest), name_of = bytes_str(called);
    struct join *join = value.n > 0 ? join_of(by->joins, DIGEST, value) : NULL;
    struct join_name **at = join ? &join->names : NULL;
    size_t n = 0;
    name(by, DIGEST, value);
    for (; at && *at && !bytes_eq((*at)->name, name_of); at = &(*at)->next)
        n++;
    if (!at || *at || n == JOIN_NAMES || name_of.n == 0)
        return;
    *at = arena_new(&by->joins->arena, struct join_name);
    (*at)->name = arena_copy(&by->joins->arena, name_of);
}

static void name_container(const struct naming *by, struct bytes id)
{
    if (id.n >= SHORT_ID)
        name(by, CONTAINER, bytes_sub(id, 0, SHORT_ID));
}

static void name_pair(const struct naming *by, enum kind kind, struct bytes namespace,
                      struct bytes of)
{
    struct text t = {0};
    text_add(&t, namespace);
    text_byte(&t, '/');
    text_add(&t, of);
    if (namespace.n > 0 && of.n > 0)
        name(by, kind, text_bytes(&t));
    text_release(&t);
}

/* The port stands behind the address. */
static void name_endpoint(const struct naming *by, struct bytes address)
{
    size_t at = (size_t)(address.p - by->text.p) + address.n, end = at + 1;
    if (address.p < by->text.p || at >= by->text.n || by->text.p[at] != ':')
        return;
    while (end < by->text.n && is_digit(by->text.p[end]))
        end++;
    if (end > at + 1)
        name(by, ENDPOINT, bytes_sub(by->text, at - address.n, end - at + address.n));
}

static void name_indicator(void *context, enum indicator kind, struct bytes value)
{
    static const enum kind of[INDICATOR_COUNT] = {
        [INDICATOR_DIGEST] = DIGEST,   [INDICATOR_PATH] = PATH,
        [INDICATOR_ADDRESS] = ADDRESS, [INDICATOR_DOMAIN] = DOMAIN_NAME,
        [INDICATOR_ACCOUNT] = ACCOUNT, [INDICATOR_IMAGE] = IMAGE,
        [INDICATOR_RULE] = KINDS,      [INDICATOR_TECHNIQUE] = KINDS};
    const struct naming *by = context;
    if (kind == INDICATOR_ADDRESS)
        name_endpoint(by, value);
    if (of[kind] < KINDS)
        name(by, of[kind], value);
}

static void name_in(const struct naming *by, struct bytes text)
{
    struct naming in = *by;
    in.text = text;
    indicators_find(text, name_indicator, &in);
}

static struct case_place place_of(const json_t *span)
{
    const json_t *id = json_object_get(span, "item_id");
    return (struct case_place){
        .item_id = json_integer_value(id ? id : json_object_get(span, "item")),
        .offset = (uint64_t)json_integer_value(json_object_get(span, "offset")),
        .length = (uint64_t)json_integer_value(json_object_get(span, "length"))};
}

/* -- where things are named -----------------------------------------------------------
 */

static void name_fields(const struct naming *by, const json_t *fields)
{
    static const struct {
        const char *key;
        enum kind kind;
    } named[] = {{"pod_uid", POD_UID},   {"node", NODE},
                 {"image", IMAGE},       {"credential_id", TOKEN},
                 {"source_ip", ADDRESS}, {"issued_credential_id", TOKEN}};
    static const char *const texts[] = {"path", "fd", "command", "exe", "arguments"};
    struct bytes namespace = bytes_str(word_of(fields, "namespace"));
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        name(by, named[i].kind, bytes_str(word_of(fields, named[i].key)));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        name_in(by, bytes_str(word_of(fields, texts[i])));
    name_container(by, bytes_str(word_of(fields, "container_id")));
    name_pair(by, POD, namespace, bytes_str(word_of(fields, "pod")));
    if (strcmp(word_of(fields, "kind"), "Pod") == 0) {
        name_pair(by, POD, namespace, bytes_str(word_of(fields, "name")));
        name(by, POD_UID, bytes_str(word_of(fields, "uid")));
    }
    if (strcmp(word_of(fields, "resource"), "pods") == 0)
        name_pair(by, POD, namespace, bytes_str(word_of(fields, "name")));
    if (strcmp(word_of(fields, "resource"), "nodes") == 0)
        name(by, NODE, bytes_str(word_of(fields, "name")));
}

static const json_t *fields_of(struct joins *j, const struct case_event_row *e)
{
    if (!j->fields || !bytes_eq(text_bytes(&j->fields_text), e->fields)) {
        json_decref(j->fields);
        text_clear(&j->fields_text);
        text_add(&j->fields_text, e->fields);
        j->fields = json_loadb((const char *)e->fields.p, e->fields.n, 0, NULL);
    }
    return j->fields;
}

static void name_event(struct joins *j, const struct case_event_row *e)
{
    struct naming by = {.joins = j,
                        .source = e->source,
                        .place = {.item_id = e->place.item_id,
                                  .offset = e->place.offset,
                                  .length = e->place.length}};
    name_fields(&by, fields_of(j, e));
    name_in(&by, e->message);
    if (bytes_is(e->kind, "api-request"))
        name(&by, ACCOUNT, e->actor);
}

static void name_events(struct joins *j, struct case_reader *r)
{
    struct case_walk *w = case_events(r);
    struct case_event_row e;
    while (case_next_event(w, &e))
        if (e.in_scope)
            name_event(j, &e);
    case_end(w);
}

static void name_sockets(struct naming *by, const json_t *sockets)
{
    for (size_t i = 0; i < json_array_size(sockets); i++) {
        const json_t *one = json_array_get(sockets, i);
        const json_t *remote = json_object_get(one, "remote");
        struct text t = {0};
        text_printf(&t, "%s:%lld", word_of(remote, "address"),
                    (long long)json_integer_value(json_object_get(remote, "port")));
        by->place = place_of(json_object_get(one, "span"));
        name_in(by, text_bytes(&t));
        text_release(&t);
    }
}

static void name_process(struct joins *j, const json_t *process)
{
    struct naming by = {.joins = j, .source = BYTES("checkpoint")};
    const json_t *exe = json_object_get(process, "exe");
    const json_t *ghost = json_object_get(exe, "content");
    const char *digest = word_of(ghost ? ghost : exe, "sha256");
    by.place = place_of(json_object_get(exe, "span"));
    name_in(&by, bytes_str(word_of(exe, "path")));
    if (*digest) {
        const json_t *memory = json_object_get(exe, "memfd_span");
        by.place = place_of(ghost    ? json_object_get(ghost, "span")
                            : memory ? memory
                                     : json_object_get(exe, "span"));
        name_digest(&by, digest, word_of(exe, "path"));
    }
    const json_t *files = json_object_get(process, "files");
    for (size_t i = 0; i < json_array_size(files); i++) {
        const json_t *file = json_object_get(json_array_get(files, i), "file");
        by.place = place_of(json_object_get(file, "span"));
        name_in(&by, bytes_str(word_of(file, "path")));
    }
    name_sockets(&by, json_object_get(process, "sockets"));
}

static void name_processes(struct joins *j, struct case_reader *r)
{
    struct case_walk *w = case_elements(r, "processes");
    struct case_element_row row;
    while (case_next_element(w, &row)) {
        json_t *process = json_loadb((const char *)row.content.p, row.content.n, 0, NULL);
        name_process(j, process);
        json_decref(process);
    }
    case_end(w);
}

static void name_changes(struct joins *j, struct case_reader *r)
{
    json_t *diff = case_document_json(r, "diff");
    const json_t *changes = json_object_get(diff, "changes");
    for (size_t i = 0; i < json_array_size(changes); i++) {
        const json_t *one = json_array_get(changes, i);
        struct naming by = {.joins = j,
                            .source = BYTES("layer"),
                            .place = place_of(json_object_get(one, "evidence"))};
        name_in(&by, bytes_str(word_of(one, "path")));
        name_digest(&by, word_of(json_object_get(one, "after"), "sha256"),
                    word_of(one, "path"));
    }
    json_decref(diff);
}

/* What the pod's manifest says it is. */
static void name_scope(struct joins *j, struct case_reader *r)
{
    json_t *scope = case_document_json(r, "scope");
    const json_t *span = json_array_get(json_object_get(scope, "spans"), 0);
    const json_t *containers = json_object_get(scope, "containers");
    struct naming by = {.joins = j, .source = BYTES("objects"), .place = place_of(span)};
    if (span) {
        name_pair(&by, POD, bytes_str(word_of(scope, "namespace")),
                  bytes_str(word_of(scope, "pod")));
        name(&by, POD_UID, bytes_str(word_of(scope, "uid")));
        name(&by, NODE, bytes_str(word_of(scope, "node")));
        name(&by, ACCOUNT, bytes_str(word_of(scope, "service_account")));
    }
    for (size_t i = 0; span && i < json_array_size(containers); i++) {
        const json_t *one = json_array_get(containers, i);
        name_container(&by, bytes_str(word_of(one, "id")));
        name(&by, IMAGE, bytes_str(word_of(one, "image")));
    }
    json_decref(scope);
}

/* -- all ------------------------------------------------------------------------------
 */

static int by_kind_and_sources(const void *a, const void *b)
{
    const struct join *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->sources != y->sources)
        return x->sources > y->sources ? -1 : 1;
    return bytes_compare(x->value, y->value);
}

struct joins *joins_new(struct case_reader *r)
{
    struct joins *j = memory_new(1, sizeof *j);
    size_t kept = 0;
    j->values = intern_new();
    name_scope(j, r);
    name_events(j, r);
    name_processes(j, r);
    name_changes(j, r);
    for (size_t i = 0; i < j->n; i++)
        if (j->all[i].sources > 1)
            j->all[kept++] = j->all[i];
    j->n = kept;
    if (kept > 0)
        qsort(j->all, kept, sizeof *j->all, by_kind_and_sources);
    return j;
}

void joins_free(struct joins *j)
{
    arena_release(&j->arena);
    text_release(&j->fields_text);
    json_decref(j->fields);
    intern_free(j->values);
    free(j->all);
    free(j);
}

const struct join *joins_at(const struct joins *j, size_t i)
{
    return i < j->n ? &j->all[i] : NULL;
}
