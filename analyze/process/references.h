/* References: does every number that one image uses stand in the image that should have
 * it? CRIU writes both sides in one dump, or refuses to dump.
 *
 * What lacks its other side is told once for each kind of number, with the numbers. An
 * image that is broken is told as such (consistency.c), and nothing is said of what it
 * alone could have held.
 */
#ifndef ANALYZE_PROCESS_REFERENCES_H
#define ANALYZE_PROCESS_REFERENCES_H

#include "analyze/process/detect.h"

enum reference {
#define REFERENCE(name, what, home) REFERENCE_##name,
#include "analyze/process/references.def"
#undef REFERENCE
    REFERENCE_COUNT
};

/* Numbers with what has them, sorted once all are there. */
struct numbered {
    uint64_t number;
    const void *what;
};
struct numbers {
    struct numbered *v;
    size_t n, capacity;
    bool whole; /* every image that can hold them was there and read to its end */
};

/* What lacks its other side, of one kind. */
struct lack {
    struct finding finding;
    struct text numbers;
    uint64_t count, last;
};

struct references {
    struct detect *detect;
    struct checkpoint *checkpoint;
    struct numbers processes, files, namespaces, mounts, pipes, fifos, bpf_maps;
    bool sockets_are_whole; /* every unix socket is known */
    struct lack lacks[REFERENCE_COUNT];
    struct lack peers, kinds; /* told of the first, with the places of the others */
};

void numbers_add(struct numbers *all, uint64_t number, const void *what);
void numbers_sort(struct numbers *all);
/* The namespaces that processes, files and other namespaces say they are in; sorted. */
void references_namespaces(struct checkpoint *c, struct numbers *out);
/* The first that has it, or NULL. */
const struct numbered *numbers_find(const struct numbers *all, uint64_t number);

/* `span` uses a number that is nowhere. */
void references_lack(struct references *r, enum reference kind, struct span span,
                     uint64_t number);
/* The same unless the number is in `all`, or cannot be known to be nowhere. */
void references_want(struct references *r, enum reference kind, const struct numbers *all,
                     struct span span, uint64_t number);
/* `span` refers to an image, "core-14.img", that is not there. */
__attribute__((format(printf, 3, 4))) void references_no_image(struct references *r,
                                                               struct span span,
                                                               const char *format, ...);
/* What the processes refer to; what files and the other images refer to. */
void references_of_processes(struct references *r);
void references_of_files(struct references *r);
void references_of_namespaces(struct references *r);

#endif
