/* Correlations and filters: rules that name other rules.
 * Source: Sigma correlation rules and filters specifications 2.1. */
#include <stdlib.h>

#include "analyze/rules/private.h"
#include "formats/base/memory.h"

/* The place of a rule that was read before, to say more about it. */
static struct reading reading_of(struct rules *r, const struct compiled *c)
{
    struct reading reading = {.rules = r, .file = c->from, .source = c->rule.source};
    for (size_t i = 0; i < c->from->documents.n; i++)
        if (c->from->documents.v[i].root == c->document)
            reading.document = &c->from->documents.v[i];
    return reading;
}

/* -- the section -------------------------------------------------------------------- */

static bool read_type(struct reading *r, const json_t *section, struct correlation *c)
{
    static const char *const types[] = {
        [CORRELATION_EVENT_COUNT] = "event_count",
        [CORRELATION_VALUE_COUNT] = "value_count",
        [CORRELATION_TEMPORAL] = "temporal",
        [CORRELATION_ORDERED] = "temporal_ordered",
        [CORRELATION_VALUE_SUM] = "value_sum",
        [CORRELATION_VALUE_AVERAGE] = "value_avg",
        [CORRELATION_VALUE_PERCENTILE] = "value_percentile",
    };
    struct bytes type = tree_string(section, "type");
    if (bytes_is(type, "value_median")) { /* of pySigma: percentile 50 */
        c->type = CORRELATION_VALUE_PERCENTILE;
        c->has_percentile = true;
        c->percentile = 50;
        return true;
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (bytes_is(type, types[i])) {
            c->type = (enum correlation_type)i;
            return true;
        }
    reading_problem(place_at(r, section, "type"), RULE_ERROR,
                    "correlation type \"%s\" is not supported; use event_count, "
                    "value_count, value_sum, value_avg, value_percentile, value_median, "
                    "temporal or temporal_ordered",
                    reading_shown(r, type));
    return false;
}

static bool read_timespan(struct reading *r, const json_t *section, struct correlation *c)
{
    struct bytes text = tree_string(section, "timespan");
    struct {
        uint8_t unit;
        int64_t seconds;
    } const units[] = {{'s', 1},      {'m', 60},      {'h', 3600},    {'d', 86400},
                       {'w', 604800}, {'M', 2629746}, {'y', 31556952}}; /* of pySigma */
    uint64_t count = 0;
    for (size_t i = 0; i < sizeof units / sizeof *units && text.n > 1; i++) {
        if (text.p[text.n - 1] != units[i].unit)
            continue;
        /* A century of seconds, times a billion, stays within int64. */
        if (bytes_to_u64(bytes_sub(text, 0, text.n - 1), &count) && count > 0 &&
            count <= UINT64_C(3155760000) / (uint64_t)units[i].seconds) {
            c->timespan = (int64_t)count * units[i].seconds * NANOSECONDS;
            return true;
        }
    }
    reading_problem(
        place_at(r, section, "timespan"), RULE_ERROR,
        "timespan must be a number and one of s, m, h, d, w, M, y, as in \"10m\"");
    return false;
}

static bool set_range(struct range *range, const char *key, double value)
{
    if (strcmp(key, "gt") == 0 || strcmp(key, "gte") == 0) {
        range->has_low = true;
        range->low_open = key[2] == '\0';
        range->low = value;
    } else if (strcmp(key, "lt") == 0 || strcmp(key, "lte") == 0) {
        range->has_high = true;
        range->high_open = key[2] == '\0';
        range->high = value;
    } else if (strcmp(key, "eq") == 0 || strcmp(key, "neq") == 0) {
        *range = (struct range){true, true, key[0] == 'n', false, false, value, value};
    } else {
        return false;
    }
    return true;
}

/* "percentile: 95" beside the comparison, as pySigma has it. */
static bool set_percentile(struct correlation *c, const char *key, double value)
{
    if (strcmp(key, "percentile") != 0 || c->type != CORRELATION_VALUE_PERCENTILE ||
        value < 0 || value > 100)
        return false;
    c->has_percentile = true;
    c->percentile = value;
    return true;
}

static bool is_temporal(const struct correlation *c)
{
    return c->type == CORRELATION_TEMPORAL || c->type == CORRELATION_ORDERED;
}

/* The rules stand in the order of their names in it. */
static bool read_words(struct reading *r, const json_t *section, struct correlation *c)
{
    struct bytes condition = tree_string(section, "condition");
    struct bytes names[CORRELATION_RULES];
    size_t n = seen_names(condition, names, CORRELATION_RULES);
    c->seen =
        n <= CORRELATION_RULES ? seen_parse(condition, names, n, &r->rules->arena) : NULL;
    bool chain = c->type != CORRELATION_ORDERED ||
                 !(seen_has(c->seen, SEEN_WORD_NOT) || seen_has(c->seen, SEEN_WORD_OR));
    if (!c->seen || !chain)
        reading_problem(place_at(r, section, "condition"), RULE_ERROR,
                        chain ? "the condition must join the names of the rules by and, "
                                "or, not and brackets"
                              : "in an order there is no \"or\" and no \"not\"");
    return c->seen && chain;
}

static bool read_range(struct reading *r, const json_t *section, struct correlation *c)
{
    const json_t *condition = json_object_get(section, "condition");
    bool temporal = is_temporal(c);
    if (temporal && json_is_string(condition))
        return read_words(r, section, c);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)condition, key, value)
    {
        if (strcmp(key, "field") == 0)
            continue;
        if (!json_is_number(value) ||
            !(set_range(&c->range, key, json_number_value(value)) ||
              set_percentile(c, key, json_number_value(value)))) {
            reading_problem(place_at(r, condition, key), RULE_ERROR,
                            "a correlation's condition is gt, gte, lt, lte, eq or neq "
                            "with a number, field, and for value_percentile a percentile "
                            "of 0 to 100; not \"%s\"",
                            reading_shown(r, bytes_str(key)));
            return false;
        }
    }
    if (temporal && !condition) { /* every rule must have matched */
        c->range = (struct range){.has_low = true, .low = (double)c->rule_count};
        return true;
    }
    if (json_is_object(condition) && (c->range.has_low || c->range.has_high))
        return true;
    reading_problem(place_at(r, section, "condition"), RULE_ERROR,
                    "the condition must be a map with gt, gte, lt, lte, eq or neq");
    return false;
}

