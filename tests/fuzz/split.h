/* A splitter of records: they are the bytes at their places, however the stream is cut
 * into blocks. `name` is the module's: name##_split.h. */
#ifndef FUZZ_SPLIT_H
#define FUZZ_SPLIT_H

#include <stdlib.h>

struct split_seen {
    struct bytes whole;
    uint64_t sum;
};

static inline void split_see(struct split_seen *s, struct bytes text, uint64_t offset,
                             bool complete)
{
    if (!bytes_eq(text, bytes_sub(s->whole, offset, text.n)))
        abort();
    s->sum = s->sum * 31 + offset * 7 + text.n * 2 + complete;
}

#define FUZZ_SPLIT(name)                                                                 \
    static void on_record(void *context, const struct name##_split_record *r)            \
    {                                                                                    \
        split_see(context, r->text, r->offset, r->complete);                             \
    }                                                                                    \
    static uint64_t split(struct bytes text, size_t block)                               \
    {                                                                                    \
        struct split_seen seen = {.whole = text};                                        \
        struct name##_split s;                                                           \
        name##_split_begin(&s, on_record, &seen);                                        \
        for (size_t i = 0; i < text.n; i += block)                                       \
            name##_split_feed(&s, bytes_sub(text, i, block));                            \
        name##_split_end(&s);                                                            \
        return seen.sum;                                                                 \
    }                                                                                    \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);                        \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)                         \
    {                                                                                    \
        struct bytes text = bytes_of(data, size);                                        \
        name##_split_wants(text);                                                        \
        if (split(text, 1) != split(text, 4096))                                         \
            abort();                                                                     \
        return 0;                                                                        \
    }

#endif
