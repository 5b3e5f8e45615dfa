/* Where a credential may be at all.
 *
 * Nearly all of a text holds none, and looking at each place for each form is slow. So
 * there is a list of literals ("signs") of which each credential has one in or just
 * before it; only where one stands is looked closer.
 */
#include <pthread.h>

#include "formats/base/credential.h"

/* How far a name is followed, and what may stand between it and its operator: a quote
 * with backslashes, or `","value":`. */
#define NAME_BYTES  64
#define QUOTE_BYTES 6
#define VALUE_BYTES 40

enum sign_kind {
    SIGN_TOKEN, /* a token: so many bytes of the class follow it */
    SIGN_NAME,  /* in a name whose value is secret, whatever the case of its letters */
    SIGN_WORD,  /* in a form that needs a closer look, whatever the case */
};

struct sign {
    const char *text; /* in small letters where their case does not matter */
    uint8_t n;
    uint8_t shape; /* which byte of it begins its rare shape (sieve.h) */
    enum sign_kind kind;
    enum token_class class;
    uint8_t follow;
    /* Where to look, from the sign's first byte: so far before it, so far behind it. */
    uint8_t before, behind;
};

#define TOKEN(text, shape, class, follow)                                                \
    {                                                                                    \
        text, sizeof text - 1, shape, SIGN_TOKEN, class, follow, 0, 0                    \
    }
#define NAME(text, shape)                                                                \
    {                                                                                    \
        text, sizeof text - 1, shape, SIGN_NAME, 0, 0, 0, 0                              \
    }
#define WORD(text, shape, before, behind)                                                \
    {                                                                                    \
        text, sizeof text - 1, shape, SIGN_WORD, 0, 0, before, behind                    \
    }

