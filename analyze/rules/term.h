/* Term: one test of one value: what stands to the right of the colon in a rule, after its
 * modifiers were applied. */
#ifndef ANALYZE_RULES_TERM_H
#define ANALYZE_RULES_TERM_H

#include "analyze/rules/pattern.h"
#include "analyze/rules/record.h"

enum term_kind {
    TERM_PATTERN,
    TERM_REGEX,
    TERM_NUMBER, /* compare with `number` */
    TERM_CIDR,
    TERM_NULL,  /* the field is absent or null */
    TERM_FIELD, /* another field holds a value that fits */
};

enum comparison { COMPARE_EQ, COMPARE_LT, COMPARE_LTE, COMPARE_GT, COMPARE_GTE };

/* |minute … |year: the number is taken out of a date (UTC; the week is that of ISO 8601).
 */
enum time_part {
    TIME_WHOLE = 0, /* no date: the value itself */
    TIME_MINUTE,
    TIME_HOUR,
    TIME_DAY,
    TIME_WEEK,
    TIME_MONTH,
    TIME_YEAR,
};

struct network {
    uint8_t address[16];
    unsigned bits; /* of the prefix */
    bool v6;
};

struct regex; /* a compiled expression; freed by regex_free */

struct term {
    enum term_kind kind;
    struct pattern pattern; /* TERM_PATTERN */
    struct regex *regex;    /* TERM_REGEX */
    enum comparison comparison;
    enum time_part part;
    double number; /* TERM_NUMBER */
    struct network network;
    size_t field; /* TERM_FIELD: index of the other field (match.c) */
    struct pattern_style style;
};

/* Unknown only where a limit stopped the work. TERM_NULL and TERM_FIELD are not asked of
 * single values. */
enum truth term_matches(const struct term *t, const struct value *v);

/* The text of a scalar; numbers and booleans are written into `room`. False for objects,
 * arrays and null. */
#define VALUE_ROOM 40
bool value_text(const struct value *v, char room[VALUE_ROOM], struct bytes *out);
/* The number in a value, written as text or not. */
bool value_number(const struct value *v, double *out);

bool network_parse(struct bytes text, struct network *out);

/* `flags` out of "ims". NULL with *why (static or inside the arena) and the place. */
struct regex *regex_compile(struct bytes text, const char *flags, struct arena *arena,
                            const char **why);
void regex_free(struct regex *r);
/* Unknown when the match limit is reached. From any thread. */
enum truth regex_matches(struct regex *r, struct bytes value);

/* What one expression may do to one value: catastrophic expressions end here, sane ones
 * do not come near. PCRE2 counts calls of its internal match(). */
#define LIMIT_REGEX_STEPS 200000
#define LIMIT_REGEX_DEPTH 2000
#define LIMIT_REGEX_TEXT  8192

#endif
