/* Layout: what keeps the records of a log apart. */
#ifndef ANALYZE_EVENTS_LAYOUT_H
#define ANALYZE_EVENTS_LAYOUT_H

#include "analyze/events/piece.h"
#include "formats/base/arena.h"
#include "formats/csv_log.h"
#include "formats/csv_split.h"
#include "formats/journal_split.h"
#include "formats/json_split.h"
#include "formats/yaml_split.h"
#include "verify/walk.h"

enum layout { LAYOUT_LINES, LAYOUT_JSON, LAYOUT_YAML, LAYOUT_CSV, LAYOUT_JOURNAL };

/* Of an item's first chunk its layout; of another one whether it may go on in a document
 * (LAYOUT_JSON) or holds lines. */
enum layout layout_of(const struct log_chunk *chunk);

/* Takes a log that is no log of lines apart, chunk by chunk. Zero-initialise. */
struct layout_reader {
    enum layout layout;
    piece_fn *each;
    void *context;
    union {
        struct json_split json;
        struct yaml_split yaml;
        struct csv_split csv;
        struct journal_split journal;
    };
    uint64_t base; /* offset of what is fed: a mark before UTF-8 is left out */
    struct csv_header header;
    struct arena arena; /* of the header */
    struct text row;
    bool container; /* lines of containers: they keep whose they are */
    size_t banner;  /* lines before the first record, still to be fed */
};
/* By the item's first chunk. Of LAYOUT_LINES nothing is read here. */
void layout_begin(struct layout_reader *r, const struct log_chunk *first);
void layout_feed(struct layout_reader *r, struct bytes text);
void layout_end(struct layout_reader *r);

/* One record again, from its bytes in an item that layout_begin saw. Borrowed from `raw`
 * or from the reader until its next call. */
struct bytes layout_record(struct layout_reader *r, struct bytes raw);

#endif
