#include "verify/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "formats/base/block.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

/* The file is dealt out in pieces, so that many spools grow in it at once. */
#define PIECE (4 * MIB)

/* -- the file --------------------------------------------------------------------------
 */

static struct {
    pthread_mutex_t lock;
    int fd; /* -1: there is none */
    uint32_t pieces;
    uint32_t *unused; /* of these */
    size_t n, capacity;
} file = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

static int open_in(const char *folder)
{
    char name[4096];
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;
    int n = snprintf(name, sizeof name, "%s/exhibit-XXXXXX", folder);
    fd = n > 0 && (size_t)n < sizeof name ? mkostemp(name, O_CLOEXEC) : -1;
    if (fd >= 0)
        unlink(name);
    return fd;
}

static void open_file(void)
{
    const char *const folders[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders && file.fd < 0; i++)
        file.fd = folders[i] && *folders[i] ? open_in(folders[i]) : -1;
}

void spool_prepare(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, open_file);
}

static bool has_room(void)
{
    struct statvfs v;
    return file.fd >= 0 && fstatvfs(file.fd, &v) == 0 &&
           (uint64_t)v.f_bavail * v.f_frsize >= LIMIT_SPOOL_RESERVE;
}

static bool take_piece(uint32_t *piece)
{
    pthread_mutex_lock(&file.lock);
    bool taken = (file.n > 0 || file.pieces < LIMIT_SPOOL / PIECE) && has_room();
    if (taken)
        *piece = file.n ? file.unused[--file.n] : file.pieces++;
    pthread_mutex_unlock(&file.lock);
    return taken;
}

static void give_back(uint32_t piece)
{
    fallocate(file.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(piece * PIECE),
              PIECE);
    pthread_mutex_lock(&file.lock);
    file.unused = memory_grow(file.unused, &file.capacity, file.n + 1, sizeof(uint32_t));
    file.unused[file.n++] = piece;
    pthread_mutex_unlock(&file.lock);
}

/* -- one spool -------------------------------------------------------------------------
 */

struct spool {
    struct source source;
    uint32_t *pieces;
    size_t n, capacity;
    uint64_t at; /* where reading is */
    bool full;
    struct block *block;
};

/* How much of the piece that `at` lies in follows, and where that is in the file. */
static size_t place_of(const struct spool *s, uint64_t at, off_t *place)
{
    uint64_t within = at % PIECE;
    *place = (off_t)(s->pieces[at / PIECE] * PIECE + within);
    return (size_t)(PIECE - within);
}

static bool write_some(struct spool *s, struct bytes *b)
{
    off_t place;
    if (s->source.size == s->n * PIECE) {
        s->pieces = memory_grow(s->pieces, &s->capacity, s->n + 1, sizeof *s->pieces);
        if (!take_piece(&s->pieces[s->n]))
            return false;
        s->n++;
    }
    size_t room = place_of(s, s->source.size, &place);
    ssize_t done = pwrite(file.fd, b->p, b->n < room ? b->n : room, place);
    if (done <= 0)
        return done < 0 && errno == EINTR;
    s->source.size += (uint64_t)done;
    *b = bytes_from(*b, (size_t)done);
    return true;
}

bool spool_add(struct spool *s, struct bytes b)
{
    while (b.n && !s->full)
        s->full = !write_some(s, &b);
    return !s->full;
}

static int spool_next(struct source *source, struct bytes *block)
{
    struct spool *s = (struct spool *)source;
    off_t place;
    ssize_t n;
    if (s->at >= source->size || source->fault.code)
        return 0;
    source->held = s->block = block_renew(source->pool, s->block);
    uint64_t left = source->size - s->at;
    size_t want = place_of(s, s->at, &place);
    want = want < sizeof s->block->octets ? want : sizeof s->block->octets;
    do {
        n = pread(file.fd, s->block->octets, want < left ? want : (size_t)left, place);
    } while (n < 0 && errno == EINTR);
    if (n <= 0) {
        source->fault = (struct fault){FAULT_READ, s->at, 0, n < 0 ? (uint64_t)errno : 0};
        return 0;
    }
    s->at += (uint64_t)n;
    *block = bytes_of(s->block->octets, (size_t)n);
    return 1;
}

static int spool_seek(struct source *source, uint64_t offset)
{
    ((struct spool *)source)->at = offset;
    return 0;
}

struct spool *spool_new(void)
{
    struct spool *s = memory_new(1, sizeof *s);
    s->source = (struct source){.next = spool_next, .seek = spool_seek};
    spool_prepare();
    return s;
}

struct source *spool_source(struct spool *s)
{
    s->at = 0;
    return &s->source;
}

void spool_free(struct spool *s)
{
    if (!s)
        return;
    block_release(s->block);
    for (size_t i = 0; i < s->n; i++)
        give_back(s->pieces[i]);
    free(s->pieces);
    free(s);
}
