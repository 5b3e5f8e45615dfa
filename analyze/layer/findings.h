/* Findings about what changed in a layer, and its events for the timeline. */
#ifndef ANALYZE_LAYER_FINDINGS_H
#define ANALYZE_LAYER_FINDINGS_H

#include "analyze/layer/comparison.h"
#include "verify/finding.h"

enum layer_finding {
#define FINDING(name, id, severity, title, attack, why, refute) LAYER_##name,
#include "analyze/layer/findings.def"
#undef FINDING
    LAYER_FINDING_COUNT
};
const struct finding_kind *layer_finding_kind(enum layer_finding which);

/* `now`: what lies after it is in the future. */
void layer_findings(const struct comparison *c, instant now, struct findings *all);

/* What a path means by its place alone ("layer.cron"), or NULL: the class of a change. */
const struct finding_kind *layer_place(struct bytes path, enum change_type type,
                                       unsigned kinds);

/* Files that the container engine itself makes in every container. */
bool layer_is_stub(struct bytes path);

/* '*' is anything within a component, "**" anything at all. */
bool path_matches(struct bytes path, struct bytes pattern);

/* Times of what changed: 0 or < 0. */
int layer_events(const struct comparison *c, struct casefile *casefile);

#endif
