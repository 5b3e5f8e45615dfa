/* Requests of which only the end of the logs shows that they belong to the incident (the
 * account turns out to be stolen): their records are read once more, for the timeline. */
#include "analyze/events/decode.h"
#include "analyze/events/layout.h"
#include "analyze/events/logs.h"
#include "analyze/kube/scope.h"

struct late {
    struct analysis *analysis;
    struct decoder decoder;
    const struct span *spans; /* in order of item and offset */
    size_t n;
    struct text record; /* as far as it was read */
    struct layout_reader layout;
    int error;
};

static void tell(struct late *l)
{
    struct batch *b = batch_new();
    struct batch_event *e = batch_add_record(
        b, layout_record(&l->layout, text_bytes(&l->record)), l->spans[0]);
    l->decoder.batch = b;
    decode_waiting(&l->decoder, e);
    e->event.in_scope = true;
    if (analysis_wants_time(l->analysis, &e->event))
        l->error = case_event(l->analysis->casefile, &e->event);
    batch_free(b);
}

/* Takes what the block (at `at` in the item) has of the next records. */
static void take(struct late *l, struct bytes block, uint64_t at)
{
    const struct item *item = l->spans[0].item;
    while (l->n && l->spans[0].item == item && !l->error) {
        uint64_t want = l->spans[0].offset + l->record.n;
        size_t left = (size_t)l->spans[0].length - l->record.n;
        if (want < at || want - at >= block.n)
            return;
        text_add(&l->record, bytes_sub(block, (size_t)(want - at), left));
        if (l->record.n < l->spans[0].length)
            return;
        tell(l);
        text_clear(&l->record);
        l->spans++;
        l->n--;
    }
}

static void read_item(struct late *l)
{
    const struct item *item = l->spans[0].item;
    struct source *s = item_source_open(l->analysis->package, item);
    struct bytes block;
    uint64_t at = 0;
    while (s && l->n && l->spans[0].item == item && source_next(s, &block) == 1) {
        if (at == 0)
            layout_begin(&l->layout,
                         &(struct log_chunk){.item = item, .text = block, .first = true});
        take(l, block, at);
        at += block.n;
    }
    layout_end(&l->layout);
    if (s)
        item_source_close(s);
    text_clear(&l->record);
    while (l->n && l->spans[0].item == item) { /* what can no longer be read */
        l->spans++;
        l->n--;
    }
}

int late_analyze(struct analysis *a)
{
    struct late l = {.analysis = a, .decoder = {.analysis = a}};
    struct reader_pool *pool = reader_pool_new();
    l.spans = scope_found_late(a->scope, &l.n);
    l.decoder.readers = readers_take(pool);
    while (l.n && !l.error)
        read_item(&l);
    readers_give(pool, l.decoder.readers);
    reader_pool_free(pool);
    text_release(&l.record);
    return l.error;
}
