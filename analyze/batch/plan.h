/* Plan: which packages there are under a root, and in what order they are worked on.
 *
 * What is a package: an archive (by the end of its name), or a directory that directly
 * holds a regular file which is no archive, with everything beneath it. A directory of
 * only directories and archives is a folder of cases and looked into. The root itself is
 * always a folder. Names that begin with '.', symbolic links and the output directory are
 * passed over. Nothing is opened: only directories are read and files stat()ed.
 */
#ifndef ANALYZE_BATCH_PLAN_H
#define ANALYZE_BATCH_PLAN_H

#include "formats/base/text.h"

struct planned {
    char *path;           /* from the root; owned */
    uint64_t size;        /* bytes stored, all files together */
    uint64_t fingerprint; /* of names, sizes and times: unlike after any change */
    bool directory;
};

/* Largest first, so that no machine waits for the last big case; then by path. */
struct plan {
    struct planned *v;
    size_t n, capacity;
    uint64_t size;   /* of all */
    uint64_t passed; /* files and links of the folders that belong to no package */
};

/* `out` is the output directory. 0 or -errno. */
int plan_scan(struct plan *p, const char *root, const char *out);
/* The plan as a text file, one line per case: SIZE FINGERPRINT TYPE PATH, the path
 * percent-encoded. 0 or -errno (-EBADMSG when it is none). */
int plan_write(const struct plan *p, const char *path);
int plan_read(struct plan *p, const char *path);
/* Keeps what part `part` (from 1) of `parts` does: every parts-th case. */
void plan_shard(struct plan *p, size_t part, size_t parts);
void plan_release(struct plan *p);

/* Every byte but letters, digits and -._~/ as %XX: for plans and links. Appends. */
void path_encode(struct bytes path, struct text *t);

#endif
