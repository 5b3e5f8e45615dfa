/* Values that are known to be secret by the name they are given to. */
#include "formats/base/arena.h"
#include "formats/base/base64.h"
#include "formats/base/credential.h"

/* How far a name, a value's looks and a quoted value are followed: bounds the work. */
#define NAME_MAX_BYTES  64
#define LOOKS_BYTES     64
#define VALUE_MAX_BYTES 16384

static bool is_name_byte(uint8_t c)
{
    return in_class(c, CLASS_DOTTED) || c == '$';
}

static bool is_quote(uint8_t c)
{
    return c == '"' || c == '\'' || c == '`';
}

/* Steps back over at most `most` bytes of a quote with its backslashes, ']' or blank. */
static size_t back_over_quote(struct bytes b, size_t at, size_t most)
{
    while (most-- && at > 0 &&
           (is_quote(b.p[at - 1]) || b.p[at - 1] == '\\' || b.p[at - 1] == ']' ||
            b.p[at - 1] == ' '))
        at--;
    return at;
}

static struct bytes name_before(struct bytes b, size_t end)
{
    size_t start = end;
    while (start > 0 && end - start < NAME_MAX_BYTES && is_name_byte(b.p[start - 1]))
        start--;
    return bytes_sub(b, start, end - start);
}

/* {"name":"DB_PASSWORD","value":"…"} and "- name: DB_PASSWORD\n  value: …": the variables
 * of a pod. `at` is the start of "value"; the name that it belongs to, or nothing. */
static struct bytes variable_name(struct bytes b, size_t at)
{
    size_t end = at;
    for (size_t most = 24; most && end > 0; most--, end--)
        if (!is_blank(b.p[end - 1]) && !is_quote(b.p[end - 1]) &&
            !strchr("\\,", b.p[end - 1]))
            break;
    struct bytes name = name_before(b, end);
    size_t colon = (size_t)(name.p - b.p);
    colon = name.n ? back_over_quote(b, colon, 4) : 0;
    if (colon == 0 || b.p[colon - 1] != ':')
        return BYTES_NONE;
    size_t key = back_over_quote(b, colon - 1, 4);
    return bytes_is(name_before(b, key), "name") ? name : BYTES_NONE;
}

/* -- what a value looks like --------------------------------------------------------- */

struct looks {
    bool upper, lower, digit, other;
    size_t longest; /* run of letters and digits */
    size_t n;       /* bytes looked at */
    size_t dots;    /* '.' and '-' */
    bool path;
};

static bool ends_value(uint8_t c)
{
    return c <= ' ' || c == 0x7f || strchr("\"'`<>,;&)}]|\\", c);
}

static struct looks looks_of(struct bytes b, size_t at)
{
    struct looks l = {.path = at < b.n && b.p[at] == '/'};
    size_t run = 0;
    for (; l.n < LOOKS_BYTES && at + l.n < b.n && !ends_value(b.p[at + l.n]); l.n++) {
        uint8_t c = b.p[at + l.n];
        bool small = c >= 'a' && c <= 'z', capital = c >= 'A' && c <= 'Z';
        l.lower |= small;
        l.upper |= capital;
        l.digit |= is_digit(c);
        l.dots += c == '.' || c == '-';
        l.other |= !in_class(c, CLASS_DOTTED);
        l.path &= small || is_digit(c) || (c && strchr("/._-", c));
        run = in_class(c, CLASS_ALNUM) ? run + 1 : 0;
        l.longest = run > l.longest ? run : l.longest;
    }
    return l;
}

static bool is_uuid(struct bytes v)
{
    for (size_t i = 0; i < v.n; i++)
        if (i == 8 || i == 13 || i == 18 || i == 23 ? v.p[i] != '-' : !is_hex(v.p[i]))
            return false;
    return v.n == 36;
}

/* "auth" in a Docker configuration is base64 of "user:password". */
static bool is_user_and_password(struct bytes b, size_t at)
{
    struct arena arena = ARENA_INIT;
    struct bytes octets;
    size_t n = class_run(b, at, CLASS_BASE64, 1024);
    bool is = n >= 6 &&
              base64_decode(bytes_sub(b, at, n), BASE64_LENIENT, &arena, &octets) &&
              bytes_contains(octets, BYTES(":")) && utf8_valid(octets);
    arena_release(&arena);
    return is;
}

/* Base64 of an HMAC-SHA256, as it is or with its "+/=" in the escapes of a URL: no call
 * of a function in a program whose variable is named `sig`. */
static bool is_signature(struct bytes b, size_t at)
{
    size_t n = 0, run;
    while ((run = class_run(b, at + n, CLASS_BASE64, 1024)) > 0) {
        n += run;
        n += at + n < b.n && b.p[at + n] == '%';
    }
    return n >= 40;
}

