/* Pattern: a Sigma string, its wildcards understood, ready to be held against a value.
 *
 * Source of the syntax: Sigma rules specification 2.1, "String Wildcard" and "Escape
 * Character": '*' any length, '?' one character, '\' before either (or before itself)
 * takes its meaning away and is an ordinary character elsewhere.
 */
#ifndef ANALYZE_RULES_PATTERN_H
#define ANALYZE_RULES_PATTERN_H

#include "analyze/truth.h"
#include "formats/base/arena.h"

/* Where in the value the text must stand (|contains, |startswith, |endswith). */
enum fit { FIT_WHOLE = 0, FIT_START, FIT_END, FIT_INSIDE };

enum pattern_kind {
    PATTERN_WHOLE, /* no wildcard but those of the fit: `literal` */
    PATTERN_START,
    PATTERN_END,
    PATTERN_INSIDE,
    PATTERN_ANY,  /* '*' alone: any value */
    PATTERN_GLOB, /* wildcards in between: `glyphs` */
};

struct pattern {
    enum pattern_kind kind;
    bool cased;
    struct bytes literal; /* lower case unless `cased` */
    const uint16_t *glyphs;
    size_t glyph_count;
};

/* `plain`: '*', '?' and '\' mean themselves. Views live in `arena`. */
struct pattern_style {
    enum fit fit;
    bool cased, plain;
};
struct pattern pattern_compile(struct bytes text, struct pattern_style style,
                               struct arena *arena);

/* Unknown when the work for this value reaches LIMIT_PATTERN_STEPS. */
enum truth pattern_matches(const struct pattern *p, struct bytes value);

/* A glob whose stars each must try again at every byte of a long value is quadratic; a
 * 16 MiB line against one star is not. */
#define LIMIT_PATTERN_STEPS 67108864

#endif
