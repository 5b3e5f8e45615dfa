/* One YAML document to a rule: what all kinds of rules have, and plain detections.
 * Source: Sigma rules specification 2.1, "Components". */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/rules/private.h"
#include "formats/base/memory.h"

/* -- messages ----------------------------------------------------------------------- */

const char *reading_shown(struct reading *r, struct bytes b)
{
    struct text t = {0};
    escape_terminal(&t, bytes_sub(b, 0, 200));
    const char *shown = arena_string(&r->rules->arena, text_bytes(&t));
    text_release(&t);
    return shown;
}

/* Does `line` begin with the member `key`, as YAML writes it? */
static bool line_has_key(struct bytes line, struct bytes key)
{
    line = bytes_trim(line);
    while (bytes_starts(line, BYTES("- ")))
        line = bytes_trim(bytes_from(line, 2));
    if (line.n && (line.p[0] == '\'' || line.p[0] == '"'))
        line = bytes_from(line, 1);
    return bytes_starts(line, key);
}

size_t reading_line(struct place at)
{
    const struct reading *r = at.r;
    uint64_t offset = r->document ? r->document->offset : 0;
    uint64_t length = r->document ? r->document->length : 0;
    if (r->document && at.in)
        document_span(r->document, at.in, &offset, &length);
    struct bytes before = bytes_sub(r->file->text, 0, (size_t)offset), line;
    size_t number = 1, found;
    for (size_t i = 0; i < before.n; i++)
        number += before.p[i] == '\n';
    found = number;
    /* The span begins at the first key, which may not be the start of its line. */
    struct bytes rest = bytes_sub(r->file->text, (size_t)offset, (size_t)length);
    for (; at.key && bytes_split(&rest, '\n', &line); number++)
        if (line_has_key(line, bytes_str(at.key)))
            return number;
    return found;
}

void reading_problem(struct place at, enum rule_problem_level level, const char *format,
                     ...)
{
    struct rules *rules = at.r->rules;
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    rules->problems = memory_grow(rules->problems, &rules->problem_capacity,
                                  rules->problem_count + 1, sizeof *rules->problems);
    rules->problems[rules->problem_count++] =
        (struct rule_problem){level, at.r->file->name, reading_line(at),
                              arena_string(&rules->arena, bytes_str(text))};
    if (level == RULE_ERROR)
        at.r->failed = true;
}

/* -- fields ------------------------------------------------------------------------- */

size_t source_field(struct place at, struct bytes name)
{
    struct reading *r = at.r;
    struct source_rules *s = &r->rules->sources[r->source];
    struct field f;
    for (size_t i = 0; i < s->field_count; i++)
        if (bytes_eq(s->fields[i].name, name))
            return i;
    name = arena_copy(&r->rules->arena, name);
    const char *wrong = field_resolve(r->source, name, &r->rules->arena, &f);
    if (wrong) {
        reading_problem(at, RULE_ERROR, "%s", reading_shown(r, bytes_str(wrong)));
        return SIZE_MAX;
    }
    s->fields =
        memory_grow(s->fields, &s->field_capacity, s->field_count + 1, sizeof *s->fields);
    s->fields[s->field_count] = f;
    return s->field_count++;
}

/* -- the head ----------------------------------------------------------------------- */

static const char *text_of(struct reading *r, const json_t *document, const char *key)
{
    struct text t = {0};
    escape_plain(&t, bytes_trim(tree_string(document, key)));
    const char *text = arena_string(&r->rules->arena, text_bytes(&t));
    text_release(&t);
    return text;
}

static bool read_level(struct reading *r, const json_t *document, enum severity *out)
{
    struct bytes level = tree_string(document, "level");
    *out = SEVERITY_MEDIUM;
    if (level.n == 0)
        return true;
    if (bytes_is(level, "informational")) {
        *out = SEVERITY_INFO;
        return true;
    }
    if (!bytes_is(level, "info") && severity_by_name(level, out))
        return true;
    reading_problem(place_at(r, document, "level"), RULE_ERROR,
                    "level \"%s\" is none of informational, low, medium, high, critical",
                    reading_shown(r, level));
    return false;
}

/* "attack.t1609" and "attack.t1552.007" to "T1609,T1552.007"; tactics and other
 * namespaces are passed over. */
static const char *read_attack(struct reading *r, const json_t *document)
{
    const json_t *tags = json_object_get(document, "tags");
    struct text t = {0};
    for (size_t i = 0; i < json_array_size(tags); i++) {
        struct bytes tag = tree_string(json_array_get(tags, i), "");
        bool technique = tag.n > 8 && is_digit(tag.p[8]) &&
                         bytes_eq_nocase(bytes_sub(tag, 0, 8), BYTES("attack.t"));
        if (!technique)
            continue;
        text_str(&t, t.n ? ",T" : "T");
        text_add(&t, bytes_from(tag, 8));
    }
    const char *attack = arena_string(&r->rules->arena, text_bytes(&t));
    text_release(&t);
    return attack;
}

