/* Retention, inside: a text is JSON (retention_text.c makes YAML such, and
 * retention_aws.c lines and tables) whose members are
 * facts (retention.c). Internal to formats/retention*.c. */
#ifndef FORMATS_RETENTION_PRIVATE_H
#define FORMATS_RETENTION_PRIVATE_H

#include <jansson.h>

#include "formats/retention.h"

struct retention_reading {
    struct arena *arena;
    const struct retention_sink *sink;
    struct retention_statement current;
    bool has_any;                       /* `current` says something worth handing out */
    bool is_mc;                         /* it is an answer of MinIO's client */
    struct retention_statement pending; /* of the texts before, still being joined */
    bool has_pending;
};

/* One JSON text, which stands at `offset`. */
void retention_take(struct retention_reading *r, json_t *text, uint64_t offset,
                    uint64_t length);
/* Hands out what no later text can add to. */
void retention_flush(struct retention_reading *r);

/* What the AWS CLI prints with --output text and with --output table (retention_aws.c).
 */
bool retention_is_rows(struct bytes head);
void retention_read_rows(struct retention_reading *r, struct bytes content);
bool retention_is_table(struct bytes head);
void retention_read_table(struct retention_reading *r, struct bytes content);

/* Does *b speak of what *a does, and say nothing else of it? */
bool retention_continues(const struct retention_statement *a,
                         const struct retention_statement *b);
/* Adds to *a what only *b says. */
void retention_join(struct retention_statement *a, const struct retention_statement *b);

#endif
