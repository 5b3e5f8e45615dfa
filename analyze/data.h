/* Data compiled into the program, from the files as they stand in the tree: rules, the
 * schema of the case file, the report's page. Made by the Makefile. */
#ifndef ANALYZE_DATA_H
#define ANALYZE_DATA_H

#include "formats/base/bytes.h"

struct data_file {
    const char *name; /* "analyze/rules/builtin/exec.yml" */
    struct bytes content;
};

/* Ends with a NULL name; in bytewise order of name. */
extern const struct data_file data_files[];
/* The content of one file; an empty view if there is none of that name. */
struct bytes data_get(const char *name);

#endif
