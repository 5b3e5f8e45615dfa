#include "analyze/analysis.h"

#include "analyze/events/clocks.h"
#include "analyze/events/coverage.h"
#include "analyze/events/logs.h"
#include "analyze/kube/scope.h"
#include "analyze/layer/care.h"
#include "analyze/process/dump.h"
#include "analyze/rules/rules.h"

enum care analysis_care(void *context, const struct item *item)
{
    (void)context;
    switch (item->role) {
    case ROLE_AUDIT_LOG:
    case ROLE_FALCO_ALERTS:
    case ROLE_CONTAINER_LOG:
    case ROLE_RUNTIME_LOG:
    case ROLE_CLOUD_LOG:
    case ROLE_FOREIGN_LOG:
        return CARE_DEFER;
    case ROLE_POD_MANIFEST:
    case ROLE_NETWORK_POLICY:
    case ROLE_KUBERNETES_OBJECTS:
    case ROLE_KUBERNETES_EVENTS:
    case ROLE_POD_DESCRIBE:
    case ROLE_WRITTEN_TIMELINE:
    case ROLE_MANIFEST:
    case ROLE_SIGNATURE:
    case ROLE_TIMESTAMP:
    case ROLE_RETENTION:
    case ROLE_CUSTODY:
    case ROLE_CHECKPOINT_METADATA:
    case ROLE_IMAGE_METADATA:
        return CARE_KEEP;
    case ROLE_CRIU_IMAGE:
        return dump_care(item);
    default:
        return layer_care(item);
    }
}

/* The rules that detect; those of the analyst that are wrong are told on stderr by
 * whoever runs the analysis. */
static void *load_rules(void *analysis)
{
    struct analysis *a = analysis;
    a->rules_failure = rules_load(a->options->rules, true, &a->rules, &a->rules_why);
    return NULL;
}

void analysis_load_rules(struct analysis *a)
{
    a->rules_loading = a->options->threads > 1 &&
                       pthread_create(&a->rules_thread, NULL, load_rules, a) == 0;
    if (!a->rules_loading)
        load_rules(a);
}

static void wait_for_rules(struct analysis *a)
{
    if (a->rules_loading)
        pthread_join(a->rules_thread, NULL);
    a->rules_loading = false;
}

static int begin_rules(struct analysis *a)
{
    wait_for_rules(a);
    if (a->rules_failure == 0)
        a->rules_run = rules_run_new(a->rules, &a->mask);
    return a->rules_failure;
}

/* Again at the end: the written timeline was compared with the evidence meanwhile. */
static int tell_clocks(struct analysis *a)
{
    clocks_estimate(a->clocks);
    json_t *document = clocks_document(a->clocks, a->casefile);
    int r = case_document(a->casefile, "clocks", document);
    json_decref(document);
    return r;
}

/* After the clocks: what a source cannot show may be its place among the others. */
static int tell_coverage(struct analysis *a)
{
    json_t *document = coverage_to_json(a->coverage, a);
    int r = case_document(a->casefile, "coverage", document);
    json_decref(document);
    return r;
}

int analysis_run(struct analysis *a)
{
    a->clocks = clocks_new();
    case_clocks(a->casefile, a->clocks);
    int r = kube_begin(a);
    if (r == 0)
        layer_begin(a);
    if (r == 0)
        r = begin_rules(a);
    if (r == 0)
        r = process_analyze(a);
    if (r == 0)
        r = case_read_ahead(a->casefile, a->findings, a->options->threads > 1);
    if (r == 0)
        r = events_analyze(a);
    if (r == 0)
        r = layer_analyze(a);
    if (r == 0)
        r = layer_conclude(a);
    if (r == 0)
        clocks_estimate(a->clocks);
    /* The story tells what the rules found. */
    if (r == 0)
        rules_finish(a->rules_run, a->findings);
    if (r == 0)
        r = kube_end(a);
    if (r == 0)
        r = late_analyze(a);
    if (r == 0)
        r = tell_clocks(a);
    if (r == 0)
        r = tell_coverage(a);
    return r;
}

void analysis_release(struct analysis *a)
{
    wait_for_rules(a);
    rules_run_free(a->rules_run);
    rules_free(a->rules);
    clocks_free(a->clocks);
    coverage_free(a->coverage);
    layers_free(a->layers);
    scope_free(a->scope);
    json_decref(a->open_questions);
}
