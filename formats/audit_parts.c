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

/* Puts the value where its dotted path says. */
static void put(json_t *record, struct bytes path, json_t *value)
{
    for (;;) {
        size_t dot = bytes_find_byte(path, '.');
        struct bytes name = bytes_sub(path, 0, dot);
        if (dot == path.n)
            break;
        record = object_at(record, name);
        path = bytes_from(path, dot + 1);
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

static json_t *join_elastic(json_t *document)
{
    json_t *record = json_object(), *value;
    bool arrays = all_in_arrays(document);
    const char *key;
    json_object_foreach(document, key, value)
    {
        struct bytes path = bytes_str(key);
        if (!bytes_starts(path, BYTES(ELASTIC)))
            continue;
        path = bytes_from(path, sizeof ELASTIC - 1);
        bool single = arrays && json_array_size(value) == 1 && !is_list(path);
        put(record, path, single ? json_array_get(value, 0) : value);
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
    *record = join_elastic(document);
    return AUDIT_WRAP_ELASTIC;
}

enum audit_wrap audit_join_parts(struct bytes text, struct text *out)
{
    if (!bytes_contains(text, BYTES("\"" ELASTIC)) &&
        !bytes_contains(text, BYTES("\"StageReceivedTime\"")))
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
