#include "formats/criu/message.h"

#include "formats/base/cursor.h"
#include "formats/base/limits.h"

/* Wire types of the encoding guide; 3 and 4 (groups) never occur in an image. */
enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

/* What malloc and the scan of protobuf-c add to each field. */
#define FIELD_COST 48

struct measuring {
    struct criu_measure out;
    uint64_t base;  /* offset of the current message in the outermost one */
    unsigned depth; /* how many messages it is in */
};

static void measure(const ProtobufCMessageDescriptor *type, struct bytes wire,
                    struct measuring *m);

static void refuse(struct measuring *m, enum fault_code code, uint64_t at, uint64_t have)
{
    if (m->out.fault.code == FAULT_NONE)
        m->out.fault = (struct fault){code, m->base + at, 0, have};
}

static bool is_varint(ProtobufCType t)
{
    return t != PROTOBUF_C_TYPE_FIXED64 && t != PROTOBUF_C_TYPE_SFIXED64 &&
           t != PROTOBUF_C_TYPE_DOUBLE && t != PROTOBUF_C_TYPE_FIXED32 &&
           t != PROTOBUF_C_TYPE_SFIXED32 && t != PROTOBUF_C_TYPE_FLOAT &&
           t != PROTOBUF_C_TYPE_STRING && t != PROTOBUF_C_TYPE_BYTES &&
           t != PROTOBUF_C_TYPE_MESSAGE;
}

/* The wire type that a field has; a repeated number may also come packed (2). */
static bool wire_fits(const ProtobufCFieldDescriptor *f, unsigned wire)
{
    if (is_varint(f->type))
        return wire == WIRE_VARINT ||
               (wire == WIRE_BYTES && f->label == PROTOBUF_C_LABEL_REPEATED);
    if (f->type == PROTOBUF_C_TYPE_FIXED64)
        return wire == WIRE_FIXED64 ||
               (wire == WIRE_BYTES && f->label == PROTOBUF_C_LABEL_REPEATED);
    return wire == WIRE_BYTES;
}

/* Takes one value off the cursor; for WIRE_BYTES *body is its content. */
static bool take_value(struct cursor *c, unsigned wire, struct bytes *body)
{
    *body = BYTES_NONE;
    switch (wire) {
    case WIRE_VARINT:
        cursor_varint(c);
        break;
    case WIRE_FIXED64:
        cursor_skip(c, 8);
        break;
    case WIRE_FIXED32:
        cursor_skip(c, 4);
        break;
    case WIRE_BYTES:
        *body = cursor_take(c, cursor_varint(c));
        break;
    default:
        return false;
    }
    return !c->failed;
}

/* A packed list must end exactly at a border of its elements. */
static bool packed_fits(const ProtobufCFieldDescriptor *f, struct bytes body)
{
    struct cursor c = cursor_of(body);
    while (!cursor_at_end(&c) && !c.failed) {
        if (is_varint(f->type))
            cursor_varint(&c);
        else
            cursor_skip(&c, 8);
    }
    return !c.failed;
}

static void measure_known(const ProtobufCFieldDescriptor *f, struct bytes body,
                          uint64_t at, struct measuring *m)
{
    if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
        uint64_t outer = m->base;
        m->base += at;
        m->depth++;
        measure((const ProtobufCMessageDescriptor *)f->descriptor, body, m);
        m->depth--;
        m->base = outer;
    } else if (f->type == PROTOBUF_C_TYPE_BYTES) {
        m->out.memory += body.n;
    } else {
        m->out.memory += 8 * body.n;
        if (!packed_fits(f, body))
            refuse(m, FAULT_LENGTH, at, body.n);
    }
}

static void measure_field(const ProtobufCMessageDescriptor *type, struct cursor *c,
                          struct measuring *m)
{
    uint64_t at = c->at;
    uint64_t tag = cursor_varint(c);
    unsigned wire = tag & 7;
    struct bytes body;
    if (c->failed || tag >> 3 == 0 || tag >> 3 > UINT32_MAX >> 3) {
        refuse(m, c->failed ? FAULT_TRUNCATED : FAULT_VALUE, at, tag);
        return;
    }
    if (!take_value(c, wire, &body)) {
        refuse(m, c->failed ? FAULT_TRUNCATED : FAULT_VALUE, at, wire);
        return;
    }
    const ProtobufCFieldDescriptor *f =
        protobuf_c_message_descriptor_get_field(type, (unsigned)(tag >> 3));
    m->out.memory += FIELD_COST;
    if (!f) {
        if (m->out.unknown++ == 0)
            m->out.unknown_at = m->base + at;
        m->out.memory += body.n;
    } else if (!wire_fits(f, wire)) {
        refuse(m, FAULT_VALUE, at, wire);
    } else {
        measure_known(f, body, c->at - body.n, m);
    }
}

static void measure(const ProtobufCMessageDescriptor *type, struct bytes wire,
                    struct measuring *m)
{
    if (m->depth > LIMIT_CRIU_DEPTH) {
        refuse(m, FAULT_LIMIT, 0, m->depth);
        return;
    }
    m->out.memory += type->sizeof_message;
    struct cursor c = cursor_of(wire);
    while (!cursor_at_end(&c) && m->out.fault.code == FAULT_NONE)
        measure_field(type, &c, m);
}

struct criu_measure criu_message_measure(const ProtobufCMessageDescriptor *type,
                                         struct bytes wire)
{
    struct measuring m = {0};
    measure(type, wire, &m);
    return m.out;
}

ProtobufCMessage *criu_message_unpack(const ProtobufCMessageDescriptor *type,
                                      struct bytes wire)
{
    static const uint8_t empty;
    return protobuf_c_message_unpack(type, NULL, wire.n, wire.n ? wire.p : &empty);
}
