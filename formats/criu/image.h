/* Image: a file of a CRIU dump, record by record.
 *
 * An image is a class word and a type magic (images of version 1.0, and inventory.img in
 * every version, have only the type magic), then records to the end of the file: a 32-bit
 * size, so many bytes of protobuf, and for some types a payload. Integers are in the
 * order of the dumped machine: little-endian everywhere but on s390. Sources: the image
 * format of CRIU 1.0 to 4.2 (its magic.h and .proto files).
 */
#ifndef FORMATS_CRIU_IMAGE_H
#define FORMATS_CRIU_IMAGE_H

#include "formats/base/cursor.h"
#include "formats/criu/message.h"

enum criu_type {
#define IMAGE(name, magic, class, first, other, payload) CRIU_##name,
#include "formats/criu/types.def"
#undef IMAGE
    CRIU_TYPE_COUNT
};

/* What follows a record's message (payload.h). */
enum criu_payload {
    CRIU_PAYLOAD_NONE,
    CRIU_PAYLOAD_PIPE,
    CRIU_PAYLOAD_PACKET,
    CRIU_PAYLOAD_TCP,
    CRIU_PAYLOAD_GHOST,
    CRIU_PAYLOAD_BPFMAP,
    CRIU_PAYLOAD_SEMAPHORES,
    CRIU_PAYLOAD_SEGMENT,
    CRIU_PAYLOAD_MESSAGES,
};

struct criu_type_info {
    enum criu_type type;
    const char *name; /* "PAGEMAP" */
    uint32_t magic;
    uint32_t class_magic;                    /* 0: none (inventory) */
    const ProtobufCMessageDescriptor *first; /* of record 0 */
    const ProtobufCMessageDescriptor *other; /* of all others */
    enum criu_payload payload;
};
const struct criu_type_info *criu_type_info(enum criu_type type);

/* What the first bytes say; NULL when they are no CRIU image. */
struct criu_frame {
    const struct criu_type_info *type;
    size_t header; /* bytes before the first record: 4 or 8 */
    bool big_endian;
    bool v1; /* no class word where later versions have one */
};
bool criu_frame_sniff(struct bytes head, struct criu_frame *out);

/* Magic of images that nobody can read without their key. */
bool criu_is_cipher(struct bytes head);

struct criu_record {
    uint64_t offset;           /* of its size word in the image */
    uint64_t length;           /* size word, message and payload */
    ProtobufCMessage *message; /* owned; NULL when the message is broken */
    struct bytes payload;      /* borrowed from the image */
    uint64_t payload_offset;
    uint32_t unknown; /* fields of a newer CRIU */
};
void criu_record_release(struct criu_record *record);

struct criu_reader {
    struct criu_frame frame;
    struct cursor at;
    uint64_t count; /* records so far */
    uint64_t memory;
    struct faults *faults; /* borrowed; may be NULL */
};

/* False, with a fault, when `image` has no header that we know. `faults` may be NULL. */
bool criu_reader_open(struct criu_reader *r, struct bytes image, struct faults *faults);
/* The next record, to be released by the caller. A broken message is a record without
 * one, and reading goes on; where the border of the next record cannot be known, reading
 * ends. False at the end. */
bool criu_reader_next(struct criu_reader *r, struct criu_record *out);

/* All records of an image. Owns them; the payloads are views into `image`. */
struct criu_image {
    struct criu_frame frame;
    struct criu_record *records;
    size_t count, capacity;
    uint64_t unknown;
};
/* False as criu_reader_open. */
bool criu_image_read(struct criu_image *out, struct bytes image, struct faults *faults);
void criu_image_release(struct criu_image *image);

/* The message of record `i`, cast; NULL when it is broken or not there. */
static inline const void *criu_message(const struct criu_image *image, size_t i)
{
    return i < image->count ? image->records[i].message : NULL;
}

#endif
