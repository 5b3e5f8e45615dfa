#include "formats/kobject.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/json.h"
#include "formats/json_scan.h"
#include "formats/yaml.h"

static instant time_at(const json_t *node, const char *path)
{
    instant t;
    return instant_parse(tree_string(node, path), &t, NULL) ? t : INSTANT_NONE;
}

struct kobject kobject_of(const json_t *node)
{
    return (struct kobject){
        .object = node,
        .api_version = tree_string(node, "apiVersion"),
        .kind = tree_string(node, "kind"),
        .namespace = tree_string(node, "metadata/namespace"),
        .name = tree_string(node, "metadata/name"),
        .uid = tree_string(node, "metadata/uid"),
        .created = time_at(node, "metadata/creationTimestamp"),
        .deleted = time_at(node, "metadata/deletionTimestamp"),
    };
}

static void place(struct kobject *o, const struct document *d)
{
    o->document = d;
    o->offset = d->offset;
    o->length = d->length;
    if (document_span(d, o->object, &o->offset, &o->length))
        o->partial = d->partial && o->offset + o->length >= d->offset + d->length;
}

static void add(struct kobjects *all, struct kobject o)
{
    all->v = memory_grow(all->v, &all->capacity, all->n + 1, sizeof *all->v);
    all->v[all->n++] = o;
}

/* An item of a typed list has neither kind nor apiVersion of its own: "PodList" tells. */
static void add_item(struct kobjects *all, const struct kobject *list, const json_t *node)
{
    struct kobject o = kobject_of(node);
    if (!o.kind.n && bytes_ends(list->kind, BYTES("List")))
        o.kind = bytes_sub(list->kind, 0, list->kind.n - 4);
    if (!o.api_version.n)
        o.api_version = list->api_version;
    place(&o, list->document);
    if (o.kind.n)
        add(all, o);
    else
        faults_add(&all->faults,
                   (struct fault){.code = FAULT_UNKNOWN_TYPE, .offset = o.offset});
}

/* -- tables ---------------------------------------------------------------------------
 */

/* What a server prints for kubectl names kinds by their columns alone. Only those are
 * told here of which metadata says enough: a policy without its spec would be another
 * one. */
static const struct {
    const char *kind, *columns[3];
} printed[] = {{"Pod", {"Ready", "Status", "Restarts"}},
               {"Secret", {"Type", "Data", "Age"}},
               {"Node", {"Status", "Roles", "Version"}}};

static bool has_column(const json_t *columns, const char *name)
{
    bool found = false;
    for (size_t i = 0; i < json_array_size(columns) && !found; i++)
        found = bytes_is(tree_string(json_array_get(columns, i), "name"), name);
    return found;
}

/* NULL where they do not tell. */
static const char *kind_by_columns(const json_t *columns)
{
    for (size_t i = 0; i < sizeof printed / sizeof *printed; i++) {
        const char *const *names = printed[i].columns;
        if (has_column(columns, names[0]) && has_column(columns, names[1]) &&
            has_column(columns, names[2]))
            return printed[i].kind;
    }
    return NULL;
}

/* A row has its object whole, its metadata, or no more than its cells. */
static void add_rows(struct kobjects *all, const struct kobject *table)
{
    const char *kind = kind_by_columns(tree_get(table->object, "columnDefinitions"));
    size_t i;
    json_t *row;
    json_array_foreach(tree_get(table->object, "rows"), i, row)
    {
        struct kobject o = kobject_of(json_object_get(row, "object"));
        if (bytes_is(o.kind, "PartialObjectMetadata") && kind) {
            o.kind = bytes_str(kind);
            o.api_version = BYTES("v1");
        }
        place(&o, table->document);
        if (o.kind.n && o.name.n)
            add(all, o);
    }
}

static bool is_table(const struct kobject *o)
{
    return bytes_is(o->kind, "Table") &&
           bytes_starts(o->api_version, BYTES("meta.k8s.io/"));
}

static void add_document(struct kobjects *all, const struct document *d,
                         const json_t *node)
{
    size_t index;
    json_t *item;
    struct kobject o = kobject_of(node);
    place(&o, d);
    const json_t *items = tree_get(node, "items");
    bool list = json_is_array(items) && (bytes_ends(o.kind, BYTES("List")) || !o.kind.n);
    if (is_table(&o)) {
        add_rows(all, &o);
    } else if (list) {
        json_array_foreach(items, index, item) add_item(all, &o, item);
    } else if (json_is_array(node)) {
        json_array_foreach(node, index, item) add_item(all, &o, item);
    } else if (o.kind.n) {
        add(all, o);
    } else {
        faults_add(&all->faults,
                   (struct fault){.code = FAULT_UNKNOWN_TYPE, .offset = o.offset});
    }
}

void kobjects_read(struct bytes text, struct kobjects *out)
{
    if (json_looks_like(text) || json_banner(bytes_sub(text, 0, LIMIT_HEAD)))
        json_read(text, &out->documents);
    else
        yaml_read(text, &out->documents);
    for (size_t i = 0; i < out->documents.faults.n; i++)
        faults_add(&out->faults, out->documents.faults.v[i]);
    out->faults.more += out->documents.faults.more;
    for (size_t i = 0; i < out->documents.n; i++)
        add_document(out, &out->documents.v[i], out->documents.v[i].root);
}

void kobjects_release(struct kobjects *all)
{
    free(all->v);
    documents_release(&all->documents);
    faults_release(&all->faults);
    *all = (struct kobjects){0};
}

/* A member `name` at the left margin, or right behind the opening brace. */
static bool has_member(struct bytes head, const char *name)
{
    struct bytes key = bytes_str(name);
    for (struct bytes rest = head;;) {
        size_t at = bytes_find(rest, key);
        if (at == rest.n)
            return false;
        struct bytes after = bytes_from(rest, at + key.n);
        if (after.n && (after.p[0] == ':' || (after.p[0] == '"' && after.n > 1)))
            return true;
        rest = after;
    }
}

bool kobject_looks_like(struct bytes head)
{
    return has_member(head, "apiVersion") && has_member(head, "kind");
}
