#include "verify/storage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "formats/base/block.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "verify/open_beneath.h"

/* -- listing ------------------------------------------------------------------------- */

static instant instant_of(struct timespec t)
{
    instant out;
    if (!instant_from_epoch(t.tv_sec, PRECISION_SECOND, &out) ||
        __builtin_add_overflow(out, t.tv_nsec, &out))
        return INSTANT_NONE;
    return out;
}

static enum entry_type type_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return ENTRY_DIRECTORY;
    case S_IFLNK:
        return ENTRY_SYMLINK;
    case S_IFCHR:
        return ENTRY_CHARACTER;
    case S_IFBLK:
        return ENTRY_BLOCK;
    case S_IFIFO:
        return ENTRY_FIFO;
    case S_IFSOCK:
        return ENTRY_SOCKET;
    default:
        return ENTRY_FILE;
    }
}

static struct entry entry_of(const struct stat *st, struct arena *into)
{
    struct entry_rare *rare = arena_new(into, struct entry_rare);
    struct entry_traits *traits = arena_new(into, struct entry_traits);
    *rare = (struct entry_rare){
        .atime = INSTANT_NONE, /* tells who read the copy last, which may be we */
        .ctime = instant_of(st->st_ctim),
        .traits = traits,
    };
    *traits = (struct entry_traits){
        .birthtime = INSTANT_NONE,
        .rdev_major = major(st->st_rdev),
        .rdev_minor = minor(st->st_rdev),
        .dev = st->st_dev,
        .ino = st->st_ino,
        .nlink = (uint32_t)st->st_nlink,
    };
    return (struct entry){
        .type = type_of(st->st_mode),
        .mode = st->st_mode & 07777,
        .uid = st->st_uid,
        .gid = st->st_gid,
        .size = (uint64_t)st->st_size,
        .has_size = S_ISREG(st->st_mode),
        .mtime = instant_of(st->st_mtim),
        .rare = rare,
    };
}

static void insert_xattr(struct xattr **list, struct xattr *x)
{
    while (*list && bytes_compare((*list)->name, x->name) < 0)
        list = &(*list)->next;
    x->next = *list;
    *list = x;
}

static void add_xattrs(int fd, struct arena *into, struct entry *entry)
{
    char names[4096], value[65536];
    ssize_t n = flistxattr(fd, names, sizeof names);
    if (n <= 0)
        return;
    struct entry_rare *rare = arena_new(into, struct entry_rare);
    struct entry_traits *traits = arena_new(into, struct entry_traits);
    *rare = *entry->rare;
    *traits = *rare->traits;
    rare->traits = traits;
    for (ssize_t at = 0; at < n; at += (ssize_t)strlen(names + at) + 1) {
        ssize_t size = fgetxattr(fd, names + at, value, sizeof value);
        if (size < 0)
            continue;
        struct xattr *x = arena_new(into, struct xattr);
        x->name = arena_copy(into, bytes_str(names + at));
        x->value = arena_copy(into, bytes_of(value, (size_t)size));
        insert_xattr(&traits->xattrs, x);
    }
    entry->rare = rare;
}

static struct stored *add(struct stored_list *out, struct bytes path)
{
    out->v = memory_grow(out->v, &out->capacity, out->n + 1, sizeof *out->v);
    struct stored *s = arena_new(&out->arena, struct stored);
    s->path = path;
    return out->v[out->n++] = s;
}

static struct bytes join(struct arena *into, struct bytes folder, const char *name)
{
    size_t n = strlen(name), slash = folder.n > 0;
    uint8_t *p = arena_alloc(into, folder.n + slash + n + 1);
    if (folder.n)
        memcpy(p, folder.p, folder.n);
    if (slash)
        p[folder.n] = '/';
    memcpy(p + folder.n + slash, name, n);
    return bytes_of(p, folder.n + slash + n);
}

/* What the folders are listed into. */
struct listing {
    struct arena *arena;
    struct stored_list *out;
};

static void list_folder(const struct listing *l, int fd, struct bytes path);

/* Whoever opens a file looks at it then: a second look here would cost as much as the
 * opening. */
static const struct entry unseen_file = {
    .type = ENTRY_FILE, .mtime = INSTANT_NONE, .rare = &entry_rare_none};

static void list_entry(const struct listing *l, int folder, const struct dirent *e,
                       struct bytes path)
{
    struct stat st;
    struct stored *s = add(l->out, path);
    const char *name = e->d_name;
    s->entry = &unseen_file;
    if (e->d_type == DT_REG)
        return;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        s->error = errno;
        return;
    }
    struct entry *entry = arena_new(l->arena, struct entry);
    s->entry = entry;
    *entry = entry_of(&st, l->arena);
    if (entry->type == ENTRY_SYMLINK) {
        char target[LIMIT_PATH];
        ssize_t n = readlinkat(folder, name, target, sizeof target);
        entry_set_link(entry,
                       arena_copy(l->arena, bytes_of(target, n > 0 ? (size_t)n : 0)));
    }
    if (entry->type != ENTRY_DIRECTORY)
        return;
    int fd = openat(folder, name, OPEN_FOLDER);
    if (fd < 0) {
        s->error = errno;
        return;
    }
    add_xattrs(fd, l->arena, entry);
    if (path.n < LIMIT_PATH)
        list_folder(l, fd, path);
    else
        s->error = ENAMETOOLONG;
    close(fd);
}

