/* Takes a journal that is no log of lines apart into its entries: `journalctl -o export`
 * (fields on lines of their own, entries apart by an empty line, fields that are no text
 * with their length before them) and `-o verbose` (a line with the time, then the fields,
 * indented). Works on a stream, so that a log of any size keeps one entry in memory.
 *
 * Source of the format: systemd JOURNAL_EXPORT_FORMATS, "Journal Export Format".
 */
#ifndef FORMATS_JOURNAL_SPLIT_H
#define FORMATS_JOURNAL_SPLIT_H

#include "formats/base/bytes.h"

struct journal_split_record {
    struct bytes text; /* with the line's end of its last line, if it has one */
    uint64_t offset;   /* in the stream */
    bool complete;     /* false: ends inside a field, or longer than LIMIT_LINE */
};

struct journal_split {
    void (*each)(void *context, const struct journal_split_record *record);
    void *context;
    uint8_t *buffer; /* the entry that is being read */
    size_t n, capacity;
    uint64_t start, offset;
    size_t line;             /* where the line that is being read begins in the buffer */
    unsigned length_octets;  /* of the length of a binary field that were read */
    uint64_t length, binary; /* that length; what is left of the field */
    bool in_length, too_long;
};

void journal_split_begin(struct journal_split *s,
                         void (*each)(void *context,
                                      const struct journal_split_record *r),
                         void *context);
void journal_split_feed(struct journal_split *s, struct bytes block);
/* Hands out the last entry; frees. */
void journal_split_end(struct journal_split *s);

/* Is the start of a text one of these two forms? */
bool journal_split_wants(struct bytes head);

#endif
