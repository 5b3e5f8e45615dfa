/* What the two halves of the search index share: searchindex.c asks, searchindex_add.c
 * fills. */
#ifndef ANALYZE_BATCH_SEARCHINDEX_PRIVATE_H
#define ANALYZE_BATCH_SEARCHINDEX_PRIVATE_H

#include "analyze/batch/searchindex.h"
#include "analyze/casefile/sql.h"

struct search_index {
    sqlite3 *db;
    sqlite3_stmt *put_place, *put_words, *put_term;
    int64_t source, place; /* of what is being added */
    bool flagged;
    int error;
};

#endif
