#include "formats/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <yaml.h>

#include "formats/base/arena.h"
#include "formats/base/limits.h"
#include "formats/base/marked_text.h"
#include "formats/base/memory.h"
#include "formats/yaml_scalar.h"

struct anchor {
    struct bytes name;
    json_t *node;   /* NULL while its own node is being read */
    uint64_t nodes; /* that a copy of it would have */
    struct anchor *next;
};

struct reader {
    yaml_parser_t parser;
    struct bytes text;
    struct documents *out;
    struct document *document;
    struct arena arena;
    struct anchor *anchors; /* the last one first: a name can be used again */
    uint64_t nodes;         /* of the document, aliases counted as copies */
    size_t depth;
    size_t end; /* of the last token that has a text of its own */
    /* libyaml counts characters; the place in bytes of one of them. */
    size_t character, byte;
    json_t *kept; /* what is merged or anchored, alive until the document ends */
    size_t base;  /* of the text that the parser was given, in the whole text */
    bool failed;
    enum fault_code code; /* why */
    size_t broken;        /* where */
};

/* -- places ------------------------------------------------------------------------- */

static bool continues(struct reader *r, size_t at)
{
    return at < r->text.n && (r->text.p[at] & 0xc0) == 0x80;
}

/* Marks come nearly in order, so the way from the last one is short. */
static size_t byte_of(struct reader *r, yaml_mark_t mark)
{
    while (r->character < mark.index && r->byte < r->text.n) {
        r->byte++;
        while (continues(r, r->byte))
            r->byte++;
        r->character++;
    }
    while (r->character > mark.index && r->byte > 0) {
        r->byte--;
        while (continues(r, r->byte) && r->byte > 0)
            r->byte--;
        r->character--;
    }
    return r->byte;
}

static void fault_at(struct reader *r, enum fault_code code, size_t at, uint64_t want)
{
    faults_add(&r->out->faults,
               (struct fault){.code = code, .offset = r->base + at, .want = want});
    r->failed = true;
    r->code = code;
    r->broken = at;
}

/* -- nodes -------------------------------------------------------------------------- */

static json_t *read_node(struct reader *r, const yaml_event_t *event);

static bool next_event(struct reader *r, yaml_event_t *event)
{
    if (r->failed)
        return false;
    if (yaml_parser_parse(&r->parser, event))
        return true;
    if (r->parser.error == YAML_MEMORY_ERROR)
        memory_exhausted();
    bool encoding = r->parser.error == YAML_READER_ERROR;
    size_t at = encoding ? r->parser.problem_offset : byte_of(r, r->parser.problem_mark);
    fault_at(r, encoding ? FAULT_ENCODING : FAULT_SYNTAX, at, 0);
    return false;
}

static bool count_nodes(struct reader *r, uint64_t more, yaml_mark_t mark)
{
    if (more > LIMIT_YAML_NODES - r->nodes) {
        fault_at(r, FAULT_LIMIT, byte_of(r, mark), LIMIT_YAML_NODES);
        return false;
    }
    r->nodes += more;
    return true;
}

static struct anchor *set_anchor(struct reader *r, const yaml_char_t *name)
{
    if (!name)
        return NULL;
    struct anchor *a = arena_new(&r->arena, struct anchor);
    a->name = arena_copy(&r->arena, bytes_str((const char *)name));
    a->next = r->anchors;
    r->anchors = a;
    return a;
}

static json_t *read_alias(struct reader *r, const yaml_event_t *event)
{
    struct bytes name = bytes_str((const char *)event->data.alias.anchor);
    for (struct anchor *a = r->anchors; a; a = a->next) {
        if (!bytes_eq(a->name, name))
            continue;
        if (a->node && count_nodes(r, a->nodes, event->start_mark))
            return json_incref(a->node);
        break;
    }
    if (!r->failed)
        fault_at(r, FAULT_REFERENCE, byte_of(r, event->start_mark), 0);
    return NULL;
}

/* << : *defaults. What the mapping says itself goes before what is merged. */
static void merge(json_t *into, const json_t *from)
{
    const char *key;
    json_t *value;
    size_t index;
    if (json_is_object(from)) {
        json_object_foreach((json_t *)(uintptr_t)from, key, value)
        {
            if (!json_object_get(into, key))
                json_object_set(into, key, value);
        }
    } else if (json_is_array(from)) {
        json_array_foreach(from, index, value)
        {
            if (json_is_object(value))
                merge(into, value);
        }
    }
}

