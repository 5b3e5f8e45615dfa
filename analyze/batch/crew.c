#include "analyze/batch/crew.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"

struct running {
    pid_t pid; /* 0: the place is free */
    size_t index;
    struct timespec deadline;
    bool limited, late;
};

/* -- the child -------------------------------------------------------------------------
 */

static void to_file(const char *path, int descriptor)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0 || dup2(fd, descriptor) < 0)
        _exit(127);
}

static void limit(__rlimit_resource_t resource, rlim_t value)
{
    setrlimit(resource, &(struct rlimit){value, value});
}

/* Becomes the command. Only what is safe between fork and exec is called. */
static void become(const struct task *t, pid_t parent)
{
    sigset_t none;
    /* A process group of its own, so that the time limit reaches whatever it starts; and
     * it does not outlive us, so that a resumed run never meets its predecessor. */
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    to_file("/dev/null", STDIN_FILENO);
    to_file(t->log, STDERR_FILENO);
    if (t->output)
        to_file(t->output, STDOUT_FILENO);
    else
        dup2(STDERR_FILENO, STDOUT_FILENO);
    limit(RLIMIT_CORE, 0); /* the evidence has no place in a core file */
    if (t->limits.memory)
        limit(RLIMIT_DATA, t->limits.memory);
    /* The program that we are, also when the file was replaced by an update meanwhile. */
    execv("/proc/self/exe", (char *const *)(uintptr_t)t->argv);
    _exit(127);
}

/* -- the parent ------------------------------------------------------------------------
 */

static bool start(struct running *r, const struct task *t)
{
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        become(t, parent);
    if (pid < 0)
        return false;
    setpgid(pid, pid); /* in both, so that it holds whoever comes first */
    r->pid = pid;
    r->late = false;
    r->limited = t->limits.seconds > 0;
    clock_gettime(CLOCK_MONOTONIC, &r->deadline);
    r->deadline.tv_sec += t->limits.seconds;
    return true;
}

static void stop_all(const struct running *r, size_t jobs)
{
    for (size_t i = 0; i < jobs; i++)
        if (r[i].pid)
            kill(-r[i].pid, SIGKILL);
}

static void kill_late(struct running *r, size_t jobs)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    for (size_t i = 0; i < jobs; i++) {
        if (!r[i].pid || !r[i].limited || now.tv_sec < r[i].deadline.tv_sec ||
            (now.tv_sec == r[i].deadline.tv_sec && now.tv_nsec < r[i].deadline.tv_nsec))
            continue;
        r[i].late = true;
        kill(-r[i].pid, SIGKILL);
    }
}

static void reap(const struct crew *c, struct running *r, bool stopped)
{
    int status;
    struct rusage usage;
    if (!r->pid || wait4(r->pid, &status, WNOHANG, &usage) != r->pid)
        return;
    struct ended e = {ENDING_EXIT, WEXITSTATUS(status), (uint64_t)usage.ru_maxrss * KIB};
    if (stopped && WIFSIGNALED(status))
        e.how = ENDING_STOPPED;
    else if (r->late)
        e.how = ENDING_TIME;
    else if (WIFSIGNALED(status))
        e.how = ENDING_SIGNAL, e.value = WTERMSIG(status);
    else if (e.value == 127)
        e.how = ENDING_NOT_STARTED;
    r->pid = 0;
    c->ended(c->context, r->index, &e);
}

/* Fills free places; the number of commands that run. */
static size_t fill(const struct crew *c, struct running *r, bool stopped)
{
    size_t running = 0;
    for (size_t i = 0; i < c->jobs; i++) {
        struct task t = {0};
        while (!stopped && !r[i].pid && c->next(c->context, &r[i].index, &t)) {
            if (!start(&r[i], &t))
                c->ended(c->context, r[i].index,
                         &(struct ended){ENDING_NOT_STARTED, errno, 0});
        }
        running += r[i].pid != 0;
    }
    return running;
}

int crew_run(const struct crew *c)
{
    static const int watched[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP};
    struct running *r = memory_new(c->jobs, sizeof *r);
    sigset_t set, before;
    int stop = 0;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
        sigaddset(&set, watched[i]);
    sigprocmask(SIG_BLOCK, &set, &before);
    for (size_t running; (running = fill(c, r, stop)) > 0;) {
        int sign = sigtimedwait(&set, NULL, &(struct timespec){0, 250000000});
        if (sign > 0 && sign != SIGCHLD) {
            stop = sign;
            stop_all(r, c->jobs);
        }
        kill_late(r, c->jobs);
        for (size_t i = 0; i < c->jobs; i++)
            reap(c, &r[i], stop);
        if (c->tick)
            c->tick(c->context, running);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    free(r);
    return stop;
}
