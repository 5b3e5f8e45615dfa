/* Takes comma-separated values (RFC 4180; also with semicolons or tabs) apart into their
 * records, of which the first is the header. Works on a stream, so that a log of any size
 * keeps one record in memory.
 */
#ifndef FORMATS_CSV_SPLIT_H
#define FORMATS_CSV_SPLIT_H

#include "formats/base/bytes.h"

struct csv_split_record {
    struct bytes text; /* as it stands there, without the line's end */
    uint64_t offset;   /* in the stream */
    bool complete;     /* false: a quote is not closed, or longer than LIMIT_LINE */
};

struct csv_split {
    void (*each)(void *context, const struct csv_split_record *record);
    void *context;
    uint8_t *buffer; /* the record that is being read */
    size_t n, capacity;
    uint64_t start, offset;
    uint8_t separator; /* 0 until the header was seen */
    bool quoted;       /* inside a field in quotes */
    bool field_begins, too_long;
};

void csv_split_begin(struct csv_split *s,
                     void (*each)(void *context, const struct csv_split_record *r),
                     void *context);
void csv_split_feed(struct csv_split *s, struct bytes block);
/* Hands out the last record; frees. */
void csv_split_end(struct csv_split *s);

/* What stands between the names of a header: the first of , ; and tab outside quotes. */
uint8_t csv_separator(struct bytes header);
/* Is the start of a text the header of an export of logs (csv_log.h)? */
bool csv_split_wants(struct bytes head);

#endif