static const struct sign signs[] = {
    /* Every suffix in credential_name.c has one of these; "-u" is the flag. */
    NAME("key", 0),
    NAME("token", 2),
    NAME("docker", 3),
    NAME("secret", 2),
    NAME("cred", 0),
    NAME("pass", 0),
    NAME("session", 2),
    NAME("pwd", 0),
    NAME("sig", 0),
    NAME("auth", 0),
    NAME("conne", 2),
    NAME("cookie", 3),
    NAME("-u", 0),
    /* Every form in credential_token.c: its prefix, or what its prefixes share. */
    TOKEN("AGE-SECRET-KEY-1", 2, CLASS_UPPER, 58),
    TOKEN("AIza", 1, CLASS_URL, 35),
    /* An AWS secret stands up to 24 bytes behind the beginning of its key. */
    {"AKIA", 4, 1, SIGN_TOKEN, CLASS_UPPER, 16, 0, 24},
    {"ASIA", 4, 1, SIGN_TOKEN, CLASS_UPPER, 16, 0, 24},
    TOKEN("ABIA", 1, CLASS_UPPER, 16),
    TOKEN("ACCA", 1, CLASS_UPPER, 16),
    TOKEN("ATATT3", 3, CLASS_ANYWORD, 40),
    TOKEN("GOCSPX-", 4, CLASS_URL, 28),
    TOKEN("NRAK-", 1, CLASS_UPPER, 27),
    TOKEN("SG.", 0, CLASS_DOTTED, 66),
    TOKEN("SK", 0, CLASS_HEX, 32),
    TOKEN("dapi", 0, CLASS_HEX, 32),
    TOKEN("dckr_", 2, CLASS_URL, 20),
    TOKEN("doo_", 1, CLASS_WORD, 64),
    TOKEN("dop_", 1, CLASS_WORD, 64),
    TOKEN("dor_", 1, CLASS_WORD, 64),
    TOKEN("dp.pt.", 1, CLASS_ALNUM, 40),
    TOKEN("eyJ", 1, CLASS_ANYWORD, 9),
    TOKEN("gho_", 1, CLASS_ALNUM, 36),
    TOKEN("ghp_", 1, CLASS_ALNUM, 36),
    TOKEN("ghr_", 1, CLASS_ALNUM, 36),
    TOKEN("ghs_", 1, CLASS_ALNUM, 36),
    TOKEN("ghu_", 1, CLASS_ALNUM, 36),
    TOKEN("github_pat_", 3, CLASS_WORD, 40),
    TOKEN("glagent-", 0, CLASS_DOTTED, 20),
    TOKEN("glcbt-", 0, CLASS_DOTTED, 20),
    TOKEN("gldt-", 0, CLASS_DOTTED, 20),
    TOKEN("glft-", 0, CLASS_DOTTED, 20),
    TOKEN("gloas-", 0, CLASS_DOTTED, 20),
    TOKEN("glpat-", 0, CLASS_DOTTED, 20),
    TOKEN("glptt-", 0, CLASS_DOTTED, 20),
    TOKEN("glrt-", 0, CLASS_DOTTED, 20),
    TOKEN("glsa_", 0, CLASS_WORD, 41),
    TOKEN("glsoat-", 0, CLASS_DOTTED, 20),
    TOKEN("hf_", 0, CLASS_ALNUM, 34),
    TOKEN("hvb.", 1, CLASS_URL, 24),
    TOKEN("hvr.", 1, CLASS_URL, 24),
    TOKEN("hvs.", 1, CLASS_URL, 24),
    TOKEN("lin_api_", 2, CLASS_ALNUM, 40),
    TOKEN("npm_", 1, CLASS_ALNUM, 36),
    TOKEN("pul-", 1, CLASS_HEX, 40),
    TOKEN("pypi-Ag", 1, CLASS_URL, 50),
    TOKEN("rk_live_", 0, CLASS_ALNUM, 16),
    TOKEN("rk_test_", 0, CLASS_ALNUM, 16),
    TOKEN("rubygems_", 3, CLASS_HEX, 48),
    TOKEN("s.", 0, CLASS_ALNUM, 24),
    TOKEN("shp", 1, CLASS_WORD, 32),
    TOKEN("sk-", 0, CLASS_URL, 32),
    TOKEN("sk_live_", 0, CLASS_ALNUM, 16),
    TOKEN("sk_test_", 0, CLASS_ALNUM, 16),
    TOKEN("sqp_", 1, CLASS_HEX, 40),
    TOKEN("squ_", 1, CLASS_HEX, 40),
    TOKEN("tskey-", 0, CLASS_URL, 20),
    TOKEN("whsec_", 1, CLASS_BASE64, 24),
    TOKEN("xapp-", 0, CLASS_URL, 20),
    TOKEN("xox", 0, CLASS_DOTTED, 10),
    TOKEN("ya29.", 2, CLASS_DOTTED, 20),
    TOKEN("1//0", 1, CLASS_URL, 30),
    TOKEN("LS0tLS1CRUdJTi", 1, CLASS_BASE64, 0),
    /* crypt(5) */
    TOKEN("$1$", 0, CLASS_ANYWORD, 0),
    TOKEN("$5$", 0, CLASS_ANYWORD, 0),
    TOKEN("$6$", 0, CLASS_ANYWORD, 0),
    TOKEN("$7$", 0, CLASS_ANYWORD, 0),
    TOKEN("$y$", 0, CLASS_ANYWORD, 0),
    TOKEN("$2", 0, CLASS_ALNUM, 1),
    TOKEN("$apr1$", 0, CLASS_ANYWORD, 0),
    TOKEN("$argon2", 0, CLASS_ANYWORD, 0),
    WORD("basic", 0, 0, 0),
    WORD("bearer", 0, 0, 0),
    WORD("-----begin ", 5, 0, 0),
    WORD("://", 0, 0, 0),
    /* Webhooks, from their "https:" on. */
    WORD("//hooks.", 0, 6, 0),
    WORD("//discord", 0, 6, 0),
    WORD(":aa", 0, 10, 0), /* Telegram: digits before it */
    WORD("q~", 0, 4, 0),   /* Microsoft Entra: four characters before it */
};
enum { SIGNS = sizeof signs / sizeof *signs };

/* kubeadm's "abcdef.0123456789abcdef": the one form without a literal. */
enum { BOOTSTRAP_BEFORE = 6, BOOTSTRAP_BEHIND = 16 };

static struct sieve sieve;
/* The signs whose shape begins with bytes of that sum, as a chain that ends with SIGNS.
 */
static uint8_t first_sign[256], next_sign[SIGNS];
static pthread_once_t made = PTHREAD_ONCE_INIT;

static uint8_t sum_of(uint8_t a, uint8_t b)
{
    return (uint8_t)((a | 32) * 7 + (b | 32)); /* the same for both cases */
}

static struct byte_set set_of_class(enum token_class class)
{
    bool has[256];
    for (size_t c = 0; c < 256; c++)
        has[c] = in_class((uint8_t)c, class);
    return byte_set_of(has);
}

/* Byte number `i` of a sign, or of what follows it. */
static struct byte_set set_of_sign(const struct sign *s, size_t i)
{
    if (i < s->n)
        return byte_set(bytes_of(s->text + i, 1), s->kind != SIGN_TOKEN);
    return s->follow ? set_of_class(s->class) : BYTE_SET_ALL;
}

static void chain(size_t i)
{
    const uint8_t *begin = (const uint8_t *)signs[i].text + signs[i].shape;
    uint8_t *first = &first_sign[sum_of(begin[0], begin[1])];
    next_sign[i] = *first;
    *first = (uint8_t)i;
}

