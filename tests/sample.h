/* Samples for unit tests: files of the corpus, read whole. Tests run from the root. */
#ifndef TESTS_SAMPLE_H
#define TESTS_SAMPLE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "formats/base/bytes.h"

/* Free with free((void *)sample.p). */
static inline struct bytes sample(const char *path)
{
    FILE *f = fopen(path, "rb");
    cr_assert(f, "cannot open %s", path);
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    rewind(f);
    uint8_t *p = malloc((size_t)size + 1);
    size_t n = fread(p, 1, (size_t)size, f);
    fclose(f);
    cr_assert_eq(n, (size_t)size);
    return bytes_of(p, n);
}

static inline void sample_free(struct bytes b)
{
    free((void *)(uintptr_t)b.p);
}

#define expect_bytes(b, literal)                                                         \
    cr_expect(bytes_eq((b), bytes_str(literal)), "got \"%.*s\", want \"%s\"",            \
              (int)(b).n, (const char *)(b).p, (literal))

#endif
