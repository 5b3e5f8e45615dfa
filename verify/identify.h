/* Identify: what an item is, by its content first and its name second. */
#ifndef VERIFY_IDENTIFY_H
#define VERIFY_IDENTIFY_H

#include "verify/item.h"

struct identity {
    enum role role;
    enum identified how;
};

/* `head`: the first bytes of the item, LIMIT_HEAD at most; `path`: its normalised name.
 * For containers, whose role follows from what is in them, see identify_container. */
struct identity identify(struct bytes head, struct bytes path);
/* After the members of a container are known. */
struct identity identify_container(const struct item *container);

/* Is this member of an archive a file of a root file system (an image, a layer)? Such
 * files are the container's, not evidence that somebody collected, and have no role; but
 * the log folders of a node are. `path` is normalised. */
bool identify_is_root_file(struct bytes path);
/* Is it in one of those folders? */
bool identify_is_node_log(struct bytes path);

/* Does the content fit what the name promises (an archive, JSON, text)? Names without a
 * known ending promise nothing. */
bool identify_fits_name(struct bytes head, struct bytes path);
/* Whether the file may be a zip behind other data: by its name, or because it begins like
 * a program. Its end tells (zip_check.h). */
bool identify_may_hide_zip(struct bytes head, struct bytes path);

#endif
