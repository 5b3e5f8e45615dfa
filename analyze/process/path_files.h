/* Path files: what a package and a base image have at the paths of a dump's files.
 *
 * Looked up once for all of them: a process has some hundred areas, and an image can have
 * a million files. */
#ifndef ANALYZE_PROCESS_PATH_FILES_H
#define ANALYZE_PROCESS_PATH_FILES_H

#include "analyze/process/checkpoint.h"

/* Files of one path: the layer's, and one for each image that has it. */
#define PATH_FILES 16

struct candidates {
    const struct item *item[PATH_FILES];
    struct package *package[PATH_FILES];
    size_t n;
};

struct path_files;
/* The paths of all regular files of `c`; `base` may be NULL. Borrows the packages. */
struct path_files *path_files_new(const struct checkpoint *c, struct package *base);
void path_files_free(struct path_files *all);
/* Never NULL; without files where nothing has that path. */
const struct candidates *path_files_find(const struct path_files *all, struct bytes path);

#endif