/* For names that also stand for harmless things: Kubernetes objects, words, counts. */
static bool looks_secret(struct bytes b, size_t at, const char *kind)
{
    struct looks l = looks_of(b, at);
    if (strcmp(kind, "docker-auth") == 0)
        return is_user_and_password(b, at);
    if (strcmp(kind, "azure-sas") == 0)
        return l.digit && is_signature(b, at);
    if (strcmp(kind, "authorization") == 0)
        return l.n >= 16 && l.digit && l.longest >= 12;
    if (strcmp(kind, "token") == 0 && is_uuid(bytes_sub(b, at, l.n)))
        return true;
    if (l.n < 8 || !(l.upper || l.lower) || l.path)
        return false;
    bool name = !l.upper && !l.other && l.dots && l.longest < 20;
    return !name && (l.digit || (l.upper && l.lower && l.other));
}

/* References, masks and constants that stand where a secret could; "passwd: files" of
 * nsswitch.conf(5). */
static bool is_placeholder(struct bytes v)
{
    static const char *const words[] = {
        "true",    "false",    "null",     "nil",   "none",  "yes",
        "no",      "redacted", "required", "<nil>", "empty", "unset",
        "omitted", "hidden",   "masked",   "files", "compat"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (bytes_eq_nocase(v, bytes_str(words[i])))
            return true;
    size_t stars = 0;
    while (stars < v.n && (v.p[stars] == '*' || v.p[stars] == '.'))
        stars++;
    return stars == v.n || bytes_starts(v, BYTES("${")) || bytes_starts(v, BYTES("$(")) ||
           bytes_starts(v, BYTES("{{")) || bytes_starts(v, BYTES("<redacted")) ||
           bytes_starts(v, BYTES("[REDACTED")) || bytes_starts(v, BYTES("<set to"));
}

/* "password: authentication failed": a word with more words after it is prose. */
static bool is_prose(struct bytes b, size_t at)
{
    size_t n = 0;
    while (at + n < b.n && in_class(b.p[at + n], CLASS_ALNUM) && !is_digit(b.p[at + n]))
        n++;
    return n > 0 && at + n + 1 < b.n && b.p[at + n] == ' ' &&
           in_class(b.p[at + n + 1], CLASS_ALNUM);
}

/* -- where a value begins and ends --------------------------------------------------- */

struct value {
    size_t at;     /* of its first byte, behind the quote */
    uint8_t quote; /* that it stands in, or 0 */
    size_t level;  /* backslashes before the quote: quoted within a quoted text */
    bool whole;    /* only a blank ends it, not a comma and the like */
};

/* The quote that closes one which stood behind `level` backslashes; b.n if none does. */
static size_t closing_quote(struct bytes b, size_t at, uint8_t quote, size_t level)
{
    size_t backslashes = 0;
    for (size_t i = at; i < b.n && i - at < VALUE_MAX_BYTES && b.p[i] != '\n'; i++) {
        if (b.p[i] == quote && backslashes <= level)
            return i - backslashes;
        backslashes = b.p[i] == '\\' ? backslashes + 1 : 0;
    }
    return b.n;
}

/* "NAME=value" alone on its line (an environment, a .env file): blanks end the value, not
 * commas and the like. */
static bool is_environment(struct bytes b, struct bytes name)
{
    size_t start = (size_t)(name.p - b.p);
    return start == 0 || b.p[start - 1] == '\n' || b.p[start - 1] == '\0';
}

static struct value value_at(struct bytes b, size_t at)
{
    struct value v = {.at = at};
    size_t quote = at;
    while (quote < b.n && b.p[quote] == '\\')
        quote++;
    if (quote < b.n && is_quote(b.p[quote]))
        v = (struct value){quote + 1, b.p[quote], quote - at, false};
    return v;
}

/* The beginning of a value, enough to reject it without reading all of it. */
static struct bytes glimpse(struct bytes b, struct value v)
{
    size_t n = 0;
    for (; n < LOOKS_BYTES && v.at + n < b.n; n++) {
        uint8_t c = b.p[v.at + n];
        if (v.quote ? c == v.quote || c == '\\' || c == '\n' : ends_value(c))
            break;
    }
    return bytes_sub(b, v.at, n);
}

static size_t value_end(struct bytes b, struct value v)
{
    size_t end = v.quote ? closing_quote(b, v.at, v.quote, v.level) : b.n;
    if (end < b.n)
        return end;
    for (end = v.at; end < b.n; end++)
        if (v.whole ? b.p[end] <= ' ' : ends_value(b.p[end]))
            break;
    return end;
}

/* Past "Basic ", "token " and the like, of an Authorization header. */
static size_t skip_scheme(struct bytes b, size_t at)
{
    static const char *const schemes[] = {"basic ",  "bearer ", "token ",    "apikey ",
                                          "digest ", "key ",    "negotiate "};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (has_prefix_nocase(b, at, schemes[i]))
            return at + strlen(schemes[i]);
    return at;
}

static bool accept(struct bytes b, struct value v, struct name_class class,
                   struct credential *out)
{
    if (strcmp(class.kind, "authorization") == 0) {
        size_t token = skip_scheme(b, v.at);
        if (token > v.at && credential_token(b, v.at, out))
            return true;
        v.at = token;
    }
    struct bytes beginning = glimpse(b, v);
    if (beginning.n == 0 || is_placeholder(beginning) ||
        (class.weak && !looks_secret(b, v.at, class.kind)))
        return false;
    *out = (struct credential){class.kind, v.at, value_end(b, v) - v.at};
    return out->length > 0;
}

/* "a=1; b=2": everything to the end of the line, or of the quotes it stands in. */
static bool accept_line(struct bytes b, struct value v, struct name_class class,
                        struct credential *out)
{
    if (!accept(b, v, class, out))
        return false;
    size_t end = out->offset + out->length;
    while (!v.quote && end < b.n && b.p[end] >= ' ' && !is_quote(b.p[end]))
        end++;
    out->length = end - out->offset;
    return true;
}

/* -- the places ---------------------------------------------------------------------- */

/* Past '=', ':', ":=", "=>", "==", "%3D" and the blanks after it. */
static size_t skip_operator(struct bytes b, size_t at)
{
    if (b.p[at] == '%')
        return at + 3;
    while (at < b.n && strchr("=:>", b.p[at]) && b.p[at])
        at++;
    for (size_t blanks = 0; at < b.n && b.p[at] == ' ' && blanks < 64; blanks++)
        at++;
    return at;
}

static bool assigned_by_operator(struct bytes b, size_t at, struct credential *out)
{
    struct bytes name = name_before(b, back_over_quote(b, at, 6));
    size_t start = name.n ? (size_t)(name.p - b.p) : 0;
    if (bytes_is(name, "value"))
        name = variable_name(b, back_over_quote(b, start, 4));
    struct name_class class;
    if (name.n == 0 || !credential_name_class(name, &class))
        return false;
    size_t value = skip_operator(b, at);
    bool spaced = b.p[at] == ':' && value > at + 1;
    struct value v = value_at(b, value);
    v.whole = b.p[at] == '=' && is_environment(b, name);
    if (strcmp(class.kind, "cookie") == 0)
        return accept_line(b, v, class, out);
    if (!v.quote && spaced && strcmp(class.kind, "authorization") != 0 &&
        is_prose(b, v.at))
        return false;
    return accept(b, v, class, out);
}

/* Past what stands between a flag and its value: blank, NUL, `","`, "&command=". */
static size_t skip_gap(struct bytes b, size_t at)
{
    if (has_prefix(b, at, "&command="))
        return at + strlen("&command=");
    size_t start = at;
    while (at < b.n && at - start < 8 && (b.p[at] == ' ' || b.p[at] == '\0'))
        at++;
    if (at > start)
        return at;
    while (at < b.n && at - start < 12 && strchr("\\\"', \n", b.p[at]) && b.p[at])
        at++;
    bool comma = bytes_find_byte(bytes_sub(b, start, at - start), ',') < at - start;
    return comma ? at : start;
}

/* "-u user:password" of curl, wget, mysql; "1000:1000" is a user and a group. */
static bool user_flag(struct bytes b, size_t value, struct credential *out)
{
    size_t colon = value;
    while (colon < b.n && colon - value < 64 && b.p[colon] != ':' &&
           !ends_value(b.p[colon]))
        colon++;
    if (colon == b.n || b.p[colon] != ':' || has_prefix(b, colon, "://"))
        return false;
    struct value v = {.at = colon + 1};
    uint64_t number;
    if (bytes_to_u64(glimpse(b, v), &number))
        return false;
    return accept(b, v, (struct name_class){"password", false}, out);
}

static bool assigned_to_flag(struct bytes b, size_t at, struct credential *out)
{
    struct bytes flag = name_before(b, at);
    if (flag.n < 2 || flag.p[0] != '-')
        return false;
    size_t value = skip_gap(b, at);
    if (value == at || value >= b.n || b.p[value] == '-')
        return false;
    if (bytes_is(flag, "-u") || bytes_is(flag, "--user") ||
        bytes_is(flag, "--proxy-user"))
        return user_flag(b, value, out);
    struct name_class class;
    if (!credential_name_class(flag, &class))
        return false;
    struct value v = value_at(b, value);
    if (glimpse(b, v).n < 4 || looks_of(b, v.at).path)
        return false;
    class.weak &= strcmp(class.kind, "token") != 0; /* "--token secret" is meant so */
    return accept(b, v, class, out);
}

bool credential_assigned(struct bytes b, size_t at, struct credential *out)
{
    uint8_t c = b.p[at];
    if (c == '=' || c == ':')
        return assigned_by_operator(b, at, out);
    if (c == '%')
        return (has_prefix_nocase(b, at, "%3d") || has_prefix_nocase(b, at, "%3a")) &&
               assigned_by_operator(b, at, out);
    return assigned_to_flag(b, at, out);
}
