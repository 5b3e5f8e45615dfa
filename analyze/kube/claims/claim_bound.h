/* Which words of a sentence belong to its act: what was done, and that it was done. Where
 * that is not plain nothing is held against whoever wrote it. */
#ifndef ANALYZE_KUBE_CLAIM_BOUND_H
#define ANALYZE_KUBE_CLAIM_BOUND_H

#include "formats/base/bytes.h"

/* It says of an object that something was done to it: "deleted pod a", "pod a was
 * deleted"; not "deletion of pod a was postponed" nor "started a dump of node n". */
bool claim_tells_done(struct bytes text);
/* What it denies is the act: "no pod was deleted"; not "no alert for the deleted pod". */
bool claim_denies_act(struct bytes text);
/* Without what only says how or what for: ", without a backup", "so that no pod …". */
struct bytes claim_head(struct bytes text);

#endif
