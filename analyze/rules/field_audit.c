/* Fields of decoded records: audit events in whatever shape they came, Falco alerts. */
#include <stddef.h>

#include "analyze/rules/field.h"
#include "formats/audit.h"
#include "formats/falco.h"

/* -- audit: what the decoder knows by name ------------------------------------------ */

struct text_field {
    const char *name;
    size_t offset; /* of struct bytes in struct audit_event */
    bool of_kind;
};
#define TEXT(name, member)                                                               \
    {                                                                                    \
        name, offsetof(struct audit_event, member), false                                \
    }
/* Of few values: kinds.c compares it whole. */
#define WORD(name, member)                                                               \
    {                                                                                    \
        name, offsetof(struct audit_event, member), true                                 \
    }

static const struct text_field texts[] = {
    WORD("verb", verb),
    TEXT("auditID", audit_id),
    TEXT("requestURI", request_uri),
    WORD("userAgent", user_agent),
    WORD("user.username", user.username),
    TEXT("user.uid", user.uid),
    WORD("impersonatedUser.username", impersonated.username),
    TEXT("impersonatedUser.uid", impersonated.uid),
    WORD("objectRef.resource", object.resource),
    WORD("objectRef.subresource", object.subresource),
    TEXT("objectRef.namespace", object.namespace),
    TEXT("objectRef.name", object.name),
    TEXT("objectRef.uid", object.uid),
    WORD("objectRef.apiGroup", object.api_group),
    TEXT("objectRef.apiVersion", object.api_version),
    TEXT("objectRef.resourceVersion", object.resource_version),
    WORD("responseStatus.status", response.status),
    TEXT("responseStatus.reason", response.reason),
    TEXT("responseStatus.message", response.message),
    WORD("annotations.authorization.k8s.io/decision", decision),
    TEXT("annotations.authorization.k8s.io/reason", reason),
};

static void read_stage(const struct record *r, struct values *to)
{
    if (r->audit->stage != AUDIT_STAGE_UNKNOWN)
        values_text(to, bytes_str(audit_stage_name(r->audit->stage)));
}

static void read_level(const struct record *r, struct values *to)
{
    if (r->audit->level != AUDIT_LEVEL_UNKNOWN)
        values_text(to, bytes_str(audit_level_name(r->audit->level)));
}

static void read_code(const struct record *r, struct values *to)
{
    struct found f = {
        .value = {.type = VALUE_INTEGER, .integer = r->audit->response.code}};
    if (r->audit->response.present && r->audit->response.code)
        values_add(to, &f);
}

static field_fn *short_word(struct bytes name)
{
    return bytes_is(name, "stage")                 ? read_stage
           : bytes_is(name, "level")               ? read_level
           : bytes_is(name, "responseStatus.code") ? read_code
                                                   : NULL;
}

void field_audit_bind(struct field *f, struct bytes name)
{
    f->audit = short_word(name);
    /* Of the lists kinds.c compares the groups. */
    f->of_kind = f->audit != NULL || bytes_is(name, "user.groups") ||
                 bytes_is(name, "impersonatedUser.groups");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!bytes_is(name, texts[i].name))
            continue;
        f->offset = texts[i].offset;
        f->of_kind = texts[i].of_kind;
    }
}

/* -- audit: the parts of a record ---------------------------------------------------- */

enum audit_part field_audit_part(struct bytes path, struct bytes *below)
{
    static const struct {
        const char *name;
        enum audit_part part;
    } parts[] = {
        {"requestObject", AUDIT_PART_REQUEST},
        {"responseObject", AUDIT_PART_RESPONSE},
        {"annotations", AUDIT_PART_ANNOTATIONS},
        {"user.extra", AUDIT_PART_EXTRA},
        {"impersonatedUser.extra", AUDIT_PART_AS_EXTRA},
        {"sourceIPs", AUDIT_PART_SOURCES},
        {"user.groups", AUDIT_PART_GROUPS},
        {"impersonatedUser.groups", AUDIT_PART_AS_GROUPS},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct bytes name = bytes_str(parts[i].name), rest = bytes_from(path, name.n);
        if (!bytes_starts(path, name) || (rest.n && rest.p[0] != '.'))
            continue;
        *below = rest.n ? bytes_from(rest, 1) : rest;
        return parts[i].part;
    }
    return AUDIT_PART_NONE;
}

