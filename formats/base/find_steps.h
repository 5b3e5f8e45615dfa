/* bytes_find() in vectors: where the first, the middle and the last byte of a needle
 * stand, the rest of it is compared. For short needles that is several times as fast as
 * memmem(), also in JSON, where most needles begin and end with the same frequent byte.
 *
 * bytes_find.c includes this once for each size, with FIND (the name of the function),
 * TARGET (the processor's features), VECTOR (its type), and OF and WHOLE (the name of an
 * intrinsic for it) defined. `a` has at least a vector more than the needle. Not a header
 * to be included by others.
 */
__attribute__((target(TARGET))) static size_t FIND(struct bytes a, struct bytes needle)
{
    const size_t middle = needle.n / 2, end = needle.n - 1;
    const VECTOR first = OF(set1_epi8)((char)needle.p[0]);
    const VECTOR inner = OF(set1_epi8)((char)needle.p[middle]);
    const VECTOR last = OF(set1_epi8)((char)needle.p[end]);
    const size_t last_step = a.n - needle.n - (sizeof(VECTOR) - 1);
    for (size_t i = 0;; i += sizeof(VECTOR)) {
        i = i < last_step ? i : last_step;
        const uint8_t *p = a.p + i;
        VECTOR x = WHOLE(loadu)((const VECTOR *)(const void *)p);
        VECTOR y = WHOLE(loadu)((const VECTOR *)(const void *)(p + middle));
        VECTOR z = WHOLE(loadu)((const VECTOR *)(const void *)(p + end));
        VECTOR ends = WHOLE(and)(OF(cmpeq_epi8)(x, first), OF(cmpeq_epi8)(z, last));
        unsigned all =
            (unsigned)OF(movemask_epi8)(WHOLE(and)(ends, OF(cmpeq_epi8)(y, inner)));
        for (; all; all &= all - 1) {
            size_t at = i + (size_t)__builtin_ctz(all);
            if (memcmp(a.p + at, needle.p, needle.n) == 0)
                return at;
        }
        if (i == last_step)
            return a.n;
    }
}
