/* Piece: the text of one record, and where in the item it stands. The two differ where
 * the record was brought to another form (a row of a table, a line in parts). */
#ifndef ANALYZE_EVENTS_PIECE_H
#define ANALYZE_EVENTS_PIECE_H

#include "formats/base/bytes.h"
#include "formats/base/fault.h"

struct piece {
    struct bytes text;
    size_t readable;         /* as in jsonl_parse */
    uint64_t offset, length; /* in the item */
    enum fault_code fault;   /* of that other form; else FAULT_NONE */
};
typedef void piece_fn(void *context, const struct piece *p);

/* A record that stands in the item as it is read. */
static inline struct piece piece_of(struct bytes text, size_t readable, uint64_t offset)
{
    return (struct piece){text, readable, offset, text.n, FAULT_NONE};
}

#endif
