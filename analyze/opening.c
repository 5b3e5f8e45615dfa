#include "analyze/opening.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "analyze/commands.h"
#include "analyze/output_directory.h"
#include "analyze/screen.h"
#include "formats/base/limits.h"
#include "formats/base/mask.h"

static int walk_again(const char *path, const struct walk_options *options,
                      struct package **out)
{
    struct walk_options afresh = *options;
    afresh.memory = NULL;
    return opening_walk(path, &afresh, out);
}

int opening_walk(const char *path, const struct walk_options *options,
                 struct package **out)
{
    const char *why;
    struct package *p;
    if (package_open(path, &p, &why) < 0) {
        fprintf(stderr, "exhibit: cannot open ");
        print_escaped(stderr, bytes_str(path));
        fprintf(stderr, ": %s\n", why);
        return EXIT_USAGE;
    }
    int error = walk_package(p, options);
    progress_end();
    if (error < 0) {
        fprintf(stderr, "exhibit: reading failed: %s\n", strerror(-error));
        package_close(p);
        return EXIT_OURS;
    }
    if (options->memory && atomic_exchange(&options->memory->stale, false)) {
        package_close(p);
        return walk_again(path, options, out);
    }
    *out = p;
    return EXIT_HELD;
}

int opening_index(const char *command, const char *path, const char *const *inputs,
                  struct index_store **out)
{
    const char *why = NULL;
    *out = NULL;
    for (; path && *inputs; inputs++) {
        if (path_is_inside(path, *inputs))
            why = "it is inside the evidence, which is never written to";
    }
    if (path && !why)
        *out = index_store_open(path, &why);
    if (!why)
        return EXIT_HELD;
    fprintf(stderr, "exhibit %s: --index ", command);
    print_escaped(stderr, bytes_str(path));
    fprintf(stderr, ": %s\n", why);
    return EXIT_USAGE;
}

size_t opening_threads(size_t asked)
{
    cpu_set_t set;
    if (asked)
        return asked;
    if (sched_getaffinity(0, sizeof set, &set) < 0)
        return 1;
    return (size_t)CPU_COUNT(&set);
}

void print_escaped(FILE *to, struct bytes b)
{
    struct text t = {0};
    escape_terminal(&t, b);
    fputs(text_c(&t), to);
    text_release(&t);
}

void print_masked(FILE *to, const struct mask *m, struct bytes b)
{
    struct text t = {0};
    mask_terminal(m, b, &t);
    fputs(text_c(&t), to);
    text_release(&t);
}

/* -- progress --------------------------------------------------------------------------
 */

static struct timespec begun, told;
static bool on_line;

static double seconds_since(const struct timespec *from, const struct timespec *to)
{
    return (double)(to->tv_sec - from->tv_sec) +
           (double)(to->tv_nsec - from->tv_nsec) / (double)NANOSECONDS;
}

/* What has room behind the `taken` columns: a line that wraps is not cleared by the next
 * one. A name is shown up to a credential in it: the key that masks are made with is not
 * known before all names are. */
static void tell_name(struct bytes name, size_t taken)
{
    unsigned columns = screen_of(STDERR_FILENO).columns;
    size_t width = columns ? columns : 80;
    struct text visible = {0};
    struct credential secret;
    if (credential_next(name, 0, &secret))
        name.n = secret.offset;
    escape_terminal(&visible, name);
    fprintf(stderr, "%.*s", (int)(width > taken ? width - taken : 0), text_c(&visible));
    text_release(&visible);
}

static void tell(void *context, uint64_t done, uint64_t total, const struct item *item)
{
    (void)context;
    struct timespec now;
    struct text name = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (on_line && seconds_since(&told, &now) < 0.2)
        return;
    told = now;
    on_line = true;
    double rate = (double)done / (seconds_since(&begun, &now) + 1e-9);
    double left = total > done && rate > 0 ? (double)(total - done) / rate : 0;
    item_path(item, &name);
    int used = fprintf(stderr, "\r\033[K%5.1f%% of %.1f MiB, %.0f MiB/s, %.0f s left  ",
                       total ? 100.0 * (double)done / (double)total : 0.0,
                       (double)total / (double)MIB, rate / (double)MIB, left);
    tell_name(text_bytes(&name), used > 4 ? (size_t)used - 4 : 0);
    text_release(&name);
}

struct progress progress_terminal(void)
{
    clock_gettime(CLOCK_MONOTONIC, &begun);
    return (struct progress){isatty(STDERR_FILENO) ? tell : NULL, NULL};
}

void progress_end(void)
{
    if (on_line)
        fputs("\r\033[K", stderr);
    on_line = false;
}
