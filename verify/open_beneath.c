#include "verify/open_beneath.h"

#include <errno.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_resolved(int folder, const char *path, int flags)
{
    struct open_how how = {
        .flags = (unsigned)flags,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    int fd = (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
    if (fd >= 0 || errno != ENOSYS)
        return fd;
    /* Before Linux 5.6: one component at a time, none of them a link. */
    int at = fcntl(folder, F_DUPFD_CLOEXEC, 0);
    while (at >= 0) {
        size_t n = strcspn(path, "/");
        char part[NAME_MAX + 1];
        if (n > NAME_MAX || (n == 2 && memcmp(path, "..", 2) == 0)) {
            close(at);
            errno = ELOOP;
            return -1;
        }
        memcpy(part, path, n);
        part[n] = '\0';
        bool last = path[n] == '\0';
        int next = openat(at, part, last ? flags : OPEN_FOLDER);
        close(at);
        if (last || next < 0)
            return next;
        path += n + 1;
        at = next;
    }
    return at;
}

int open_beneath(int folder, const char *path)
{
    /* O_NOATIME is for the owner and root only. */
    int fd = open_resolved(folder, path, OPEN_FILE | O_NOATIME);
    return fd < 0 && errno == EPERM ? open_resolved(folder, path, OPEN_FILE) : fd;
}