static void make(void)
{
    struct sieve_shape shapes[SIGNS + 1];
    memset(first_sign, SIGNS, sizeof first_sign);
    for (size_t i = 0; i < SIGNS; i++) {
        for (size_t j = 0; j < SIEVE_SHAPE; j++)
            shapes[i].at[j] = set_of_sign(&signs[i], signs[i].shape + j);
        chain(i);
    }
    struct byte_set id = byte_set(BYTES("0123456789abcdefghijklmnopqrstuvwxyz"), false);
    shapes[SIGNS] = (struct sieve_shape){{byte_set(BYTES("."), false), id, id}};
    sieve = sieve_of(shapes, SIGNS + 1);
}

/* Most dots stand in a word that ends soon: its last byte is looked at first. */
static bool is_bootstrap(struct bytes b, size_t dot)
{
    return b.p[dot] == '.' && dot >= BOOTSTRAP_BEFORE && b.n - dot > BOOTSTRAP_BEHIND &&
           in_class(b.p[dot + BOOTSTRAP_BEHIND], CLASS_ALNUM) &&
           in_class(b.p[dot - BOOTSTRAP_BEFORE], CLASS_ALNUM) &&
           class_run(b, dot + 1, CLASS_ALNUM, BOOTSTRAP_BEHIND + 1) == BOOTSTRAP_BEHIND;
}

/* What may stand between a name and its value. */
static const bool separates[256] = {
    [0 ... ' '] = true, ['"'] = true, ['\''] = true, ['`'] = true,
    ['\\'] = true,      [']'] = true, [','] = true,  ['&'] = true,
    ['%'] = true,       [':'] = true, ['='] = true,
};

static bool in_name(uint8_t c)
{
    return in_class(c, CLASS_DOTTED) || c == '$';
}

/* Is the name that ends at `end` a flag, "--password"? */
static bool is_flag(struct bytes b, size_t end)
{
    size_t start = end;
    while (start > 0 && end - start < NAME_BYTES && in_name(b.p[start - 1]))
        start--;
    return b.p[start] == '-';
}

/* The sign stands in a name; the places behind it that may give a value to the name. */
static bool assignment(struct bytes b, size_t start, struct credential_place *out)
{
    size_t end = start;
    while (end < b.n && end - start < NAME_BYTES && in_name(b.p[end]))
        end++;
    if (end == b.n || !separates[b.p[end]])
        return false;
    *out = (struct credential_place){end, end + QUOTE_BYTES + 1, true};
    for (size_t i = end; i < b.n && i < out->to && separates[b.p[i]]; i++)
        if (b.p[i] == ':' || b.p[i] == '=' || b.p[i] == '%')
            return true;
    if (is_flag(b, end))
        return true;
    out->to = end + VALUE_BYTES;
    return bytes_contains(bytes_sub(b, end, VALUE_BYTES), BYTES("value"));
}

/* Signs may be taken for ones of 32 less, which a closer look will tell. */
static bool stands(struct bytes b, size_t start, const struct sign *s)
{
    uint8_t small = s->kind == SIGN_TOKEN ? 0 : 32;
    if (b.n - start < s->n)
        return false;
    for (size_t i = 0; i < s->n; i++)
        if ((b.p[start + i] | small) != (uint8_t)s->text[i])
            return false;
    return class_run(b, start + s->n, s->class, s->follow) == s->follow;
}

/* Sign number `i`, whose shape is at `at`. */
static bool place_of(struct bytes b, size_t at, size_t i, struct credential_place *out)
{
    const struct sign *s = &signs[i];
    if (at < s->shape || !stands(b, at - s->shape, s))
        return false;
    size_t start = at - s->shape;
    if (s->kind == SIGN_NAME)
        return assignment(b, start, out);
    *out = (struct credential_place){start > s->before ? start - s->before : 0,
                                     start + s->behind + 1, false};
    return true;
}

struct credential_places credential_places(struct bytes b, size_t from)
{
    pthread_once(&made, make);
    return (struct credential_places){sieve_walk(&sieve, b, from), from, SIGNS};
}

bool credential_places_next(struct credential_places *p, struct credential_place *out)
{
    struct bytes b = p->walk.marks.text;
    for (;;) {
        while (p->sign < SIGNS) {
            size_t i = p->sign;
            p->sign = next_sign[i];
            if (place_of(b, p->at, i, out))
                return true;
        }
        p->at = sieve_next(&p->walk);
        if (p->at == b.n)
            return false;
        p->sign = first_sign[sum_of(b.p[p->at], b.p[p->at + 1])];
        if (is_bootstrap(b, p->at)) {
            size_t start = p->at - BOOTSTRAP_BEFORE;
            *out = (struct credential_place){start, start + 1, false};
            return true;
        }
    }
}

bool credential_operator(uint8_t c)
{
    return separates[c] && (c == 0 || strchr(":=%\"'& ", c));
}
