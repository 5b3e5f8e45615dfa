#include <criterion/criterion.h>
#include <stdio.h>

#include "formats/container.h"

/* First bytes as the tools write them (xxd of files made by gzip, zstd, xz, bzip2, lz4,
 * zip, 7z, GNU cpio). */
Test(container, magic_numbers)
{
    cr_assert_eq(container_sniff(BYTES("\x1f\x8b\x08\x00")), CONTAINER_GZIP);
    cr_assert_eq(container_sniff(BYTES("\x28\xb5\x2f\xfd")), CONTAINER_ZSTD);
    cr_assert_eq(container_sniff(BYTES("\x5d\x2a\x4d\x18\x04\x00\x00\x00")),
                 CONTAINER_ZSTD);
    cr_assert_eq(container_sniff(bytes_of("\xfd\x37zXZ\0", 6)), CONTAINER_XZ);
    cr_assert_eq(container_sniff(BYTES("BZh91AY&SY")), CONTAINER_BZIP2);
    cr_assert_eq(container_sniff(BYTES("\x04\x22\x4d\x18")), CONTAINER_LZ4);
    cr_assert_eq(container_sniff(BYTES("PK\x03\x04")), CONTAINER_ZIP);
    cr_assert_eq(container_sniff(BYTES("PK\x05\x06")), CONTAINER_ZIP);
    cr_assert_eq(container_sniff(BYTES("7z\xbc\xaf\x27\x1c")), CONTAINER_7Z);
}

Test(container, text_is_not_an_archive)
{
    cr_assert_eq(container_sniff(BYTES("hello world")), CONTAINER_NONE);
    cr_assert_eq(container_sniff(BYTES("BZhello, this is text")), CONTAINER_NONE);
    cr_assert_eq(container_sniff(BYTES("#mtree\n./a type=file\n")), CONTAINER_NONE);
    cr_assert_eq(container_sniff(BYTES_NONE), CONTAINER_NONE);
}

/* A header of 512 bytes whose checksum field is the sum of all bytes, counting the field
 * itself as blanks (POSIX.1-2017, pax, ustar Interchange Format). */
static void tar_header(uint8_t h[512], const char *name)
{
    memset(h, 0, 512);
    memcpy(h, name, strlen(name));
    memcpy(h + 100, "0000644", 8);
    memcpy(h + 124, "00000000000", 12);
    h[156] = '0';
    unsigned sum = 8 * ' ';
    for (size_t i = 0; i < 512; i++)
        sum += h[i];
    char text[8];
    snprintf(text, sizeof text, "%06o", sum);
    memcpy(h + 148, text, 7);
    h[155] = ' ';
}

Test(container, tar_is_told_by_its_checksum)
{
    uint8_t h[512];
    tar_header(h, "a-file");
    cr_assert_eq(container_sniff(bytes_of(h, 512)), CONTAINER_TAR,
                 "old tar without ustar");
    cr_assert_eq(container_sniff(bytes_of(h, 511)), CONTAINER_NONE);
    h[0] = 'b';
    cr_assert_eq(container_sniff(bytes_of(h, 512)), CONTAINER_NONE, "checksum is wrong");
}

Test(container, inner_names)
{
    const char *suffix;
    struct bytes stem = container_inner_name(BYTES("case.tar.zst"), &suffix);
    cr_assert(bytes_is(stem, "case.tar"));
    cr_assert_str_eq(suffix, "");
    stem = container_inner_name(BYTES("case.TGZ"), &suffix);
    cr_assert(bytes_is(stem, "case"));
    cr_assert_str_eq(suffix, ".tar");
    stem = container_inner_name(BYTES("audit.log.gz"), &suffix);
    cr_assert(bytes_is(stem, "audit.log"));
    stem = container_inner_name(BYTES(".gz"), &suffix);
    cr_assert(bytes_is(stem, ".gz"), "a name is never empty");
    stem = container_inner_name(BYTES("25c80bb2"), &suffix);
    cr_assert(bytes_is(stem, "25c80bb2"));
}
