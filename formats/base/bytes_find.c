#include "formats/base/bytes.h"

#define SHORT_NEEDLE 32 /* longer ones: memmem() is linear, whatever the bytes are */

#if defined(__x86_64__)
#include <immintrin.h>

#define FIND        find_in_16
#define PLACES      places_in_16
#define TARGET      "sse2"
#define VECTOR      __m128i
#define OF(name)    _mm_##name
#define WHOLE(name) _mm_##name##_si128
#include "formats/base/find_steps.h"
#undef FIND
#undef PLACES
#undef TARGET
#undef VECTOR
#undef OF
#undef WHOLE

#define FIND        find_in_32
#define PLACES      places_in_32
#define TARGET      "avx2"
#define VECTOR      __m256i
#define OF(name)    _mm256_##name
#define WHOLE(name) _mm256_##name##_si256
#include "formats/base/find_steps.h"

static bool find_quickly(struct bytes a, struct bytes needle, size_t *at)
{
    size_t places = a.n - needle.n + 1;
    if (needle.n > SHORT_NEEDLE || places < sizeof(__m128i))
        return false;
    bool wide = places >= sizeof(__m256i) && __builtin_cpu_supports("avx2");
    *at = wide ? find_in_32(a, needle) : find_in_16(a, needle);
    return true;
}
#else
static bool find_quickly(struct bytes a, struct bytes needle, size_t *at)
{
    (void)a;
    (void)needle;
    (void)at;
    return false;
}
#endif

size_t bytes_find(struct bytes a, struct bytes needle)
{
    size_t found;
    if (needle.n == 0 || needle.n > a.n)
        return needle.n == 0 ? 0 : a.n;
    if (find_quickly(a, needle, &found))
        return found;
    const uint8_t *at = memmem(a.p, a.n, needle.p, needle.n);
    return at ? (size_t)(at - a.p) : a.n;
}
