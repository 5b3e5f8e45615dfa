#include "formats/audit_parts.h"

#include <jansson.h>
#include <stdlib.h>

#define ELASTIC "kubernetes.audit."

/* -- dotted members ---------------------------------------------------------------------
 */

/* Maps whose keys hold dots themselves: what follows is one key. */
static bool is_map(struct bytes name)
{
    static const char *const maps[] = {"annotations", "labels",       "extra",
                                       "matchLabels", "nodeSelector", "data",
                                       "stringData"};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        if (bytes_is(name, maps[i]))
            return true;
    }
    return false;
}

/* Members of which a single value is a list all the same. */
static bool is_list(struct bytes path)
{
    return bytes_is(path, "sourceIPs") || bytes_ends(path, BYTES("groups")) ||
           bytes_contains(path, BYTES(".extra."));
}

static json_t *object_at(json_t *parent, struct bytes name)
{
    json_t *child = json_object_getn(parent, (const char *)name.p, name.n);
    if (json_is_object(child))
        return child;
    json_object_setn_new(parent, (const char *)name.p, name.n, json_object());
    return json_object_getn(parent, (const char *)name.p, name.n);
}

/* "sourceIPs.0", "authorizationInfo.0.granted": an element by its number. */
static json_t *element_at(json_t *parent, struct bytes name)
{
    json_t *list = json_object_getn(parent, (const char *)name.p, name.n);
    if (json_is_array(list))
        return list;
    json_object_setn_new(parent, (const char *)name.p, name.n, json_array());
    return json_object_getn(parent, (const char *)name.p, name.n);
}

static bool takes_number(struct bytes *path)
{
    uint64_t number;
    size_t dot = bytes_find_byte(*path, '.');
    if (!bytes_to_u64(bytes_sub(*path, 0, dot), &number))
        return false;
    *path = bytes_from(*path, dot + 1);
    return true;
}

/* Puts the value where its dotted path says. Of lists of objects the first is kept. */
static void put(json_t *record, struct bytes path, json_t *value)
{
    for (;;) {
        size_t dot = bytes_find_byte(path, '.');
        struct bytes name = bytes_sub(path, 0, dot);
        if (dot == path.n)
            break;
        path = bytes_from(path, dot + 1);
        if (takes_number(&path)) {
            json_t *list = element_at(record, name);
            if (!path.n) {
                json_array_append(list, value);
                return;
            }
            if (!json_array_size(list))
                json_array_append_new(list, json_object());
            record = json_array_get(list, 0);
            continue;
        }
        record = object_at(record, name);
        if (is_map(name))
            break;
    }
    json_object_setn(record, (const char *)path.p, path.n, value);
}

/* `fields` of a search holds every value in an array. */
static bool all_in_arrays(json_t *document)
{
    const char *key;
    json_t *value;
    json_object_foreach(document, key, value)
    {
        if (!json_is_array(value))
            return false;
    }
    return true;
}

/* What a table's cell holds is text: lists, objects and codes are not. New reference. */
static json_t *value_of_cell(struct bytes path, json_t *cell)
{
    struct bytes text = bytes_trim(bytes_str(json_string_value(cell)));
    int64_t code;
    json_t *value = NULL;
    bool is_text = bytes_contains(path, BYTES("annotations"));
    if (text.n && !is_text && (text.p[0] == '{' || text.p[0] == '['))
        value = json_loadb((const char *)text.p, text.n, 0, NULL);
    else if (text.n && is_list(path)) {
        struct bytes part;
        value = json_array();
        while (bytes_split(&text, ',', &part)) {
            part = bytes_trim(part);
            json_array_append_new(value, json_stringn((const char *)part.p, part.n));
        }
    } else if (bytes_ends(path, BYTES("code")) && bytes_to_i64(text, &code))
        value = json_integer(code);
    return value ? value : json_incref(cell);
}

