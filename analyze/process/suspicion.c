#include "analyze/process/suspicion.h"

/* No token known by its form is shorter. */
#define LONG_WORD 16
/* A name and its value may stand on two lines of YAML or JSON, one more between them. */
#define LINES_TOGETHER 3

/* Characters of tokens; '.' and '/' are left out: paths and host names are no tokens, and
 * the parts of a JWT are long by themselves. */
static const bool in_word[256] = {
    ['+'] = true,         ['-'] = true,         ['='] = true,         ['_'] = true,
    ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true,
};

/* How names of secrets, and words before secrets, begin: two letters, then the rest. */
static const char *const stems[] = {"pass", "pwd",   "secret", "token", "key",  "cred",
                                    "conn", "auth",  "bearer", "basic", "priv", "docker",
                                    "sig",  "login", "xox",    "sk_",   "sg.",  "hvs."};

/* Second letters of the stems, by their first one: a look-up for each pair of bytes
 * spares comparing most of them. Digits and signs give bits that mean nothing and cost
 * little. */
#define LETTER(c) (UINT32_C(1) << ((c)&31))
static const uint32_t second_letters[32] = {
    ['p' & 31] = LETTER('a') | LETTER('w') | LETTER('r'),
    ['s' & 31] = LETTER('e') | LETTER('i') | LETTER('k') | LETTER('g'),
    ['t' & 31] = LETTER('o'),
    ['k' & 31] = LETTER('e'),
    ['c' & 31] = LETTER('r') | LETTER('o'),
    ['a' & 31] = LETTER('u'),
    ['b' & 31] = LETTER('e') | LETTER('a'),
    ['d' & 31] = LETTER('o'),
    ['l' & 31] = LETTER('o'),
    ['x' & 31] = LETTER('o'),
    ['h' & 31] = LETTER('v'),
};

static bool may_be_stem(uint8_t first, uint8_t second)
{
    return second_letters[first & 31] >> (second & 31) & 1;
}

static bool is_stem(struct bytes text, size_t at)
{
    for (size_t i = 0; i < sizeof stems / sizeof *stems; i++) {
        size_t n = 0;
        while (stems[i][n] && at + n < text.n &&
               (text.p[at + n] | 32) == ((uint8_t)stems[i][n] | 32))
            n++;
        if (stems[i][n] == 0)
            return true;
    }
    return false;
}

/* Position of the first sign at or after `at`; text.n when there is none. */
static size_t next_sign(struct bytes text, size_t at)
{
    size_t word = 0;
    for (; at < text.n; at++) {
        uint8_t c = text.p[at];
        word = in_word[c] ? word + 1 : 0;
        bool pair = at + 1 < text.n && may_be_stem(c, text.p[at + 1]);
        if (word >= LONG_WORD || (pair && is_stem(text, at)) || c == '$' ||
            (c == '@' && at > 0))
            return at;
    }
    return text.n;
}

static size_t line_end(struct bytes text, size_t at)
{
    return at + bytes_find_byte(bytes_from(text, at), '\n');
}

bool suspicion_next(struct bytes text, size_t *at, size_t *start, size_t *end)
{
    size_t sign = next_sign(text, *at);
    if (sign == text.n)
        return false;
    *start = sign;
    while (*start > *at && text.p[*start - 1] != '\n')
        --*start;
    *end = line_end(text, sign);
    if (bytes_contains(bytes_sub(text, *start, *end - *start), BYTES("-----BEGIN"))) {
        *end = text.n; /* a key has many lines */
    } else {
        for (int more = 1; more < LINES_TOGETHER && *end < text.n; more++)
            *end = line_end(text, *end + 1);
    }
    *at = *end;
    return true;
}
