/* Reading the directories under a root: what is a package, and what it looks like. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "analyze/batch/plan.h"
#include "formats/base/instant.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "verify/split.h"

/* Not in every linux/magic.h. */
#define ZFS_MAGIC 0x2fc12fc1

/* A change that follows another one within the grain of a file system's clock leaves the
 * same times. Linux stamps files by its tick, 10 ms at most; servers do it by seconds. */
#define GRAIN_SECONDS 2

struct scan {
    struct plan *plan;
    struct text path; /* of the entry looked at; the root is its first root_n bytes */
    int folder;       /* that it lies in */
    size_t root_n;
    time_t begun;
    int root_error; /* errno, when the root itself cannot be read */
};

/* What is gathered of one package. */
struct measure {
    struct planned *planned;
    struct digest_state *stamp, *shape;
    time_t newest; /* status change */
};

typedef void entry_fn(struct scan *scan, void *context, const struct stat *s);

static void add_unreadable(struct scan *scan, int error)
{
    struct plan *p = scan->plan;
    struct unreadable u = {strdup(text_c(&scan->path)), error};
    if (error == ENOENT) /* it went while we looked: then it is not there */
        return free(u.path);
    if (!u.path)
        memory_exhausted();
    p->unreadable = memory_grow(p->unreadable, &p->unreadable_capacity,
                                p->unreadable_count + 1, sizeof *p->unreadable);
    p->unreadable[p->unreadable_count++] = u;
}

static void look_at_entry(struct scan *scan, void *context, entry_fn *each, int folder,
                          const char *name)
{
    struct stat s;
    size_t n = scan->path.n;
    text_printf(&scan->path, "/%s", name);
    scan->folder = folder;
    if (scan->path.n >= LIMIT_PATH)
        add_unreadable(scan, ENAMETOOLONG);
    else if (fstatat(folder, name, &s, AT_SYMLINK_NOFOLLOW) < 0)
        add_unreadable(scan, errno);
    else
        each(scan, context, &s);
    scan->path.n = n;
    scan->path.p[n] = '\0';
}

