#include "analyze/process/decode.h"

#include <string.h>

#include "analyze/process/values.h"
#include "formats/base/base64.h"
#include "formats/criu/file.pb-c.h"
#include "formats/criu/namespace.pb-c.h"
#include "formats/criu/payload.h"

/* Fields of type bytes in the format itself; all the others that we read as bytes are
 * text there. */
static const struct {
    const char *message, *field;
} binary[] = {
    {"aa_policy", "blob"},           {"creds_entry", "apparmor_data"},
    {"net_device_entry", "address"}, {"packet_mclist", "addr"},
    {"seccomp_filter", "filter"},    {"siginfo_entry", "siginfo"},
    {"tty_data_entry", "data"},      {"pagemap_entry", "blocks"},
};

static bool is_binary(const char *message, const char *field)
{
    for (size_t i = 0; i < sizeof binary / sizeof *binary; i++)
        if (strcmp(binary[i].message, message) == 0 &&
            strcmp(binary[i].field, field) == 0)
            return true;
    return false;
}

/* The name of a Unix socket may hold any byte; crit writes it as quoted-printable. */
static bool is_quoted(const char *message, const char *field)
{
    return strcmp(message, "unix_sk_entry") == 0 && strcmp(field, "name") == 0;
}

/* RFC 2045, section 6.7; lines are folded where Python's codec folds them. */
static json_t *quoted_printable(struct bytes b)
{
    struct text t = {0};
    size_t column = 0;
    for (size_t i = 0; i < b.n; i++) {
        uint8_t c = b.p[i];
        bool last = i + 1 == b.n || b.p[i + 1] == '\n';
        if (c == '\n') {
            text_byte(&t, (char)c);
            column = 0;
            continue;
        }
        bool blank = c == ' ' || c == '\t';
        bool plain = blank ? !last : c == '\r' || (c > ' ' && c < 0x7f && c != '=');
        if (c == '.' && column == 0 && (last || b.p[i + 1] == 0 || b.p[i + 1] == '\r'))
            plain = false;
        size_t width = plain ? 1 : 3;
        if (column + width >= 76 && !(plain && last)) {
            text_str(&t, "=\n");
            column = 0;
        }
        if (plain)
            text_byte(&t, (char)c);
        else
            text_printf(&t, "=%02X", c);
        column += width;
    }
    json_t *s = json_stringn(text_c(&t), t.n);
    text_release(&t);
    return s;
}

static json_t *base64(struct bytes b)
{
    struct text t = {0};
    base64_encode(b, &t);
    json_t *s = json_stringn(text_c(&t), t.n);
    text_release(&t);
    return s;
}

/* Enumerators carry the name of their enumeration, which the format's own do not. */
static json_t *enumerator(const ProtobufCEnumDescriptor *type, int value)
{
    const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(type, value);
    if (!v)
        return json_integer(value);
    return json_string(v->name + strlen(type->short_name) + 1);
}

static json_t *one_value(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f,
                         const void *at)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return json_integer(*(const int32_t *)at);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return json_integer(*(const uint32_t *)at);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return json_integer(*(const int64_t *)at);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return json_unsigned(*(const uint64_t *)at);
    case PROTOBUF_C_TYPE_BOOL:
        return json_boolean(*(const protobuf_c_boolean *)at);
    case PROTOBUF_C_TYPE_ENUM:
        return enumerator(f->descriptor, *(const int *)at);
    case PROTOBUF_C_TYPE_BYTES: {
        struct bytes b = criu_bytes(*(const ProtobufCBinaryData *)at);
        const char *message = m->descriptor->name + strlen("criu.");
        return is_binary(message, f->name)   ? base64(b)
               : is_quoted(message, f->name) ? quoted_printable(b)
                                             : json_evidence(b);
    }
    case PROTOBUF_C_TYPE_MESSAGE:
        return decode_message(*(ProtobufCMessage *const *)at);
    default:
        return json_null(); /* no other type stands in our .proto files */
    }
}

static size_t element_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return 8;
    default:
        return 4;
    }
}

static json_t *repeated(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    const uint8_t *base = (const uint8_t *)m;
    size_t n = *(const size_t *)(const void *)(base + f->quantifier_offset);
    const uint8_t *v = *(uint8_t *const *)(const void *)(base + f->offset);
    json_t *all = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(all, one_value(m, f, v + i * element_size(f->type)));
    return all;
}

