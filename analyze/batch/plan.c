#include "analyze/batch/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/batch/files.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

static const char first_line[] = "exhibit-plan 2\n";

/* What a case costs besides its bytes: start, reports, index; about what hashing and
 * decoding so many bytes costs. */
#define BYTES_OF_A_START (4 * MIB)

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
    text_str(&t, first_line);
    for (size_t i = 0; i < p->n; i++) {
        const struct planned *c = &p->v[i];
        text_printf(&t, "%" PRIu64 " %s %d %s %c ", c->size, c->stamp, c->settled,
                    c->shape, c->directory ? 'd' : 'f');
        path_encode(bytes_str(c->path), &t);
        text_byte(&t, '\n');
    }
    int r = file_replace(path, text_bytes(&t));
    text_release(&t);
    return r;
}

/* A plan says what is under its root, and nothing else. */
static bool stays_under_root(const char *path)
{
    struct bytes rest = bytes_str(path), part;
    size_t n = strlen(path);
    if (n == 0 || path[0] == '/' || path[n - 1] == '/')
        return false;
    while (bytes_split(&rest, '/', &part))
        if (part.n == 0 || bytes_is(part, ".") || bytes_is(part, ".."))
            return false;
    return true;
}

static bool read_line(struct plan *p, char *line)
{
    struct planned c = {0};
    char type;
    int n = 0, settled;
    if (sscanf(line, "%" SCNu64 " %64[0-9a-f] %d %64[0-9a-f] %c %n", &c.size, c.stamp,
               &settled, c.shape, &type, &n) != 5 ||
        n == 0 || (type != 'd' && type != 'f'))
        return false;
    line[strcspn(line, "\n")] = '\0';
    char *path = line + n;
    if (!path_decode(path) || !stays_under_root(path))
        return false;
    c.directory = type == 'd';
    c.settled = settled == 1;
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
    if (!f)
        return -errno;
    bool good = getline(&line, &room, f) > 0 && strcmp(line, first_line) == 0;
    while (good && getline(&line, &room, f) > 0)
        good = read_line(p, line);
    free(line);
    fclose(f);
    return good ? 0 : -EBADMSG;
}

/* -- parts -----------------------------------------------------------------------------
 */

static size_t least_of(const uint64_t *load, size_t n)
{
    size_t least = 0;
    for (size_t i = 1; i < n; i++)
        if (load[i] < load[least])
            least = i;
    return least;
}

void plan_shard(struct plan *p, size_t part, size_t parts)
{
    uint64_t *load = memory_new(parts, sizeof *load);
    size_t kept = 0;
    p->size = 0;
    for (size_t i = 0; i < p->n; i++) {
        size_t taker = least_of(load, parts);
        load[taker] += p->v[i].size + BYTES_OF_A_START;
        if (taker != part - 1) {
            free(p->v[i].path);
            continue;
        }
        p->size += p->v[i].size;
        p->v[kept++] = p->v[i];
    }
    p->n = kept;
    free(load);
}

void plan_release(struct plan *p)
{
    for (size_t i = 0; i < p->n; i++)
        free(p->v[i].path);
    for (size_t i = 0; i < p->unreadable_count; i++)
        free(p->unreadable[i].path);
    free(p->v);
    free(p->unreadable);
    *p = (struct plan){0};
}
