#include "analyze/events/rhythm.h"

#include <stddef.h>

#include "formats/base/instant.h"

/* Below this many intervals silence is no news. */
#define LEAST_INTERVALS 50
/* The longest ones do not set the rhythm that they are measured by: three silences are
 * found, a fourth of their kind is a habit of the source. */
#define OUTLIERS 3
/* Where records come by chance (exponential intervals), five times the length that 99 of
 * 100 keep to is exceeded once in 10^10. Heavier tails show in the repeated silences. */
#define USUAL_FACTOR    5
#define REPEATED_FACTOR 3
/* At least: shippers flush and control loops beat every few seconds. */
#define GAP_LEAST (30 * NANOSECONDS)

static size_t bucket_of(uint64_t span)
{
    if (span < 8)
        return span;
    unsigned octave = 63 - (unsigned)__builtin_clzll(span);
    return (size_t)(octave - 2) * 8 + ((span >> (octave - 3)) & 7);
}

static int64_t end_of(size_t bucket)
{
    if (bucket < 8)
        return (int64_t)bucket;
    uint64_t next = (UINT64_C(9) + bucket % 8) << (bucket / 8 - 1);
    return (int64_t)(next - 1);
}

void intervals_add(struct intervals *v, int64_t span)
{
    v->counts[bucket_of((uint64_t)span)]++;
}

void intervals_append(struct intervals *v, const struct intervals *next)
{
    for (size_t i = 0; i < RHYTHM_BUCKETS; i++)
        v->counts[i] += next->counts[i];
}

/* The length of the interval of this rank, the shortest one being the first. */
static int64_t of_rank(const struct intervals *v, uint64_t rank)
{
    size_t i = 0;
    for (uint64_t seen = 0; i < RHYTHM_BUCKETS - 1 && (seen += v->counts[i]) < rank; i++)
        ;
    return end_of(i);
}

static int64_t times(int64_t span, int64_t factor)
{
    int64_t product;
    return __builtin_mul_overflow(span, factor, &product) ? INT64_MAX : product;
}

static int64_t longer(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

struct rhythm rhythm_of(const struct intervals *v)
{
    struct rhythm r = {0};
    for (size_t i = 0; i < RHYTHM_BUCKETS; i++)
        r.count += v->counts[i];
    if (r.count < LEAST_INTERVALS)
        return r;
    uint64_t fourth = r.count - OUTLIERS, most = r.count - r.count / 100;
    r.middle = of_rank(v, (r.count + 1) / 2);
    r.usual = of_rank(v, most < fourth ? most : fourth);
    r.repeated = of_rank(v, fourth);
    r.gap_after =
        longer(times(r.usual, USUAL_FACTOR), times(r.repeated, REPEATED_FACTOR));
    r.gap_after = longer(r.gap_after, GAP_LEAST);
    return r;
}
