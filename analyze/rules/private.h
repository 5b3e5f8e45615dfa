/* What the files of this room share: the compiled form of rules. rules.h is for others.
 */
#ifndef ANALYZE_RULES_PRIVATE_H
#define ANALYZE_RULES_PRIVATE_H

#include "analyze/rules/field.h"
#include "analyze/rules/rules.h"
#include "analyze/rules/term.h"
#include "formats/base/intern.h"
#include "formats/document.h"

/* -- conditions --------------------------------------------------------------------- */

enum expr_kind {
    EXPR_AND,
    EXPR_OR,
    EXPR_NOT,
    EXPR_FIELD,    /* values of a field against terms */
    EXPR_EXISTS,   /* the field is there, whatever it holds */
    EXPR_ELEMENT,  /* one element at the field satisfies of[0] */
    EXPR_KEYWORDS, /* any value or key anywhere against terms */
};

struct expr {
    enum expr_kind kind;
    bool negated; /* |neq; exists: false */
    bool all;     /* |all: every term, not any */
    struct expr **of;
    size_t count;
    size_t field;                 /* index of the source's fields, unless relative */
    const struct field *relative; /* inside field[]: read below the element */
    struct term *terms;
    size_t term_count;
    unsigned cost; /* what it takes to find out, for the order of AND and OR */
    uint64_t hash; /* share.c */
    bool of_kind;  /* asks only about what records of a kind have in common (kinds.c) */
    size_t kept;   /* from 1: its place in matching.of_kind; 0: it has none */
    size_t shared; /* from 1: its place in matching.truths; 0: one rule alone asks it */
};

/* -- rules -------------------------------------------------------------------------- */

enum correlation_type {
    CORRELATION_EVENT_COUNT,
    CORRELATION_VALUE_COUNT,
    CORRELATION_TEMPORAL,
    CORRELATION_ORDERED,
    CORRELATION_VALUE_SUM,
    CORRELATION_VALUE_AVERAGE,
    CORRELATION_VALUE_PERCENTILE,
};

/* gte..lte as a closed or open range; `unlike` for neq. */
struct range {
    bool has_low, has_high, unlike;
    bool low_open, high_open;
    double low, high;
};

#define CORRELATION_FIELDS 8
#define CORRELATION_RULES  64

struct compiled;

/* How a correlation reads one of its rules: which fields make the group, and the value.
 */
struct correlated {
    struct compiled *rule;
    size_t group[CORRELATION_FIELDS]; /* fields of the rule's source, or, of a
                                         correlation, positions in its own group */
    size_t values[CORRELATION_FIELDS];
};

struct correlation {
    enum correlation_type type;
    struct correlated *rules;
    size_t rule_count;
    struct bytes group[CORRELATION_FIELDS]; /* names, for messages and chains */
    size_t group_count, value_count;
    int64_t timespan; /* nanoseconds */
    struct range range;
    const struct seen *seen; /* of temporal ones with a condition in words; else NULL */
    bool has_percentile; /* of the numbers themselves; else each value's share counts */
    double percentile;
    bool generate;
    size_t depth; /* 1 over plain rules, 2 over correlations of these … */
};

/* A condition in words (correlation_words.c). The names in it, each once, in order of
 * appearance; more than `room` when there are more than that. */
size_t seen_names(struct bytes condition, struct bytes *names, size_t room);
/* NULL when it is no condition over these names. */
const struct seen *seen_parse(struct bytes condition, const struct bytes *names, size_t n,
                              struct arena *arena);
/* With how often each rule has matched. */
bool seen_holds(const struct seen *s, const uint32_t *counts);
enum seen_word {
    SEEN_WORD_NOT,
    SEEN_WORD_OR,
};
bool seen_has(const struct seen *s, enum seen_word word);

/* A correlation that one rule feeds, and as which of its rules. */
struct feed {
    struct compiled *correlation;
    size_t position;
};

struct compiled {
    struct rule rule; /* first: a struct rule * is a struct compiled * */
    struct expr *condition;
    struct correlation *correlation; /* NULL of a plain rule */
    struct feed *feeds;
    size_t feed_count, feed_capacity;
    const json_t *document; /* while loading */
    const struct rule_file *from;
    bool linked, linking, broken; /* of a correlation, while loading */
};
static inline const struct compiled *compiled_of(const struct rule *r)
{
    return (const struct compiled *)(const void *)r;
}

/* -- the index (index.c) ------------------------------------------------------------ */

typedef uint64_t rule_bits;

/* For one field: which rules are still possible when it has this value. */
struct index_entry {
    struct bytes value; /* lower case; empty: the field is absent */
    rule_bits *possible;
};
struct field_index {
    size_t field;
    struct index_entry *entries; /* hash table, a power of two */
    size_t capacity, count;
    rule_bits *others; /* of every value that no rule names */
};

#define INDEX_FIELDS 5

/* The fields that are read in one walk of a body of an audit record. */
struct body_fields {
    struct path_tree tree;
    size_t *fields;
    size_t count;
};

/* All rules of one source. */
struct source_rules {
    struct field *fields;
    size_t field_count, field_capacity;
    struct body_fields bodies[AUDIT_PARTS];
    struct compiled **rules;
    size_t rule_count, rule_capacity, words;
    size_t shared_count; /* conditions that several rules ask */
    size_t kept_count;   /* conditions that a record's kind decides */
    struct field_index indexes[INDEX_FIELDS];
    size_t index_count;
};

