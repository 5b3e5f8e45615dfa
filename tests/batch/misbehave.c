/* What a bug in a decoder would do, for the tests of batch. Loaded with LD_PRELOAD into
 * `exhibit analyze`; it acts on packages called crash, hang and hungry, in the middle of
 * the work: when the case file, already in the sandbox, is read back for the reports.
 * Nothing of this is in exhibit itself.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char package[4096]; /* last argument of this process */

__attribute__((constructor)) static void read_arguments(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "analyze") == 0)
        strncpy(package, argv[argc - 1], sizeof package - 1);
}

static int is(const char *name)
{
    const char *slash = strrchr(package, '/');
    return slash && strcmp(slash + 1, name) == 0;
}

/* Takes all that the limit leaves, so that the next who asks gets nothing; without a
 * limit no more than 2 GiB. */
static void eat(void)
{
    size_t eaten = 0;
    for (size_t n = (size_t)1 << 26; n >= 64 && eaten < (size_t)1 << 31;) {
        void *p = malloc(n);
        eaten += p ? n : 0;
        if (p)
            memset(p, 1, n);
        else
            n /= 2;
    }
}

static void misbehave(void)
{
    if (is("crash"))
        raise(SIGSEGV);
    while (is("hang"))
        pause();
    if (is("hungry"))
        eat();
}

/* The call with which the case file is opened. */
int sqlite3_open_v2(const char *path, void **db, int flags, const char *vfs)
{
    int (*real)(const char *, void **, int, const char *);
    *(void **)&real = dlsym(RTLD_NEXT, "sqlite3_open_v2");
    static int calls;
    if (++calls == 2)
        misbehave();
    return real(path, db, flags, vfs);
}