static void list_folder(const struct listing *l, int fd, struct bytes path)
{
    int again = openat(fd, ".", OPEN_FOLDER);
    DIR *d = again < 0 ? NULL : fdopendir(again);
    if (!d)
        return;
    for (struct dirent *e; (e = readdir(d)) && l->out->n < LIMIT_ENTRIES;) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            list_entry(l, fd, e, join(l->arena, path, e->d_name));
    }
    closedir(d);
}

static int by_path(const void *a, const void *b)
{
    return bytes_compare((*(struct stored *const *)a)->path,
                         (*(struct stored *const *)b)->path);
}

void stored_list_release(struct stored_list *l)
{
    free(l->v);
    arena_release(&l->arena);
    *l = (struct stored_list){0};
}

void storage_list(int folder, struct arena *into, struct stored_list *out)
{
    const struct listing all = {into, out};
    list_folder(&all, folder, BYTES_NONE);
    if (out->n)
        qsort(out->v, out->n, sizeof *out->v, by_path);
}

/* -- reading ------------------------------------------------------------------------- */

struct file_source {
    struct source source;
    int fd;
    struct stat status;
    uint64_t at;
    int failure; /* our own: we have no descriptor or memory left (-errno), else 0 */
    bool ended;
    bool passing;    /* see storage_pass */
    uint64_t passed; /* so far */
    struct block *block;
};

/* Pages are given back when so many bytes of them have been read. */
#define PASSING_PIECE (8 * MIB)

/* Everything up to here, and not only the last piece: of a large folio that lies across
 * a border nothing is given back. */
static void pass(struct file_source *f)
{
    posix_fadvise(f->fd, 0, (off_t)f->at, POSIX_FADV_DONTNEED);
    f->passed = f->at;
}

static ssize_t read_at(const struct file_source *f, void *to, size_t n)
{
    ssize_t have;
    do {
        have = pread(f->fd, to, n, (off_t)f->at);
    } while (have < 0 && errno == EINTR);
    return have;
}

static int file_next(struct source *s, struct bytes *block)
{
    struct file_source *f = (struct file_source *)s;
    if (f->failure)
        return f->failure;
    if (s->fault.code || f->ended)
        return 0;
    s->held = f->block = block_renew(s->pool, f->block);
    size_t room = sizeof f->block->octets;
    size_t want = s->piece && s->piece < room ? s->piece : room;
    ssize_t n = read_at(f, f->block->octets, want);
    if (n < 0)
        s->fault = (struct fault){FAULT_READ, f->at, 0, (uint64_t)errno};
    else if (n == 0 && f->at < s->size)
        s->fault = (struct fault){FAULT_TRUNCATED, f->at, s->size, f->at};
    if (n <= 0)
        return 0;
    f->at += (uint64_t)n;
    if (f->passing && f->at - f->passed >= PASSING_PIECE)
        pass(f);
    /* The kernel gives less than was asked for at the end only. */
    f->ended = (size_t)n < want && f->at >= s->size;
    *block = bytes_of(f->block->octets, (size_t)n);
    return 1;
}

static int file_seek(struct source *s, uint64_t offset)
{
    struct file_source *f = (struct file_source *)s;
    f->at = f->passed = offset;
    f->ended = false;
    return 0;
}

/* What cannot be opened is looked at all the same: its entry is known. */
static int open_path(int folder, struct bytes path, struct stat *status)
{
    char name[LIMIT_PATH + 1];
    if (path.n == 0)
        return fcntl(folder, F_DUPFD_CLOEXEC, 0);
    if (path.n > LIMIT_PATH) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(name, path.p, path.n);
    name[path.n] = '\0';
    int fd = open_beneath(folder, name);
    int error = errno;
    if (fd < 0)
        fstatat(folder, name, status, AT_SYMLINK_NOFOLLOW);
    errno = error;
    return fd;
}

/* Says nothing about the file. */
static bool is_ours(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM;
}

struct source *storage_open(int folder, struct bytes path)
{
    struct file_source *f = memory_new(1, sizeof *f);
    const struct stat *st = &f->status;
    f->source = (struct source){.next = file_next, .seek = file_seek};
    f->fd = open_path(folder, path, &f->status);
    if (f->fd < 0 && is_ours(errno))
        f->failure = -errno;
    else if (f->fd < 0 || fstat(f->fd, &f->status) < 0)
        f->source.fault = (struct fault){FAULT_READ, 0, 0, (uint64_t)errno};
    else if (!S_ISREG(st->st_mode))
        f->source.fault =
            (struct fault){FAULT_UNSAFE_TYPE, 0, S_IFREG, st->st_mode & S_IFMT};
    f->source.size = f->fd < 0 ? 0 : (uint64_t)st->st_size;
    return &f->source;
}

