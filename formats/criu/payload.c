#include "formats/criu/payload.h"

#include "formats/criu/file.pb-c.h"
#include "formats/criu/namespace.pb-c.h"
#include "formats/criu/socket.pb-c.h"

/* n rounded up to a multiple of `to`; n comes from 32 bits or is saturated. */
static uint64_t padded(uint64_t n, uint64_t to)
{
    return n > UINT64_MAX - to ? n : (n + to - 1) / to * to;
}

/* A message inside a payload: a size word, then so many bytes. NULL when broken. */
static ProtobufCMessage *take_message(struct cursor *c,
                                      const ProtobufCMessageDescriptor *type)
{
    struct bytes wire = cursor_take(c, cursor_u32le(c));
    if (c->failed || criu_message_measure(type, wire).fault.code != FAULT_NONE)
        return NULL;
    return criu_message_unpack(type, wire);
}

static bool queue_take(struct cursor *c, struct criu_queue_message *out)
{
    ProtobufCMessage *m = take_message(c, &criu__ipc_msg__descriptor);
    if (!m)
        return false;
    const Criu__IpcMsg *msg = (const Criu__IpcMsg *)m;
    *out = (struct criu_queue_message){msg->mtype, cursor_take(c, msg->msize)};
    size_t pad = (size_t)(padded(msg->msize, 8) - msg->msize);
    cursor_skip(c, pad <= cursor_left(c) ? pad : cursor_left(c));
    protobuf_c_message_free_unpacked(m, NULL);
    return !c->failed;
}

static uint64_t messages_size(const Criu__IpcMsgEntry *m, struct bytes rest)
{
    struct cursor c = cursor_of(rest);
    struct criu_queue_message message;
    for (uint32_t i = 0; i < m->qnum; i++)
        if (!queue_take(&c, &message))
            return (uint64_t)rest.n + 1;
    return c.at;
}

uint64_t criu_payload_size(enum criu_payload kind, const ProtobufCMessage *message,
                           struct bytes rest)
{
    const void *m = message;
    switch (kind) {
    case CRIU_PAYLOAD_PIPE:
        return ((const Criu__PipeDataEntry *)m)->bytes;
    case CRIU_PAYLOAD_PACKET:
        return ((const Criu__SkPacketEntry *)m)->length;
    case CRIU_PAYLOAD_TCP:
        return (uint64_t)((const Criu__TcpStreamEntry *)m)->inq_len +
               ((const Criu__TcpStreamEntry *)m)->outq_len;
    case CRIU_PAYLOAD_BPFMAP:
        return (uint64_t)((const Criu__BpfmapDataEntry *)m)->keys_bytes +
               ((const Criu__BpfmapDataEntry *)m)->values_bytes;
    case CRIU_PAYLOAD_SEMAPHORES:
        return padded((uint64_t)((const Criu__IpcSemEntry *)m)->nsems * 2, 8);
    case CRIU_PAYLOAD_SEGMENT:
        return ((const Criu__IpcShmEntry *)m)->in_pagemaps
                   ? 0
                   : padded(((const Criu__IpcShmEntry *)m)->size, 4);
    case CRIU_PAYLOAD_MESSAGES:
        return messages_size(m, rest);
    case CRIU_PAYLOAD_GHOST:
        return rest.n; /* a ghost image holds one file */
    case CRIU_PAYLOAD_NONE:
        break;
    }
    return 0;
}

struct criu_tcp_queues criu_tcp_queues(const struct criu_record *record)
{
    if (!record->message)
        return (struct criu_tcp_queues){BYTES_NONE, BYTES_NONE};
    const void *m = record->message;
    size_t unread = ((const Criu__TcpStreamEntry *)m)->inq_len;
    return (struct criu_tcp_queues){bytes_sub(record->payload, 0, unread),
                                    bytes_from(record->payload, unread)};
}

static bool chunk_take(struct cursor *c, struct criu_chunk *out, struct fault *fault)
{
    size_t start = c->at;
    ProtobufCMessage *m = take_message(c, &criu__ghost_chunk_entry__descriptor);
    if (!m) {
        *fault = (struct fault){FAULT_TRUNCATED, start, 4, cursor_left(c)};
        return false;
    }
    const Criu__GhostChunkEntry *chunk = (const Criu__GhostChunkEntry *)m;
    uint64_t want = chunk->len, offset = chunk->off;
    protobuf_c_message_free_unpacked(m, NULL);
    size_t at = c->at;
    size_t left = cursor_left(c);
    if (want > left)
        *fault = (struct fault){FAULT_TRUNCATED, at, want, left};
    *out = (struct criu_chunk){offset, cursor_take(c, want > left ? left : want), at};
    return true;
}

bool criu_ghost_next(const struct criu_record *record, size_t *at, struct criu_chunk *out,
                     struct fault *fault)
{
    *fault = (struct fault){0};
    if (!record->message || *at >= record->payload.n)
        return false;
    const void *ghost = record->message;
    struct cursor c = cursor_of(record->payload);
    bool found = true;
    cursor_skip(&c, *at);
    if (((const Criu__GhostFileEntry *)ghost)->chunks)
        found = chunk_take(&c, out, fault);
    else
        *out = (struct criu_chunk){0, cursor_take(&c, record->payload.n - *at), 0};
    *at = c.at;
    out->at += found ? record->payload_offset : 0;
    if (fault->code != FAULT_NONE)
        fault->offset += record->payload_offset;
    return found;
}

bool criu_queue_next(const struct criu_record *record, size_t *at,
                     struct criu_queue_message *out)
{
    if (!record->message || *at >= record->payload.n)
        return false;
    struct cursor c = cursor_of(record->payload);
    cursor_skip(&c, *at);
    if (!queue_take(&c, out))
        return false;
    *at = c.at;
    return true;
}