static const char *read_false_positives(struct reading *r, const json_t *document)
{
    const json_t *list = json_object_get(document, "falsepositives");
    struct text t = {0};
    if (json_is_string(list))
        escape_plain(&t, tree_string(list, ""));
    for (size_t i = 0; i < json_array_size(list); i++) {
        text_str(&t, i ? "; " : "");
        escape_plain(&t, tree_string(json_array_get(list, i), ""));
    }
    const char *text = arena_string(&r->rules->arena, text_bytes(&t));
    text_release(&t);
    return text;
}

static bool check_list(struct reading *r, const json_t *document, const char *key)
{
    const json_t *v = json_object_get(document, key);
    if (!v || json_is_array(v) || json_is_null(v))
        return true;
    reading_problem(place_at(r, document, key), RULE_ERROR, "%s must be a list", key);
    return false;
}

/* An attribute that nobody knows is a typing error or meant for another tool: it is
 * said, because a misspelt "filter" would silently change what the rule means. */
static void check_attributes(struct reading *r, const json_t *document)
{
    static const char *const known[] = {
        "title",  "id",           "name",      "related",        "taxonomy",
        "status", "description",  "license",   "author",         "references",
        "date",   "modified",     "logsource", "detection",      "correlation",
        "filter", "fields",       "level",     "falsepositives", "tags",
        "scope",  "placeholders", NULL};
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)document, key, value)
    {
        size_t i = 0;
        while (known[i] && strcmp(known[i], key) != 0)
            i++;
        if (!known[i])
            reading_problem(place_at(r, document, key), RULE_WARNING,
                            "Sigma 2.1 has no attribute \"%s\"; it is not used",
                            reading_shown(r, bytes_str(key)));
    }
}

struct compiled *find_rule(const struct rules *r, struct bytes reference)
{
    /* The last one counts, so that an analyst's rule replaces a builtin one by its id. */
    for (size_t i = r->rule_count; i > 0; i--) {
        struct compiled *c = r->rules[i - 1];
        if (reference.n &&
            (bytes_is(reference, c->rule.id) || bytes_is(reference, c->rule.name) ||
             bytes_is(reference, c->rule.kind.id)))
            return c;
    }
    return NULL;
}

static bool check_unique(struct reading *r, const json_t *document,
                         const struct compiled *c)
{
    const char *const keys[] = {"id", "name"};
    const char *const values[] = {c->rule.id, c->rule.name};
    for (size_t i = 0; i < 2; i++) {
        const struct compiled *other =
            values[i][0] ? find_rule(r->rules, bytes_str(values[i])) : NULL;
        /* Rules of a collection share what is global, its id as well. */
        if (!other || (r->file->collected && other->from == r->file))
            continue;
        reading_problem(place_at(r, document, keys[i]), RULE_ERROR,
                        "%s \"%s\" was given already, in %s line %zu", keys[i], values[i],
                        other->rule.file, other->rule.line);
        return false;
    }
    return true;
}

static void keep(struct rules *rules, struct compiled *c)
{
    rules->rules = memory_grow(rules->rules, &rules->rule_capacity, rules->rule_count + 1,
                               sizeof(struct compiled *));
    rules->rules[rules->rule_count++] = c;
}

struct compiled *read_head(struct reading *r, const json_t *document)
{
    struct compiled *c = arena_new(&r->rules->arena, struct compiled);
    struct finding_kind *kind = &c->rule.kind;
    kind->title = text_of(r, document, "title");
    c->rule.id = text_of(r, document, "id");
    c->rule.name = text_of(r, document, "name");
    if (!kind->title[0]) {
        reading_problem(place_at(r, document, NULL), RULE_ERROR, "a rule needs a title");
        return NULL;
    }
    /* Both are optional in Sigma; a finding must have one, best one that people can read.
     */
    kind->id = c->rule.name[0] ? c->rule.name : c->rule.id[0] ? c->rule.id : kind->title;
    check_attributes(r, document);
    if (!read_level(r, document, &kind->severity) || !check_list(r, document, "tags") ||
        !check_unique(r, document, c))
        return NULL;
    kind->attack = read_attack(r, document);
    kind->why = text_of(r, document, "description");
    kind->refute = read_false_positives(r, document);
    c->rule.status = text_of(r, document, "status");
    c->rule.file = r->file->name;
    c->rule.line = reading_line(place_at(r, document, "title"));
    c->rule.builtin = r->file->builtin;
    c->rule.reported = true;
    c->document = document;
    c->from = r->file;
    return c;
}

/* -- log sources -------------------------------------------------------------------- */