/* Text or a list of texts. */
static size_t text_count(const json_t *v)
{
    return json_is_array(v) ? json_array_size(v) : json_is_string(v);
}
static struct bytes text_at(const json_t *v, size_t i)
{
    return tree_string(json_is_array(v) ? json_array_get(v, i) : v, "");
}

static bool read_group(struct reading *r, const json_t *section, struct correlation *c)
{
    const json_t *group = json_object_get(section, "group-by");
    size_t n = text_count(group);
    if (n > CORRELATION_FIELDS) {
        reading_problem(place_at(r, section, "group-by"), RULE_ERROR,
                        "more than %d fields", CORRELATION_FIELDS);
        return false;
    }
    for (size_t i = 0; i < n; i++)
        c->group[i] = text_at(group, i);
    c->group_count = n;
    return true;
}

/* -- links -------------------------------------------------------------------------- */

static bool link_correlation(struct rules *r, struct compiled *c);

/* What an alias or plain name means in one rule (correlation specification, "Field Name
 * Aliases"). */
static struct bytes aliased(const json_t *section, struct bytes name,
                            const struct compiled *rule)
{
    const json_t *alias = json_object_getn(json_object_get(section, "aliases"),
                                           (const char *)name.p, name.n);
    const json_t *field = json_object_get(alias, rule->rule.name);
    if (!field)
        field = json_object_get(alias, rule->rule.id);
    return field ? tree_string(field, "") : name;
}

/* Of a correlation in a chain only the fields that it groups by are known. */
static size_t chained_field(struct reading *r, const json_t *section, struct bytes name,
                            const struct correlation *inner)
{
    for (size_t i = 0; i < inner->group_count; i++)
        if (bytes_eq(inner->group[i], name))
            return i;
    reading_problem(place_at(r, section, "group-by"), RULE_ERROR,
                    "a correlation of correlations can only use fields that these group "
                    "by; \"%s\" is none of them",
                    reading_shown(r, name));
    return SIZE_MAX;
}

static size_t correlated_field(struct reading *r, const json_t *section,
                               struct bytes name, const struct correlated *of)
{
    name = aliased(section, name, of->rule);
    if (of->rule->correlation)
        return chained_field(r, section, name, of->rule->correlation);
    r->source = of->rule->rule.source;
    return source_field(place_at(r, section, "group-by"), name);
}

