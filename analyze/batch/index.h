/* Index: index.json, index.html and search.db over all cases of an output directory. */
#ifndef ANALYZE_BATCH_INDEX_H
#define ANALYZE_BATCH_INDEX_H

#include <jansson.h>

#include "formats/base/text.h"

/* From the journals and the cases' own results. The same results give the same index.json
 * and index.html, byte for byte, however many machines made them. *document gets it: new
 * reference; *status the exit status over all cases. 0 or -errno. */
int index_write(const char *out, json_t **document, int *status);

/* index.html of the document. Appends. */
void index_html(const json_t *document, struct text *t);
/* Totals and the cases that need a look, for the terminal. Appends. */
void index_text(const json_t *document, struct text *t);

#endif
