/* Words and numbers as the writers of reports put them. */
#ifndef ANALYZE_REPORT_WORDS_H
#define ANALYZE_REPORT_WORDS_H

#include "analyze/casefile/reader.h"

/* Each appends. Texts of a case file are valid UTF-8 already; JSON needs its quotes. */
void word_json(struct text *t, struct bytes text);
/* ,"key":"text" */
void word_member(struct text *t, const char *key, struct bytes text);
void word_number(struct text *t, const char *key, int64_t number);
/* The JSON array of the blank-separated (or comma-separated) words of `list`. */
void word_array(struct text *t, struct bytes list);
/* "item", "item_id", "offset", "length", "sha256", "verdict", "show" of a place, each
 * after a comma. */
void word_place(struct text *t, const struct case_place *p, struct bytes package);
/* Takes the next of the words off the list. */
bool word_next(struct bytes *list, struct bytes *word);
/* How the package is to be called in commands. */
struct bytes word_package(struct case_reader *r);
/* "actor action object", or the event's own message where it has one. */
void word_event(struct text *t, const struct case_event_row *e);
/* Is an item of this verdict not what was collected, or not known to be? In a package
 * that has no list (`listed` false), that nothing lists it says nothing of an item. */
bool word_is_doubtful(struct bytes verdict, bool listed);
/* Does anything in the package hold what its lists say? */
bool word_listed(struct case_reader *r);
/* Where no precision is kept: no more digits are shown than the time needs. */
enum precision word_digits(instant time);
/* The string of a key in a JSON object; "" when it is absent or no string. */
const char *word_of(const json_t *object, const char *key);

#endif
