/* Opening: what every command that takes a package does first. */
#ifndef ANALYZE_OPENING_H
#define ANALYZE_OPENING_H

#include <stdio.h>

#include "analyze/layer/index_store.h"
#include "verify/walk.h"

/* Opens and walks. 0, or an exit status after a message on stderr. */
int opening_walk(const char *path, const struct walk_options *options,
                 struct package **out);

/* The store of --index (index_store.h), which must not lie in one of the inputs, a list
 * that ends with NULL. 0 with *out, which is NULL when `path` is; or an exit status after
 * a message on stderr. */
int opening_index(const char *command, const char *path, const char *const *inputs,
                  struct index_store **out);

/* Threads to use: `asked`, or the processors that this process may run on when it is 0.
 */
size_t opening_threads(size_t asked);

/* A progress that writes to stderr when that is a terminal, else one that says nothing.
 * `progress_end` clears the line. */
struct progress progress_terminal(void);
void progress_end(void);

/* Writes evidence text to a terminal or file, escaped. */
void print_escaped(FILE *to, struct bytes b);
/* The same with the credentials in it masked. */
void print_masked(FILE *to, const struct mask *m, struct bytes b);

#endif
