/* Wide text: runs of ASCII in UTF-16, of either byte order, at any address.
 *
 * Java, .NET and JavaScript keep their strings so. Whether the zero stands before or
 * behind its letter cannot be told from the middle of a run and does not matter. */
#ifndef FORMATS_BASE_WIDE_TEXT_H
#define FORMATS_BASE_WIDE_TEXT_H

#include "formats/base/byte_runs.h"
#include "formats/base/text.h"

/* Shorter ones hold no credential and no URL. */
#define WIDE_SHORTEST 8

struct wide_run {
    size_t at; /* of its first letter */
    size_t n;  /* letters: at, at + 2, … */
};

struct wide_walk {
    struct byte_runs_walk walk;
};
struct wide_walk wide_walk(struct bytes b);
/* The next run of b. */
bool wide_next(struct wide_walk *w, struct wide_run *run);
/* Its letters alone. */
void wide_narrow(struct bytes b, struct wide_run run, struct text *out);

#endif
