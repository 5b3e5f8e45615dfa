/* What clocks.c estimates and clocks_document.c tells. */
#ifndef ANALYZE_EVENTS_CLOCKS_PRIVATE_H
#define ANALYZE_EVENTS_CLOCKS_PRIVATE_H

#include "analyze/events/clock_fit.h"
#include "analyze/events/clocks.h"
#include "analyze/events/clue.h"
#include "formats/base/intern.h"

#define COMPARISON_EXAMPLES 5

struct clock_source {
    const struct item *item; /* NULL: all Kubernetes objects, whose times one API tells */
    enum event_kind kind;    /* of its first event */
    size_t events, lines;    /* lines: taken as clues */
    instant first, last;     /* of its events, as it states them */
    const struct comparison *via; /* to the source that is nearer to the reference */
    bool reached;                 /* a reference, or compared with one */
    bool reference;               /* of those that could be compared with it */
    bool applied;                 /* some step on the way moves events */
    bool compared;                /* with the first reference, on whatever way */
    /* The earliest of the pod's containers, and of their making; INSTANT_NONE: none. */
    struct clock_moment lived, begun;
};

struct taken_clue {
    uint32_t key, where; /* intern numbers; where 0: not told */
    uint32_t source, event;
    struct clock_moment moment;
};

/* Two clues that may be one act. */
struct match {
    uint32_t a, b; /* numbers of clues; the source of a is before that of b */
};

/* How far the second clock is ahead of the first, by what cannot have come before what.
 */
struct clock_bounds {
    bool at_least, at_most; /* which of the two is there */
    int64_t least, most;
};

struct comparison {
    uint32_t a, b; /* sources */
    struct clock_fit fit;
    struct clock_bounds bounds; /* where no act is shared */
    struct match examples[COMPARISON_EXAMPLES];
    size_t example_count;
};

struct clocks {
    struct intern *words;
    struct clock_source *sources;
    size_t source_count, source_capacity;
    struct taken_clue *clues;
    size_t clue_count, clue_capacity;
    struct match *given; /* by clocks_pair */
    size_t given_count, given_capacity;
    struct comparison *comparisons;
    size_t comparison_count, comparison_capacity;
    uint32_t events;
    uint64_t not_taken; /* clues beyond LIMIT_CLUES */
    /* When the pod was made, and when something in it had acted: clocks_bound. */
    struct clock_moment made, acted; /* span.item NULL: not told */
};

/* Logs of containers of which one ends before the other begins: a container that was
 * started again writes what it wrote before, and that is no act that both saw. A copy
 * whose times are of another zone lies whole quarters of hours apart. */
bool clocks_follow(const struct clocks *c, const struct comparison *x);
/* What an event tells of when its container was there. */
void clocks_lived(struct clock_source *s, const struct event *e);
/* Comparisons of the source that tells of the pod's making with those that tell of its
 * containers, where they share too few acts. */
void clocks_compare_bounds(struct clocks *c);
bool clocks_source_of(struct clocks *c, const struct clock_moment *m, uint32_t *out);
struct comparison *clocks_add_comparison(struct clocks *c, const struct comparison *x);
/* Two moments as an example of `kind`; false when there is no room for more. */
bool clocks_add_example(struct clocks *c, struct comparison *x, enum clue_kind kind,
                        const struct clock_moment moments[2]);
/* Do the bounds leave no room for clocks that agree? */
bool clock_bounds_contradict(const struct clock_bounds *b);

enum clue_kind clue_kind_of(const struct clocks *c, const struct taken_clue *k);

#endif
