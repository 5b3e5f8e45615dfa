#include "analyze/events/readers.h"

#include <pthread.h>
#include <stdlib.h>

#include "formats/base/memory.h"

struct reader_pool {
    pthread_mutex_t lock;
    struct readers *idle;
};

struct reader_pool *reader_pool_new(void)
{
    struct reader_pool *p = memory_new(1, sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    return p;
}

void reader_pool_free(struct reader_pool *p)
{
    for (struct readers *r = p->idle, *next; r; r = next) {
        next = r->next;
        audit_reader_free(r->audit);
        falco_reader_free(r->falco);
        jsonl_parser_free(r->lines);
        jsonl_parser_free(r->within);
        text_release(&r->line);
        runtime_reader_close(&r->runtime);
        cloudtrail_reader_close(&r->cloudtrail);
        rules_memory_free(r->memory);
        free(r);
    }
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static struct readers *make(void)
{
    struct readers *r = memory_new(1, sizeof *r);
    r->audit = audit_reader_new();
    r->falco = falco_reader_new();
    r->lines = jsonl_parser_new();
    r->within = jsonl_parser_new();
    runtime_reader_open(&r->runtime);
    return r;
}

struct readers *readers_take(struct reader_pool *p)
{
    pthread_mutex_lock(&p->lock);
    struct readers *r = p->idle;
    if (r)
        p->idle = r->next;
    pthread_mutex_unlock(&p->lock);
    return r ? r : make();
}

void readers_give(struct reader_pool *p, struct readers *r)
{
    pthread_mutex_lock(&p->lock);
    r->next = p->idle;
    p->idle = r;
    pthread_mutex_unlock(&p->lock);
}