static bool audit_list(const struct audit_list *list, struct values *to)
{
    if (list->more) /* then the tree has them all */
        return false;
    for (size_t i = 0; i < list->n; i++)
        values_text(to, list->v[i]);
    return true;
}

static bool audit_tree(struct jsonl_value tree, const struct path_tree *below,
                       struct values *to)
{
    values_at(to, subtree_of_lines(tree), below);
    return true;
}

bool field_audit(const struct record *r, const struct field *f, enum audit_part part,
                 struct values *to)
{
    const struct audit_event *e = r->audit;
    const struct path_tree *below = &f->trees[part];
    switch (part) {
    case AUDIT_PART_REQUEST:
        return audit_tree(e->request_object, below, to);
    case AUDIT_PART_RESPONSE:
        return audit_tree(e->response_object, below, to);
    case AUDIT_PART_ANNOTATIONS:
        return audit_tree(e->annotations, below, to);
    case AUDIT_PART_EXTRA:
        return audit_tree(e->user.extra, below, to);
    case AUDIT_PART_AS_EXTRA:
        return audit_tree(e->impersonated.extra, below, to);
    case AUDIT_PART_SOURCES:
        return audit_list(&e->source_ips, to);
    case AUDIT_PART_GROUPS:
        return audit_list(&e->user.groups, to);
    case AUDIT_PART_AS_GROUPS:
        return audit_list(&e->impersonated.groups, to);
    default:
        return false;
    }
}

void field_read_body(const struct record *r, enum audit_part body,
                     const struct path_tree *tree, struct values *to)
{
    const struct audit_event *e = r->audit;
    values_at(to,
              subtree_of_lines(body == AUDIT_PART_REQUEST ? e->request_object
                                                          : e->response_object),
              tree);
}

/* A create has a body unless it opens a stream; deletes may have one; reads have none. */
static bool has_body(const struct audit_event *e)
{
    static const char *const streams[] = {"exec", "attach", "portforward", "proxy", NULL};
    bool writes = bytes_is(e->verb, "create") || bytes_is(e->verb, "update") ||
                  bytes_is(e->verb, "patch");
    for (size_t i = 0; streams[i]; i++)
        if (bytes_is(e->object.subresource, streams[i]))
            return false;
    return writes && e->has_object;
}

struct record record_of_audit(const struct audit_event *e)
{
    struct record r = {
        .source = LOG_SOURCE_AUDIT, .audit = e, .tree = subtree_of_lines(e->raw)};
    if (e->partial)
        r.missing |= RECORD_CUT;
    if (e->truncated)
        r.missing |= RECORD_TRUNCATED;
    if (!e->request_object.document && has_body(e))
        r.missing |= RECORD_NO_REQUEST_BODY;
    if (!e->response_object.document &&
        (e->truncated || e->level < AUDIT_LEVEL_REQUEST_RESPONSE))
        r.missing |= RECORD_NO_RESPONSE_BODY;
    return r;
}

/* -- Falco -------------------------------------------------------------------------- */

struct record record_of_falco(const struct falco_alert *a)
{
    return (struct record){
        .source = LOG_SOURCE_FALCO, .falco = a, .tree = subtree_of_lines(a->raw)};
}

static bool falco_output_field(const struct falco_alert *a, struct bytes name,
                               struct values *to)
{
    static size_t first[] = {0};
    static const struct path_tree here = {.ends = first, .end_count = 1};
    bool any = false;
    for (size_t i = 0; i < a->field_count; i++) {
        const struct falco_field *f = &a->fields[i];
        if (!bytes_eq(f->name, name))
            continue;
        any = true;
        values_text(to, f->value);
        values_at(to, subtree_of_lines(f->nested), &here);
    }
    return any;
}

bool field_falco(const struct record *r, struct bytes path, struct values *to)
{
    const struct falco_alert *a = r->falco;
    struct {
        const char *name;
        struct bytes text;
    } const words[] = {
        {"rule", a->rule},         {"output", a->output}, {"source", a->source},
        {"hostname", a->hostname}, {"uuid", a->uuid},     {"priority", a->priority_word},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (bytes_is(path, words[i].name))
            return values_text(to, words[i].text), true;
    struct bytes prefix = BYTES("output_fields.");
    struct bytes name = path;
    if (bytes_starts(name, prefix))
        name = bytes_from(name, prefix.n);
    return falco_output_field(a, name, to);
}
