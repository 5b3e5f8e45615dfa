/* Meter: progress over all cases, on a terminal. */
#ifndef ANALYZE_BATCH_METER_H
#define ANALYZE_BATCH_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct meter {
    double begun; /* as meter_now */
    size_t cases, all_cases;
    uint64_t bytes, all_bytes;
    uint64_t worked; /* bytes that this run read: what the rate is about */
    bool shows, on_line;
};

double meter_now(void); /* seconds of the monotonic clock */
/* `quiet` or no terminal: it shows nothing. */
struct meter meter_begin(size_t cases, uint64_t bytes, bool quiet);
/* A case is done with; `before`: nothing had to be read for it. */
void meter_count(struct meter *m, uint64_t bytes, bool before);
void meter_show(struct meter *m, size_t running);
void meter_end(struct meter *m);

#endif