static bool is_there(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    const uint8_t *base = (const uint8_t *)m;
    if (f->label == PROTOBUF_C_LABEL_REPEATED)
        return *(const size_t *)(const void *)(base + f->quantifier_offset) > 0;
    if (f->type == PROTOBUF_C_TYPE_MESSAGE)
        return *(void *const *)(const void *)(base + f->offset) != NULL;
    return *(const protobuf_c_boolean *)(const void *)(base + f->quantifier_offset);
}

json_t *decode_message(const ProtobufCMessage *m)
{
    json_t *o = json_object();
    for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
        if (!is_there(m, f))
            continue;
        json_object_set_new(o, f->name,
                            f->label == PROTOBUF_C_LABEL_REPEATED
                                ? repeated(m, f)
                                : one_value(m, f, (const uint8_t *)m + f->offset));
    }
    return o;
}

/* -- payloads -------------------------------------------------------------------------
 */

/* crit shows the chunks of a file with holes as entries after the file's own. */
static void add_chunks(json_t *entries, const struct criu_record *r)
{
    struct criu_chunk chunk;
    struct fault fault;
    for (size_t at = 0; criu_ghost_next(r, &at, &chunk, &fault);) {
        json_t *o = json_object();
        json_object_set_new(o, "len", json_integer((json_int_t)chunk.data.n));
        json_object_set_new(o, "off", json_unsigned(chunk.offset));
        json_object_set_new(o, "extra", base64(chunk.data));
        json_array_append_new(entries, o);
    }
}

static bool is_chunked(const struct criu_reader *r, const struct criu_record *record)
{
    const void *message = record->message;
    return r->frame.type->payload == CRIU_PAYLOAD_GHOST && message &&
           ((const Criu__GhostFileEntry *)message)->chunks;
}

static json_t *semaphores_payload(const struct criu_record *r)
{
    const void *message = r->message;
    json_t *all = json_array();
    struct cursor c = cursor_of(r->payload);
    for (uint32_t i = 0; i < ((const Criu__IpcSemEntry *)message)->nsems; i++) {
        uint16_t value = cursor_u16le(&c);
        if (c.failed)
            break;
        json_array_append_new(all, json_integer(value));
    }
    return all;
}

/* Each message and then its text, as crit has them. */
static json_t *messages_payload(const struct criu_record *r)
{
    json_t *all = json_array();
    struct criu_queue_message message;
    for (size_t at = 0; criu_queue_next(r, &at, &message);) {
        json_t *o = json_object();
        json_object_set_new(o, "mtype", json_unsigned(message.type));
        json_object_set_new(o, "msize", json_integer((json_int_t)message.data.n));
        json_array_append_new(all, o);
        json_array_append_new(all, base64(message.data));
    }
    return all;
}

static json_t *payload(enum criu_payload kind, const struct criu_record *r)
{
    switch (kind) {
    case CRIU_PAYLOAD_TCP: {
        struct criu_tcp_queues q = criu_tcp_queues(r);
        json_t *o = json_object();
        json_object_set_new(o, "inq", base64(q.unread));
        json_object_set_new(o, "outq", base64(q.unacknowledged));
        return o;
    }
    case CRIU_PAYLOAD_SEMAPHORES:
        return semaphores_payload(r);
    case CRIU_PAYLOAD_MESSAGES:
        return messages_payload(r);
    default:
        return base64(r->payload);
    }
}

json_t *decode_faults(const struct faults *faults)
{
    json_t *all = json_array();
    for (size_t i = 0; i < faults->n; i++) {
        json_t *o = json_object();
        json_object_set_new(o, "fault", json_string(fault_name(faults->v[i].code)));
        json_object_set_new(o, "offset", json_unsigned(faults->v[i].offset));
        json_object_set_new(o, "want", json_unsigned(faults->v[i].want));
        json_object_set_new(o, "have", json_unsigned(faults->v[i].have));
        json_array_append_new(all, o);
    }
    return all;
}

json_t *decode_image(struct bytes image, bool payloads, struct faults *faults)
{
    struct criu_reader r;
    if (!criu_reader_open(&r, image, faults))
        return NULL;
    json_t *all = json_array(), *top = json_object();
    struct criu_record record;
    json_object_set_new(top, "magic", json_string(r.frame.type->name));
    json_object_set_new(top, "entries", all);
    while (criu_reader_next(&r, &record)) {
        json_t *o = record.message ? decode_message(record.message) : json_object();
        if (payloads && record.message && r.frame.type->payload != CRIU_PAYLOAD_NONE &&
            !is_chunked(&r, &record))
            json_object_set_new(o, "extra", payload(r.frame.type->payload, &record));
        json_array_append_new(all, o);
        if (payloads && is_chunked(&r, &record))
            add_chunks(all, &record);
        criu_record_release(&record);
    }
    return top;
}
