/* Message: one protobuf message of a CRIU image, unpacked after its wire form was
 * checked.
 *
 * protobuf-c recurses once per nested message and allocates what the wire asks for, so
 * hostile bytes are measured first: nesting, wire types, and the memory that unpacking
 * will take. Source: the Protocol Buffers encoding guide; proto2.
 */
#ifndef FORMATS_CRIU_MESSAGE_H
#define FORMATS_CRIU_MESSAGE_H

#include <protobuf-c/protobuf-c.h>

#include "formats/base/bytes.h"
#include "formats/base/fault.h"

struct criu_measure {
    uint64_t memory;     /* bytes that the unpacked message takes, about */
    uint32_t unknown;    /* fields that no .proto of ours names, at any depth */
    struct fault fault;  /* FAULT_NONE when it can be unpacked; offset in `wire` */
    uint64_t unknown_at; /* offset of the first unknown field */
};

struct criu_measure criu_message_measure(const ProtobufCMessageDescriptor *type,
                                         struct bytes wire);
/* Only after criu_message_measure() found no fault. NULL when memory is short or the
 * library refuses; free with protobuf_c_message_free_unpacked(m, NULL). */
ProtobufCMessage *criu_message_unpack(const ProtobufCMessageDescriptor *type,
                                      struct bytes wire);

static inline struct bytes criu_bytes(ProtobufCBinaryData b)
{
    return bytes_of(b.data, b.len);
}

#endif
