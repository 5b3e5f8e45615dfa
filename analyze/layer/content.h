/* Content: what the bytes of one file tell, kept after the bytes are gone. */
#ifndef ANALYZE_LAYER_CONTENT_H
#define ANALYZE_LAYER_CONTENT_H

#include "formats/base/arena.h"
#include "formats/base/source.h"
#include "formats/go_build.h"

/* A section without its bytes. */
struct section_digest {
    struct bytes name;
    uint64_t size;
    uint8_t sha256[32];
    bool executable;
};

struct content_elf {
    struct section_digest
        *sections; /* in the file's order, the unnamed first one left out */
    size_t section_count;
    struct bytes *needed, run_path, interpreter;
    size_t needed_count;
    bool has_symbols, has_sections;
    bool is_static;      /* no interpreter and nothing needed */
    bool is_program;     /* can be run, rather than be linked or loaded */
    struct go_build *go; /* what a Go program was built from, or NULL */
    const char *packer;  /* "UPX", "packed" by its shape, or NULL */
};

struct content {
    uint64_t size;
    bool whole;       /* all bytes were in hand; else what follows is of the first part */
    bool is_text;     /* no NUL, and nearly no other control characters */
    const char *type; /* in libmagic's words; NULL when it is not there */
    uint8_t head[16]; /* the first octets, zeros where there are fewer */
    double entropy;   /* bits per byte, of all bytes */
    struct bytes text; /* the bytes, where they are text and short enough for a diff */
    struct content_elf *elf; /* NULL: none */
};

/* Types of libmagic. NULL when its database is missing: then no type is told. */
struct typing;
struct typing *typing_new(void);
void typing_free(struct typing *t);

/* Bytes of one file in memory: at most LIMIT_STUDIED, `entropy` and `size` of all. */
struct loaded {
    uint8_t *p; /* owned */
    size_t n, capacity;
    uint64_t size;
    uint64_t counts[256];
};
/* Reads to the end. 0 or < 0. Can be used again for the next file. */
int loaded_read(struct loaded *l, struct source *from);
void loaded_release(struct loaded *l);

/* What the bytes tell; everything in *out lives as long as the arena. `keep_text` allows
 * to keep a text. `types` may be NULL. */
void content_of(const struct loaded *l, struct typing *types, bool keep_text,
                struct arena *arena, struct content *out);

#endif
