/* ELF: the sections, segments and dynamic entries of programs and libraries.
 *
 * Source: System V ABI, generic part, chapters 4 and 5 (gabi, 2013); elf(5). Both classes
 * and both byte orders. Only tables are read: no code is followed and nothing is
 * relocated.
 */
#ifndef FORMATS_ELF_H
#define FORMATS_ELF_H

#include "formats/base/arena.h"
#include "formats/base/fault.h"

enum elf_kind { ELF_RELOCATABLE = 1, ELF_EXECUTABLE = 2, ELF_SHARED = 3, ELF_CORE = 4 };

#define ELF_SECTION_SYMBOLS 2 /* SHT_SYMTAB: what strip(1) takes away */
#define ELF_SECTION_DYNAMIC 6
#define ELF_SECTION_NOBITS  8 /* has a size, but no bytes in the file */
#define ELF_SEGMENT_LOAD    1
#define ELF_SEGMENT_WRITE   2 /* flags */
#define ELF_SEGMENT_EXECUTE 1

struct elf_section {
    struct bytes name;  /* of the string table; empty where it names nothing */
    struct bytes bytes; /* what of it is in the file; cut where the file ends */
    uint32_t type, link;
    uint64_t flags, address, size;
};

struct elf_segment {
    uint32_t type, flags;
    struct bytes bytes;
    uint64_t address, memory_size;
};

/* Views of the file; arrays of the arena. */
struct elf {
    bool is_64, is_big_endian;
    uint16_t kind, machine;
    uint64_t entry;
    struct elf_section *sections;
    size_t section_count;
    struct elf_segment *segments;
    size_t segment_count;
    struct bytes interpreter; /* of PT_INTERP, without its NUL */
    struct bytes *needed;     /* DT_NEEDED */
    size_t needed_count;
    struct bytes run_path; /* DT_RUNPATH, else DT_RPATH */
    bool has_symbols;
};

bool elf_probe(struct bytes head);
/* False when it is no ELF file. What is wrong in one is a fault, and the rest is read. */
bool elf_read(struct bytes all, struct arena *arena, struct elf *out,
              struct faults *faults);
/* The first section of that name, or NULL. */
const struct elf_section *elf_section(const struct elf *e, const char *name);

#endif
