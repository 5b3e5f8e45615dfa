#include "analyze/batch/files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "formats/base/limits.h"

/* The reports of an empty case and the journal's next pages. */
#define ROOM_FOR_A_CASE (4 * MIB)

void batch_path(const char *out, const char *part, const char *path, struct text *t)
{
    text_printf(t, "%s/%s/%s", out, part, path);
}

int make_parents(const char *path)
{
    struct text t = {0};
    int r = 0;
    text_str(&t, path);
    for (size_t i = 1; i < t.n; i++) {
        if (t.p[i] != '/')
            continue;
        t.p[i] = '\0';
        r = mkdir(t.p, 0777) == 0 || errno == EEXIST ? 0 : -errno;
        t.p[i] = '/';
    }
    text_release(&t);
    return r;
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

int remove_work(const char *path)
{
    struct text parent = {0};
    int r = remove_tree(path);
    text_add(&parent,
             bytes_sub(bytes_str(path), 0, bytes_rfind_byte(bytes_str(path), '/')));
    rmdir(text_c(&parent));
    text_release(&parent);
    return r;
}

static int write_all(const char *path, struct bytes content)
{
    FILE *f = fopen(path, "wb");
    if (!f)
        return -errno;
    bool good = fwrite(content.p, 1, content.n, f) == content.n && fflush(f) == 0 &&
                fsync(fileno(f)) == 0;
    int r = good ? 0 : errno ? -errno : -EIO;
    if (fclose(f) != 0 && r == 0)
        r = -errno;
    return r;
}

int file_replace(const char *path, struct bytes content)
{
    struct text part = {0};
    text_printf(&part, "%s.part", path);
    int r = write_all(text_c(&part), content);
    if (r == 0 && rename(text_c(&part), path) < 0)
        r = -errno;
    if (r < 0)
        unlink(text_c(&part));
    text_release(&part);
    return r;
}

int sync_files(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = syncfs(fd) < 0 ? -errno : 0;
    close(fd);
    return r;
}

bool disk_is_full(const char *directory)
{
    struct statvfs s;
    return statvfs(directory, &s) == 0 &&
           (s.f_bavail < ROOM_FOR_A_CASE / s.f_frsize || (s.f_files && !s.f_favail));
}
