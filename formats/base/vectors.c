#include "formats/base/vectors.h"

static enum vectors limit = VECTORS_AVX512;

static enum vectors supported(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi"))
        return VECTORS_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"))
        return VECTORS_AVX2;
#endif
    return VECTORS_NONE;
}

enum vectors vectors(void)
{
    enum vectors all = supported();
    return all < limit ? all : limit;
}

void vectors_limit(enum vectors most)
{
    limit = most;
}
