/* bytes_find() in vectors: where the first, the middle and the last byte of a needle
 * stand, the rest of it is compared. For short needles that is several times as fast as
 * memmem(), also in JSON, where most needles begin and end with the same frequent byte.
 * Most searches find nothing, so that two vectors are asked at once.
 *
 * bytes_find.c includes this once for each size, with FIND (the name of the function),
 * PLACES (that of its part), TARGET (the processor's features), VECTOR (its type), and OF
 * and WHOLE (the name of an intrinsic for it) defined. `a` has at least a vector more
 * than the needle. Not a header to be included by others.
 */

/* Where a needle may stand, of as many places from `p` as the vector is long. */
__attribute__((target(TARGET), always_inline)) static inline VECTOR PLACES(
    const uint8_t *p, size_t middle, size_t end, const VECTOR byte[static 3])
{
    VECTOR first = WHOLE(loadu)((const VECTOR *)(const void *)p);
    VECTOR inner = WHOLE(loadu)((const VECTOR *)(const void *)(p + middle));
    VECTOR last = WHOLE(loadu)((const VECTOR *)(const void *)(p + end));
    VECTOR ends =
        WHOLE(and)(OF(cmpeq_epi8)(first, byte[0]), OF(cmpeq_epi8)(last, byte[2]));
    return WHOLE(and)(ends, OF(cmpeq_epi8)(inner, byte[1]));
}

__attribute__((target(TARGET))) static size_t FIND(struct bytes a, struct bytes needle)
{
    enum { STEP = sizeof(VECTOR) };
    const size_t middle = needle.n / 2, end = needle.n - 1;
    const VECTOR byte[3] = {OF(set1_epi8)((char)needle.p[0]),
                            OF(set1_epi8)((char)needle.p[middle]),
                            OF(set1_epi8)((char)needle.p[end])};
    const size_t last_step = a.n - needle.n - (STEP - 1);
    for (size_t i = 0;; i += STEP) {
        for (; i + STEP <= last_step; i += 2 * (size_t)STEP) {
            VECTOR both = WHOLE(or)(PLACES(a.p + i, middle, end, byte),
                                    PLACES(a.p + i + STEP, middle, end, byte));
            if (OF(movemask_epi8)(both))
                break;
        }
        i = i < last_step ? i : last_step;
        unsigned all = (unsigned)OF(movemask_epi8)(PLACES(a.p + i, middle, end, byte));
        for (; all; all &= all - 1) {
            size_t at = i + (size_t)__builtin_ctz(all);
            if (memcmp(a.p + at, needle.p, needle.n) == 0)
                return at;
        }
        if (i == last_step)
            return a.n;
    }
}
