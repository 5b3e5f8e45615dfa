#include "formats/criu/image.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/criu/file.pb-c.h"
#include "formats/criu/host.pb-c.h"
#include "formats/criu/memory.pb-c.h"
#include "formats/criu/namespace.pb-c.h"
#include "formats/criu/network.pb-c.h"
#include "formats/criu/payload.h"

enum {
    CLASS_NONE = 0,
    CLASS_COMMON = 0x54564319,
    CLASS_SERVICE = 0x55105940,
    CIPHER = 0x50034653, /* of an encryption that was proposed and not released */
};

static const struct criu_type_info types[CRIU_TYPE_COUNT] = {
#define IMAGE(id, magic, class, first, other, payload)                                   \
    {CRIU_##id,                                                                          \
     #id,                                                                                \
     magic,                                                                              \
     CLASS_##class,                                                                      \
     &criu__##first##__descriptor,                                                       \
     &criu__##other##__descriptor,                                                       \
     CRIU_PAYLOAD_##payload},
#include "formats/criu/types.def"
#undef IMAGE
};

const struct criu_type_info *criu_type_info(enum criu_type type)
{
    return &types[type];
}

static const struct criu_type_info *by_magic(uint32_t magic)
{
    for (size_t i = 0; i < CRIU_TYPE_COUNT; i++)
        if (types[i].magic == magic)
            return &types[i];
    return NULL;
}

static bool frame_of(uint32_t first, uint32_t second, struct criu_frame *out)
{
    if (first == CLASS_COMMON || first == CLASS_SERVICE) {
        out->type = by_magic(second);
        out->header = 8;
        return out->type != NULL;
    }
    out->type = by_magic(first);
    out->header = 4;
    out->v1 = out->type && out->type->class_magic != CLASS_NONE;
    return out->type != NULL;
}

bool criu_frame_sniff(struct bytes head, struct criu_frame *out)
{
    struct cursor little = cursor_of(head), big = cursor_of(head);
    struct criu_frame frame = {0};
    uint32_t first = cursor_u32le(&little), first_be = cursor_u32be(&big);
    if (little.failed)
        return false;
    bool found = frame_of(first, cursor_u32le(&little), &frame);
    if (!found) {
        frame = (struct criu_frame){.big_endian = true};
        found = frame_of(first_be, cursor_u32be(&big), &frame);
    }
    if (found)
        *out = frame;
    return found;
}

bool criu_is_cipher(struct bytes head)
{
    struct cursor c = cursor_of(head);
    uint32_t first = cursor_u32le(&c);
    return first == CIPHER || (first == CLASS_COMMON && cursor_u32le(&c) == CIPHER);
}

void criu_record_release(struct criu_record *record)
{
    if (record->message)
        protobuf_c_message_free_unpacked(record->message, NULL);
    record->message = NULL;
}

bool criu_reader_open(struct criu_reader *r, struct bytes image, struct faults *faults)
{
    *r = (struct criu_reader){.at = cursor_of(image), .faults = faults};
    if (criu_is_cipher(image)) {
        faults_add(faults, (struct fault){FAULT_UNSUPPORTED, 0, 0, CIPHER});
        return false;
    }
    if (!criu_frame_sniff(image, &r->frame)) {
        struct cursor c = cursor_of(image);
        uint32_t first = cursor_u32le(&c);
        if (first == CLASS_COMMON || first == CLASS_SERVICE)
            first = cursor_u32le(&c);
        faults_add(faults, (struct fault){image.n ? FAULT_MAGIC : FAULT_EMPTY, 0,
                                          CLASS_COMMON, first});
        return false;
    }
    cursor_skip(&r->at, r->frame.header);
    return true;
}

static void fault_at(struct criu_reader *r, struct fault f)
{
    if (f.code != FAULT_NONE)
        faults_add(r->faults, f);
}

/* Measures, then unpacks; a record that cannot be unpacked keeps its place. */
static void read_message(struct criu_reader *r, struct bytes wire,
                         struct criu_record *record)
{
    const ProtobufCMessageDescriptor *type =
        r->count == 0 ? r->frame.type->first : r->frame.type->other;
    struct criu_measure m = criu_message_measure(type, wire);
    r->memory += m.memory + sizeof(*record);
    if (m.fault.code == FAULT_NONE &&
        r->memory > LIMIT_CRIU_UNPACKED + LIMIT_CRIU_UNPACKED_RATIO * r->at.all.n)
        m.fault = (struct fault){FAULT_LIMIT, 0, LIMIT_CRIU_UNPACKED, r->memory};
    if (m.fault.code == FAULT_NONE)
        record->message = criu_message_unpack(type, wire);
    if (m.fault.code == FAULT_NONE && !record->message)
        m.fault = (struct fault){FAULT_VALUE, 0, 0, 0};
    m.fault.offset += record->offset + 4;
    fault_at(r, m.fault);
    record->unknown = m.unknown;
    if (m.unknown)
        fault_at(r, (struct fault){FAULT_UNKNOWN_FIELD, record->offset + 4 + m.unknown_at,
                                   0, m.unknown});
}

static void read_payload(struct criu_reader *r, struct criu_record *record)
{
    if (r->frame.type->payload == CRIU_PAYLOAD_NONE)
        return;
    struct bytes rest = cursor_rest(&r->at);
    record->payload_offset = r->at.at;
    if (!record->message) { /* how long its payload is stood in the message */
        cursor_skip(&r->at, rest.n);
        return;
    }
    uint64_t n = criu_payload_size(r->frame.type->payload, record->message, rest);
    if (n > rest.n) {
        fault_at(r, (struct fault){FAULT_TRUNCATED, r->at.at, n, rest.n});
        n = rest.n;
    }
    record->payload = cursor_take(&r->at, n);
}

bool criu_reader_next(struct criu_reader *r, struct criu_record *out)
{
    if (cursor_at_end(&r->at))
        return false;
    struct criu_record record = {.offset = r->at.at};
    size_t left = cursor_left(&r->at);
    if (left < 4) {
        fault_at(r, (struct fault){FAULT_TRAILING, r->at.at, 4, left});
        cursor_skip(&r->at, left);
        return false;
    }
    uint32_t size = r->frame.big_endian ? cursor_u32be(&r->at) : cursor_u32le(&r->at);
    if (size > left - 4 || size > LIMIT_CRIU_MESSAGE) {
        fault_at(r, (struct fault){size > left - 4 ? FAULT_TRUNCATED : FAULT_LIMIT,
                                   record.offset, size, left - 4});
        cursor_skip(&r->at, left - 4);
        return false;
    }
    read_message(r, cursor_take(&r->at, size), &record);
    read_payload(r, &record);
    record.length = r->at.at - record.offset;
    r->count++;
    *out = record;
    return true;
}

bool criu_image_read(struct criu_image *out, struct bytes image, struct faults *faults)
{
    struct criu_reader r;
    *out = (struct criu_image){0};
    if (!criu_reader_open(&r, image, faults))
        return false;
    out->frame = r.frame;
    struct criu_record record;
    while (criu_reader_next(&r, &record)) {
        out->records = memory_grow(out->records, &out->capacity, out->count + 1,
                                   sizeof(*out->records));
        out->records[out->count++] = record;
        out->unknown += record.unknown;
    }
    return true;
}

void criu_image_release(struct criu_image *image)
{
    for (size_t i = 0; i < image->count; i++)
        criu_record_release(&image->records[i]);
    free(image->records);
    *image = (struct criu_image){0};
}
