#include "analyze/events/logs.h"

/* Every source in the package, and what they leave open. */
int events_analyze(struct analysis *a)
{
    struct coverage *coverage = coverage_new();
    int r = a->baseline ? baseline_analyze(a) : 0;
    if (r == 0)
        r = documents_analyze(a, coverage);
    if (r == 0)
        r = logs_analyze(a, coverage);
    if (r == 0) {
        coverage_join(coverage);
        coverage_findings(coverage, a);
        json_t *document = coverage_to_json(coverage, a);
        r = case_document(a->casefile, "coverage", document);
        json_decref(document);
    }
    coverage_free(coverage);
    return r;
}
