/* Takes JSON that is not one record on each line apart into its records: pretty-printed
 * values one after the other, arrays, and lists in wrappers ("items" of an EventList,
 * "events" and "logEvents" of CloudWatch, "records" of Azure, "hits" of Elasticsearch,
 * "results" of Splunk, "values" of Loki, "Findings" of GuardDuty). Works on a stream, so
 * that a log of any size keeps one record in memory.
 */
#ifndef FORMATS_JSON_SPLIT_H
#define FORMATS_JSON_SPLIT_H

#include "formats/base/bytes.h"

struct json_split_record {
    struct bytes text;
    struct bytes labels; /* of an entry of a stream: what stands before its list */
    uint64_t offset;     /* in the stream */
    bool complete;       /* false: broken off, or longer than LIMIT_LINE */
};

#define JSON_SPLIT_LISTS 8 /* lists within lists; deeper ones are records */

struct json_split {
    void (*each)(void *context, const struct json_split_record *record);
    void *context;

    /* The record that is being read. */
    uint8_t *buffer;
    size_t n, capacity;
    uint64_t start;
    size_t column;
    size_t own_depth; /* brackets around it */
    bool inside, begins_line, too_long, resync;

    /* Of Loki: entries of "values" are arrays, and records (loki.h). Set it after the
     * beginning. */
    bool streams;
    size_t values; /* the number of that list; 0: not inside one */
    uint8_t *labels;
    size_t labels_n, labels_capacity;

    size_t depth; /* of all brackets */
    size_t lists[JSON_SPLIT_LISTS];
    size_t list_count;

    uint64_t offset;
    size_t at_column;
    bool only_blanks; /* so far in this line */
    bool string, escaped;
    uint8_t before;            /* the last byte outside strings that is no blank */
    size_t key_start, key_end; /* the last string at the record's first level */
};

void json_split_begin(struct json_split *s,
                      void (*each)(void *context, const struct json_split_record *r),
                      void *context);
void json_split_feed(struct json_split *s, struct bytes block);
/* Hands out what was cut off by the end; frees. */
void json_split_end(struct json_split *s);

/* Is it a text to be split, or a log with one record on each line? Looks at its first
 * line. */
bool json_split_wants(struct bytes head);

#endif