static bool put_member(struct reader *r, json_t *object, struct bytes key, json_t *value)
{
    bool known = json_object_getn(object, (const char *)key.p, key.n);
    if (known)
        json_array_append_new(r->kept, value);
    else
        json_object_setn_new_nocheck(object, (const char *)key.p, key.n, value);
    return !known;
}

static json_t *read_event_node(struct reader *r)
{
    yaml_event_t event;
    if (!next_event(r, &event))
        return NULL;
    json_t *node = read_node(r, &event);
    yaml_event_delete(&event);
    return node;
}

/* Reads one member; false at the end of the mapping or on a fault. */
static bool read_member(struct reader *r, json_t *object, json_t *merges)
{
    yaml_event_t event;
    if (!next_event(r, &event))
        return false;
    bool more = event.type == YAML_SCALAR_EVENT;
    if (more) {
        struct bytes key = bytes_of(event.data.scalar.value, event.data.scalar.length);
        bool merging = event.data.scalar.plain_implicit && bytes_is(key, "<<");
        set_anchor(r, event.data.scalar.anchor);
        size_t at = byte_of(r, event.start_mark);
        json_t *value = count_nodes(r, 1, event.start_mark) ? read_event_node(r) : NULL;
        if (!value)
            more = false;
        else if (merging)
            json_array_append_new(merges, value);
        else if (!put_member(r, object, key, value))
            fault_at(r, FAULT_DUPLICATE, at, 0);
    } else if (event.type != YAML_MAPPING_END_EVENT) {
        /* A key that is a mapping or an alias has no form in JSON. */
        fault_at(r, FAULT_UNSUPPORTED, byte_of(r, event.start_mark), 0);
    } else if (event.end_mark.index > event.start_mark.index) {
        r->end = byte_of(r, event.end_mark);
    }
    yaml_event_delete(&event);
    return more && !r->failed;
}

static json_t *read_mapping(struct reader *r)
{
    json_t *object = json_object(), *merges = json_array();
    while (read_member(r, object, merges))
        ;
    merge(object, merges);
    json_array_append_new(r->kept, merges);
    return object;
}

static json_t *read_sequence(struct reader *r)
{
    json_t *array = json_array();
    yaml_event_t event;
    bool more = true;
    while (more && next_event(r, &event)) {
        more = event.type != YAML_SEQUENCE_END_EVENT;
        if (!more && event.end_mark.index > event.start_mark.index)
            r->end = byte_of(r, event.end_mark);
        json_t *node = more ? read_node(r, &event) : NULL;
        if (node)
            json_array_append_new(array, node);
        yaml_event_delete(&event);
    }
    return array;
}

static void bind_anchor(struct reader *r, struct anchor *anchor, json_t *node,
                        uint64_t nodes)
{
    if (!anchor)
        return;
    anchor->node = node;
    anchor->nodes = nodes;
    json_array_append(r->kept, node);
}

static json_t *read_collection(struct reader *r, const yaml_event_t *event, bool mapping)
{
    size_t start = byte_of(r, event->start_mark);
    uint64_t before = r->nodes;
    struct anchor *anchor = set_anchor(r, mapping ? event->data.mapping_start.anchor
                                                  : event->data.sequence_start.anchor);
    if (r->depth == LIMIT_YAML_DEPTH) {
        fault_at(r, FAULT_LIMIT, start, LIMIT_YAML_DEPTH);
        return NULL;
    }
    r->depth++;
    json_t *node = mapping ? read_mapping(r) : read_sequence(r);
    r->depth--;
    size_t end = r->end > start ? r->end : start;
    document_add_node(r->document,
                      (struct document_node){node, r->base + start, end - start});
    bind_anchor(r, anchor, node, r->nodes - before + 1);
    return node;
}

static json_t *read_scalar(struct reader *r, const yaml_event_t *event)
{
    struct anchor *anchor = set_anchor(r, event->data.scalar.anchor);
    r->end = byte_of(r, event->end_mark);
    json_t *node = yaml_scalar(
        bytes_of(event->data.scalar.value, event->data.scalar.length),
        event->data.scalar.plain_implicit, (const char *)event->data.scalar.tag);
    bind_anchor(r, anchor, node, 1);
    return node;
}

