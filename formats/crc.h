/* Cyclic redundancy checks that object stores record. They find accidents, not intent. */
#ifndef FORMATS_CRC_H
#define FORMATS_CRC_H

#include "formats/base/bytes.h"

enum crc {
    CRC_32,      /* ISO 3309, as zip and gzip: reflected 0x04C11DB7 */
    CRC_32C,     /* Castagnoli, RFC 3720: reflected 0x1EDC6F41 */
    CRC_64_NVME, /* NVM Express: reflected 0xAD93D23594C93659 */
    CRC_COUNT
};

/* Bytes of the value, big-endian in what the stores print. */
static inline size_t crc_size(enum crc kind)
{
    return kind == CRC_64_NVME ? 8 : 4;
}
/* Streaming: begin with 0; the value so far in, the value after `b` out. */
uint64_t crc_update(enum crc kind, uint64_t value, struct bytes b);

#endif
