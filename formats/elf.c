#include "formats/elf.h"

#include "formats/base/cursor.h"
#include "formats/base/limits.h"

struct reading {
    struct bytes all;
    struct arena *arena;
    struct elf *out;
    struct faults *faults;
};

static void fault(struct reading *r, enum fault_code code, uint64_t at, uint64_t want)
{
    faults_add(r->faults, (struct fault){code, at, want, r->all.n});
}

/* -- numbers of either order and width ----------------------------------------------- */

static uint16_t half(const struct elf *e, struct cursor *c)
{
    return e->is_big_endian ? cursor_u16be(c) : cursor_u16le(c);
}

static uint32_t word(const struct elf *e, struct cursor *c)
{
    return e->is_big_endian ? cursor_u32be(c) : cursor_u32le(c);
}

/* An address, offset or size: four octets or eight. */
static uint64_t wide(const struct elf *e, struct cursor *c)
{
    if (!e->is_64)
        return word(e, c);
    return e->is_big_endian ? cursor_u64be(c) : cursor_u64le(c);
}

/* What is there of [offset, offset + size). */
static struct bytes part(struct reading *r, uint64_t offset, uint64_t size)
{
    if (size && (offset > r->all.n || size > r->all.n - offset))
        fault(r, FAULT_TRUNCATED, offset, size);
    if (offset >= r->all.n)
        return BYTES_NONE;
    return bytes_sub(r->all, (size_t)offset, size > r->all.n ? r->all.n : (size_t)size);
}

static struct bytes string_at(struct bytes table, uint64_t at)
{
    struct bytes rest = at < table.n ? bytes_from(table, (size_t)at) : BYTES_NONE;
    return bytes_sub(rest, 0, bytes_find_byte(rest, '\0'));
}

/* -- tables -------------------------------------------------------------------------- */

struct table {
    uint64_t offset, count;
    uint16_t entry_size;
};

/* Entries of the table that lie in the file. */
static size_t entries_of(struct reading *r, const struct table *t, uint16_t least)
{
    if (t->count == 0 || t->offset == 0)
        return 0;
    if (t->entry_size < least) {
        fault(r, FAULT_LENGTH, t->offset, least);
        return 0;
    }
    uint64_t room = t->offset < r->all.n ? (r->all.n - t->offset) / t->entry_size : 0;
    if (t->count > room)
        fault(r, FAULT_TRUNCATED, t->offset, t->count);
    uint64_t n = t->count < room ? t->count : room;
    if (n > LIMIT_ELF_ENTRIES)
        fault(r, FAULT_LIMIT, t->offset, LIMIT_ELF_ENTRIES);
    return n < LIMIT_ELF_ENTRIES ? (size_t)n : LIMIT_ELF_ENTRIES;
}

static struct cursor entry_of(const struct reading *r, const struct table *t, size_t i)
{
    return cursor_of(
        bytes_sub(r->all, (size_t)t->offset + i * t->entry_size, t->entry_size));
}

struct raw_section {
    uint32_t name;
    uint64_t offset;
};

static struct raw_section read_section(struct reading *r, struct cursor c,
                                       struct elf_section *s)
{
    struct elf *e = r->out;
    struct raw_section raw = {.name = word(e, &c)};
    s->type = word(e, &c);
    s->flags = wide(e, &c);
    s->address = wide(e, &c);
    raw.offset = wide(e, &c);
    s->size = wide(e, &c);
    s->link = word(e, &c);
    return raw;
}

static void read_sections(struct reading *r, struct table t, uint32_t names)
{
    struct elf *e = r->out;
    struct elf_section first = {0};
    /* More sections than the header's field can say are counted in the first one. */
    if (t.offset && t.offset < r->all.n && (t.count == 0 || names == 0xffff)) {
        read_section(r, entry_of(r, &t, 0), &first);
        t.count = t.count ? t.count : first.size;
        names = names == 0xffff ? first.link : names;
    }
    size_t n = entries_of(r, &t, e->is_64 ? 64 : 40);
    uint32_t *name_at = arena_array(r->arena, uint32_t, n + 1);
    e->sections = arena_array(r->arena, struct elf_section, n + 1);
    e->section_count = n;
    for (size_t i = 0; i < n; i++) {
        struct elf_section *s = &e->sections[i];
        struct raw_section raw = read_section(r, entry_of(r, &t, i), s);
        name_at[i] = raw.name;
        if (s->type != 0 && s->type != ELF_SECTION_NOBITS)
            s->bytes = part(r, raw.offset, s->size);
        e->has_symbols |= s->type == ELF_SECTION_SYMBOLS && s->size > 0;
    }
    if (names >= n && n)
        fault(r, FAULT_REFERENCE, t.offset, names);
    for (size_t i = 0; i < n && names < n; i++)
        e->sections[i].name = string_at(e->sections[names].bytes, name_at[i]);
}

