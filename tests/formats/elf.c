#include "formats/elf.h"

#include <criterion/criterion.h>

#include "tests/sample.h"

static struct arena arena;
static struct faults faults;
static struct bytes all;

static void end(void)
{
    sample_free(all);
    faults_release(&faults);
    arena_release(&arena);
}

TestSuite(elf, .fini = end);

static bool read_sample(const char *name, size_t cut, struct elf *e)
{
    all = sample(name);
    return elf_read(bytes_sub(all, 0, cut ? cut : all.n), &arena, e, &faults);
}

Test(elf, big_endian_32)
{
    struct elf e;
    cr_assert(read_sample("corpus/fuzz/elf/big32", 0, &e));
    cr_expect(!e.is_64 && e.is_big_endian && e.kind == ELF_EXECUTABLE);
    cr_expect_eq(e.machine, 20);
    cr_assert_eq(e.section_count, 3);
    const struct elf_section *text = elf_section(&e, ".text");
    cr_assert(text && text->address == 0x1000);
    cr_expect(bytes_eq(text->bytes, bytes_of("\x4e\x80\0\x20", 4)));
    cr_expect_eq(faults.n, 0);
}

Test(elf, a_library_names_its_run_path)
{
    struct elf e;
    cr_assert(read_sample("corpus/fuzz/elf/shared64", 0, &e));
    cr_expect(e.is_64 && e.kind == ELF_SHARED && !e.has_symbols);
    cr_expect(bytes_is(e.run_path, "/x"));
    cr_expect_eq(e.interpreter.n, 0);
}

Test(elf, what_is_cut_off_is_said)
{
    struct elf e;
    cr_assert(read_sample("corpus/fuzz/elf/shared64", 200, &e));
    cr_expect_eq(e.section_count, 0);
    cr_assert_gt(faults.n, 0);
    cr_expect_eq(faults.v[0].code, FAULT_TRUNCATED);
}

Test(elf, a_table_with_small_entries_is_not_read)
{
    struct elf e;
    all = sample("corpus/fuzz/elf/big32");
    uint8_t *copy = arena_alloc(&arena, all.n);
    memcpy(copy, all.p, all.n);
    copy[47] = 39; /* e_shentsize */
    cr_assert(elf_read(bytes_of(copy, all.n), &arena, &e, &faults));
    cr_expect_eq(e.section_count, 0);
    cr_expect_eq(faults.v[0].code, FAULT_LENGTH);
}

Test(elf, other_files_are_none)
{
    struct elf e;
    cr_expect(!elf_read(BYTES("#!/bin/sh\n"), &arena, &e, &faults));
    cr_expect(
        !elf_read(BYTES("\177ELF\3\1aaaaaaaaaaaaaaaaaaaaaaa"), &arena, &e, &faults));
    cr_expect(!elf_read(BYTES("\177ELF"), &arena, &e, &faults));
}
