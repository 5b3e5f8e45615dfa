#include "analyze/batch/plan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"

/* -- fingerprint: FNV-1a, to notice change, not to prove identity ----------------------
 */

static uint64_t fold(uint64_t print, const void *p, size_t n)
{
    const uint8_t *byte = p;
    for (size_t i = 0; i < n; i++)
        print = (print ^ byte[i]) * UINT64_C(0x100000001b3);
    return print;
}

/* Of one file; those of a package are added up, so that no order matters. */
static uint64_t file_print(const char *path, const struct stat *s)
{
    int64_t numbers[] = {s->st_size, s->st_mtim.tv_sec, s->st_mtim.tv_nsec, s->st_mode};
    uint64_t print = fold(UINT64_C(0xcbf29ce484222325), path, strlen(path) + 1);
    return fold(print, numbers, sizeof numbers);
}

/* -- reading directories ---------------------------------------------------------------
 */

struct scan {
    struct plan *plan;
    dev_t out_device; /* the output directory, which is no evidence */
    ino_t out_inode;
    struct text path; /* of the entry looked at; the root is its first root_n bytes */
    size_t root_n;
    int error;
};

static bool is_archive(const char *name)
{
    static const char *const ends[] = {".tar",  ".tgz",     ".tar.gz",  ".tar.zst",
                                       ".tzst", ".tar.xz",  ".txz",     ".tar.bz2",
                                       ".tbz2", ".tar.lz4", ".zip",     ".7z",
                                       ".cpio", ".cpio.gz", ".cpio.zst"};
    struct bytes b = bytes_str(name);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t n = strlen(ends[i]);
        if (b.n > n && bytes_eq_nocase(bytes_from(b, b.n - n), bytes_str(ends[i])))
            return true;
    }
    return false;
}

/* Calls `each` for every entry of the directory that scan->path names. */
static void read_directory(struct scan *scan, void *context,
                           void (*each)(struct scan *, void *, const struct stat *))
{
    DIR *d = opendir(text_c(&scan->path));
    if (!d) {
        scan->error = scan->error ? scan->error : -errno;
        return;
    }
    size_t n = scan->path.n;
    for (struct dirent *e; (e = readdir(d));) {
        struct stat s;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (n + strlen(e->d_name) + 1 >= LIMIT_PATH ||
            fstatat(dirfd(d), e->d_name, &s, AT_SYMLINK_NOFOLLOW) < 0 ||
            (s.st_dev == scan->out_device && s.st_ino == scan->out_inode))
            continue;
        text_printf(&scan->path, "/%s", e->d_name);
        each(scan, context, &s);
        scan->path.n = n;
        scan->path.p[n] = '\0';
    }
    closedir(d);
}

static const char *entry_name(const struct scan *scan)
{
    return strrchr(text_c(&scan->path), '/') + 1;
}

/* -- packages and folders --------------------------------------------------------------
 */

static void measure(struct scan *scan, void *context, const struct stat *s)
{
    struct planned *p = context;
    p->fingerprint += file_print(text_c(&scan->path) + scan->root_n, s);
    if (S_ISDIR(s->st_mode))
        read_directory(scan, p, measure);
    else if (S_ISREG(s->st_mode))
        p->size += (uint64_t)s->st_size;
}

static void add_package(struct scan *scan, const struct stat *s)
{
    struct planned p = {.directory = S_ISDIR(s->st_mode)};
    p.path = strdup(text_c(&scan->path) + scan->root_n + 1);
    if (!p.path)
        memory_exhausted();
    measure(scan, &p, s);
    struct plan *plan = scan->plan;
    plan->v = memory_grow(plan->v, &plan->capacity, plan->n + 1, sizeof *plan->v);
    plan->v[plan->n++] = p;
    plan->size += p.size;
}

static void find_loose_file(struct scan *scan, void *context, const struct stat *s)
{
    *(bool *)context |= S_ISREG(s->st_mode) && !is_archive(entry_name(scan));
}

static void look_at(struct scan *scan, void *context, const struct stat *s)
{
    (void)context;
    const char *name = entry_name(scan);
    bool package = S_ISREG(s->st_mode) && is_archive(name);
    if (name[0] == '.')
        return;
    if (!S_ISDIR(s->st_mode) && !package) {
        scan->plan->passed++;
        return;
    }
    if (S_ISDIR(s->st_mode))
        read_directory(scan, &package, find_loose_file);
    if (package)
        add_package(scan, s);
    else
        read_directory(scan, NULL, look_at);
}

