#include "analyze/events/logs.h"

/* Every source in the package, and what they leave open. */
int events_analyze(struct analysis *a)
{
    a->coverage = coverage_new();
    int r = a->baseline ? baseline_analyze(a) : 0;
    if (r == 0)
        r = documents_analyze(a, a->coverage);
    if (r == 0)
        r = logs_analyze(a, a->coverage);
    if (r == 0) {
        coverage_join(a->coverage);
        coverage_findings(a->coverage, a);
    }
    return r;
}
