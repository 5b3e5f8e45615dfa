/* The sandbox holds: each test is a process of its own and enters for good. */
#include "verify/sandbox.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[512], inside[520], output[520], made[530];

static const char *enter(void)
{
    /* Who runs the tests takes this away: from inside nobody can. */
    const char *scratch = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/exhibit-sandbox-XXXXXX",
             scratch ? scratch : "/tmp");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(inside, sizeof inside, "%s/in", folder);
    snprintf(output, sizeof output, "%s/out", folder);
    snprintf(made, sizeof made, "%s/new", output);
    cr_assert_eq(mkdir(output, 0700), 0);
    int fd = open(inside, O_WRONLY | O_CREAT, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, "x", 1), 1);
    close(fd);
    const char *read[] = {inside, NULL};
    const char *written[] = {output, NULL};
    const struct sandbox_paths paths = {read, written};
    return sandbox_enter(&paths);
}

static bool has_landlock(const char *said)
{
    return strstr(said, "landlock") == said;
}

Test(sandbox, reads_what_it_was_given_and_nothing_else)
{
    const char *said = enter();
    char c;
    int fd = open(inside, O_RDONLY);
    cr_assert_geq(fd, 0);
    cr_assert_eq(read(fd, &c, 1), 1);
    if (!has_landlock(said))
        return;
    cr_assert_lt(open("/etc/passwd", O_RDONLY), 0);
    cr_assert_eq(errno, EACCES);
    cr_assert_lt(open(inside, O_WRONLY), 0);
    cr_assert_eq(errno, EACCES);
}

Test(sandbox, writes_below_its_output_only)
{
    const char *said = enter();
    cr_assert_geq(open(made, O_WRONLY | O_CREAT, 0600), 0);
    if (!has_landlock(said))
        return;
    cr_assert_lt(open("/tmp/exhibit-sandbox-escape", O_WRONLY | O_CREAT, 0600), 0);
    cr_assert_eq(errno, EACCES);
}

Test(sandbox, no_network_no_programs_no_mounts)
{
    const char *said = enter();
    char *arguments[] = {(char[]){"/bin/true"}, NULL};
    cr_assert_not_null(strstr(said, "seccomp"));
    cr_assert_lt(socket(AF_INET, SOCK_STREAM, 0), 0);
    cr_assert_eq(errno, EPERM);
    cr_assert_lt(socket(AF_UNIX, SOCK_STREAM, 0), 0);
    cr_assert_eq(errno, EPERM);
    cr_assert_lt(execv("/bin/true", arguments), 0);
    cr_assert_eq(errno, EPERM);
    cr_assert_lt(mount("none", folder, "tmpfs", 0, NULL), 0);
    cr_assert_eq(errno, EPERM);
}
