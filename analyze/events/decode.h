/* Decode: from the text of a record to what is kept of it. Pure but for the batch: runs
 * on any worker. */
#ifndef ANALYZE_EVENTS_DECODE_H
#define ANALYZE_EVENTS_DECODE_H

#include "analyze/events/batch.h"
#include "analyze/events/piece.h"
#include "analyze/events/readers.h"

struct decoder {
    const struct analysis *analysis; /* scope and rules are only read */
    const struct item *item;
    struct container_log_place place; /* of a container log */
    struct readers *readers;
    struct batch *batch;
    /* Of each stream of a runtime's log: a line goes on, or it is not known whether the
     * first line of the chunk is the end of one. */
    bool open[3];
    bool exported; /* the container log is a collector's, not a runtime's */
};

/* One record. One that is a list of records (a batch of the audit webhook, an export) is
 * taken apart. */
void decode_record(struct decoder *d, const struct piece *p);
/* Every line of a chunk that begins at `offset`. Parts of lines of a runtime's log are
 * only put into the batch: they are joined, and decoded, at the commit. */
void decode_lines(struct decoder *d, struct bytes text, uint64_t offset);

/* Makes the event of a record that waited (batch.h), from the same text. */
void decode_waiting(struct decoder *d, struct batch_event *waiting);

/* Takes the path of the item into account. `path` must outlive the decoder. */
void decoder_set_item(struct decoder *d, const struct item *item, struct bytes path);

#endif