static bool bind_fields(struct reading *r, const json_t *section, struct correlation *c,
                        struct correlated *of)
{
    const json_t *values = tree_get(section, "condition/field");
    c->value_count = text_count(values);
    if (c->value_count > CORRELATION_FIELDS)
        c->value_count = CORRELATION_FIELDS;
    for (size_t i = 0; i < c->group_count; i++) {
        of->group[i] = correlated_field(r, section, c->group[i], of);
        if (of->group[i] == SIZE_MAX)
            return false;
    }
    for (size_t i = 0; i < c->value_count; i++) {
        of->values[i] = correlated_field(r, section, text_at(values, i), of);
        if (of->values[i] == SIZE_MAX)
            return false;
    }
    bool counts_values =
        c->type == CORRELATION_VALUE_COUNT || c->type == CORRELATION_VALUE_SUM ||
        c->type == CORRELATION_VALUE_AVERAGE || c->type == CORRELATION_VALUE_PERCENTILE;
    if (counts_values == (c->value_count > 0))
        return true;
    reading_problem(place_at(r, section, "condition"), RULE_ERROR,
                    counts_values ? "this type needs condition.field: whose values count"
                                  : "condition.field has no meaning for this type");
    return false;
}

static void add_feed(struct compiled *rule, struct compiled *correlation, size_t position)
{
    rule->feeds = memory_grow(rule->feeds, &rule->feed_capacity, rule->feed_count + 1,
                              sizeof *rule->feeds);
    rule->feeds[rule->feed_count++] = (struct feed){correlation, position};
}

static bool find_correlated(struct reading *r, const json_t *section,
                            struct bytes reference, struct correlated *out)
{
    out->rule = find_rule(r->rules, reference);
    bool good = out->rule && !out->rule->broken &&
                (!out->rule->rule.correlation || link_correlation(r->rules, out->rule));
    if (!good)
        reading_problem(place_at(r, section, "rules"), RULE_ERROR,
                        out->rule ? "rule \"%s\" has an error itself, or names this one"
                                  : "there is no rule with id or name \"%s\"",
                        reading_shown(r, reference));
    return good;
}

static bool read_rules(struct reading *r, const json_t *section, struct correlation *c)
{
    const json_t *rules = json_object_get(section, "rules");
    struct bytes condition = tree_string(section, "condition");
    struct bytes names[CORRELATION_RULES] = {0};
    c->rule_count = text_count(rules);
    for (size_t i = 0; i < c->rule_count && i < CORRELATION_RULES; i++)
        names[i] = text_at(rules, i);
    if (is_temporal(c) && condition.n)
        c->rule_count = seen_names(condition, names, CORRELATION_RULES);
    if (c->rule_count == 0 || c->rule_count > CORRELATION_RULES) {
        reading_problem(place_at(r, section, "rules"), RULE_ERROR,
                        "rules must be a list of 1 to 64 ids or names");
        return false;
    }
    c->rules = arena_array(&r->rules->arena, struct correlated, c->rule_count);
    for (size_t i = 0; i < c->rule_count; i++) {
        if (!find_correlated(r, section, names[i], &c->rules[i]))
            return false;
        const struct correlation *inner = c->rules[i].rule->correlation;
        if (inner && inner->depth >= c->depth)
            c->depth = inner->depth + 1;
    }
    return true;
}

static bool read_section(struct reading *r, const json_t *section, struct compiled *to)
{
    struct correlation *c = arena_new(&r->rules->arena, struct correlation);
    c->depth = 1;
    c->generate = tree_true(section, "generate");
    if (!json_is_object(section) || !read_type(r, section, c) ||
        !read_rules(r, section, c) || !read_timespan(r, section, c) ||
        !read_range(r, section, c) || !read_group(r, section, c))
        return false;
    for (size_t i = 0; i < c->rule_count; i++)
        if (!bind_fields(r, section, c, &c->rules[i]))
            return false;
    to->correlation = c;
    return true;
}

static bool link_correlation(struct rules *r, struct compiled *c)
{
    if (c->linked || c->linking)
        return c->linked && !c->broken;
    struct reading reading = reading_of(r, c);
    c->linking = true;
    c->broken = !read_section(&reading, json_object_get(c->document, "correlation"), c);
    c->linking = false;
    c->linked = true;
    for (size_t i = 0; !c->broken && i < c->correlation->rule_count; i++)
        add_feed(c->correlation->rules[i].rule, c, i);
    return !c->broken;
}

