/* Samples in corpus/fuzz/archive were made by GNU tar, gzip, zstd, xz, bzip2, lz4, zip,
 * 7z and cpio from one folder: etc/a ("hello\n"), etc/l -> a, etc/h a hard link to etc/a.
 */
#include "formats/archive.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "formats/base/limits.h"

static struct bytes load(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "corpus/fuzz/archive/%s", name);
    FILE *f = fopen(path, "rb");
    cr_assert(f, "%s", path);
    uint8_t *p = malloc(1 << 20);
    size_t n = fread(p, 1, 1 << 20, f);
    fclose(f);
    return bytes_of(p, n);
}

static struct bytes drain(struct source *s)
{
    struct bytes block;
    uint8_t *p = malloc(1 << 20);
    size_t n = 0;
    while (source_next(s, &block) > 0 && n + block.n <= 1 << 20) {
        memcpy(p + n, block.p, block.n);
        n += block.n;
    }
    return bytes_of(p, n);
}

static void same_content(const char *name, size_t step)
{
    struct bytes plain = load("plain.tar"), packed = load(name), member;
    struct memory_source from = memory_source_of(packed, step);
    struct arena a = ARENA_INIT;
    struct entry entry;
    struct archive_reader *r = archive_open(&from.source, container_sniff(packed));
    cr_assert_eq(archive_next(r, &a, &member, &entry), 1, "%s", name);
    struct bytes content = drain(archive_content(r));
    cr_assert(bytes_eq(content, plain), "%s in steps of %zu", name, step);
    cr_assert_eq(archive_next(r, &a, &member, &entry), 0);
    cr_assert_eq(archive_faults(r)->n, 0);
    archive_close(r);
    arena_release(&a);
    free((void *)(uintptr_t)plain.p);
    free((void *)(uintptr_t)packed.p);
    free((void *)(uintptr_t)content.p);
}

Test(archive, compressed_streams_give_the_same_bytes_in_any_steps)
{
    static const char *const names[] = {"plain.tar.gz", "plain.tar.zst", "plain.tar.xz",
                                        "plain.tar.bz2", "plain.tar.lz4"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        same_content(names[i], 0);
        same_content(names[i], 1);
        same_content(names[i], 7);
    }
}

/* Reads all members; returns the first fault, of a member or of the archive. */
static struct fault read_all(struct bytes packed, size_t *members)
{
    struct memory_source from = memory_source_of(packed, 100);
    struct arena a = ARENA_INIT;
    struct bytes name, block;
    struct entry entry;
    struct fault fault = {0};
    struct archive_reader *r = archive_open(&from.source, container_sniff(packed));
    for (*members = 0; archive_next(r, &a, &name, &entry) > 0; ++*members) {
        struct source *s = archive_content(r);
        while (source_next(s, &block) > 0)
            ;
        if (!fault.code)
            fault = s->fault;
    }
    if (!fault.code && archive_faults(r)->n)
        fault = archive_faults(r)->v[0];
    archive_close(r);
    arena_release(&a);
    return fault;
}

Test(archive, members_of_every_format)
{
    static const char *const names[] = {"plain.tar", "pax.tar", "z.zip", "z.7z",
                                        "z.cpio"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t members;
        struct bytes packed = load(names[i]);
        struct fault fault = read_all(packed, &members);
        cr_assert_eq(fault.code, FAULT_NONE, "%s: %s", names[i], fault_name(fault.code));
        cr_assert_eq(members, 4, "%s has %zu", names[i], members);
        free((void *)(uintptr_t)packed.p);
    }
}

Test(archive, links_of_a_tar)
{
    struct bytes packed = load("plain.tar"), name;
    struct memory_source from = memory_source_of(packed, 0);
    struct arena a = ARENA_INIT;
    struct entry entry;
    int symlinks = 0, hardlinks = 0;
    struct archive_reader *r = archive_open(&from.source, CONTAINER_TAR);
    while (archive_next(r, &a, &name, &entry) > 0) {
        if (entry.type == ENTRY_SYMLINK) {
            symlinks++;
            cr_assert(bytes_is(name, "etc/l") && bytes_is(entry_link(&entry), "a"));
        }
        hardlinks += entry.type == ENTRY_HARDLINK;
    }
    cr_assert_eq(symlinks, 1);
    cr_assert_eq(hardlinks, 1);
    archive_close(r);
    arena_release(&a);
    free((void *)(uintptr_t)packed.p);
}

