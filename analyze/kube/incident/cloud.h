/* Cloud: requests to the cloud's own interface that the incident is about (for
 * analyze/kube/ only). */
#ifndef ANALYZE_KUBE_CLOUD_H
#define ANALYZE_KUBE_CLOUD_H

#include "analyze/kube/incident/incident.h"

/* After the first sign is known: marks what came from where the attacker works, and tells
 * it. Sets first_cloud. */
void incident_cloud(struct incident *in);
/* Does it take a key, a right or an entry from somebody? */
bool cloud_revokes(const struct mark *m);
/* Was it done to that user, by the last part of the name? */
bool cloud_names(const struct mark *m, struct bytes user);
/* Is the user of the log that principal of the cloud, or a session of that role? */
bool cloud_is_principal(struct bytes user, struct bytes principal);
/* The pod's role or account at the cloud, where the user is it (or a session of it); else
 * empty. */
struct bytes cloud_account_of_pod(const struct scope *s, struct bytes user);
/* The role of a session, "arn:aws:sts::1:assumed-role/ROLE/SESSION", in its last part;
 * empty: it is none. `account`: which account's. */
struct bytes cloud_role_of(struct bytes session, struct bytes *account);
/* Does it take them from an identity of the attacker, after the first sign? */
bool cloud_against(const struct incident *in, const struct mark *m);

#endif