static void read_segment(struct reading *r, struct cursor c, struct elf_segment *s)
{
    struct elf *e = r->out;
    s->type = word(e, &c);
    if (e->is_64)
        s->flags = word(e, &c);
    uint64_t offset = wide(e, &c);
    s->address = wide(e, &c);
    wide(e, &c); /* the physical address */
    uint64_t size = wide(e, &c);
    s->memory_size = wide(e, &c);
    if (!e->is_64)
        s->flags = word(e, &c);
    s->bytes = part(r, offset, size);
    if (s->type == 3) /* PT_INTERP */
        e->interpreter = string_at(s->bytes, 0);
}

static void read_segments(struct reading *r, struct table t)
{
    struct elf *e = r->out;
    size_t n = entries_of(r, &t, e->is_64 ? 56 : 32);
    e->segments = arena_array(r->arena, struct elf_segment, n + 1);
    e->segment_count = n;
    for (size_t i = 0; i < n; i++)
        read_segment(r, entry_of(r, &t, i), &e->segments[i]);
}

/* -- dynamic entries ----------------------------------------------------------------- */

static void take_dynamic(struct elf *e, struct bytes strings, uint64_t tag,
                         uint64_t value)
{
    if (tag == 1) /* DT_NEEDED */
        e->needed[e->needed_count++] = string_at(strings, value);
    if (tag == 29 || (tag == 15 && e->run_path.n == 0)) /* DT_RUNPATH, DT_RPATH */
        e->run_path = string_at(strings, value);
}

static void read_dynamic(struct reading *r, const struct elf_section *s)
{
    struct elf *e = r->out;
    struct cursor c = cursor_of(s->bytes);
    size_t n = s->bytes.n / (e->is_64 ? 16 : 8);
    if (s->link >= e->section_count)
        return;
    n = n < LIMIT_ELF_ENTRIES ? n : LIMIT_ELF_ENTRIES;
    e->needed = arena_array(r->arena, struct bytes, n + 1);
    e->needed_count = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t tag = wide(e, &c), value = wide(e, &c);
        if (tag == 0)
            break;
        take_dynamic(e, e->sections[s->link].bytes, tag, value);
    }
}

/* -- the file ------------------------------------------------------------------------ */

bool elf_probe(struct bytes head)
{
    return bytes_starts(head, BYTES("\177ELF"));
}

bool elf_read(struct bytes all, struct arena *arena, struct elf *out,
              struct faults *faults)
{
    *out = (struct elf){0};
    struct reading r = {all, arena, out, faults};
    if (!elf_probe(all) || all.n < 20 || (all.p[4] != 1 && all.p[4] != 2) ||
        (all.p[5] != 1 && all.p[5] != 2))
        return false;
    out->is_64 = all.p[4] == 2;
    out->is_big_endian = all.p[5] == 2;
    struct cursor c = cursor_of(all);
    struct table segments = {0}, sections = {0};
    cursor_skip(&c, 16);
    out->kind = half(out, &c);
    out->machine = half(out, &c);
    word(out, &c); /* version */
    out->entry = wide(out, &c);
    segments.offset = wide(out, &c);
    sections.offset = wide(out, &c);
    word(out, &c); /* flags of the processor */
    half(out, &c); /* size of this header */
    segments.entry_size = half(out, &c);
    segments.count = half(out, &c);
    sections.entry_size = half(out, &c);
    sections.count = half(out, &c);
    uint32_t names = half(out, &c);
    if (c.failed) {
        fault(&r, FAULT_TRUNCATED, 0, out->is_64 ? 64 : 52);
        return true;
    }
    read_segments(&r, segments);
    read_sections(&r, sections, names);
    for (size_t i = 0; i < out->section_count; i++) {
        if (out->sections[i].type == ELF_SECTION_DYNAMIC && !out->needed)
            read_dynamic(&r, &out->sections[i]);
    }
    return true;
}

const struct elf_section *elf_section(const struct elf *e, const char *name)
{
    for (size_t i = 0; i < e->section_count; i++) {
        if (bytes_is(e->sections[i].name, name))
            return &e->sections[i];
    }
    return NULL;
}
