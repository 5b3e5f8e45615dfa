/* Analysis: what the rooms of analyze/ share while one package is worked on.
 *
 * cmd_analyze makes it, calls the rooms in this order, and renders the reports:
 *   analysis_load_rules   on a thread of its own
 *   walk_package          items, kept documents
 *   kube_begin            pod, scope, objects (from documents)
 *   layer_begin           a thread begins with what layer_analyze tells
 *   process_analyze       checkpoint → processes.json, findings, events
 *   events_analyze        audit, Falco, container logs, objects → events, coverage, rules
 *   layer_analyze         layer against base → diff.json, findings, events
 *   clocks_estimate       do the sources agree about the time?
 *   layer_conclude        the base against what all sources say ran → diff.json
 *   kube_end              containment, exposure, baseline, coverage
 *   case_close_write      then the writers of report/
 */
#ifndef ANALYZE_ANALYSIS_H
#define ANALYZE_ANALYSIS_H

#include <pthread.h>

#include "analyze/casefile/casefile.h"
#include "formats/base/mask.h"
#include "verify/walk.h"

struct layers;   /* analyze/layer/analyze.c */
struct coverage; /* analyze/events/coverage.h */
struct clocks;   /* analyze/events/clocks.h */
struct scope;    /* analyze/kube/scope.h */
struct rules;
struct rules_run;

struct analyze_options {
    const char *pod;          /* "NS/NAME" or NULL */
    const char *base;         /* --base IMAGE: opened as a package of its own, or NULL */
    const char *baseline;     /* --baseline AUDIT, or NULL */
    const char *const *rules; /* --rules DIR, NULL-terminated; may be NULL */
    const char *const *yara;  /* --yara FILE, NULL-terminated; may be NULL */
    const char *zone;         /* of written times that tell none, or NULL */
    instant since, until;     /* INSTANT_NONE where open */
    instant now;
    size_t threads;
    bool reveal;
};

struct analysis {
    struct package *package;
    struct package *base;     /* from --base, walked, or NULL */
    struct package *baseline; /* from --baseline, walked, or NULL */
    const struct analyze_options *options;
    const struct walk_options *walk; /* as walked: logs_stream wants the same */
    struct casefile *casefile;
    struct findings *findings;
    struct mask mask;
    struct clocks *clocks;
    struct coverage *coverage; /* from events_analyze on */
    struct scope *scope;
    json_t *open_questions; /* of the story, from kube_end on */
    struct layers *layers;  /* analyze/layer/analyze.c, between its rooms; or NULL */
    struct rules *rules;    /* NULL: no rule is asked (analyze/rules/rules.h) */
    pthread_t rules_thread; /* loads them, while `rules_loading` */
    bool rules_loading;
    int rules_failure;           /* what rules_load returned, */
    const char *rules_why;       /* and then why; lives as long as the rules */
    struct rules_run *rules_run; /* NULL exactly when rules is */
};

/* The rooms. Each returns 0 or < 0; bad evidence is never a failure. */
void layer_begin(struct analysis *a);
int process_analyze(struct analysis *a);
int layer_analyze(struct analysis *a);
int layer_conclude(struct analysis *a);
int kube_begin(struct analysis *a);
int events_analyze(struct analysis *a);
int kube_end(struct analysis *a);

/* The care that analyze takes of each item (walk.h): every room's wish in one place. */
enum care analysis_care(void *context, const struct item *item);
/* Begins to load the rules, which takes as long as a small package's walk: before it,
 * and inside the sandbox. */
void analysis_load_rules(struct analysis *a);
/* The rooms in their order, after the walk. The case file has the package already. */
int analysis_run(struct analysis *a);
/* What the rooms keep until the findings are stored: scope and rules. */
void layers_free(struct layers *l);
void analysis_release(struct analysis *a);

#endif
