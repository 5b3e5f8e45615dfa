#include "analyze/process/indicator.h"

#include <pthread.h>

#include "formats/base/byte_runs.h"
#include "formats/base/credential.h"

/* Letters, digits, '_', '-' and '.'. */
static const bool in_token[256] = {
    ['-'] = true,         ['.'] = true,         ['_'] = true,
    ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true,
};

static const bool alphanumeric[256] = {
    ['0' ... '9'] = true,
    ['A' ... 'Z'] = true,
    ['a' ... 'z'] = true,
};

static bool is_word(uint8_t c)
{
    return in_token[c] && c != '.';
}

/* A token starts where no word continues. */
static bool begins(struct bytes b, size_t at)
{
    return at == 0 || !(is_word(b.p[at - 1]) || b.p[at - 1] == '.');
}

static size_t run(struct bytes b, size_t at, bool (*in)(uint8_t c), size_t most)
{
    size_t n = 0;
    while (n < most && at + n < b.n && in(b.p[at + n]))
        n++;
    return n;
}

/* RFC 3986 without quotes and brackets, which usually stand around a URL. */
static bool in_url(uint8_t c)
{
    return c > ' ' && c < 0x7f && !strchr("\"'<>`{}|\\^", c);
}

/* The scheme that ends before the "://" at `colon`. */
static bool url(struct bytes b, size_t colon, struct indicator *out)
{
    /* The longer ones first: what ends like another comes before it. */
    static const char *const schemes[] = {"stratum+tcp", "stratum+ssl", "https", "http",
                                          "ftp",         "wss",         "ws",    "tcp",
                                          "socks5",      "ssh"};
    size_t host = colon + strlen("://");
    if (host >= b.n || !(is_word(b.p[host]) || b.p[host] == '['))
        return false;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        struct bytes scheme = bytes_str(schemes[i]);
        if (!bytes_ends(bytes_sub(b, 0, colon), scheme) || !begins(b, colon - scheme.n))
            continue;
        size_t n = run(b, host, in_url, 2048);
        *out = (struct indicator){"url", colon - scheme.n, host + n - (colon - scheme.n)};
        return n >= 3;
    }
    return false;
}

static bool is_public(const unsigned part[4])
{
    return part[0] != 0 && part[0] != 10 && part[0] != 127 && part[0] < 224 &&
           !(part[0] == 172 && (part[1] & 0xf0) == 16) &&
           !(part[0] == 192 && part[1] == 168) && !(part[0] == 169 && part[1] == 254) &&
           !(part[0] == 100 && (part[1] & 0xc0) == 64);
}

/* Four numbers below 256. What has a fifth, or a leading zero, is a version or no
 * address.
 */
static bool ipv4(struct bytes b, size_t at, struct indicator *out)
{
    unsigned part[4];
    size_t end = at;
    for (int i = 0; i < 4; i++) {
        size_t start = end;
        part[i] = 0;
        while (end < b.n && is_digit(b.p[end]) && end - start < 3)
            part[i] = part[i] * 10 + (unsigned)(b.p[end++] - '0');
        if (end == start || part[i] > 255 || (b.p[start] == '0' && end - start > 1))
            return false;
        if (i < 3 && (end >= b.n || b.p[end++] != '.'))
            return false;
    }
    if (end < b.n && (is_word(b.p[end]) ||
                      (b.p[end] == '.' && end + 1 < b.n && is_digit(b.p[end + 1]))))
        return false;
    *out = (struct indicator){"ipv4", at, end - at};
    return is_public(part) && (part[1] | part[2] | part[3]) != 0;
}

static bool in_domain(uint8_t c)
{
    return is_word(c) || c == '.';
}

/* What stands between two bytes that are of no name. */
struct word {
    size_t start, end;
};

#define LONGEST_NAME 253 /* RFC 1035 */

/* Names that end in what malware and services use; every other dotted word in memory is a
 * file, a package or a field. */
static const char *const tops[] = {"com", "net", "org",   "io",  "ru",  "cn",
                                   "top", "xyz", "info",  "su",  "pw",  "cc",
                                   "biz", "me",  "onion", "dev", "app", "cloud"};

static bool domain(struct bytes b, struct word word, struct indicator *out)
{
    size_t n = word.end - word.start;
    struct bytes name = bytes_sub(b, word.start, n < LONGEST_NAME ? n : LONGEST_NAME);
    while (name.n && name.p[name.n - 1] == '.')
        name.n--;
    struct bytes top = bytes_from(name, bytes_rfind_byte(name, '.') + 1);
    if (name.n < 6 || top.n < 2 || !is_word(name.p[0]))
        return false;
    for (size_t i = 0; i < sizeof tops / sizeof *tops; i++) {
        if (tops[i][0] != (char)top.p[0] || !bytes_is(top, tops[i]))
            continue;
        *out = (struct indicator){"domain", word.start, name.n};
        return true;
    }
    return false;
}

