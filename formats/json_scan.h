/* JSON tokens with their places (RFC 8259), for what the libraries do not tell: where a
 * value stands, where damaged text breaks, and what of it can be saved. */
#ifndef FORMATS_JSON_SCAN_H
#define FORMATS_JSON_SCAN_H

#include "formats/base/bytes.h"
#include "formats/base/fault.h"
#include "formats/base/limits.h"
#include "formats/base/text.h"

enum json_token {
    JSON_TOKEN_END = 0, /* of the text, or of the value when it is complete */
    JSON_TOKEN_FAULT,   /* scan.fault says what and where */
    JSON_TOKEN_OPEN_OBJECT,
    JSON_TOKEN_CLOSE_OBJECT,
    JSON_TOKEN_OPEN_ARRAY,
    JSON_TOKEN_CLOSE_ARRAY,
    JSON_TOKEN_KEY,    /* with its quotes */
    JSON_TOKEN_STRING, /* with its quotes */
    JSON_TOKEN_OTHER,  /* number, true, false, null */
};

struct json_scan {
    struct bytes text;
    size_t at;    /* behind the token */
    size_t start; /* of the token */
    size_t depth;
    uint8_t arrays[LIMIT_JSON_DEPTH / 8]; /* bit d: level d is an array */
    bool words_end;     /* a number at the very end of the text is known to be whole */
    int expect;         /* what the grammar allows next */
    struct fault fault; /* FAULT_TRUNCATED where the text ends inside the value */
    struct fault flaw;  /* the first bad character in a string, which reading survives */
    size_t sound;       /* behind the last complete value or opened bracket */
};

struct json_scan json_scan_of(struct bytes text);
/* The next token of one value; after it END for ever. */
enum json_token json_scan_next(struct json_scan *s);
/* Skips the rest of the value whose opening token was just read. False on a fault. */
bool json_scan_skip(struct json_scan *s);

/* What is wrong with the text as one value with nothing behind it; FAULT_NONE if nothing
 * is. */
struct fault json_check(struct bytes text);

/* Length of what an export, a runtime or syslog put before an object in its line: a time,
 * a stream, a sender. 0 when nothing or something else stands there. */
size_t json_prefix(struct bytes line);

/* Length of the few lines that stand before JSON which is not one record on each line:
 * the banner of the program that wrote it, a warning, the header of a terminal's log. 0
 * where something else follows, or nothing stands before it. */
size_t json_banner(struct bytes head);

/* Saves what can be saved of a damaged value: appends JSON that a strict parser accepts,
 * with everything up to the place where the grammar breaks, open brackets closed there,
 * control characters escaped and invalid UTF-8 replaced by U+FFFD. True when something
 * was cut off. */
bool json_repair(struct bytes text, struct text *out);

/* Appends octets as a string with its quotes; what is not UTF-8 becomes U+FFFD. */
void json_quote(struct bytes octets, struct text *out);

#endif
