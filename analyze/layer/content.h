/* Content: what the bytes of one file tell, kept after the bytes are gone. */
#ifndef ANALYZE_LAYER_CONTENT_H
#define ANALYZE_LAYER_CONTENT_H

#include "formats/base/arena.h"
#include "formats/base/histogram.h"
#include "formats/base/source.h"
#include "formats/go_build.h"

/* A section without its bytes. */
struct section_digest {
    struct bytes name;
    uint64_t size;
    uint8_t sha256[32];
    bool executable;
};

/* A rule of signs.yar or of the analyst that the bytes fit, and where first. */
struct content_match {
    const char *rule, *tag; /* of the arena */
    uint64_t offset, length;
    bool is_own; /* the analyst's */
};

/* A credential that is known by its form; its value is not kept. */
struct content_credential {
    const char *kind; /* static */
    uint64_t offset, length;
};

#define CONTENT_MATCHES     16
#define CONTENT_CREDENTIALS 4

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
    struct content_elf *elf;       /* NULL: none */
    struct content_match *matches; /* of different rules, in the order of the rules */
    size_t match_count;
    struct content_credential credentials[CONTENT_CREDENTIALS]; /* of texts */
    size_t credential_count;
    struct arena *arena; /* of all this */
};

/* Types of libmagic. NULL when its database is missing: then no type is told. */
struct typing;
struct typing *typing_new(void);
void typing_free(struct typing *t);

/* Bytes of one file in memory: at most LIMIT_STUDIED. */
struct loaded {
    uint8_t *p; /* owned */
    size_t n, capacity;
    struct histogram all; /* of every byte, also of those that are not kept */
};
/* Reads to the end. 0 or < 0. Can be used again for the next file. */
int loaded_read(struct loaded *l, struct source *from);
void loaded_release(struct loaded *l);

/* Rules of YARA; either may be NULL. */
struct content_rules {
    struct pattern *signs; /* signs.yar, which is compiled in: by what files are for */
    struct pattern *yara;  /* the analyst's */
};
/* `files` are the analyst's, a NULL-terminated list or NULL; they did compile before. */
struct content_rules content_rules_new(const char *const *files);
void content_rules_free(struct content_rules *r);

/* What the bytes tell; lives as long as the arena. `keep_text` allows to keep a text.
 * `types` may be NULL. */
struct content *content_of(const struct loaded *l, struct typing *types, bool keep_text,
                           struct arena *arena);
/* Adds to it the rules that the bytes fit. `path` is what the rules know as the file's.
 */
void content_search(struct content *c, const struct loaded *l,
                    const struct content_rules *rules, const char *path);

#endif
