#include "formats/container.h"

#include "formats/awslogs.h"

const char *container_name(enum container c)
{
    static const char *const names[] = {
        [CONTAINER_NONE] = "none",       [CONTAINER_DIRECTORY] = "directory",
        [CONTAINER_TAR] = "tar",         [CONTAINER_ZIP] = "zip",
        [CONTAINER_7Z] = "7z",           [CONTAINER_CPIO] = "cpio",
        [CONTAINER_SPLIT] = "split",     [CONTAINER_GZIP] = "gzip",
        [CONTAINER_ZSTD] = "zstd",       [CONTAINER_XZ] = "xz",
        [CONTAINER_BZIP2] = "bzip2",     [CONTAINER_LZ4] = "lz4",
        [CONTAINER_AWSLOGS] = "awslogs", [CONTAINER_UTF16] = "utf-16",
    };
    return names[c];
}

#define TAR_HEADER 512

/* An octal field of a tar header: blanks before, blanks or NUL after the digits. */
static bool tar_octal(struct bytes field, uint64_t *out)
{
    uint64_t value = 0;
    size_t i = 0, digits = 0;
    while (i < field.n && field.p[i] == ' ')
        i++;
    for (; i < field.n && field.p[i] >= '0' && field.p[i] <= '7'; i++, digits++)
        value = value * 8 + (uint64_t)(field.p[i] - '0');
    for (; i < field.n; i++) {
        if (field.p[i] != ' ' && field.p[i] != '\0')
            return false;
    }
    *out = value;
    return digits > 0;
}

/* The checksum tells a tar header from any text, also the old one without "ustar". Sums
 * of signed bytes were written by some old tars. */
static bool is_tar(struct bytes head)
{
    uint64_t stated, sum = 0;
    int64_t signed_sum = 0;
    if (head.n < TAR_HEADER || head.p[0] == '\0')
        return false;
    if (!tar_octal(bytes_sub(head, 148, 8), &stated))
        return false;
    for (size_t i = 0; i < TAR_HEADER; i++) {
        uint8_t byte = i >= 148 && i < 156 ? ' ' : head.p[i];
        sum += byte;
        signed_sum += (int8_t)byte;
    }
    return stated == sum || (int64_t)stated == signed_sum;
}

static bool is_bzip2(struct bytes head)
{
    /* "BZh", a level, and the start of a block or of the end (pi, or its square root). */
    return head.n >= 10 && bytes_starts(head, BYTES("BZh")) && head.p[3] >= '1' &&
           head.p[3] <= '9' &&
           (bytes_eq(bytes_sub(head, 4, 6), BYTES("\x31\x41\x59\x26\x53\x59")) ||
            bytes_eq(bytes_sub(head, 4, 6), BYTES("\x17\x72\x45\x38\x50\x90")));
}

static bool is_zstd(struct bytes head)
{
    /* A frame, or one of the sixteen skippable ones (RFC 8878, 3.1.2). */
    return bytes_starts(head, BYTES("\x28\xb5\x2f\xfd")) ||
           (head.n >= 8 && (head.p[0] & 0xf0) == 0x50 &&
            bytes_eq(bytes_sub(head, 1, 3), BYTES("\x2a\x4d\x18")));
}

static bool is_zip(struct bytes head)
{
    return bytes_starts(head, BYTES("PK\x03\x04")) ||
           bytes_starts(head, BYTES("PK\x05\x06")) ||
           bytes_starts(head, BYTES("PK\x07\x08PK\x03\x04"));
}

static bool is_cpio(struct bytes head)
{
    if (head.n < 76)
        return false;
    if (bytes_starts(head, BYTES("070701")) || bytes_starts(head, BYTES("070702")) ||
        bytes_starts(head, BYTES("070707"))) {
        for (size_t i = 6; i < 76; i++) {
            if (!is_hex(head.p[i]))
                return false;
        }
        return true;
    }
    return false;
}

enum container container_sniff(struct bytes head)
{
    if (bytes_starts(head, BYTES("\x1f\x8b\x08")))
        return CONTAINER_GZIP;
    if (is_zstd(head))
        return CONTAINER_ZSTD;
    if (bytes_starts(head, bytes_of("\xfd"
                                    "7zXZ\0",
                                    6)))
        return CONTAINER_XZ;
    if (is_bzip2(head))
        return CONTAINER_BZIP2;
    if (bytes_starts(head, BYTES("\x04\x22\x4d\x18")))
        return CONTAINER_LZ4;
    if (bytes_starts(head, BYTES("7z\xbc\xaf\x27\x1c")))
        return CONTAINER_7Z;
    if (is_zip(head))
        return CONTAINER_ZIP;
    if (is_cpio(head))
        return CONTAINER_CPIO;
    if (is_tar(head))
        return CONTAINER_TAR;
    return awslogs_sniff(head) ? CONTAINER_AWSLOGS : CONTAINER_NONE;
}

struct bytes container_inner_name(struct bytes name, const char **suffix)
{
    static const struct {
        const char *ending, *becomes;
    } endings[] = {
        {".tar.gz", ".tar"}, {".tgz", ".tar"}, {".tzst", ".tar"}, {".txz", ".tar"},
        {".tbz2", ".tar"},   {".tbz", ".tar"}, {".gz", ""},       {".zst", ""},
        {".zstd", ""},       {".xz", ""},      {".bz2", ""},      {".lz4", ""},
    };
    *suffix = "";
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        struct bytes ending = bytes_str(endings[i].ending);
        if (name.n > ending.n &&
            bytes_eq_nocase(bytes_from(name, name.n - ending.n), ending)) {
            *suffix = endings[i].becomes;
            return bytes_sub(name, 0, name.n - ending.n);
        }
    }
    return name;
}
