/* Vectors: which instructions the searches over all bytes take. */
#ifndef FORMATS_BASE_VECTORS_H
#define FORMATS_BASE_VECTORS_H

enum vectors {
    VECTORS_NONE,
    VECTORS_AVX2,   /* with BMI2, as all that have it but a few */
    VECTORS_AVX512, /* with BW and VBMI: Ice Lake, Zen 4 and later ones */
};
/* The most that this processor has. */
enum vectors vectors(void);
/* For tests: no more than this, in all threads. */
void vectors_limit(enum vectors most);

#endif