/* Members whose dotted names begin with `prefix`, put together. */
static json_t *join_dotted(json_t *document, const char *prefix)
{
    json_t *record = json_object(), *value;
    bool arrays = all_in_arrays(document);
    const char *key;
    json_object_foreach(document, key, value)
    {
        struct bytes path = bytes_str(key);
        if (!bytes_starts(path, bytes_str(prefix)))
            continue;
        path = bytes_from(path, strlen(prefix));
        bool single = arrays && json_array_size(value) == 1 && !is_list(path);
        json_t *part = value_of_cell(path, single ? json_array_get(value, 0) : value);
        put(record, path, part);
        json_decref(part);
    }
    return record;
}

/* -- Log Analytics ----------------------------------------------------------------------
 */

/* Columns whose names differ by more than capitals.
 * Source: Azure Monitor Logs reference, AKSAudit. */
static const struct {
    const char *column, *member;
} columns[] = {
    {"AuditId", "auditID"},
    {"RequestUri", "requestURI"},
    {"SourceIps", "sourceIPs"},
    {"RequestReceivedTime", "requestReceivedTimestamp"},
    {"StageReceivedTime", "stageTimestamp"},
};

static void put_column(json_t *record, const char *column, json_t *value)
{
    char name[64];
    struct bytes from = bytes_str(column);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        if (bytes_is(from, columns[i].column)) {
            json_object_set(record, columns[i].member, value);
            return;
        }
    }
    if (!from.n || from.n >= sizeof name)
        return;
    memcpy(name, column, from.n);
    name[0] = (char)to_lower(from.p[0]);
    json_object_setn(record, name, from.n, value);
}

/* Objects come as such or, from the command line, as text. */
static json_t *join_columns(json_t *row)
{
    json_t *record = json_object(), *value;
    const char *column;
    json_object_foreach(row, column, value)
    {
        const char *text = json_string_value(value);
        json_t *inner = NULL;
        if (text && (text[0] == '{' || text[0] == '['))
            inner = json_loadb(text, json_string_length(value), 0, NULL);
        put_column(record, column, inner ? inner : value);
        json_decref(inner);
    }
    return record;
}

/* ---------------------------------------------------------------------------------------
 */

static enum audit_wrap join(json_t *root, json_t **record)
{
    json_t *source = json_object_get(root, "_source"),
           *fields = json_object_get(root, "fields");
    if (json_object_get(root, "AuditId") && json_object_get(root, "StageReceivedTime")) {
        *record = join_columns(root);
        return AUDIT_WRAP_AZURE;
    }
    json_t *document = json_is_object(source)   ? source
                       : json_is_object(fields) ? fields
                                                : root;
    *record = join_dotted(document, ELASTIC);
    if (json_object_size(*record))
        return AUDIT_WRAP_ELASTIC;
    /* Fields of the record itself, as columns of a table. */
    json_decref(*record);
    *record = join_dotted(document, "");
    return AUDIT_WRAP_CLOUDWATCH;
}

static bool is_apart(struct bytes text)
{
    static const char *const signs[] = {("\"" ELASTIC), "\"StageReceivedTime\"",
                                        "\"objectRef.", "\"user.username\"",
                                        "\"protoPayload."};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (bytes_contains(text, bytes_str(signs[i])))
            return true;
    }
    return false;
}

enum audit_wrap audit_join_parts(struct bytes text, struct text *out)
{
    if (!is_apart(text))
        return AUDIT_WRAP_NONE;
    json_t *root = json_loadb((const char *)text.p, text.n, 0, NULL), *record = NULL;
    enum audit_wrap wrap = join(root, &record);
    char *joined = json_object_size(record) ? json_dumps(record, JSON_COMPACT) : NULL;
    if (joined)
        text_str(out, joined);
    free(joined);
    json_decref(record);
    json_decref(root);
    return joined ? wrap : AUDIT_WRAP_NONE;
}
