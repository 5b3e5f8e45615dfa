/* What the name of an item tells, where its content does not. Internal to verify/.
 */
#ifndef VERIFY_IDENTIFY_NAME_H
#define VERIFY_IDENTIFY_NAME_H

#include "verify/item.h"

/* The part behind the last slash. */
struct bytes name_base(struct bytes path);
/* Without regard to case; `part` is lower-case. */
bool name_ends(struct bytes name, const char *suffix);
bool name_holds(struct bytes name, const char *part);
/* A word of several languages for what people write down of an incident. */
bool name_of_timeline(struct bytes name);
/* The number of a standard folder of a root file system ("etc", "usr"), below 32; or -1.
 */
int name_root_folder(struct bytes name);
/* Is the first part of a path such a folder? */
bool name_begins_in_root(struct bytes path);
/* ROLE_UNKNOWN when the name tells nothing. */
enum role name_role(struct bytes path);

#endif
