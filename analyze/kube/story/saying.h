/* A sentence while it is put together, for story_summary.c and story_questions.c. */
#ifndef ANALYZE_KUBE_SAYING_H
#define ANALYZE_KUBE_SAYING_H

#include "analyze/kube/story/story.h"

/* Steps and names that one sentence tells; of more their number. */
#define SUMMARY_ACTS 8

struct saying {
    const struct story *y;
    json_t *array;
    const char *key; /* "text", "question" */
    struct text text;
    json_t *spans, *steps; /* of a sentence made of steps: each with its own places */
};

void saying_begin(struct saying *s, const char *text);
/* One place only once. */
void saying_cite(struct saying *s, struct span span);
/* The whole saying, borrowed. */
json_t *saying_end(struct saying *s);

/* story_noted.c: what the written timeline says falsely; logs of other clusters. */
void say_contradicted(struct saying *s);
void say_other_clusters(struct saying *s);

#endif
