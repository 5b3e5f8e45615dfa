/* Readers: what one worker needs to decode records of any kind, handed from worker to
 * worker so that each exists only as often as workers run at once. */
#ifndef ANALYZE_EVENTS_READERS_H
#define ANALYZE_EVENTS_READERS_H

#include "analyze/rules/rules.h"
#include "formats/audit.h"
#include "formats/cloudtrail.h"
#include "formats/falco.h"
#include "formats/runtime_event.h"

struct readers {
    struct audit_reader *audit;
    struct falco_reader *falco;
    struct falco_alert alert; /* too large for a stack that decodes recursively */
    struct jsonl_parser *lines, *within; /* and of text that is JSON again */
    struct text line;                    /* that a program wrote as an object */
    struct runtime_reader runtime;
    struct cloudtrail_reader cloudtrail;
    struct rules_memory *memory; /* NULL until a rule is asked */
    struct readers *next;
};

struct reader_pool;
struct reader_pool *reader_pool_new(void);
void reader_pool_free(struct reader_pool *p);
/* On any thread; what was taken is given back. */
struct readers *readers_take(struct reader_pool *p);
void readers_give(struct reader_pool *p, struct readers *r);

#endif