struct rule_file {
    const char *name;
    struct bytes text;
    struct documents documents;
    bool builtin;
    struct rule_file *next;
    json_t *collected; /* of a collection: its documents as they stand; or NULL */
};

struct placeholder {
    struct bytes name;
    const json_t *values;
};

struct rules {
    struct arena arena;
    struct rule_file *files, **last;
    struct rule_problem *problems;
    size_t problem_count, problem_capacity;
    struct placeholder *placeholders;
    size_t placeholder_count, placeholder_capacity;
    struct compiled **rules;
    size_t rule_count, rule_capacity;
    struct intern *regex_texts; /* flags, '/', text */
    struct regex **regexes;     /* by the number of the text; NULL of a wrong one */
    size_t regex_count, regex_capacity;
    struct source_rules sources[LOG_SOURCE_COUNT];
    bool loading_builtin;
    void **owned; /* texts of files that were read */
    size_t owned_count, owned_capacity;
};

/* -- reading ------------------------------------------------------------------------ */

/* What is being read, for messages and for what the parts need of each other. */
struct reading {
    struct rules *rules;
    const struct rule_file *file;
    const struct document *document;
    enum log_source source;
    bool failed;       /* an error was said: the rule is not used */
    size_t expr_count; /* held against LIMIT_RULE_SIZE */
};

/* One rule with more conditions than this is no rule; lists of thousands of indicators
 * are terms of one condition and count one by one here too. */
#define LIMIT_RULE_SIZE  100000
#define LIMIT_RULE_DEPTH 32

/* Where in a rule something stands: member `key` of the map `in` (NULL: `in` itself). */
struct place {
    struct reading *r;
    const json_t *in;
    const char *key;
};
static inline struct place place_at(struct reading *r, const json_t *in, const char *key)
{
    return (struct place){r, in, key};
}

/* Brings the documents of a collection to rules (collection.c). */
void collection_read(struct rules *r, struct rule_file *f);

/* Says a problem at a place. RULE_ERROR marks the reading failed. */
__attribute__((format(printf, 3, 4))) void reading_problem(struct place at,
                                                           enum rule_problem_level level,
                                                           const char *format, ...);
size_t reading_line(struct place at);
/* Text of `b` safe to show. */
const char *reading_shown(struct reading *r, struct bytes b);

/* The key is "field|modifier|…". Inside field[] `relative` is true. NULL after an error.
 */
struct expr *read_item(struct place at, const json_t *value, bool relative);
/* A list of texts that any part of the record may hold; `all`: every one of them. */
struct expr *read_keywords(struct place at, const json_t *values, bool all);
/* A whole search identifier: map, list of maps, list of keywords. */
struct expr *read_selection(struct place at, const json_t *value);
struct expr *read_map(struct reading *r, const json_t *map, bool relative, size_t depth);
/* `detection` (or `filter`): all selections and the condition over them. */
struct expr *read_detection(struct reading *r, const json_t *detection);
struct expr *expr_new(struct reading *r, enum expr_kind kind);
/* AND or OR over `count` expressions; one alone is itself. */
struct expr *expr_over(struct reading *r, enum expr_kind kind, struct expr **of,
                       size_t count);
/* The index of a field of the source, added when it is new; SIZE_MAX after an error. */
size_t source_field(struct place at, struct bytes name);

void read_rule(struct reading *r, const json_t *document);
void read_correlation(struct reading *r, const json_t *document);
/* After all rules were read. */
void read_filter(struct reading *r, const json_t *document);
/* Which log source a `logsource` means; false when exhibit reads none such. */
bool source_of(const json_t *logsource, enum log_source *out);
/* What every kind of rule has: title, id, level, tags … NULL after an error. */
struct compiled *read_head(struct reading *r, const json_t *document);
/* Links the rules that a correlation names, in all files. */
void link_correlations(struct rules *r);
struct compiled *find_rule(const struct rules *r, struct bytes reference);

/* Makes one of the conditions that are the same (share.c). */
void share_conditions(struct source_rules *s);
void index_rules(struct rules *r, struct source_rules *s);
/* After the last field: which are read together. */
void collect_bodies(struct source_rules *s, struct arena *arena);
/* Marks in `out` the rules that the record may satisfy. */
struct matching;
void index_lookup(const struct source_rules *s, struct matching *m, rule_bits *out);

/* After sharing: marks the conditions that a record's kind decides. */
void mark_kinds(struct source_rules *s);
/* As index_lookup, with what is remembered of the record's kind; `memory` may be NULL. */
void kind_lookup(struct matching *m, struct rules_memory *memory, rule_bits *out);
struct arena *rules_memory_scratch(struct rules_memory *m);

/* -- matching (match.c) ------------------------------------------------------------- */

struct matching {
    const struct record *record;
    const struct source_rules *source;
    struct values *fields; /* as far as they were read */
    uint8_t *known;
    uint8_t *truths;  /* of shared conditions: 1 + enum truth, as far as it is known */
    uint8_t *of_kind; /* the same of what all records of this one's kind have in common,
                         kept from one to the next; NULL when it has no kind */
    struct arena *arena;
    const char *why;
    match_fn *each; /* is told what matches */
    void *context;
};
const struct values *matching_field(struct matching *m, size_t field);
enum truth expr_matches(struct matching *m, const struct expr *e, struct node element);

#endif