/* Names outside ASCII are nothing wrong, whatever locale the process has. */
Test(archive, names_in_utf8)
{
    struct bytes tar = load("utf8-names.tar"), name;
    struct memory_source from = memory_source_of(tar, 0);
    struct arena a = ARENA_INIT;
    struct entry entry;
    struct archive_reader *r = archive_open(&from.source, CONTAINER_TAR);
    cr_assert_eq(archive_next(r, &a, &name, &entry), 1);
    cr_expect(bytes_is(name, "F\xc5\x91tan\xc3\xbas\xc3\xadtv\xc3\xa1ny.pem"));
    cr_expect(
        bytes_is(entry_link(&entry), "/x/F\xc5\x91tan\xc3\xbas\xc3\xadtv\xc3\xa1ny.crt"));
    cr_assert_eq(archive_next(r, &a, &name, &entry), 1);
    cr_expect(bytes_is(name, "NetL\xc5\x91\x63k"));
    cr_assert_eq(archive_next(r, &a, &name, &entry), 0);
    cr_expect_eq(archive_faults(r)->n, 0);
    archive_close(r);
    arena_release(&a);
    free((void *)(uintptr_t)tar.p);
}

Test(archive, holes_are_filled)
{
    struct bytes packed = load("sparse.tar"), name;
    struct memory_source from = memory_source_of(packed, 0);
    struct arena a = ARENA_INIT;
    struct entry entry;
    struct archive_reader *r = archive_open(&from.source, CONTAINER_TAR);
    cr_assert_eq(archive_next(r, &a, &name, &entry), 1);
    struct bytes content = drain(archive_content(r));
    cr_assert_eq(content.n, 100 * 1024, "truncate -s 100K made it");
    for (size_t i = 0; i < content.n; i++)
        cr_assert_eq(content.p[i], 0);
    archive_close(r);
    arena_release(&a);
    free((void *)(uintptr_t)content.p);
    free((void *)(uintptr_t)packed.p);
}

Test(archive, faults_have_a_place)
{
    size_t members;
    struct bytes plain = load("plain.tar"), packed = load("trailing.tar");
    struct fault fault = read_all(packed, &members);
    cr_assert_eq(fault.code, FAULT_TRAILING);
    cr_assert_eq(fault.offset, plain.n, "the text stands right behind the tar");
    free((void *)(uintptr_t)packed.p);

    packed = load("cut.tar.gz");
    fault = read_all(packed, &members);
    cr_assert_eq(fault.code, FAULT_TRUNCATED);
    cr_assert_eq(fault.offset, packed.n);

    fault = read_all(bytes_sub(plain, 0, 700), &members);
    cr_assert_eq(fault.code, FAULT_TRUNCATED);
    free((void *)(uintptr_t)packed.p);
    free((void *)(uintptr_t)plain.p);
}

Test(archive, every_flipped_byte_of_a_gzip_is_seen_or_means_nothing)
{
    struct bytes packed = load("plain.tar.gz"), plain = load("plain.tar"), name;
    uint8_t *p = (uint8_t *)(uintptr_t)packed.p;
    /* Not the header's flags, time and system: gzip does not protect those. A few bits of
     * the code tables are never used: then the content must be the same. */
    for (size_t i = 20; i < packed.n; i++) {
        p[i] ^= 0x10;
        struct memory_source from = memory_source_of(packed, 0);
        struct archive_reader *r = archive_open(&from.source, CONTAINER_GZIP);
        struct entry entry;
        archive_next(r, NULL, &name, &entry);
        struct source *s = archive_content(r);
        struct bytes content = drain(s);
        cr_assert(s->fault.code != FAULT_NONE || bytes_eq(content, plain), "byte %zu", i);
        archive_close(r);
        free((void *)(uintptr_t)content.p);
        p[i] ^= 0x10;
    }
    free((void *)(uintptr_t)packed.p);
    free((void *)(uintptr_t)plain.p);
}