static bool in_base58(uint8_t c)
{
    return alphanumeric[c] && c != '0' && c != 'O' && c != 'I' && c != 'l';
}

static bool in_bech32(uint8_t c)
{
    return strchr("qpzry9x8gf2tvdw0s3jn54khce6mua7l", c) && c;
}

static bool is_hex_digit(uint8_t c)
{
    return is_hex(c);
}

static bool is_mixed(struct bytes b)
{
    bool upper = false, lower = false, digit = false;
    for (size_t i = 0; i < b.n; i++) {
        upper |= b.p[i] >= 'A' && b.p[i] <= 'Z';
        lower |= b.p[i] >= 'a' && b.p[i] <= 'z';
        digit |= is_digit(b.p[i]);
    }
    return upper && lower && digit;
}

/* An address of 20 octets in base58 may be one shorter than usual. */
#define SHORTEST_WALLET 33

static bool wallet(struct bytes b, size_t at, struct indicator *out)
{
    size_t n = 0;
    const char *kind = NULL;
    if (bytes_starts(bytes_from(b, at), BYTES("bc1"))) {
        n = 3 + run(b, at + 3, in_bech32, 72);
        kind = n == 42 || n == 62 ? "bitcoin" : NULL;
    } else if (bytes_starts(bytes_from(b, at), BYTES("0x"))) {
        n = 2 + run(b, at + 2, is_hex_digit, 42);
        kind = n == 42 ? "ethereum" : NULL;
    } else if (b.p[at] == '1' || b.p[at] == '3') {
        n = run(b, at, in_base58, 40);
        kind = (n == 33 || n == 34) && is_mixed(bytes_sub(b, at, n)) ? "bitcoin" : NULL;
    } else if (b.p[at] == '4' || b.p[at] == '8') {
        n = run(b, at, in_base58, 100);
        kind = n == 95 && is_mixed(bytes_sub(b, at, n)) ? "monero" : NULL;
    }
    if (!kind || (at + n < b.n && is_word(b.p[at + n])))
        return false;
    *out = (struct indicator){kind, at, n};
    return true;
}

/* -- search ---------------------------------------------------------------------------
 */

/* The word that the dot at `dot` is in, as far as it is not before `from`. */
static struct word word_around(struct bytes b, size_t dot, size_t from)
{
    size_t start = dot;
    while (start > from && in_token[b.p[start - 1]])
        start--;
    return (struct word){start, dot + run(b, dot, in_domain, b.n)};
}

/* The address or name that a word with a dot is. */
static bool dotted(struct bytes b, struct word word, struct indicator *out)
{
    size_t start = word.start;
    if (word.end - start < 3 || b.p[start] == '.' || !begins(b, start))
        return false;
    return (is_digit(b.p[start]) && ipv4(b, start, out)) || domain(b, word, out);
}

static struct sieve dots;
static pthread_once_t made = PTHREAD_ONCE_INIT;

/* Names and addresses have a dot before a digit or a small letter, URLs "://". */
static void make(void)
{
    struct byte_set slash = byte_set(BYTES("/"), false);
    struct byte_set small =
        byte_set(BYTES("0123456789abcdefghijklmnopqrstuvwxyz"), false);
    struct sieve_shape shapes[] = {
        {{byte_set(BYTES("."), false), small, byte_set_of(in_token)}},
        {{byte_set(BYTES(":"), false), slash, slash}},
    };
    dots = sieve_of(shapes, sizeof shapes / sizeof *shapes);
}

struct indicator_walk indicator_walk(struct bytes text)
{
    pthread_once(&made, make);
    return (struct indicator_walk){sieve_walk(&dots, text, 0), 0};
}

static bool next(struct indicator_walk *w, struct indicator *out)
{
    struct bytes text = w->sieve.marks.text;
    struct word word = {w->from, w->from};
    for (size_t at; (at = sieve_next(&w->sieve)) < text.n;) {
        if (text.p[at] == ':') {
            if (at >= w->from && url(text, at, out) && out->at >= w->from)
                return true;
        } else if (at >= word.end) {
            word = word_around(text, at, w->from);
            if (dotted(text, word, out))
                return true;
        }
    }
    return false;
}

bool indicator_next(struct indicator_walk *w, struct indicator *out)
{
    bool found = next(w, out);
    w->from = found ? out->at + out->length : w->sieve.marks.text.n;
    return found;
}

/* Every form of a wallet is one word of at least so many letters and digits. */
static const struct byte_runs words = {
    .any = {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}},
    .next = {0, UINT8_MAX},
    .least = SHORTEST_WALLET,
    .step = 1,
};

bool wallet_find(struct bytes text, size_t from, struct indicator *out)
{
    struct byte_runs_walk walk = byte_runs_walk(&words, text, from);
    for (size_t at; (at = byte_runs_next(&walk)) < text.n;)
        if (begins(text, at) && wallet(text, at, out))
            return true;
    return false;
}
