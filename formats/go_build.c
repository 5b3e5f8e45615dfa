#include "formats/go_build.h"

#include "formats/base/cursor.h"

#define HEADER 32

static const struct bytes magic = {(const uint8_t *)"\xff Go buildinf:", 14};

/* The header stands at a multiple of 16; where the section table is gone, at the start of
 * the segment with the program's data. */
static struct bytes find_header(const struct elf *e)
{
    const struct elf_section *s = elf_section(e, ".go.buildinfo");
    if (s && bytes_starts(s->bytes, magic))
        return s->bytes;
    for (size_t i = 0; i < e->segment_count; i++) {
        const struct elf_segment *g = &e->segments[i];
        if (g->type != ELF_SEGMENT_LOAD || !(g->flags & ELF_SEGMENT_WRITE))
            continue;
        size_t at = bytes_find(bytes_sub(g->bytes, 0, 1 << 20), magic);
        if (at < g->bytes.n && at % 16 == 0)
            return bytes_from(g->bytes, at);
    }
    return BYTES_NONE;
}

/* -- the older form: pointers to strings of Go --------------------------------------- */

static struct bytes memory_at(const struct elf *e, uint64_t address, uint64_t size)
{
    for (size_t i = 0; i < e->segment_count; i++) {
        const struct elf_segment *g = &e->segments[i];
        if (g->type == ELF_SEGMENT_LOAD && address >= g->address &&
            address - g->address < g->bytes.n &&
            size <= g->bytes.n - (address - g->address))
            return bytes_sub(g->bytes, (size_t)(address - g->address), (size_t)size);
    }
    return BYTES_NONE;
}

struct pointers {
    const struct elf *elf;
    bool wide, big_endian;
};

static uint64_t pointer(const struct pointers *p, struct cursor *c)
{
    if (p->wide)
        return p->big_endian ? cursor_u64be(c) : cursor_u64le(c);
    return p->big_endian ? cursor_u32be(c) : cursor_u32le(c);
}

static struct bytes string_at(const struct pointers *p, uint64_t address)
{
    struct cursor c = cursor_of(memory_at(p->elf, address, p->wide ? 16 : 8));
    uint64_t data = pointer(p, &c), length = pointer(p, &c);
    return c.failed ? BYTES_NONE : memory_at(p->elf, data, length);
}

/* -- what stands in it --------------------------------------------------------------- */

/* Between two marks of 16 octets that tell it apart from other text. */
static struct bytes inside_marks(struct bytes text)
{
    if (text.n < 33 || text.p[text.n - 17] != '\n')
        return BYTES_NONE;
    return bytes_sub(text, 16, text.n - 32);
}

/* "mod\tgithub.com/x/y\tv1.2.3\th1:…" */
static void take_line(struct go_build *out, struct bytes line)
{
    struct bytes word, first = BYTES_NONE, second = BYTES_NONE;
    if (!bytes_split(&line, '\t', &word))
        return;
    bytes_split(&line, '\t', &first);
    bytes_split(&line, '\t', &second);
    if (bytes_is(word, "path"))
        out->path = first;
    if (bytes_is(word, "mod")) {
        out->module = first;
        out->release = second;
    }
    if (bytes_is(word, "build") && bytes_starts(first, BYTES("vcs.revision=")))
        out->revision = bytes_from(first, 13);
    out->dependencies += bytes_is(word, "dep");
}

bool go_build_read(const struct elf *e, struct go_build *out)
{
    struct bytes header = find_header(e), modules, line;
    if (header.n < HEADER)
        return false;
    uint8_t flags = header.p[15];
    *out = (struct go_build){0};
    if (flags & 2) {
        struct cursor c = cursor_of(bytes_from(header, HEADER));
        out->version = cursor_take(&c, cursor_varint(&c));
        modules = cursor_take(&c, cursor_varint(&c));
    } else {
        const struct pointers p = {e, header.p[14] == 8, flags & 1};
        struct cursor c = cursor_of(bytes_from(header, 16));
        out->version = string_at(&p, pointer(&p, &c));
        modules = string_at(&p, pointer(&p, &c));
    }
    modules = inside_marks(modules);
    while (bytes_split(&modules, '\n', &line))
        take_line(out, line);
    return out->version.n > 0;
}
