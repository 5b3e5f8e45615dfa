/* Usage: what the commands share in reading their options. */
#ifndef ANALYZE_USAGE_H
#define ANALYZE_USAGE_H

#include <stdbool.h>
#include <stdint.h>

/* Says on stderr what is wrong with the command line (`which`, escaped, after it; may be
 * NULL) and where help is. Returns EXIT_USAGE. */
int usage_error(const char *command, const char *what, const char *which);

/* A decimal number from `least` to `most`. */
bool usage_number(const char *text, uint64_t least, uint64_t most, uint64_t *out);
/* Bytes: "1048576", "512M", "4g" (K, M, G, T are powers of 1024). */
bool usage_size(const char *text, uint64_t *out);

#endif