static int by_size(const void *a, const void *b)
{
    const struct planned *x = a, *y = b;
    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return strcmp(x->path, y->path);
}

static void sort(struct plan *p)
{
    if (p->n)
        qsort(p->v, p->n, sizeof *p->v, by_size);
}

int plan_scan(struct plan *p, const char *root, const char *out)
{
    struct scan scan = {.plan = p};
    struct stat s;
    if (out && stat(out, &s) == 0) {
        scan.out_device = s.st_dev;
        scan.out_inode = s.st_ino;
    }
    text_str(&scan.path, root);
    while (scan.path.n > 1 && scan.path.p[scan.path.n - 1] == '/')
        scan.path.p[--scan.path.n] = '\0';
    if (scan.path.n == 1 && scan.path.p[0] == '/')
        text_clear(&scan.path);
    scan.root_n = scan.path.n;
    if (scan.path.n == 0)
        text_str(&scan.path, "/.");
    read_directory(&scan, NULL, look_at);
    text_release(&scan.path);
    sort(p);
    return p->n ? 0 : scan.error;
}

/* -- as a file -------------------------------------------------------------------------
 */

void path_encode(struct bytes path, struct text *t)
{
    for (size_t i = 0; i < path.n; i++) {
        uint8_t c = path.p[i], lower = to_lower(c);
        if (is_digit(c) || (lower >= 'a' && lower <= 'z') || (c && strchr("-._~/", c)))
            text_byte(t, (char)c);
        else
            text_printf(t, "%%%02X", c);
    }
}

/* In place; a path never holds a NUL. */
static bool path_decode(char *path)
{
    char *to = path;
    for (const char *from = path; *from; from++, to++) {
        uint8_t octet = (uint8_t)*from;
        if (*from == '%') {
            if (!bytes_from_hex(bytes_of(from + 1, strnlen(from + 1, 2)), &octet, 1) ||
                !octet)
                return false;
            from += 2;
        }
        *to = (char)octet;
    }
    *to = '\0';
    return true;
}

int plan_write(const struct plan *p, const char *path)
{
    struct text t = {0};
    for (size_t i = 0; i < p->n; i++) {
        text_printf(&t, "%" PRIu64 " %016" PRIx64 " %c ", p->v[i].size,
                    p->v[i].fingerprint, p->v[i].directory ? 'd' : 'f');
        path_encode(bytes_str(p->v[i].path), &t);
        text_byte(&t, '\n');
    }
    FILE *f = fopen(path, "wb");
    bool written = f && fwrite(text_c(&t), 1, t.n, f) == t.n && fflush(f) == 0;
    int error = written ? 0 : errno ? -errno : -EIO;
    if (f && fclose(f) != 0 && !error)
        error = -errno;
    text_release(&t);
    return error;
}

static bool read_line(struct plan *p, char *line)
{
    struct planned c = {0};
    char type;
    int n = 0;
    if (sscanf(line, "%" SCNu64 " %" SCNx64 " %c %n", &c.size, &c.fingerprint, &type,
               &n) != 3 ||
        n == 0 || (type != 'd' && type != 'f'))
        return false;
    line[strcspn(line, "\n")] = '\0';
    char *path = line + n;
    /* A plan says what is under its root, and nothing else. */
    if (!path_decode(path) || *path == '\0' || *path == '/' || strstr(path, ".."))
        return false;
    c.directory = type == 'd';
    c.path = strdup(path);
    if (!c.path)
        memory_exhausted();
    p->v = memory_grow(p->v, &p->capacity, p->n + 1, sizeof *p->v);
    p->v[p->n++] = c;
    p->size += c.size;
    return true;
}

int plan_read(struct plan *p, const char *path)
{
    FILE *f = fopen(path, "rb");
    char *line = NULL;
    size_t room = 0;
    bool good = true;
    if (!f)
        return -errno;
    while (good && getline(&line, &room, f) > 0)
        good = read_line(p, line);
    free(line);
    fclose(f);
    return good ? 0 : -EBADMSG;
}

void plan_shard(struct plan *p, size_t part, size_t parts)
{
    size_t kept = 0;
    p->size = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (i % parts != part - 1) {
            free(p->v[i].path);
            continue;
        }
        p->size += p->v[i].size;
        p->v[kept++] = p->v[i];
    }
    p->n = kept;
}

void plan_release(struct plan *p)
{
    for (size_t i = 0; i < p->n; i++)
        free(p->v[i].path);
    free(p->v);
    *p = (struct plan){0};
}
