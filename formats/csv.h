/* Comma-separated values (RFC 4180), and those with another separator. */
#ifndef FORMATS_CSV_H
#define FORMATS_CSV_H

#include "formats/base/arena.h"

struct csv {
    struct bytes rest;
    uint8_t separator;
    struct arena *arena; /* for fields that had quotes */
    bool wrong;          /* the last record has a quote that is not closed */
};

/* The fields of the next record, of which the first `most` are handed out; the rest of
 * them are passed over. Returns how many there are in `fields`; 0 at the end. */
size_t csv_record(struct csv *c, struct bytes *fields, size_t most);

#endif