static int is_entry(const struct dirent *e)
{
    return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Calls `each` for every entry of the directory that scan->path names, by name. */
static void read_directory(struct scan *scan, void *context, entry_fn *each)
{
    struct dirent **names;
    int fd = open(text_c(&scan->path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int n = fd < 0 ? -1 : scandirat(fd, ".", &names, is_entry, by_name);
    if (n < 0) {
        int error = errno;
        if (scan->path.n == scan->root_n)
            scan->root_error = error;
        else
            add_unreadable(scan, error);
    }
    for (int i = 0; i < n; i++) {
        look_at_entry(scan, context, each, fd, names[i]->d_name);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
    if (fd >= 0)
        close(fd);
}

static const char *entry_name(const struct scan *scan)
{
    return strrchr(text_c(&scan->path), '/') + 1;
}

static bool ends_like_archive(struct bytes name)
{
    static const char *const ends[] = {".tar",  ".tgz",     ".tar.gz",  ".tar.zst",
                                       ".tzst", ".tar.xz",  ".txz",     ".tar.bz2",
                                       ".tbz2", ".tar.lz4", ".zip",     ".7z",
                                       ".cpio", ".cpio.gz", ".cpio.zst"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t n = strlen(ends[i]);
        if (name.n > n &&
            bytes_eq_nocase(bytes_from(name, name.n - n), bytes_str(ends[i])))
            return true;
    }
    return false;
}

/* The first of the files of a split archive. Of zip's volumes it is the last that is
 * given to programs, and that stands for all of them here too. */
static bool is_first_part(int folder, const char *name)
{
    struct text last = {0};
    bool volume = split_zip_last(bytes_str(name), &last);
    text_release(&last);
    return !volume && split_is_archive(folder, bytes_str(name));
}

/* Belongs to an archive whose first part, or zip's last, lies beside it. */
static bool is_other_part(int folder, const char *name)
{
    struct text first = {0};
    bool other = split_zip_last(bytes_str(name), &first) &&
                 split_is_zip_last(folder, text_bytes(&first));
    other = other || (split_is_later(folder, bytes_str(name), &first) &&
                      split_is_archive(folder, text_bytes(&first)));
    text_release(&first);
    return other;
}

enum kind { LOOSE, ARCHIVE, PART };

/* What the file is that scan->path names. */
static enum kind kind_of(const struct scan *scan)
{
    const char *name = entry_name(scan);
    if (ends_like_archive(bytes_str(name)) || is_first_part(scan->folder, name))
        return ARCHIVE;
    return is_other_part(scan->folder, name) ? PART : LOOSE;
}

/* -- what a package looks like ---------------------------------------------------------
 */

static void fold(struct digest_state *state, const void *p, size_t n)
{
    digest_state_update(state, bytes_of(p, n));
}

static void fold_shape(struct measure *m, const char *path, const struct stat *s)
{
    char target[LIMIT_PATH];
    mode_t type = s->st_mode & S_IFMT;
    const char *name = strrchr(path, '/') + 1;
    ssize_t n = S_ISLNK(s->st_mode) ? readlink(path, target, sizeof target) : 0;
    fold(m->shape, name, strlen(name) + 1);
    fold(m->shape, &type, sizeof type);
    fold(m->shape, &n, sizeof n);
    fold(m->shape, target, n > 0 ? (size_t)n : 0);
}

static void measure_entry(struct scan *scan, void *context, const struct stat *s)
{
    struct measure *m = context;
    const char *path = text_c(&scan->path), *from_root = path + scan->root_n;
    const int64_t numbers[] = {
        (int64_t)s->st_mode, (int64_t)s->st_size, s->st_mtim.tv_sec,  s->st_mtim.tv_nsec,
        s->st_ctim.tv_sec,   s->st_ctim.tv_nsec,  (int64_t)s->st_ino,
    };
    static const char up[] = "..";
    fold(m->stamp, from_root, strlen(from_root) + 1);
    fold(m->stamp, numbers, sizeof numbers);
    if (s->st_ctim.tv_sec > m->newest)
        m->newest = s->st_ctim.tv_sec;
    if (S_ISREG(s->st_mode)) {
        m->planned->size += (uint64_t)s->st_size;
        return;
    }
    fold_shape(m, path, s);
    if (S_ISDIR(s->st_mode)) {
        read_directory(scan, m, measure_entry);
        fold(m->shape, up, sizeof up);
    }
}

/* File systems whose times of status change no program can set. On others (FAT, FUSE,
 * SMB) only reading tells whether a file is what it was. */
static bool keeps_change_times(const char *path)
{
    static const long kinds[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC,
                                 TMPFS_MAGIC,      NFS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC,
                                 F2FS_SUPER_MAGIC, ZFS_MAGIC};
    struct statfs s;
    bool known = false;
    if (statfs(path, &s) < 0)
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        known |= (long)s.f_type == kinds[i];
    return known;
}

static void print_hex(struct digest_state *state, char out[static PRINT_TEXT])
{
    char hex[2 * DIGEST_MAX + 1];
    digest_state_final(state);
    digest_hex(digest_state_result(state, DIGEST_SHA256), hex);
    memcpy(out, hex, PRINT_TEXT);
    digest_state_free(state);
}

static bool measure_part(struct scan *scan, struct measure *m, const struct text *part)
{
    struct stat s;
    size_t folder_n = (size_t)(entry_name(scan) - text_c(&scan->path));
    struct text whole = scan->path;
    if (fstatat(scan->folder, text_c(part), &s, AT_SYMLINK_NOFOLLOW) < 0 ||
        !S_ISREG(s.st_mode))
        return false;
    scan->path = (struct text){0};
    text_add(&scan->path, bytes_sub(text_bytes(&whole), 0, folder_n));
    text_add(&scan->path, text_bytes(part));
    measure_entry(scan, m, &s);
    text_release(&scan->path);
    scan->path = whole;
    return true;
}

/* The other files of a split archive. */
static void measure_parts(struct scan *scan, struct measure *m)
{
    struct bytes stem, name = bytes_str(entry_name(scan));
    struct text part = {0};
    bool more = true;
    if (split_is_zip_last(scan->folder, name)) {
        (void)split_zip_first(name, &part);
        more = measure_part(scan, m, &part);
    } else if (split_first(name, &stem)) {
        text_add(&part, name);
    }
    while (more && part.n && split_next(&part))
        more = measure_part(scan, m, &part);
    text_release(&part);
}

static void add_package(struct scan *scan, const struct stat *s)
{
    struct plan *plan = scan->plan;
    struct planned p = {.directory = S_ISDIR(s->st_mode)};
    struct measure m = {.planned = &p,
                        .stamp = digest_state_new(DIGEST_BIT(DIGEST_SHA256)),
                        .shape = digest_state_new(DIGEST_BIT(DIGEST_SHA256))};
    p.path = strdup(text_c(&scan->path) + scan->root_n + 1);
    if (!p.path)
        memory_exhausted();
    measure_entry(scan, &m, s);
    if (S_ISREG(s->st_mode))
        measure_parts(scan, &m);
    print_hex(m.stamp, p.stamp);
    print_hex(m.shape, p.shape);
    p.settled =
        m.newest + GRAIN_SECONDS < scan->begun && keeps_change_times(text_c(&scan->path));
    plan->v = memory_grow(plan->v, &plan->capacity, plan->n + 1, sizeof *plan->v);
    plan->v[plan->n++] = p;
    plan->size += p.size;
}

/* -- packages and folders --------------------------------------------------------------
 */

static void find_loose_file(struct scan *scan, void *context, const struct stat *s)
{
    *(bool *)context |= S_ISREG(s->st_mode) && kind_of(scan) == LOOSE;
}

static void look_at(struct scan *scan, void *context, const struct stat *s)
{
    (void)context;
    const char *name = entry_name(scan);
    if (name[0] == '.')
        return;
    enum kind kind = S_ISREG(s->st_mode) ? kind_of(scan) : LOOSE;
    bool package = kind == ARCHIVE;
    if (kind == PART)
        return;
    if (!S_ISDIR(s->st_mode) && !package) {
        scan->plan->passed++;
        return;
    }
    size_t known = scan->plan->unreadable_count;
    if (S_ISDIR(s->st_mode))
        read_directory(scan, &package, find_loose_file);
    if (package)
        add_package(scan, s);
    else if (scan->plan->unreadable_count == known)
        read_directory(scan, NULL, look_at);
}

static int by_size(const void *a, const void *b)
{
    const struct planned *x = a, *y = b;
    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return strcmp(x->path, y->path);
}

int plan_scan(struct plan *p, const char *root)
{
    struct scan scan = {.plan = p, .begun = time(NULL)};
    text_str(&scan.path, root);
    while (scan.path.n > 1 && scan.path.p[scan.path.n - 1] == '/')
        scan.path.p[--scan.path.n] = '\0';
    if (bytes_is(text_bytes(&scan.path), "/"))
        text_str(&scan.path, "."); /* "/." and its entries, "/./x" */
    scan.root_n = scan.path.n;
    read_directory(&scan, NULL, look_at);
    text_release(&scan.path);
    if (p->n)
        qsort(p->v, p->n, sizeof *p->v, by_size);
    return -scan.root_error;
}
