/* What package.c, member.c and walk.c share. */
#ifndef VERIFY_PACKAGE_PRIVATE_H
#define VERIFY_PACKAGE_PRIVATE_H

#include <pthread.h>

#include "verify/package.h"

/* The arenas of the jobs that made the items; they live as long as the package. */
struct arena_list {
    struct arena arena;
    struct arena_list *next;
};

/* The package-level files, sorted; made when they are first asked for, since not
 * everybody does and an image can have a million. */
struct file_list {
    struct item **v;
    size_t n;
};

struct package {
    int fd;        /* of the directory or the file */
    int folder_fd; /* of a split archive: the folder that its parts lie in, else -1 */
    bool is_directory;
    const char *path; /* as given */
    const char *name;
    struct item root;
    struct arena arena;
    struct arena_list *arenas;
    struct bytes folder; /* "name/" that all members of an archive share, or nothing */
    struct file_list *files;
    size_t threads;            /* of the walk */
    bool direct;               /* walk_options */
    struct block_pool *blocks; /* for second readings */
};

/* The content of a file of the package, or of the package itself. Always a source, as
 * storage_open; free with storage_close. */
struct source *package_file_open(const struct package *p, const struct item *item);

/* After the walk: ids in depth-first order, then the folder that all members share. */
void package_number(struct package *p);
/* Finds what the hard links of archives lead to, for package_linked(). After the ids. */
void package_link(struct package *p);
void package_index(struct package *p);

/* A container being read: the archive reader and, for formats that must seek in a stream
 * that cannot, the whole of it in memory or, when it is large, in a spool. */
struct members {
    struct archive_reader *reader;
    struct memory_source memory;
    uint8_t *slurped;
    struct spool *spool;
};

/* `from` must outlive it. zstd is not checked once more (zstd_check.h). Where the spool
 * has no room for a 7z or zip, it has no members and *fault says so. */
void members_open(struct members *m, struct source *from, enum container kind,
                  struct fault *fault);
void members_close(struct members *m);

#endif
