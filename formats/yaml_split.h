/* Takes a YAML stream apart into its records: documents, and the elements of a list at
 * the top or under "items:" (`kubectl get -o yaml` prints lists so). Works on a stream,
 * so that a log of any size keeps one record in memory.
 *
 * Source of the format: YAML 1.2.2, 9.2 (streams); block style at the top, which is what
 * Go's writers print. A list in flow style is one record.
 */
#ifndef FORMATS_YAML_SPLIT_H
#define FORMATS_YAML_SPLIT_H

#include "formats/base/lines.h"
#include "formats/base/text.h"

struct yaml_split_record {
    struct bytes text; /* YAML; of a list's element with its dash: a list of one */
    uint64_t offset;   /* in the stream */
    bool complete;     /* false: longer than LIMIT_LINE, and cut off there */
};

struct yaml_split {
    void (*each)(void *context, const struct yaml_split_record *record);
    void *context;
    struct lines lines;
    struct text text; /* of the record that is being read */
    uint64_t start;
    bool too_long;
    bool in_list, was_items; /* in the elements; the line before is "items:" */
    bool behind_list;        /* what follows belongs to the list's wrapper */
    size_t column;           /* where the elements' dashes stand */
};

void yaml_split_begin(struct yaml_split *s,
                      void (*each)(void *context, const struct yaml_split_record *r),
                      void *context);
void yaml_split_feed(struct yaml_split *s, struct bytes block);
/* Hands out the last record; frees. */
void yaml_split_end(struct yaml_split *s);

/* Is the start of a text block-style YAML: a document mark, a member, or an element? */
bool yaml_split_wants(struct bytes head);

#endif
