/* Bytes of a set in vectors. byte_runs.c includes this once for each size, with MARK (the
 * name of the function), TARGET (the processor's features), VECTOR (its type), SET1,
 * LOAD, SUB and IN (a bit for each byte that is at most as large) defined. Not a header
 * to be included by others.
 */
__attribute__((target(TARGET))) static void MARK(const struct byte_runs *r,
                                                 const uint8_t *p, uint64_t *marks,
                                                 size_t words)
{
    VECTOR first[4], size[4];
    for (size_t i = 0; i < 4; i++) {
        struct byte_range range = i < 3 ? r->any[i] : r->next;
        first[i] = SET1((char)range.first);
        size[i] = SET1((char)(range.last - range.first));
    }
    for (size_t k = 0; k < words; k++, p += 64) {
        uint64_t found = 0;
#pragma GCC unroll 2
        for (size_t at = 0; at < 64; at += sizeof(VECTOR)) {
            VECTOR x = LOAD((const void *)(p + at));
            VECTOR y = LOAD((const void *)(p + at + 1));
            uint64_t any = IN(SUB(x, first[0]), size[0]) | IN(SUB(x, first[1]), size[1]) |
                           IN(SUB(x, first[2]), size[2]);
            found |= (any & IN(SUB(y, first[3]), size[3])) << at;
        }
        marks[k] = found;
    }
}
