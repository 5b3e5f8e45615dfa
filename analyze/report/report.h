/* Report: what the case file says, rendered for its readers. One writer per format, all
 * in one table; a writer sees the case file and nothing else, so that the same bytes can
 * be made again years later.
 */
#ifndef ANALYZE_REPORT_REPORT_H
#define ANALYZE_REPORT_REPORT_H

#include <stdio.h>

#include "analyze/casefile/reader.h"
#include "analyze/screen.h"

/* Output text on its way to a file; what cannot be written makes it fail for good. */
struct output {
    FILE *file;
    struct text text; /* writers append here and call output_flush now and then */
    bool failed;
};
void output_flush(struct output *o);
/* Flushes when a good block has come together. */
void output_spill(struct output *o);

struct report_format;

struct report {
    struct case_reader *casefile;
    const struct report_format *format;
    struct output out;
};

struct report_format {
    const char *name; /* of --format */
    const char *file; /* in the output directory of analyze; NULL: only on request */
    const char *what; /* for --help */
    /* 0; 1 when the case has nothing of the kind; < 0 our own failure. */
    int (*write)(struct report *r);
};
/* Ends with a NULL name. */
extern const struct report_format report_formats[];
/* NULL when there is none of that name. */
const struct report_format *report_format_by_name(const char *name);

/* As `write`; what was written is flushed. */
int report_write(const struct report_format *format, struct case_reader *casefile,
                 FILE *to);
/* Every format that has a file, into the directory, each through a temporary name, on
 * several threads. 0 or < 0. */
int report_write_all(const char *casefile, const char *directory, size_t threads);
/* One screen for people: verdict, first sign, top findings, what to do next, where the
 * files are (`directory` may be NULL). Escaped for a terminal. */
int report_summary(struct case_reader *casefile, const char *directory,
                   struct screen screen, struct text *out);

/* The writers of the table. */
int write_html(struct report *r);
int write_timeline_jsonl(struct report *r);
int write_timeline_csv(struct report *r);
int write_bodyfile(struct report *r);
int write_findings(struct report *r);
int write_document(struct report *r);
int write_json(struct report *r);
int write_slice(struct report *r);
int write_markdown(struct report *r);
int write_stix(struct report *r);
int write_case_uco(struct report *r);
int write_sarif(struct report *r);

#endif
