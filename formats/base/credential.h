/* The parts of credential_find (mask.h): each looks at one place of a text.
 *
 * They all work in time bounded by what they take or by a constant, so that a search is
 * linear in the text. False leaves *out untouched.
 */
#ifndef FORMATS_BASE_CREDENTIAL_H
#define FORMATS_BASE_CREDENTIAL_H

#include "formats/base/mask.h"
#include "formats/base/sieve.h"

/* What a token may consist of, one class per byte. */
enum token_class {
    CLASS_HEX,     /* 0-9 a-f */
    CLASS_UPPER,   /* A-Z 0-9 */
    CLASS_ALNUM,   /* A-Z a-z 0-9 */
    CLASS_WORD,    /* and _ */
    CLASS_URL,     /* and - : base64url */
    CLASS_DOTTED,  /* and . */
    CLASS_BASE64,  /* alphanumeric, + / = */
    CLASS_ANYWORD, /* base64 in either alphabet, and . ~ */
};
/* The classes that a byte is in, one bit each. */
extern const uint8_t token_classes[256];
static inline bool in_class(uint8_t c, enum token_class class)
{
    return token_classes[c] >> class & 1;
}
/* Length of the run of a class from `at`, at most `most`. */
size_t class_run(struct bytes b, size_t at, enum token_class class, size_t most);
/* Does a token begin at `at`, or is it the middle of a word? An escape sequence before it
 * (%3D, \n, \u0022) is no part of a word. */
bool token_begins(struct bytes b, size_t at);
bool has_prefix(struct bytes b, size_t at, const char *prefix);
bool has_prefix_nocase(struct bytes b, size_t at, const char *prefix);

/* A part of a text where a credential may be found: `at` of credential_at(). */
struct credential_place {
    size_t from, to;
    bool operators; /* only at bytes that credential_operator() knows */
};
/* Walks all such places, in the order of what shows them; a place begins at most
 * CREDENTIAL_BEFORE before, and ends at most CREDENTIAL_BEHIND behind what shows it. */
#define CREDENTIAL_BEFORE 20
#define CREDENTIAL_BEHIND 128
struct credential_places {
    struct sieve_walk walk;
    size_t at; /* what shows a place stands here */
    size_t sign;
};
struct credential_places credential_places(struct bytes b, size_t from);
bool credential_places_next(struct credential_places *p, struct credential_place *out);
/* Does a byte give a value to a name, or stand between a flag and its value? */
bool credential_operator(uint8_t c);

/* The credential that shows at `at`, though its value may stand further on. */
bool credential_at(struct bytes b, size_t at, struct credential *out);

/* A token of a known form at `at`, where token_begins(): ghp_…, AKIA…, JWT, Bearer …. */
bool credential_token(struct bytes b, size_t at, struct credential *out);
/* A private key block whose "-----BEGIN " is at `at`. */
bool credential_block(struct bytes b, size_t at, struct credential *out);
/* The password of a URL whose "://" is at `at`. */
bool credential_userinfo(struct bytes b, size_t at, struct credential *out);
/* A value given to a name: `at` is '=', ':' or '%' of "password=…", "token": "…",
 * "secret%3D…", or the blank (quote, NUL) after a flag "--password …". */
bool credential_assigned(struct bytes b, size_t at, struct credential *out);

/* What a name says about its value. */
struct name_class {
    const char *kind; /* of credential */
    bool weak;        /* the value must look like a secret too: "token", "secret" */
};
bool credential_name_class(struct bytes name, struct name_class *out);

#endif
