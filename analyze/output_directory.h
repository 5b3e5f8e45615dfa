/* The directory that analyze writes into: never inside the evidence, never one that holds
 * anything of somebody else's. */
#ifndef ANALYZE_OUTPUT_DIRECTORY_H
#define ANALYZE_OUTPUT_DIRECTORY_H

#include "formats/base/text.h"

/* Makes `path` (with its parents) for an analysis of `package`. NULL when it can be used;
 * else why not (static), and nothing was made. */
const char *output_directory_make(const char *path, const char *package);

/* `path`, which need not exist yet, is `directory` or lies in it, links resolved. */
bool path_is_inside(const char *path, const char *directory);

#endif
