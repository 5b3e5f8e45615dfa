/* Opening files of a package without leaving it. */
#ifndef VERIFY_OPEN_BENEATH_H
#define VERIFY_OPEN_BENEATH_H

#include <fcntl.h>

/* Nothing that is opened blocks, is a link, or is inherited. */
#define OPEN_FILE   (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
#define OPEN_FOLDER (OPEN_FILE | O_DIRECTORY)

/* A descriptor of the file at `path` below the folder, without following any link and,
 * where that is allowed, without changing its time of access; or -1 and errno. */
int open_beneath(int folder, const char *path);

#endif
