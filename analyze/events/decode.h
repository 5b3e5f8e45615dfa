/* Decode: from the text of a record to what is kept of it. Pure but for the batch: runs
 * on any worker. */
#ifndef ANALYZE_EVENTS_DECODE_H
#define ANALYZE_EVENTS_DECODE_H

#include "analyze/events/batch.h"
#include "analyze/events/readers.h"

struct decoder {
    const struct analysis *analysis; /* scope and rules are only read */
    const struct item *item;
    struct container_log_place place; /* of a container log */
    struct readers *readers;
    struct batch *batch;
};

/* One record at `offset` of the item. `readable` as in jsonl_parse. A line that is a list
 * of records (a batch of the audit webhook, an export) is taken apart. */
void decode_record(struct decoder *d, struct bytes text, size_t readable,
                   uint64_t offset);
/* Every line of a chunk that begins at `offset`. */
void decode_lines(struct decoder *d, struct bytes text, uint64_t offset);

/* Makes the event of a record that waited (batch.h), from the same text. */
void decode_waiting(struct decoder *d, struct batch_event *waiting);

/* Takes the path of the item into account. `path` must outlive the decoder. */
void decoder_set_item(struct decoder *d, const struct item *item, struct bytes path);

#endif
