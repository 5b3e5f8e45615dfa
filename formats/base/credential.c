#include "formats/base/credential.h"

#define BIT(class) (1u << (class))
#define LETTERS_AND_DIGITS                                                               \
    (BIT(CLASS_ALNUM) | BIT(CLASS_WORD) | BIT(CLASS_URL) | BIT(CLASS_DOTTED) |           \
     BIT(CLASS_BASE64) | BIT(CLASS_ANYWORD))

const uint8_t token_classes[256] = {
    ['0' ... '9'] = LETTERS_AND_DIGITS | BIT(CLASS_HEX) | BIT(CLASS_UPPER),
    ['a' ... 'f'] = LETTERS_AND_DIGITS | BIT(CLASS_HEX),
    ['g' ... 'z'] = LETTERS_AND_DIGITS,
    ['A' ... 'Z'] = LETTERS_AND_DIGITS | BIT(CLASS_UPPER),
    ['_'] = BIT(CLASS_WORD) | BIT(CLASS_URL) | BIT(CLASS_DOTTED) | BIT(CLASS_ANYWORD),
    ['-'] = BIT(CLASS_URL) | BIT(CLASS_DOTTED) | BIT(CLASS_ANYWORD),
    ['.'] = BIT(CLASS_DOTTED) | BIT(CLASS_ANYWORD),
    ['+'] = BIT(CLASS_BASE64) | BIT(CLASS_ANYWORD),
    ['/'] = BIT(CLASS_BASE64) | BIT(CLASS_ANYWORD),
    ['='] = BIT(CLASS_BASE64) | BIT(CLASS_ANYWORD),
    ['~'] = BIT(CLASS_ANYWORD),
};

size_t class_run(struct bytes b, size_t at, enum token_class class, size_t most)
{
    size_t n = 0;
    while (n < most && at + n < b.n && in_class(b.p[at + n], class))
        n++;
    return n;
}

static bool all_hex(struct bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        if (!is_hex(b.p[i]))
            return false;
    return b.n > 0;
}

bool token_begins(struct bytes b, size_t at)
{
    if (at == 0 || !in_class(b.p[at - 1], CLASS_WORD))
        return true;
    if (at >= 3 && b.p[at - 3] == '%' && all_hex(bytes_sub(b, at - 2, 2)))
        return true;
    if (at >= 2 && b.p[at - 2] == '\\' && strchr("nrt", b.p[at - 1]))
        return true;
    return at >= 6 && b.p[at - 6] == '\\' && b.p[at - 5] == 'u' &&
           all_hex(bytes_sub(b, at - 4, 4));
}

bool has_prefix(struct bytes b, size_t at, const char *prefix)
{
    return bytes_starts(bytes_from(b, at), bytes_str(prefix));
}

bool has_prefix_nocase(struct bytes b, size_t at, const char *prefix)
{
    struct bytes want = bytes_str(prefix);
    return bytes_eq_nocase(bytes_sub(b, at, want.n), want);
}

/* -- URL (RFC 3986, section 3.2.1) --------------------------------------------------- */

/* Where the authority of a URL ends that begins at `at`. */
static size_t authority_end(struct bytes b, size_t at)
{
    while (at < b.n && b.p[at] > ' ' && !strchr("/?#\"'<>`\\", b.p[at]))
        at++;
    return at;
}

/* "${PASSWORD}", "***", "<redacted>": a place for a secret, not a secret. */
static bool is_placeholder(struct bytes v)
{
    return v.n == 0 || bytes_find_byte(v, '*') == 0 || bytes_starts(v, BYTES("$")) ||
           bytes_starts(v, BYTES("{{")) || bytes_starts(v, BYTES("%s")) ||
           bytes_eq_nocase(v, BYTES("redacted")) || bytes_eq_nocase(v, BYTES("xxxxx"));
}

bool credential_userinfo(struct bytes b, size_t at, struct credential *out)
{
    size_t from = at + strlen("://"), end = authority_end(b, from);
    struct bytes authority = bytes_sub(b, from, end - from);
    size_t host = bytes_rfind_byte(authority, '@');
    if (host == authority.n)
        return false;
    struct bytes user = bytes_sub(authority, 0, host);
    size_t colon = bytes_find_byte(user, ':');
    struct bytes password = bytes_from(user, colon + 1);
    if (colon == user.n || is_placeholder(password))
        return false;
    *out = (struct credential){"url-password", from + colon + 1, password.n};
    return true;
}

/* -- private key blocks (RFC 7468, OpenSSH, PGP) ------------------------------------- */

