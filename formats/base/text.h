/* Text: evidence made harmless for the place where it is written.
 *
 * Every byte of evidence may have been chosen to deceive the reader or the program that
 * shows it. There is one escape per output format; nothing else writes evidence text.
 * What is shown as \xNN, \uNNNN was there as such: control and bidi characters, invisible
 * ones and invalid UTF-8 never reach an output raw.
 */
#ifndef FORMATS_BASE_TEXT_H
#define FORMATS_BASE_TEXT_H

#include "formats/base/bytes.h"

/* Growing buffer for output text. Zero-initialise; text_release frees. */
struct text {
    char *p; /* NUL-terminated once anything was added; NULL before */
    size_t n, capacity;
};
void text_add(struct text *t, struct bytes b);
void text_str(struct text *t, const char *s);
void text_byte(struct text *t, char c);
void text_decimal(struct text *t, int64_t n); /* in decimal */
/* As cursor_varint() reads it. */
void text_varint(struct text *t, uint64_t n);
__attribute__((format(printf, 2, 3))) void text_printf(struct text *t, const char *format,
                                                       ...);
void text_clear(struct text *t);
void text_release(struct text *t);
static inline struct bytes text_bytes(const struct text *t)
{
    return bytes_of(t->p, t->n);
}
/* "" when nothing was added. */
static inline const char *text_c(const struct text *t)
{
    return t->p ? t->p : "";
}

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool utf8_valid(struct bytes b);
/* Takes one code point off the view. False at the end; an invalid byte gives
 * *code = 0xFFFFFFFF and consumes one byte. */
#define UTF8_INVALID 0xFFFFFFFFu
bool utf8_next(struct bytes *rest, uint32_t *code);
void utf8_put(struct text *t, uint32_t code);
/* Controls, bidi controls, zero-width and other invisible characters, BOM, line and
 * paragraph separators, tags, noncharacters. */
bool code_is_deceptive(uint32_t code);

/* The escapes. Each appends to `t`. Evidence is made visible once, by escape_terminal or
 * escape_plain; the others write such text in the syntax of an output, and only what is
 * still deceptive in it (a case file can be anybody's) is escaped by them. */
void escape_terminal(struct text *t, struct bytes b); /* one line: \n is shown as \n */
void escape_line(struct text *t, struct bytes b);     /* the same of visible text */
void escape_html(struct text *t, struct bytes b);     /* text and quoted attributes */
void escape_json(struct text *t, struct bytes b); /* with the quotes; valid UTF-8 out */
void escape_csv(struct text *t, struct bytes b);  /* RFC 4180, formula-safe */
void escape_markdown(struct text *t, struct bytes b); /* one line, no markup survives */
/* Percent-encoding and "+" of a URL's query undone; what is no valid encoding stays. */
void unescape_url(struct text *t, struct bytes b);
/* Valid UTF-8 without escaping for syntax: what JSON writers of libraries may be given.
 * Deceptive characters and invalid bytes become \xNN or \u{NNNN}. */
void escape_plain(struct text *t, struct bytes b);

#endif
