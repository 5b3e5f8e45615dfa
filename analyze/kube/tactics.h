/* Tactics of ATT&CK: which phase of an intrusion a technique, tag or request belongs to.
 */
#ifndef ANALYZE_KUBE_TACTICS_H
#define ANALYZE_KUBE_TACTICS_H

#include "formats/base/bytes.h"

/* The tactic ("persistence") of the first technique of a comma-separated list that is
 * known, "execution" where none is. ATT&CK files many techniques under several tactics:
 * the one is given under which a container's intruder uses it. Static. */
const char *tactic_of_techniques(struct bytes attack);
/* Of the tags of a Falco rule ("mitre_credential_access", …). */
const char *tactic_of_tags(struct bytes tags);

#endif
