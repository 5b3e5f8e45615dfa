/* The page: what the files that write report.html share. */
#ifndef ANALYZE_REPORT_HTML_H
#define ANALYZE_REPORT_HTML_H

#include "analyze/report/report.h"
#include "formats/base/intern.h"

struct page {
    struct report *report;
    struct case_reader *casefile;
    struct text *out;
    struct bytes package; /* what commands call the package */
    struct intern *cited; /* places, in order of first citation: exhibits E1, E2 … */
    struct exhibit *exhibits;
    size_t exhibit_count, exhibit_capacity;
    bool leading;         /* the section is one of those that the report is read for */
    struct intern *rules; /* whose meaning was told already */
    bool listed;          /* words.h */
    bool failing;         /* some item is not what it should be: citations say which */
};

/* A place that a statement cites. In print, the bytes stand only of what the leading
 * sections cite; of the others the place and the digest. */
struct exhibit {
    struct case_place place;
    bool leading;
};

/* -- text -----------------------------------------------------------------------------
 */

void html_text(struct page *p, struct bytes text);
void html_str(struct page *p, const char *trusted);
void html_instant(struct page *p, instant when, enum precision precision);
/* <span class="badge NAME">NAME</span> */
void html_badge(struct page *p, struct bytes name);
/* "retain_until" as "Retain until". */
void html_label(struct page *p, const char *key);
/* Any JSON value: objects as lists of terms, arrays of objects as tables, citations
 * (case_span) as links to their exhibit. */
void html_value(struct page *p, const json_t *value);
/* The members of an object whose keys are not in `shown` (NULL-terminated). */
void html_rest(struct page *p, const json_t *object, const char *const *shown);
/* A whole document: its members under headings of their own. */
void html_document(struct page *p, const json_t *document);
/* Is there anything but nothing, nulls and counts of zero in it? */
bool html_says_something(const json_t *value);
/* Does every one tell what happened, when, and where it stands? */
bool html_are_acts(const json_t *array);
/* Such records, each in one line: who did what, what became of it, its places. */
void html_acts(struct page *p, const json_t *array);
/* An array of objects as a table of these columns (NULL-terminated); "" labels. */
void html_table(struct page *p, const json_t *rows, const char *const *columns);

/* -- evidence -------------------------------------------------------------------------
 */

/* A link to the exhibit of this place, which Annex A will show. */
void html_cite(struct page *p, const struct case_place *place);
/* The same of a case_span; false when `span` is none. */
bool html_cite_json(struct page *p, const json_t *span);
/* Everything in `value` that is a case_span, at any depth, each once. */
void html_cite_all(struct page *p, const json_t *value);
/* All places of a walk, which it ends. */
void html_cite_places(struct page *p, struct case_walk *places);

/* Connections of the pod as one table, under a heading of its own; of none nothing. */
void html_connections(struct page *p, const json_t *list);

/* What the identities may do, by grants: `reach.identities` of the exposure. */
void html_reach(struct page *p, const json_t *identities);

/* -- sections -------------------------------------------------------------------------
 */

/* Each writes what stands under its heading; false when the case has nothing of it. */
bool section_verdict(struct page *p);
bool section_story(struct page *p);
bool section_findings(struct page *p);
bool section_timeline(struct page *p);
bool section_processes(struct page *p);
bool section_files(struct page *p);
bool section_network(struct page *p);
bool section_identities(struct page *p);
bool section_joins(struct page *p);
bool section_claims(struct page *p);
bool section_containment(struct page *p);
bool section_exposure(struct page *p);
bool section_coverage(struct page *p);
bool section_clocks(struct page *p);
bool section_custody(struct page *p);
bool section_methods(struct page *p);
bool section_annex(struct page *p);

/* The timeline and what the page's script needs besides, as JSON that is safe inside a
 * script element. */
void html_data(struct page *p);

#endif
