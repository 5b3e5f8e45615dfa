/* JSON records at speed: a C face over simdjson's DOM, for logs of which every record is
 * one JSON value (RFC 8259). Documents that are kept and changed are read by json.h.
 *
 * A parser belongs to one thread. Values are small handles, passed by value; they and all
 * strings got from them are borrowed from the parser and die with its next parse. An
 * absent value can be asked anything and gives nothing, so that paths are followed
 * without a test at each step.
 */
#ifndef FORMATS_JSON_LINES_H
#define FORMATS_JSON_LINES_H

#include "formats/base/bytes.h"
#include "formats/base/fault.h"

#ifdef __cplusplus
extern "C" {
#endif

struct jsonl_parser;
/* Never NULL. */
struct jsonl_parser *jsonl_parser_new(void);
void jsonl_parser_free(struct jsonl_parser *p);

enum jsonl_kind {
    JSONL_ABSENT = 0,
    JSONL_NULL,
    JSONL_BOOL,
    JSONL_INTEGER, /* fits int64_t or uint64_t */
    JSONL_REAL,
    JSONL_STRING,
    JSONL_ARRAY,
    JSONL_OBJECT,
};

struct jsonl_value {
    const void *document; /* NULL: absent */
    size_t at;
};
#define JSONL_NOTHING ((struct jsonl_value){NULL, 0})

/* One value and blanks around it. `readable`: how many bytes from text.p on may be read
 * (at least text.n); where JSONL_PADDING more than text.n are, nothing is copied.
 * FAULT_NONE and *root, or what is wrong, with its offset in the text; *root is then
 * absent. The limits are LIMIT_LINE (of `text`) and LIMIT_JSON_DEPTH. Of members that
 * occur twice both are kept (jsonl_get gives the first one). */
#define JSONL_PADDING 64
struct fault jsonl_parse(struct jsonl_parser *p, struct bytes text, size_t readable,
                         struct jsonl_value *root);

enum jsonl_kind jsonl_kind(struct jsonl_value v);
static inline bool jsonl_is(struct jsonl_value v, enum jsonl_kind kind)
{
    return jsonl_kind(v) == kind;
}

/* The unescaped string, UTF-8, NUL may occur in it; empty when it is no string. */
struct bytes jsonl_string(struct jsonl_value v);
/* False when it is no integer of that range. */
bool jsonl_integer(struct jsonl_value v, int64_t *out);
/* False when it is no number. */
bool jsonl_number(struct jsonl_value v, double *out);
/* False when it is absent, no boolean, or false. */
bool jsonl_true(struct jsonl_value v);
/* Strings as they are, numbers in decimal, "true", "false"; null, arrays, objects and
 * absent values are empty. Borrows from `room` or the parser. */
#define JSONL_SCALAR 32
struct bytes jsonl_scalar(struct jsonl_value v, char room[JSONL_SCALAR]);

/* Member of an object by name (NUL-terminated); absent when there is none. Linear: walk
 * the members instead where many are wanted. */
struct jsonl_value jsonl_get(struct jsonl_value object, const char *name);
/* The same by either of two names, and a member's string. */
static inline struct jsonl_value jsonl_either(struct jsonl_value object, const char *name,
                                              const char *other)
{
    struct jsonl_value v = jsonl_get(object, name);
    return v.document ? v : jsonl_get(object, other);
}
static inline struct bytes jsonl_text(struct jsonl_value object, const char *name)
{
    return jsonl_string(jsonl_get(object, name));
}
/* Element of an array. Linear. */
struct jsonl_value jsonl_at(struct jsonl_value array, size_t index);
/* Elements or members; 0 for anything else. (simdjson counts to 16,777,215.) */
size_t jsonl_count(struct jsonl_value v);

/* Walks an array or object in the order of the text:
 *     struct jsonl_walk w = jsonl_members(value);
 *     while (jsonl_next(&w, &key, &member)) ...
 * Of an array the keys are empty; of anything else there is nothing. */
struct jsonl_walk {
    const void *document;
    size_t at, end;
    bool object;
};
struct jsonl_walk jsonl_members(struct jsonl_value v);
bool jsonl_next(struct jsonl_walk *w, struct bytes *key, struct jsonl_value *value);
/* The next member whose key is one of the names, or begins with one and a dot. False at
 * the end, and for what is no object. */
bool jsonl_next_of(struct jsonl_walk *w, const struct bytes *names, size_t count,
                   struct bytes *key, struct jsonl_value *value);

#ifdef __cplusplus
}
#endif
#endif
