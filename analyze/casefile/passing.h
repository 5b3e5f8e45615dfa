/* Passing: excerpts of what lies behind compression, taken out of its bytes while they
 * pass for another reason. What is found in them is cited a little later than its bytes
 * passed, so the last ones are kept. What cannot be had so is read again (ahead.h,
 * excerpts.c), with the same result. For analyze/casefile/. */
#ifndef ANALYZE_CASEFILE_PASSING_H
#define ANALYZE_CASEFILE_PASSING_H

#include "analyze/casefile/windows.h"

struct passing;

/* Of the bytes of all items together the last `keep` are kept. */
struct passing *passing_new(const struct casefile *c, size_t keep);
/* `block` stands at `at` of the item; the next one follows it, or is of another item, or
 * of one that is read again. */
void passing_block(struct passing *p, const struct item *item, uint64_t at,
                   struct bytes block);
/* A place that will be cited, before its bytes pass or soon after. */
void passing_cite(struct passing *p, const struct wanted *place);
/* Nothing passes any more: what is complete can be taken. */
void passing_end(struct passing *p);
/* Fills those of the windows, which are of one item and in order, that are complete. `p`
 * may be NULL, also below. */
void passing_take(struct passing *p, struct windows *w);
void passing_free(struct passing *p);

/* Is it only reached by decompressing what stands before it? */
bool item_is_compressed(const struct item *item);

#endif