static json_t *read_node(struct reader *r, const yaml_event_t *event)
{
    if (!count_nodes(r, 1, event->start_mark))
        return NULL;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return read_scalar(r, event);
    case YAML_MAPPING_START_EVENT:
        return read_collection(r, event, true);
    case YAML_SEQUENCE_START_EVENT:
        return read_collection(r, event, false);
    case YAML_ALIAS_EVENT:
        r->end = byte_of(r, event->end_mark);
        return read_alias(r, event);
    default:
        return NULL;
    }
}

/* -- documents ---------------------------------------------------------------------- */

static void drop_document(struct reader *r)
{
    struct document *d = &r->out->v[--r->out->n];
    json_decref(d->root);
    free(d->nodes);
}

/* Is a tree that was read up to a fault worth more than none? Not when it was the tree
 * itself that could not be trusted. */
static bool is_usable(const struct reader *r)
{
    if (!json_is_object(r->document->root) && !json_is_array(r->document->root))
        return r->document->root && !json_is_null(r->document->root) && !r->failed;
    if (!r->failed)
        return true;
    enum fault_code code = r->code;
    return code == FAULT_SYNTAX || code == FAULT_ENCODING;
}

static void read_document(struct reader *r)
{
    r->document = documents_add(r->out, NULL);
    r->anchors = NULL;
    r->kept = json_array();
    r->nodes = 0;
    r->depth = 0;
    yaml_event_t event;
    if (next_event(r, &event)) {
        size_t start = byte_of(r, event.start_mark);
        json_t *root = read_node(r, &event);
        yaml_event_delete(&event);
        r->document->root = root;
        r->document->offset = r->base + start;
        r->document->length = r->end > start ? r->end - start : 0;
    }
    r->document->partial = r->failed;
    if (is_usable(r))
        document_finish(r->document);
    else
        drop_document(r);
    json_decref(r->kept);
}

/* Reads documents until the stream ends or breaks. */
static void read_stream(struct reader *r)
{
    yaml_event_t event;
    for (bool more = true; more && next_event(r, &event);) {
        bool document = event.type == YAML_DOCUMENT_START_EVENT;
        more = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        if (document)
            read_document(r);
    }
}

/* Behind the next line that is "---", or the end. */
static size_t next_document(struct bytes text, size_t from)
{
    size_t found = bytes_find(bytes_from(text, from), BYTES("\n---"));
    return from + found < text.n ? from + found + 1 : text.n;
}

void yaml_read(struct bytes text, struct documents *out)
{
    if (utf16_marked(text)) {
        faults_add(&out->faults, (struct fault){.code = FAULT_UNSUPPORTED});
        return;
    }
    size_t at = utf8_mark(text);
    while (at < text.n) {
        struct reader r = {.out = out, .text = bytes_from(text, at), .base = at};
        if (!yaml_parser_initialize(&r.parser))
            memory_exhausted();
        yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&r.parser, r.text.p, r.text.n);
        read_stream(&r);
        yaml_parser_delete(&r.parser);
        arena_release(&r.arena);
        if (!r.failed)
            break;
        /* The line itself may be what did not fit. */
        at = next_document(text, at + (r.broken ? r.broken - 1 : 0));
    }
    if (!out->n && !out->faults.n)
        faults_add(&out->faults, (struct fault){.code = FAULT_EMPTY});
}

struct fault yaml_record(struct bytes text, struct text *json, bool *partial)
{
    struct documents all = {0};
    yaml_read(text, &all);
    struct fault f = all.faults.n ? all.faults.v[0] : (struct fault){0};
    json_t *root = all.n ? all.v[0].root : NULL;
    *partial = all.n && all.v[0].partial;
    if (json_is_array(root))
        root = json_array_get(root, 0);
    char *record = root ? json_dumps(root, JSON_COMPACT) : NULL;
    if (record)
        text_str(json, record);
    else if (!f.code)
        f.code = FAULT_UNKNOWN_TYPE;
    free(record);
    documents_release(&all);
    return f;
}
