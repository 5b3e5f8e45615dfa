/* Frames: compressed streams of parts that can each be decompressed alone (members of
 * gzip: pigz -i, bgzip, eStargz, appended logs; frames of zstd: pzstd, zstd:chunked).
 *
 * Where a part begins, nothing says in advance. Once a second one was met, the stream is
 * read ahead and searched for the number that parts begin with; what lies between two
 * such places is decompressed on other threads, on the guess that it is whole. The reader
 * takes the result only when it has itself come to where a part really begins there; a
 * wrong guess costs the work. Bytes, faults and their places are those of one reader.
 */
#ifndef FORMATS_FRAMES_H
#define FORMATS_FRAMES_H

#include "formats/base/source.h"

/* What a decompressor of such a format begins with. */
struct frame_reader {
    struct source source;
    uint64_t consumed; /* compressed bytes used */
    bool any;          /* at least one frame was read, by this reader or before it */
    bool in_frame;     /* and is not at its end */
};

struct frame_format {
    struct bytes magic;
    /* The frames of `from`, one after the other, all by this reader. */
    struct frame_reader *(*open)(struct source *from);
    void (*close)(struct frame_reader *r);
};

/* `threads` > 1 decompress; `from` must outlive it. Free with frames_source_free. */
struct source *frames_source_new(struct source *from, const struct frame_format *format,
                                 size_t threads);
/* How many compressed bytes were used. */
uint64_t frames_source_taken(const struct source *s);
void frames_source_free(struct source *s);

#endif
