/* Folders that are evidence of their own: an image as its layout lies on disk, the upper
 * folder of a container as it was copied from the node.
 *
 * A collector may copy such a folder into the package as it is. Its files are then the
 * container's, not evidence that somebody wrote: they have no roles, whatever their names
 * say. The folder's own item gets the role.
 */
#ifndef VERIFY_IDENTIFY_FOLDER_H
#define VERIFY_IDENTIFY_FOLDER_H

#include "verify/identify.h"
#include "verify/walk.h"

/* Gives roles to folders among the members of `container`, and marks what is below them
 * (item.in_root). The container itself is never one of them. True when there are any.
 * `overrides` may be NULL. */
bool identify_folders(struct item *container, const struct role_override *overrides);

/* The one folder below which all members of a container lie and in which a root file
 * system begins ("upper", "case/diff"), as `tar c upper` writes it; empty when the root
 * begins at the top. A view of a member's name. */
struct bytes identify_root_folder(const struct item *container);

#endif
