/* Tmpfs: the files of mounts that are memory, and so in no layer and no image.
 *
 * CRIU packs each such mount into an archive of its own: tmpfs-dev-N.tar.gz.img, N the
 * device, or tmpfs-N.tar.gz.img, N the mount, in old dumps. Podman packs /dev/shm, which
 * comes from outside of the container, into devshm-checkpoint.tar.
 */
#ifndef ANALYZE_PROCESS_TMPFS_H
#define ANALYZE_PROCESS_TMPFS_H

#include "analyze/process/checkpoint.h"

/* The archive whose members are the files of a mount, or NULL. */
const struct item *tmpfs_archive(struct checkpoint *c, const Criu__MntEntry *mount);

/* All files of all such mounts: the path in the container, valid during the call. */
typedef void tmpfs_fn(void *context, struct bytes path, const struct item *file);
void tmpfs_each(struct checkpoint *c, tmpfs_fn *each, void *context);

#endif
