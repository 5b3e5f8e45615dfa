/* Columns: what the AWS CLI prints without the names of its values (--output text) is
 * told by the order of the values and by what each looks like. Internal to
 * formats/retention*.c.
 */
#ifndef FORMATS_RETENTION_COLUMNS_H
#define FORMATS_RETENTION_COLUMNS_H

#include "formats/base/bytes.h"

/* More values than any line of an answer has. */
enum { RETENTION_VALUES = 60 };

/* A section of an answer, before its columns in the list (retention_sections.def). */
struct retention_section {
    const char *operation; /* "HeadObject": the answer that it is part of */
    const char *name;      /* the member that holds it; `operation` for the top itself */
    int shape;             /* of a column */
    bool is_list;          /* one of several alike; of a column: in every answer */
};

/* By its name; NULL for one that says nothing of locks or bytes. */
const struct retention_section *retention_section(struct bytes name);
/* By its heading in --output text: its name in capitals. */
const struct retention_section *retention_section_headed(struct bytes heading);
/* The section without a heading whose values these can be; NULL when none. */
const struct retention_section *retention_section_of(const struct bytes *values,
                                                     size_t n);
/* Names the values: names[i] is NULL where several columns are possible. False when they
 * cannot be that section's. */
bool retention_columns(const struct retention_section *s, const struct bytes *values,
                       size_t n, const char **names);

#endif
