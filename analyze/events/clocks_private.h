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
    size_t events;
    const struct comparison *via; /* to the source that is nearer to the reference */
    bool reached;                 /* a reference, or compared with one */
    bool reference;               /* of those that could be compared with it */
    bool applied;                 /* some step on the way moves events */
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

struct comparison {
    uint32_t a, b; /* sources */
    struct clock_fit fit;
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
};

enum clue_kind clue_kind_of(const struct clocks *c, const struct taken_clue *k);

#endif
