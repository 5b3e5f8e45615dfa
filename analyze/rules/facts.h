/* Facts: the processes of a checkpoint and the changes of a layer, as log sources of
 * their own. What their documents say is what a rule can ask for (process_fields.def,
 * layer_fields.def). */
#ifndef ANALYZE_RULES_FACTS_H
#define ANALYZE_RULES_FACTS_H

#include <jansson.h>

struct package;
struct rules_run;

/* One process of processes.json; one change of diff.json. Facts that cite no bytes
 * ("span", "evidence") are passed over. `run` may be NULL. */
void rules_apply_process(struct rules_run *run, const struct package *p,
                         const json_t *process);
void rules_apply_change(struct rules_run *run, const struct package *p,
                        const json_t *change);

#endif
