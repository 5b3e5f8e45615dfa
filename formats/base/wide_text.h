/* Wide text: runs of ASCII in UTF-16, of either byte order, at any address.
 *
 * Java, .NET and JavaScript keep their strings so. Whether the zero stands before or
 * behind its letter cannot be told from the middle of a run and does not matter. */
#ifndef FORMATS_BASE_WIDE_TEXT_H
#define FORMATS_BASE_WIDE_TEXT_H

#include "formats/base/text.h"

/* Shorter ones hold no credential and no URL. */
#define WIDE_SHORTEST 8

struct wide_run {
    size_t at; /* of its first letter */
    size_t n;  /* letters: at, at + 2, … */
};

/* The next run after *run, which begins as zeros. Linear in b, all calls together. */
bool wide_next(struct bytes b, struct wide_run *run);
/* Its letters alone. */
void wide_narrow(struct bytes b, struct wide_run run, struct text *out);

#endif
