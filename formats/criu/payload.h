/* Payload: the raw bytes that follow some records of CRIU images.
 *
 *   pipes-data, fifo-data   what waits in the pipe
 *   sk-queues               one message of a socket's queue
 *   tcp-stream              unread bytes, then bytes sent and not acknowledged or not
 * sent ghost-file              the content, or chunks of it with holes between them
 *   bpfmap-data             keys, then values
 *   ipcns-sem, -shm, -msg   values, content, messages of System V IPC
 */
#ifndef FORMATS_CRIU_PAYLOAD_H
#define FORMATS_CRIU_PAYLOAD_H

#include "formats/criu/image.h"

/* How many bytes of `rest` the payload of `message` takes; more than rest.n when it was
 * cut off. */
uint64_t criu_payload_size(enum criu_payload kind, const ProtobufCMessage *message,
                           struct bytes rest);

struct criu_tcp_queues {
    struct bytes unread, unacknowledged; /* the second includes what was never sent */
};
struct criu_tcp_queues criu_tcp_queues(const struct criu_record *record);

/* Content of a deleted file. A plain ghost is one chunk at 0. */
struct criu_chunk {
    uint64_t offset; /* in the file */
    struct bytes data;
    uint64_t at; /* of data in the image */
};
/* Walks the chunks: *at starts at 0 and is where the next one begins in the payload.
 * False at the end; *fault tells when the end is not a clean one. */
bool criu_ghost_next(const struct criu_record *record, size_t *at, struct criu_chunk *out,
                     struct fault *fault);

/* One message of a System V queue, walked the same way. */
struct criu_queue_message {
    uint64_t type;
    struct bytes data;
};
bool criu_queue_next(const struct criu_record *record, size_t *at,
                     struct criu_queue_message *out);

#endif
