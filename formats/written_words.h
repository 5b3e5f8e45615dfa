/* Words and numbers of written times, each taken off the start of a text; where it is not
 * there nothing is taken. Between the files of written times only. */
#ifndef FORMATS_WRITTEN_WORDS_H
#define FORMATS_WRITTEN_WORDS_H

#include "formats/base/bytes.h"

/* One octet out of `any`. */
bool written_byte(struct bytes *rest, const char *any);
/* `least` to `most` digits, with none behind them. */
bool written_number(struct bytes *rest, size_t least, size_t most, int *out);
/* A whole word, whatever its case. */
bool written_word(struct bytes *rest, const char *word);
/* "5th" */
void written_ordinal(struct bytes *rest);
void written_spaces(struct bytes *rest);
/* By its name in seven languages, full and shortened: 1 to 12. */
bool written_month(struct bytes *rest, int *month);
/* The name of a day in seven languages (in English also shortened), and a comma behind
 * it. */
bool written_weekday(struct bytes *rest);

#endif
