#include "analyze/batch/meter.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "formats/base/limits.h"

double meter_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct meter meter_begin(size_t cases, uint64_t bytes, bool quiet)
{
    return (struct meter){.begun = meter_now(),
                          .all_cases = cases,
                          .all_bytes = bytes,
                          .shows = !quiet && isatty(STDERR_FILENO)};
}

void meter_count(struct meter *m, uint64_t bytes, bool before)
{
    m->cases++;
    m->bytes += bytes;
    m->worked += before ? 0 : bytes;
}

void meter_show(struct meter *m, size_t running)
{
    if (!m->shows)
        return;
    double rate = (double)m->worked / (meter_now() - m->begun + 1e-9);
    fprintf(stderr, "\r\033[K%zu of %zu cases, %zu running, %.1f of %.1f GiB, %.0f MiB/s",
            m->cases, m->all_cases, running, (double)m->bytes / (double)GIB,
            (double)m->all_bytes / (double)GIB, rate / (double)MIB);
    if (rate > 0 && m->all_bytes >= m->bytes) {
        unsigned long left = (unsigned long)((double)(m->all_bytes - m->bytes) / rate);
        fprintf(stderr, ", %lu:%02lu:%02lu left", left / 3600, left / 60 % 60, left % 60);
    }
    m->on_line = true;
}

void meter_end(struct meter *m)
{
    if (m->on_line)
        fputs("\r\033[K", stderr);
    m->on_line = false;
}
