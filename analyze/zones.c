#include "analyze/zones.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/base/memory.h"
#include "formats/base/text.h"

/* The largest file of tzdata has 4 KiB. */
#define LARGEST (64 * 1024)
/* Names that texts can make us look for. */
#define MOST_ZONES 256

struct zone_file {
    struct bytes name;
    struct tzif *rules; /* NULL: there is no such file, or it is none */
};

void zones_release(struct zones *z)
{
    free(z->v);
    arena_release(&z->arena);
    *z = (struct zones){0};
}

/* Names come from evidence: nothing that leaves the folder. */
static bool is_sound(struct bytes name)
{
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        bool letter = to_lower(c) >= 'a' && to_lower(c) <= 'z';
        bool first = i == 0 || name.p[i - 1] == '/';
        if (!letter && (first || (!is_digit(c) && !memchr("_+-/", c, 4))))
            return false;
    }
    return name.n > 0 && name.n < 64 && name.p[name.n - 1] != '/';
}

/* "america/port_of_spain": the names have capitals, but for small words within them. */
static void capitalize(struct bytes name, char *out)
{
    for (size_t i = 0; i < name.n; i++) {
        struct bytes rest = bytes_from(name, i);
        bool begins = i == 0 || memchr("/_-", name.p[i - 1], 3);
        bool small =
            i > 0 && name.p[i - 1] != '/' &&
            (bytes_starts(rest, BYTES("of_")) || bytes_starts(rest, BYTES("es_")) ||
             bytes_starts(rest, BYTES("au-")));
        uint8_t lower = (uint8_t)to_lower(name.p[i]);
        bool letter = lower >= 'a' && lower <= 'z';
        out[i] = (char)(begins && !small && letter ? lower - 'a' + 'A' : lower);
    }
    out[name.n] = 0;
}

static bool read_file(const char *name, struct arena *arena, struct bytes *out)
{
    struct text path = {0};
    struct stat status;
    text_printf(&path, ZONES_FOLDER "/%s", name);
    int fd = open(text_c(&path), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    text_release(&path);
    bool whole = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
                 status.st_size > 0 && status.st_size <= LARGEST;
    if (whole) {
        uint8_t *p = arena_alloc(arena, (size_t)status.st_size);
        ssize_t n = read(fd, p, (size_t)status.st_size);
        *out = bytes_of(p, n > 0 ? (size_t)n : 0);
        whole = n == status.st_size;
    }
    if (fd >= 0)
        close(fd);
    return whole;
}

static struct tzif *load(struct zones *z, struct bytes name)
{
    char as_written[64], capitals[64];
    struct bytes data;
    struct tzif rules;
    struct fault fault;
    memcpy(as_written, name.p, name.n);
    as_written[name.n] = 0;
    capitalize(name, capitals);
    bool found =
        read_file(as_written, &z->arena, &data) || read_file(capitals, &z->arena, &data);
    if (!found || !tzif_read(data, &rules, &fault))
        return NULL;
    struct tzif *kept = arena_new(&z->arena, struct tzif);
    *kept = rules;
    return kept;
}

const struct tzif *zones_find(void *context, struct bytes name)
{
    struct zones *z = context;
    for (size_t i = 0; i < z->n; i++)
        if (bytes_eq(z->v[i].name, name))
            return z->v[i].rules;
    if (!is_sound(name) || z->n >= MOST_ZONES)
        return NULL;
    z->v = memory_grow(z->v, &z->capacity, z->n + 1, sizeof *z->v);
    struct zone_file *f = &z->v[z->n++];
    *f = (struct zone_file){arena_copy(&z->arena, name), load(z, name)};
    return f->rules;
}

bool zones_given(struct zones *z, const char *text, struct written_zone *out)
{
    const struct written_zones zones = {zones_find, z};
    struct bytes rest = bytes_str(text);
    return written_zone_read(&rest, &zones, NULL, out) && rest.n == 0 &&
           (out->kind == ZONE_OFFSET || out->kind == ZONE_RULES);
}
