/* A written timeline while it is read, line by line. Between the files of written
 * timelines only. */
#ifndef FORMATS_WRITTEN_READER_H
#define FORMATS_WRITTEN_READER_H

#include "formats/written_marks.h"
#include "formats/written_table.h"
#include "formats/written_time.h"
#include "formats/writtentimeline.h"

/* What a line that tells no time hangs on: the heading or line above it. */
struct written_above {
    struct timeline_statement when; /* its time, where it has one */
    bool alone;  /* the time stood there alone, so that it is that of the lines below */
    bool listed; /* it is a point of a list: of its own points alone */
    size_t indent;
    struct bytes who; /* "Ana Sousa 10:50 AM": who wrote the lines below, or empty */
    bool dated;       /* the heading tells the day */
    bool open;        /* the line above is a sentence that may go on */
    uint8_t *room;    /* of its text, where lines were joined */
    size_t capacity;
};

struct written_reader {
    struct bytes text;
    struct timeline *out;
    instant day;  /* midnight of the day that stands in force, or INSTANT_NONE */
    instant last; /* the statement before */
    instant near; /* tells the year where a date does not; or INSTANT_NONE */
    instant zero; /* the moment that others are told from ("T+5m"); or INSTANT_NONE */
    struct written_columns columns; /* where a header tells them */
    struct bytes row;               /* of a table, that is read; or empty */
    const uint8_t *cell;            /* of it, that has the time */
    const uint8_t *own; /* where a time and its day were last found behind another */
    enum written_order order;
    const struct timeline_given *given;
    struct written_zone zone; /* of the document */
    struct written_above above;
};

/* A line of the text. */
struct written_line {
    struct bytes text;  /* as it reads, without the blanks around it */
    struct bytes place; /* where it stands in the text */
    size_t indent;
    bool point; /* of a list */
};

/* written_statement.c: a day or a time off the start of a text, with or without a year.
 */
bool written_take_time(struct written_reader *r, struct bytes *rest,
                       struct written_time *t);
void written_set_day(struct written_reader *r, const struct written_time *t);
/* A statement from its time on, of the line; false when there is none. */
bool written_statement_read(struct written_reader *r, struct bytes rest,
                            struct bytes line);
/* Finds the moment that "T+0" is. */
void written_find_zero(struct written_reader *r);
/* What every statement of this line has: of the time that stands above it. */
void written_add(struct written_reader *r, const struct timeline_statement *when,
                 struct bytes text, struct bytes line);

/* written_lines.c: a row whose first cell, that of the time, is empty: it goes on with
 * the row above. */
void written_row_read(struct written_reader *r, const struct written_line *line);
/* A line that does not begin with a time. */
void written_line_read(struct written_reader *r, const struct written_line *line);

#endif
