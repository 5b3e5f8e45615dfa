#include "formats/crc.h"

/* The polynomials, bit-reversed, because all three are computed lowest bit first. */
static const uint64_t polynomials[CRC_COUNT] = {
    [CRC_32] = 0xEDB88320,
    [CRC_32C] = 0x82F63B78,
    [CRC_64_NVME] = 0x9A6C9329AC4BC9B5,
};

static const uint64_t masks[CRC_COUNT] = {
    [CRC_32] = UINT32_MAX,
    [CRC_32C] = UINT32_MAX,
    [CRC_64_NVME] = UINT64_MAX,
};

static void make_table(enum crc kind, uint64_t table[256])
{
    for (unsigned i = 0; i < 256; i++) {
        uint64_t value = i;
        for (int bit = 0; bit < 8; bit++)
            value = value >> 1 ^ (value & 1 ? polynomials[kind] : 0);
        table[i] = value;
    }
}

uint64_t crc_update(enum crc kind, uint64_t value, struct bytes b)
{
    uint64_t table[256];
    make_table(kind, table);
    value ^= masks[kind];
    for (size_t i = 0; i < b.n; i++)
        value = value >> 8 ^ table[(value ^ b.p[i]) & 0xFF];
    return value ^ masks[kind];
}