/* What a rule names must be what the source is; what it leaves out is any. */
static bool source_fits(enum log_source s, const json_t *logsource)
{
    static const struct {
        const char *product, *category, *service;
    } sources[] = {
#define LOG_SOURCE(id, name, product, category, service) {product, category, service},
        LOG_SOURCES(LOG_SOURCE)
#undef LOG_SOURCE
    };
    struct bytes product = tree_string(logsource, "product");
    struct bytes category = tree_string(logsource, "category");
    struct bytes service = tree_string(logsource, "service");
    if (!bytes_eq_nocase(product, bytes_str(sources[s].product)))
        return false;
    if (!bytes_eq_nocase(service, bytes_str(sources[s].service)) &&
        (service.n || sources[s].service[0]))
        return false;
    /* SigmaHQ's audit rules say "category: application" beside the service. */
    if (s == LOG_SOURCE_AUDIT && bytes_is(category, "application"))
        return true;
    return bytes_eq_nocase(category, bytes_str(sources[s].category));
}

static bool word_among(struct bytes word, const char *const *words)
{
    for (; *words; words++)
        if (bytes_eq_nocase(word, bytes_str(*words)))
            return true;
    return false;
}

/* Sigma's taxonomy has no more than SigmaHQ's own rules for the audit log of Kubernetes,
 * so that others name it as their cluster or their exporter does. */
static bool is_audit_by_another_name(const json_t *logsource)
{
    static const char *const products[] = {"kubernetes", "k8s", "kubernetes_audit",
                                           "openshift", NULL};
    static const char *const categories[] = {
        "", "application", "audit", "kubernetes", "kubernetes_audit", "k8s_audit", NULL};
    static const char *const services[] = {
        "",           "audit",          "audit_log",      "audit-log",
        "audit_logs", "auditlog",       "k8s_audit",      "kubernetes_audit",
        "kube-audit", "kube_audit",     "apiserver",      "api_server",
        "api-server", "kube-apiserver", "kube_apiserver", NULL};
    static const char *const clouds[] = {"aws", "azure", "gcp", NULL};
    static const char *const managed[] = {"eks", "eks_audit",    "eks-audit",
                                          "aks", "aks_audit",    "kube-audit",
                                          "gke", "activitylogs", NULL};
    struct bytes product = tree_string(logsource, "product");
    struct bytes category = tree_string(logsource, "category");
    struct bytes service = tree_string(logsource, "service");
    return word_among(category, categories) &&
           ((word_among(product, products) && word_among(service, services)) ||
            (word_among(product, clouds) && word_among(service, managed)));
}

/* A start is one on whatever system: rules for several name none, or the container's. */
static bool is_start_by_another_name(const json_t *logsource)
{
    static const char *const products[] = {"", "container", "docker", "kubernetes", NULL};
    return bytes_is(tree_string(logsource, "category"), "process_creation") &&
           tree_string(logsource, "service").n == 0 &&
           word_among(tree_string(logsource, "product"), products);
}

bool source_of(const json_t *logsource, enum log_source *out)
{
    for (unsigned s = 0; s < LOG_SOURCE_COUNT; s++)
        if (source_fits((enum log_source)s, logsource)) {
            *out = (enum log_source)s;
            return true;
        }
    *out = LOG_SOURCE_STARTED;
    if (is_start_by_another_name(logsource))
        return true;
    *out = LOG_SOURCE_AUDIT;
    return is_audit_by_another_name(logsource);
}

static bool read_source(struct reading *r, const json_t *document)
{
    const json_t *logsource = json_object_get(document, "logsource");
    if (!json_is_object(logsource)) {
        reading_problem(place_at(r, document, "logsource"), RULE_ERROR,
                        "a rule needs a logsource: a map with product, category or "
                        "service");
        return false;
    }
    if (source_of(logsource, &r->source))
        return true;
    struct bytes product = tree_string(logsource, "product");
    struct bytes category = tree_string(logsource, "category");
    struct bytes service = tree_string(logsource, "service");
    reading_problem(place_at(r, document, "logsource"), RULE_SKIPPED,
                    "exhibit reads no log of product \"%s\", category \"%s\", service "
                    "\"%s\"; the rule is not used",
                    reading_shown(r, product), reading_shown(r, category),
                    reading_shown(r, service));
    return false;
}

void read_rule(struct reading *r, const json_t *document)
{
    struct compiled *c = NULL;
    if (!read_source(r, document) || !(c = read_head(r, document)))
        return;
    c->rule.source = r->source;
    c->condition = read_detection(r, json_object_get(document, "detection"));
    if (c->condition && !r->failed)
        keep(r->rules, c);
}

void read_correlation(struct reading *r, const json_t *document)
{
    struct compiled *c = read_head(r, document);
    if (!c || r->failed)
        return;
    c->rule.correlation = true;
    keep(r->rules, c);
}
