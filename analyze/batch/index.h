/* Index: index.json, index.html and search.db over all cases of an output directory. */
#ifndef ANALYZE_BATCH_INDEX_H
#define ANALYZE_BATCH_INDEX_H

#include <jansson.h>

#include "analyze/batch/journal.h"
#include "analyze/batch/searchindex.h"
#include "formats/base/text.h"

/* From the journals and the cases' own results. The same results give the same index.json
 * and index.html, byte for byte, however many machines made them. *document gets it: new
 * reference; *status the exit status over all cases. 0 or -errno. */
int index_write(const char *out, json_t **document, int *status);

/* "OUT/search.db", to be filled. 0 or < 0. */
int index_open_search(const char *out, struct search_index **x);
/* What the search index has of a case becomes what its outputs are now; nothing is done
 * when they are the same. 0 or < 0. */
int index_search(struct search_index *x, const char *out, const struct work *w);

/* index.html of the document. Appends. */
void index_html(const json_t *document, struct text *t);
/* Totals and the cases that need a look, for the terminal. Appends. */
void index_text(const json_t *document, struct text *t);

#endif
