/* Bytes: a borrowed view by value. It owns nothing and is not NUL-terminated.
 *
 * Whoever hands out a view says how long it lives; the default is "until the call
 * returns". Evidence is always handled as bytes, never as a C string, because any byte
 * (NUL included) may stand in it.
 */
#ifndef FORMATS_BASE_BYTES_H
#define FORMATS_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const uint8_t *p; /* NULL only if n is 0 */
    size_t n;
};

#define BYTES_NONE ((struct bytes){NULL, 0})
/* A view of a string literal, without its NUL. */
#define BYTES(literal)                                                                   \
    ((struct bytes){(const uint8_t *)("" literal), sizeof(literal) - 1})

static inline struct bytes bytes_of(const void *p, size_t n)
{
    return (struct bytes){(const uint8_t *)p, n};
}

/* NULL gives BYTES_NONE. */
static inline struct bytes bytes_str(const char *s)
{
    return s ? bytes_of(s, strlen(s)) : BYTES_NONE;
}

/* a, or b where a is empty. */
static inline struct bytes bytes_or(struct bytes a, struct bytes b)
{
    return a.n ? a : b;
}

static inline bool bytes_eq(struct bytes a, struct bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Most texts differ from a word in the first byte. */
static inline bool bytes_is(struct bytes a, const char *s)
{
    if (a.n == 0 || a.p[0] != (uint8_t)s[0])
        return a.n == 0 && s[0] == '\0';
    return bytes_eq(a, bytes_str(s));
}

/* Bytewise order, a prefix before what it begins: the order of every listing. */
int bytes_compare(struct bytes a, struct bytes b);

static inline bool bytes_starts(struct bytes a, struct bytes prefix)
{
    return a.n >= prefix.n && bytes_eq(bytes_of(a.p, prefix.n), prefix);
}
bool bytes_ends(struct bytes a, struct bytes suffix);
/* ASCII case only; no locale. */
bool bytes_eq_nocase(struct bytes a, struct bytes b);

/* FNV-1a, for tables: mixes octets into what BYTES_HASH or an earlier call gave. What is
 * found by it is compared, for an attacker can make values collide. */
#define BYTES_HASH UINT64_C(0xcbf29ce484222325)
static inline uint64_t bytes_hash(uint64_t hash, struct bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        hash = (hash ^ b.p[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* Position of the first occurrence, or a.n when there is none. */
size_t bytes_find(struct bytes a, struct bytes needle);
size_t bytes_find_byte(struct bytes a, uint8_t byte);
/* Position of the last occurrence, or a.n when there is none. */
size_t bytes_rfind_byte(struct bytes a, uint8_t byte);
bool bytes_contains(struct bytes a, struct bytes needle);
/* Each of `needles`, which end at NULL or after `most`. */
bool bytes_contains_all(struct bytes a, const char *const *needles, size_t most);

/* [from, from+n) clipped to what is there; never out of range. */
static inline struct bytes bytes_sub(struct bytes a, size_t from, size_t n)
{
    if (from >= a.n)
        return BYTES_NONE;
    size_t left = a.n - from;
    return bytes_of(a.p + from, n < left ? n : left);
}
static inline struct bytes bytes_from(struct bytes a, size_t from)
{
    return bytes_sub(a, from, SIZE_MAX);
}

/* Takes the part before the first `separator` off *rest (and the separator itself).
 * False when *rest is empty; then *part is untouched. */
bool bytes_split(struct bytes *rest, uint8_t separator, struct bytes *part);

/* A line without the CR that Windows puts before the newline. */
static inline struct bytes bytes_without_cr(struct bytes line)
{
    line.n -= line.n && line.p[line.n - 1] == '\r';
    return line;
}
/* Takes the next line and its end (LF, CR LF) off *rest; false when *rest is empty. */
bool bytes_line(struct bytes *rest, struct bytes *line);

/* Takes the next word between blanks off *rest; false when there is none. */
bool bytes_word(struct bytes *rest, struct bytes *word);

/* Without leading and trailing blanks (space, tab, CR, LF, VT, FF). */
struct bytes bytes_trim(struct bytes a);

/* Whole view is one decimal number without sign that fits; else false, *out untouched. */
bool bytes_to_u64(struct bytes a, uint64_t *out);
bool bytes_to_i64(struct bytes a, int64_t *out);
/* Hex digits of either case to octets; n must be exactly 2 * room. What was written when
 * it is false means nothing. */
bool bytes_from_hex(struct bytes hex, uint8_t *out, size_t room);
/* Writes 2*n lower-case digits and a NUL; `out` has room for 2*n+1. */
void bytes_to_hex(struct bytes a, char *out);

/* Locale-free classes. */
static inline bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}
static inline bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}
static inline uint8_t to_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 32 : c;
}
/* One more than the value of a hexadecimal digit; 0 for any other byte. */
extern const uint8_t hex_digits[256];
static inline bool is_hex(uint8_t c)
{
    return hex_digits[c];
}

#endif
