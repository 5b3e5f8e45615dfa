#include "analyze/layer/index_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "verify/blob_index.h"

struct index_store {
    int fd;
    uint8_t key[BLOB_KEY];
    struct blob_memory memory;
};

/* -- files ----------------------------------------------------------------------------
 */

static bool read_whole(int fd, void *p, size_t n)
{
    uint8_t *at = p;
    while (n) {
        ssize_t got = read(fd, at, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        n -= (size_t)got;
    }
    return true;
}

static bool write_whole(int fd, struct bytes b)
{
    while (b.n) {
        ssize_t put = write(fd, b.p, b.n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        b = bytes_from(b, (size_t)put);
    }
    return true;
}

/* A whole file or none: others may read while we write. */
static bool write_file(int folder, const char *name, struct bytes b)
{
    char temporary[96];
    snprintf(temporary, sizeof temporary, "%s.%ld.part", name, (long)getpid());
    int fd = openat(folder, temporary,
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool written = write_whole(fd, b);
    written = close(fd) == 0 && written;
    written = written && renameat(folder, temporary, folder, name) == 0;
    if (!written)
        unlinkat(folder, temporary, 0);
    return written;
}

static bool is_private(const struct stat *st)
{
    return st->st_uid == geteuid() && !(st->st_mode & 022);
}

/* -- the directory and its key ---------------------------------------------------------
 */

static bool read_key(struct index_store *s)
{
    struct stat st;
    int fd = openat(s->fd, "key", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool sound = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && is_private(&st) &&
                 !(st.st_mode & 044) && st.st_size == BLOB_KEY &&
                 read_whole(fd, s->key, BLOB_KEY);
    close(fd);
    return sound;
}

static bool make_key(struct index_store *s)
{
    uint8_t key[BLOB_KEY];
    return getrandom(key, sizeof key, 0) == sizeof key &&
           write_file(s->fd, "key", bytes_of(key, sizeof key)) && read_key(s);
}

static const char *open_store(struct index_store *s, const char *path)
{
    struct stat st;
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return "it cannot be made";
    s->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->fd < 0 || fstat(s->fd, &st) < 0)
        return "it cannot be opened";
    if (!is_private(&st))
        return "others may write there, so that what it says cannot be believed";
    if (faccessat(s->fd, "key", F_OK, AT_EACCESS) < 0 && errno == ENOENT)
        return make_key(s) ? NULL : "no key can be written there";
    return read_key(s) ? NULL : "its key is not one that only this user can read";
}

/* -- records --------------------------------------------------------------------------
 */

static void name_of(const char hex[65], char out[80])
{
    snprintf(out, 80, "sha256-%s.index", hex);
}

static struct bytes recall(void *context, const char hex[65], struct arena *into)
{
    const struct index_store *s = context;
    struct stat st;
    char name[80];
    struct bytes record = BYTES_NONE;
    name_of(hex, name);
    int fd = openat(s->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return BYTES_NONE;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
        (uint64_t)st.st_size <= LIMIT_INDEX) {
        uint8_t *p = arena_alloc(into, (size_t)st.st_size);
        if (read_whole(fd, p, (size_t)st.st_size))
            record = bytes_of(p, (size_t)st.st_size);
    }
    close(fd);
    return blob_index_is_sound(record, hex, s->key) ? record : BYTES_NONE;
}

struct index_store *index_store_open(const char *path, const char **why)
{
    struct index_store *s = memory_new(1, sizeof *s);
    s->fd = -1;
    *why = open_store(s, path);
    s->memory.recall = recall;
    s->memory.context = s;
    if (!*why)
        return s;
    index_store_close(s);
    return NULL;
}

void index_store_close(struct index_store *s)
{
    if (!s)
        return;
    if (s->fd >= 0)
        close(s->fd);
    memset(s->key, 0, sizeof s->key);
    free(s);
}

struct blob_memory *index_store_memory(struct index_store *s)
{
    return s ? &s->memory : NULL;
}

/* Its name is its digest, and it holds something. */
static bool is_layer_blob(const struct item *i, char hex[65])
{
    return i->container != CONTAINER_NONE && item_more(i)->child && !i->recalled &&
           blob_is_named_right(i) && blob_name(i->name, hex);
}

void index_store_keep(struct index_store *s, const struct package *p)
{
    char hex[65], name[80];
    struct text record = {0};
    const struct item *root = package_root(p);
    for (const struct item *i = root; i; i = item_next(i, root)) {
        if (!is_layer_blob(i, hex))
            continue;
        text_clear(&record);
        blob_index_write(i, s->key, &record);
        name_of(hex, name);
        if (record.n <= LIMIT_INDEX)
            write_file(s->fd, name, text_bytes(&record));
    }
    text_release(&record);
}
