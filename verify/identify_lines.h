/* Logs by their lines, where the beginning of the text does not tell. For identify.c. */
#ifndef VERIFY_IDENTIFY_LINES_H
#define VERIFY_IDENTIFY_LINES_H

#include "verify/item.h"

/* What a text is by its beginning. */
typedef enum role role_of_text_fn(struct bytes text);

/* What a shell, tail or journalctl printed stands before a log, or between: then it is
 * what at least half of its first lines are. ROLE_UNKNOWN: no log. */
enum role identify_lines(struct bytes head, role_of_text_fn *of_text);
/* What Loki gave back is what its first line is; text of no other kind is what a
 * container wrote. ROLE_UNKNOWN: it is not Loki's. */
enum role identify_stream(struct bytes head, role_of_text_fn *of_text);

#endif