void storage_entry(const struct source *s, struct arena *into, struct entry *entry)
{
    *entry = entry_of(&((const struct file_source *)s)->status, into);
}

void storage_xattrs(const struct source *s, struct arena *into, struct entry *entry)
{
    if (((const struct file_source *)s)->fd >= 0)
        add_xattrs(((const struct file_source *)s)->fd, into, entry);
}

/* -- several files as one -------------------------------------------------------------
 */

struct joined {
    struct bytes path;
    uint64_t size;
};

/* One of them is open at a time: there can be thousands. */
struct join_source {
    struct source source;
    struct arena arena;
    int folder;
    struct joined *v;
    size_t n, capacity;
    struct source *file; /* v[at], or NULL: not open yet */
    size_t at;
    uint64_t before; /* bytes of those in front of it */
    uint64_t from;   /* where reading begins in it */
    bool gap, passing;
};

static void join_shut(struct join_source *j)
{
    storage_close(j->file);
    j->file = NULL;
}

static int join_open(struct join_source *j)
{
    j->file = storage_open(j->folder, j->v[j->at].path);
    j->file->pool = j->source.pool;
    if (j->passing)
        storage_pass(j->file);
    return j->from ? j->file->seek(j->file, j->from) : 0;
}

/* Moves on to the next file; behind the last one, says what is missing. */
static void join_move(struct join_source *j)
{
    join_shut(j);
    j->before += j->v[j->at].size;
    j->from = 0;
    j->at++;
    if (j->at == j->n && j->gap)
        j->source.fault = (struct fault){FAULT_PART, j->before, 0, 0};
}

static int join_next(struct source *s, struct bytes *block)
{
    struct join_source *j = (struct join_source *)s;
    while (s->fault.code == FAULT_NONE && j->at < j->n) {
        int error = j->file ? 0 : join_open(j);
        int more = error ? error : source_next(j->file, block);
        s->held = j->file->held;
        if (more)
            return more;
        s->fault = j->file->fault;
        s->fault.offset += j->before;
        if (s->fault.code == FAULT_NONE)
            join_move(j);
    }
    return 0;
}

static int join_seek(struct source *s, uint64_t offset)
{
    struct join_source *j = (struct join_source *)s;
    join_shut(j);
    for (j->at = 0, j->before = 0; j->at < j->n; j->at++) {
        if (offset - j->before < j->v[j->at].size)
            break;
        j->before += j->v[j->at].size;
    }
    j->from = offset - j->before;
    return 0;
}

struct source *storage_join(int folder)
{
    struct join_source *j = memory_new(1, sizeof *j);
    j->source = (struct source){.next = join_next, .seek = join_seek};
    j->folder = folder;
    return &j->source;
}

bool storage_join_add(struct source *join, struct bytes path)
{
    struct join_source *j = (struct join_source *)join;
    struct bytes name = arena_copy(&j->arena, path);
    struct stat st;
    if (fstatat(j->folder, (const char *)name.p, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        !S_ISREG(st.st_mode))
        return false;
    j->v = memory_grow(j->v, &j->capacity, j->n + 1, sizeof *j->v);
    j->v[j->n++] = (struct joined){name, (uint64_t)st.st_size};
    join->size += (uint64_t)st.st_size;
    return true;
}

void storage_join_gap(struct source *join)
{
    ((struct join_source *)join)->gap = true;
}

static void join_close(struct join_source *j)
{
    join_shut(j);
    arena_release(&j->arena);
    free(j->v);
    free(j);
}

void storage_pass(struct source *s)
{
    if (s->next == file_next)
        ((struct file_source *)s)->passing = true;
    else
        ((struct join_source *)s)->passing = true;
}

void storage_give_block(struct source *s, struct block *b)
{
    struct file_source *f = (struct file_source *)s;
    if (s->next != file_next) {
        block_release(b);
        return;
    }
    block_release(f->block);
    f->block = b;
}

struct block *storage_take_block(struct source *s)
{
    struct file_source *f = (struct file_source *)s;
    struct block *b = NULL;
    if (s->next == file_next) {
        b = f->block;
        f->block = NULL;
    }
    return b;
}

void storage_close(struct source *s)
{
    struct file_source *f = (struct file_source *)s;
    if (s && s->next == join_next) {
        join_close((struct join_source *)s);
        return;
    }
    if (f && f->fd >= 0 && f->passing)
        pass(f);
    if (f && f->fd >= 0)
        close(f->fd);
    if (f)
        block_release(f->block);
    free(f);
}
