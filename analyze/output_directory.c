#include "analyze/output_directory.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "analyze/report/report.h"

/* The deepest directory of the path that exists, with links resolved; false when there
 * is none. */
static bool existing_part(const char *path, char out[PATH_MAX])
{
    struct text t = {0};
    text_str(&t, path);
    bool found = realpath(text_c(&t), out) != NULL;
    while (!found && t.n > 0 && errno == ENOENT) {
        while (t.n > 0 && t.p[t.n - 1] == '/')
            t.p[--t.n] = 0;
        while (t.n > 0 && t.p[t.n - 1] != '/')
            t.p[--t.n] = 0;
        found = realpath(t.n > 0 ? t.p : ".", out) != NULL;
    }
    text_release(&t);
    return found;
}

static bool is_inside(const char *path, const char *directory)
{
    size_t n = strlen(directory);
    return strncmp(path, directory, n) == 0 && (path[n] == '/' || path[n] == 0);
}

bool path_is_inside(const char *path, const char *directory)
{
    char to[PATH_MAX], from[PATH_MAX];
    return existing_part(path, to) && realpath(directory, from) && is_inside(to, from);
}

/* The name of an output, or of the temporary file that becomes it. */
static bool is_ours(const char *name)
{
    static const char *const case_files[] = {
        "case.db", "case.db.part", "case.db.events.part", "log.txt" /* batch's */};
    struct bytes b = bytes_str(name);
    for (size_t i = 0; i < sizeof case_files / sizeof *case_files; i++)
        if (bytes_is(b, case_files[i]))
            return true;
    if (bytes_ends(b, BYTES(".part")))
        b.n -= strlen(".part");
    for (const struct report_format *f = report_formats; f->name; f++)
        if (f->file && bytes_is(b, f->file))
            return true;
    return false;
}

static bool holds_only_ours(const char *path)
{
    DIR *d = opendir(path);
    bool ours = d != NULL;
    for (struct dirent *e; ours && (e = readdir(d));)
        ours = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
               is_ours(e->d_name);
    if (d)
        closedir(d);
    return ours;
}

static bool make_with_parents(const char *path)
{
    struct text t = {0};
    text_str(&t, path);
    for (size_t i = 1; i < t.n; i++) {
        if (t.p[i] != '/')
            continue;
        t.p[i] = 0;
        mkdir(t.p, 0777);
        t.p[i] = '/';
    }
    bool made = mkdir(text_c(&t), 0777) == 0 || errno == EEXIST;
    text_release(&t);
    return made;
}

const char *output_directory_make(const char *path, const char *package)
{
    char to[PATH_MAX];
    struct stat s;
    if (!*path || !existing_part(path, to))
        return "no such place";
    if (path_is_inside(path, package))
        return "it is inside the package: evidence is never written to";
    if (stat(path, &s) == 0 && (!S_ISDIR(s.st_mode) || !holds_only_ours(path)))
        return "it holds files that are not of an earlier analysis";
    return make_with_parents(path) ? NULL : "it cannot be made";
}
