#include "formats/audit_parts.h"

#include <jansson.h>
#include <stdlib.h>

#define ELASTIC "kubernetes.audit."

/* -- members of members as one key
 * -------------------------------------------------------
 *
 * "user.username", and what shippers make of it where a dot has another meaning for them:
 * "user_username" (Loki's labels, Telegraf, BigQuery), with what they put before it.
 */

/* How the names of members were put together. */
struct naming {
    struct bytes prefix; /* before the record's own names: "log.", "kubernetes_audit_" */
    uint8_t joint;       /* '.', '_' or '/' */
};

/* Names of which databases lose the capitals. */
static const char *const names[] = {"kind",
                                    "apiVersion",
                                    "level",
                                    "auditID",
                                    "stage",
                                    "requestURI",
                                    "verb",
                                    "user",
                                    "username",
                                    "uid",
                                    "groups",
                                    "extra",
                                    "impersonatedUser",
                                    "sourceIPs",
                                    "userAgent",
                                    "objectRef",
                                    "resource",
                                    "namespace",
                                    "name",
                                    "apiGroup",
                                    "resourceVersion",
                                    "subresource",
                                    "responseStatus",
                                    "code",
                                    "status",
                                    "reason",
                                    "message",
                                    "requestObject",
                                    "responseObject",
                                    "requestReceivedTimestamp",
                                    "stageTimestamp",
                                    "annotations"};

/* The name as the API server writes it; Splunk puts braces behind a list's. */
static struct bytes own_name(struct bytes name)
{
    if (bytes_ends(name, BYTES("{}")))
        name.n -= 2;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bytes_eq_nocase(name, bytes_str(names[i])))
            return bytes_str(names[i]);
    return name;
}

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
    if (bytes_ends(path, BYTES("{}")))
        path.n -= 2;
    size_t n = path.n > 6 ? path.n - 6 : 0;
    return bytes_eq_nocase(path, BYTES("sourceIPs")) ||
           bytes_eq_nocase(bytes_from(path, n), BYTES("groups")) ||
           bytes_contains(path, BYTES(".extra.")) ||
           bytes_contains(path, BYTES("_extra_"));
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

static bool takes_number(struct bytes *path, uint8_t joint)
{
    uint64_t number;
    size_t dot = bytes_find_byte(*path, joint);
    if (!bytes_to_u64(bytes_sub(*path, 0, dot), &number))
        return false;
    *path = bytes_from(*path, dot + 1);
    return true;
}

/* Puts the value where its path says. Of lists of objects the first is kept. */
static void put(json_t *record, struct bytes path, uint8_t joint, json_t *value)
{
    bool own = true; /* bodies have names of their own */
    for (;;) {
        size_t at = bytes_find_byte(path, joint);
        struct bytes name = bytes_sub(path, 0, at);
        name = own ? own_name(name) : name;
        own &= !bytes_ends(name, BYTES("Object"));
        if (at == path.n) {
            path = name;
            break;
        }
        path = bytes_from(path, at + 1);
        if (takes_number(&path, joint)) {
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

/* Members whose names begin with the prefix, put together. */
static json_t *join_members(json_t *document, const struct naming *n)
{
    json_t *record = json_object(), *value;
    bool arrays = all_in_arrays(document);
    const char *key;
    json_object_foreach(document, key, value)
    {
        struct bytes path = bytes_str(key);
        if (!bytes_starts(path, n->prefix))
            continue;
        path = bytes_from(path, n->prefix.n);
        bool single = arrays && json_array_size(value) == 1 && !is_list(path);
        json_t *part = value_of_cell(path, single ? json_array_get(value, 0) : value);
        put(record, path, n->joint, part);
        json_decref(part);
    }
    return record;
}

/* By a member that every record of a request for an object has, or every record. */
static bool is_telling(struct bytes key, struct naming *out)
{
    static const char *const telling[][2] = {{"objectRef", "resource"},
                                             {"user", "username"}};
    for (size_t i = 0; i < sizeof telling / sizeof *telling; i++) {
        struct bytes outer = bytes_str(telling[i][0]), inner = bytes_str(telling[i][1]);
        size_t n = outer.n + 1 + inner.n, at = key.n - n;
        if (key.n < n || !bytes_eq_nocase(bytes_sub(key, at, outer.n), outer) ||
            !bytes_eq_nocase(bytes_from(key, at + outer.n + 1), inner) ||
            !memchr("._/", key.p[at + outer.n], 3))
            continue;
        /* "…_user_username" may be that of impersonatedUser: a name begins here. */
        if (at && key.p[at - 1] != key.p[at + outer.n])
            continue;
        *out = (struct naming){bytes_sub(key, 0, at), key.p[at + outer.n]};
        return true;
    }
    return false;
}

/* Capitals that are lost leave the members where they were. */
static struct naming naming_of(json_t *document)
{
    struct naming n = {BYTES_NONE, '.'};
    const char *key;
    json_t *value;
    json_object_foreach(document, key, value)
    {
        if (is_telling(bytes_str(key), &n))
            break;
    }
    return n;
}

/* Members in members under names without their capitals. */
static json_t *with_names(json_t *value)
{
    json_t *out = json_object(), *member;
    const char *key;
    json_object_foreach(value, key, member)
    {
        struct bytes name = own_name(bytes_str(key));
        bool deeper =
            json_is_object(member) && !is_map(name) && !bytes_ends(name, BYTES("Object"));
        json_t *made = deeper ? with_names(member) : json_incref(member);
        json_object_setn_new(out, (const char *)name.p, name.n, made);
    }
    return out;
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
    const struct naming elastic = {BYTES(ELASTIC), '.'};
    *record = join_members(document, &elastic);
    if (json_object_size(*record))
        return AUDIT_WRAP_ELASTIC;
    /* Fields of the record itself, as columns of a table. */
    struct naming n = naming_of(document);
    json_t *joined = join_members(document, &n);
    json_decref(*record);
    *record = with_names(joined);
    json_decref(joined);
    return AUDIT_WRAP_CLOUDWATCH;
}

static bool is_apart(struct bytes text)
{
    static const char *const signs[] = {
        ("\"" ELASTIC), "\"StageReceivedTime\"", "bjectRef",
        "bjectref",     "user.username",         "ser_username",
        "ser.Username", "ser/username",          "\"protoPayload."};
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