/* Blanks and line ends, also written as \n, \r, \t (JSON), at any level of quoting. */
static size_t skip_breaks(struct bytes b, size_t at)
{
    for (; at < b.n; at++) {
        bool escape = b.p[at] == '\\';
        bool escaped = at > 0 && b.p[at - 1] == '\\' && strchr("nrt", b.p[at]) && b.p[at];
        if (!escape && !escaped && !is_blank(b.p[at]))
            break;
    }
    return at;
}

static size_t line_end(struct bytes b, size_t at)
{
    while (at < b.n && b.p[at] != '\n' && b.p[at] != '\\')
        at++;
    return at;
}

/* "Proc-Type: 4,ENCRYPTED" and its like, which stand before the body. */
static size_t skip_headers(struct bytes b, size_t at)
{
    for (;;) {
        size_t name = class_run(b, at, CLASS_URL, 20);
        if (name == 0 || !has_prefix(b, at + name, ": "))
            return at;
        at = skip_breaks(b, line_end(b, at));
    }
}

/* End of the base64 lines from `at`. A short line counts only where an end follows. */
static size_t body_end(struct bytes b, size_t at)
{
    size_t end = at;
    for (;;) {
        size_t run = class_run(b, at, CLASS_BASE64, SIZE_MAX);
        size_t next = skip_breaks(b, at + run);
        if (run == 0 || (run < 16 && !has_prefix(b, next, "-----END") && b.p[at] != '='))
            return end;
        end = at + run;
        at = next;
    }
}

bool credential_block(struct bytes b, size_t at, struct credential *out)
{
    static const char begin[] = "-----BEGIN ";
    size_t label = at + sizeof begin - 1, dashes = label;
    while (dashes < b.n && dashes - label < 40 && b.p[dashes] != '-')
        dashes++;
    struct bytes name = bytes_sub(b, label, dashes - label);
    if (!bytes_contains(name, BYTES("PRIVATE KEY")) || !has_prefix(b, dashes, "-----"))
        return false;
    size_t body = skip_breaks(b, dashes + 5);
    body = skip_headers(b, body);
    size_t end = body_end(b, body);
    if (end - body < 16)
        return false;
    *out = (struct credential){"private-key", body, end - body};
    return true;
}

/* -- search -------------------------------------------------------------------------- */

static bool shows_at(struct bytes b, size_t at, struct credential *out)
{
    switch (b.p[at]) {
    case ':':
        if (has_prefix(b, at, "://"))
            return credential_userinfo(b, at, out);
        return credential_assigned(b, at, out);
    case '-':
        return has_prefix(b, at, "-----BEGIN ") && credential_block(b, at, out);
    case '=':
    case '%':
    case '"':
    case '\'':
    case '&':
    case ' ':
    case '\0':
        return credential_assigned(b, at, out);
    default:
        return token_begins(b, at) && credential_token(b, at, out);
    }
}

/* A value that was found by its name may be of a known form too, which says more. */
static void name_by_form(struct bytes b, struct credential *found)
{
    struct credential form;
    if (has_prefix(b, found->offset, "-----BEGIN ")) {
        if (credential_block(b, found->offset, &form))
            *found = form;
        return;
    }
    if (!token_begins(b, found->offset) || !credential_token(b, found->offset, &form))
        return;
    found->kind = form.kind;
    if (form.offset == found->offset && form.length > found->length)
        found->length = form.length;
}

bool credential_at(struct bytes b, size_t at, struct credential *out)
{
    struct credential found;
    if (!shows_at(b, at, &found))
        return false;
    name_by_form(b, &found);
    *out = found;
    return true;
}

/* The first one that shows in [from, to) of a place. */
static bool find_in(struct bytes b, struct credential_place place, size_t *shown,
                    struct credential *out)
{
    for (size_t at = place.from; at < place.to && at < b.n; at++)
        if ((!place.operators || credential_operator(b.p[at])) &&
            credential_at(b, at, out)) {
            *shown = at;
            return true;
        }
    return false;
}

/* Places may overlap, so the search goes on until no later one can begin before what was
 * found. */
bool credential_find(struct bytes b, size_t from, struct credential *out)
{
    struct credential_places places =
        credential_places(b, from > CREDENTIAL_BEHIND ? from - CREDENTIAL_BEHIND : 0);
    struct credential_place place;
    size_t end = b.n;
    bool found = false;
    while (places.at < end + (found ? CREDENTIAL_BEFORE : 0) &&
           credential_places_next(&places, &place)) {
        if (place.from < from)
            place.from = from;
        if (place.to > end)
            place.to = end;
        found |= find_in(b, place, &end, out);
    }
    return found;
}