/* A rule that a correlation names is told by the correlation alone, unless `generate`
 * says otherwise. An analyst's correlation does not silence a builtin rule. */
static void set_reported(struct rules *r)
{
    for (size_t i = 0; i < r->rule_count; i++) {
        struct compiled *c = r->rules[i];
        bool silenced = false, generated = false;
        for (size_t k = 0; k < c->feed_count; k++) {
            const struct compiled *by = c->feeds[k].correlation;
            generated = generated || by->correlation->generate;
            silenced = silenced || by->rule.builtin == c->rule.builtin;
        }
        c->rule.reported = generated || !silenced;
    }
}

void link_correlations(struct rules *r)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->rule_count; i++)
        if (r->rules[i]->rule.correlation)
            link_correlation(r, r->rules[i]);
    for (size_t i = 0; i < r->rule_count; i++)
        if (!r->rules[i]->broken)
            r->rules[kept++] = r->rules[i];
    r->rule_count = kept;
    set_reported(r);
}

/* -- filters ------------------------------------------------------------------------ */

/* "not selection", as pySigma joins it to the rule, or "selection", as the
 * specification's examples have it: the filter takes away what the selection matches,
 * either way. */
static bool suppresses(const json_t *filter)
{
    struct bytes condition = bytes_trim(tree_string(filter, "condition")), word;
    return bytes_split(&condition, ' ', &word) && bytes_eq_nocase(word, BYTES("not"));
}

static void apply_filter(struct reading *r, struct compiled *c, const json_t *filter)
{
    r->source = c->rule.source;
    struct expr *e = read_detection(r, filter);
    if (!e || r->failed)
        return;
    if (suppresses(filter)) {
        struct expr *both[] = {c->condition, e};
        c->condition = expr_over(r, EXPR_AND, both, 2);
        return;
    }
    struct expr *not = expr_new(r, EXPR_NOT);
    not ->of = arena_array(&r->rules->arena, struct expr *, 1);
    not ->of[0] = e;
    not ->count = 1;
    not ->cost = e->cost;
    struct expr *both[] = {c->condition, not };
    c->condition = expr_over(r, EXPR_AND, both, 2);
}

/* Applies the filter to every rule of its log source. */
static bool is_every(struct bytes name)
{
    return bytes_eq_nocase(name, BYTES("any")) || bytes_eq_nocase(name, BYTES("all"));
}

static bool filter_names(const json_t *rules, const struct compiled *c)
{
    for (size_t i = 0; i < text_count(rules); i++) {
        struct bytes name = text_at(rules, i);
        if (name.n && (is_every(name) || bytes_is(name, c->rule.id) ||
                       bytes_is(name, c->rule.name)))
            return true;
    }
    return false;
}

static void check_filter_names(struct reading *r, const json_t *filter)
{
    const json_t *rules = json_object_get(filter, "rules");
    if (text_count(rules) == 0)
        reading_problem(place_at(r, filter, "rules"), RULE_ERROR,
                        "a filter must list the rules that it is for, by id or name");
    for (size_t i = 0; i < text_count(rules); i++)
        if (!is_every(text_at(rules, i)) && !find_rule(r->rules, text_at(rules, i)))
            reading_problem(place_at(r, filter, "rules"), RULE_WARNING,
                            "there is no rule with id or name \"%s\"",
                            reading_shown(r, text_at(rules, i)));
}

void read_filter(struct reading *r, const json_t *document)
{
    const json_t *filter = json_object_get(document, "filter");
    const json_t *logsource = json_object_get(document, "logsource");
    enum log_source source;
    if (!json_is_object(filter) || !source_of(logsource, &source)) {
        reading_problem(place_at(r, document, "filter"), RULE_ERROR,
                        "a filter needs a logsource that exhibit reads, and a map of "
                        "rules, selections and condition");
        return;
    }
    check_filter_names(r, filter);
    for (size_t i = 0; i < r->rules->rule_count && !r->failed; i++) {
        struct compiled *c = r->rules->rules[i];
        if (!c->rule.correlation && c->rule.source == source &&
            filter_names(json_object_get(filter, "rules"), c))
            apply_filter(r, c, filter);
    }
}
