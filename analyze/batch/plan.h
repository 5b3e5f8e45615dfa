/* Plan: which packages there are under a root, and in what order they are worked on.
 *
 * What is a package: an archive (by the end of its name), or a directory that directly
 * holds a regular file which is no archive, with everything beneath it. A directory of
 * only directories and archives is a folder of cases and looked into. The root itself is
 * always a folder; it may be reached through a symbolic link. Names that begin with '.'
 * and symbolic links below the root are passed over. Nothing is opened: only directories
 * are read and files stat()ed.
 */
#ifndef ANALYZE_BATCH_PLAN_H
#define ANALYZE_BATCH_PLAN_H

#include "formats/base/digest.h"
#include "formats/base/text.h"

#define PRINT_TEXT (2 * 32 + 1) /* SHA-256 in hex and a NUL */

struct planned {
    char *path;    /* from the root; owned */
    uint64_t size; /* bytes stored, all files together */
    bool directory;
    /* Of names, types, sizes, times of content and status, and inodes. */
    char stamp[PRINT_TEXT];
    /* The same stamp means the same bytes: the file system keeps status change times by
     * itself, and the last change was long enough ago that another one would show. */
    bool settled;
    /* Of what a listing digest does not cover: directories, links and their targets. */
    char shape[PRINT_TEXT];
};

/* A directory or file that could not be looked at: what is there is not in the plan. */
struct unreadable {
    char *path; /* owned */
    int error;  /* errno */
};

/* Largest first, so that no machine waits for the last big case; then by path. */
struct plan {
    struct planned *v;
    size_t n, capacity;
    uint64_t size;   /* of all */
    uint64_t passed; /* files and links of the folders that belong to no package */
    struct unreadable *unreadable;
    size_t unreadable_count, unreadable_capacity;
};

/* 0, or -errno when the root itself cannot be read. */
int plan_scan(struct plan *p, const char *root);
/* The plan as a text file: a line "exhibit-plan 2", then one line per case, SIZE STAMP
 * SETTLED SHAPE TYPE PATH, the path percent-encoded. Whole or not at all. 0 or -errno
 * (-EBADMSG when it is none). */
int plan_write(const struct plan *p, const char *path);
int plan_read(struct plan *p, const char *path);
/* Keeps what part `part` (from 1) of `parts` does. Each case, from the largest, goes to
 * the part that has the least to do so far, so that all parts end at about one time. */
void plan_shard(struct plan *p, size_t part, size_t parts);
void plan_release(struct plan *p);

/* Every byte but letters, digits and -._~/ as %XX: for plans and links. Appends. */
void path_encode(struct bytes path, struct text *t);

#endif
