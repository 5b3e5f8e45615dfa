/* Files of the output directory: paths, trees, and what survives a loss of power. */
#ifndef ANALYZE_BATCH_FILES_H
#define ANALYZE_BATCH_FILES_H

#include "formats/base/text.h"

/* "OUT/PART/PATH"; appends. */
void batch_path(const char *out, const char *part, const char *path, struct text *t);
/* Makes every directory above the last '/' of the path. 0 or -errno. */
int make_parents(const char *path);
/* Removes a tree that batch made. 0 or -errno; fine when there is none. */
int remove_tree(const char *path);
/* Removes "OUT/work/NAME", and OUT/work when nothing else is in it. 0 or -errno. */
int remove_work(const char *path);
/* Writes a file beside its place, syncs it and renames it: whole or not at all. 0 or
 * -errno. */
int file_replace(const char *path, struct bytes content);
/* Everything written below `directory` so far is on the disk. 0 or -errno. */
int sync_files(const char *directory);
/* Less is left than an output needs: what fails now fails for that. */
bool disk_is_full(const char *directory);

#endif
