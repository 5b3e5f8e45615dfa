/* Paths and trees of the output directory. */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

#include "analyze/batch/batch.h"

void batch_path(const char *out, const char *part, const char *path, struct text *t)
{
    text_printf(t, "%s/%s/%s", out, part, path);
}

void make_parents(const char *path)
{
    struct text t = {0};
    text_str(&t, path);
    for (size_t i = 1; i < t.n; i++) {
        if (t.p[i] != '/')
            continue;
        t.p[i] = '\0';
        mkdir(t.p, 0777);
        t.p[i] = '/';
    }
    text_release(&t);
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *ftw)
{
    (void)s, (void)type, (void)ftw;
    return remove(path) == 0 || errno == ENOENT ? 0 : -errno;
}

int remove_tree(const char *path)
{
    /* Depth first, and never through a symbolic link. */
    int r = nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return r == -1 ? (errno == ENOENT ? 0 : -errno) : r;
}
