#include "analyze/casefile/indicator.h"

#include <arpa/inet.h>

/* Longer values are nobody's indicator. */
#define LONGEST 1024

static const char *const names[INDICATOR_COUNT] = {
    "digest", "path", "address", "domain", "account", "image", "rule", "technique"};

const char *indicator_name(enum indicator kind)
{
    return names[kind];
}

bool indicator_by_name(struct bytes name, enum indicator *out)
{
    for (int i = 0; i < INDICATOR_COUNT; i++) {
        if (!bytes_is(name, names[i]))
            continue;
        *out = (enum indicator)i;
        return true;
    }
    return false;
}

static bool is_letter(uint8_t c)
{
    c = to_lower(c);
    return c >= 'a' && c <= 'z';
}

static bool is_digest(struct bytes b)
{
    if (b.n != 32 && b.n != 40 && b.n != 64 && b.n != 96 && b.n != 128)
        return false;
    for (size_t i = 0; i < b.n; i++)
        if (!is_hex(b.p[i]))
            return false;
    return true;
}

/* inet_pton takes no leading zeros and no short forms: what it takes is an address. */
static bool is_address(struct bytes b)
{
    char text[INET6_ADDRSTRLEN] = {0};
    struct in6_addr out;
    if (b.n < 3 || b.n >= sizeof text || memchr(b.p, 0, b.n))
        return false;
    memcpy(text, b.p, b.n);
    return inet_pton(AF_INET, text, &out) == 1 ||
           (bytes_find_byte(b, ':') < b.n && inet_pton(AF_INET6, text, &out) == 1 &&
            bytes_find(b, BYTES("::")) != 0);
}

/* What ends like a top-level domain but is the name of a file. */
static bool ends_like_file(struct bytes last)
{
    static const char *const ends[] = {
        "c",      "cc",   "conf", "cfg", "crt",     "css",  "csv", "db",  "go",
        "gz",     "h",    "html", "img", "jar",     "java", "jpg", "js",  "json",
        "jsonl",  "key",  "log",  "md",  "mod",     "pem",  "php", "pid", "png",
        "proto",  "py",   "rb",   "rs",  "service", "sh",   "sig", "so",  "sock",
        "socket", "spec", "sql",  "svg", "sys",     "tar",  "tgz", "tmp", "toml",
        "ts",     "txt",  "wasm", "xml", "xz",      "yaml", "yml", "zip", "zst"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (bytes_is(last, ends[i]))
            return true;
    return false;
}

static bool is_domain(struct bytes b)
{
    struct bytes rest = b, label = BYTES_NONE;
    size_t labels = 0;
    if (b.n == 0 || b.n > 253)
        return false;
    for (; bytes_split(&rest, '.', &label); labels++) {
        if (label.n == 0 || label.n > 63 || label.p[0] == '-' ||
            label.p[label.n - 1] == '-')
            return false;
        for (size_t i = 0; i < label.n; i++)
            if (!is_digit(label.p[i]) && !(is_letter(label.p[i]) && label.p[i] >= 'a') &&
                label.p[i] != '-')
                return false;
    }
    if (labels < 2 || label.n < 2 || b.p[b.n - 1] == '.' || ends_like_file(label))
        return false;
    for (size_t i = 0; i < label.n; i++)
        if (!is_letter(label.p[i]))
            return false;
    return true;
}

/* A word with dots may be a domain, a file, or a name in a program: outside of URLs only
 * what ends like most domains do, and is no API group of Kubernetes, counts. */
static bool is_bare_domain(struct bytes b)
{
    static const char *const tops[] = {
        "com",    "net",   "org",      "info",    "biz",   "edu",  "gov",
        "mil",    "int",   "xyz",      "top",     "site",  "club", "shop",
        "online", "tech",  "store",    "live",    "cloud", "dev",  "app",
        "pro",    "space", "icu",      "vip",     "work",  "link", "click",
        "onion",  "local", "internal", "example", "test"};
    struct bytes top = bytes_from(b, bytes_rfind_byte(b, '.') + 1);
    bool known = top.n == 2;
    for (size_t i = 0; i < sizeof tops / sizeof *tops; i++)
        known |= bytes_is(top, tops[i]);
    return known && is_domain(b) && !bytes_ends(b, BYTES("k8s.io")) &&
           !bytes_ends(b, BYTES("kubernetes.io"));
}

/* "registry.example.com/team/app:1.4" or "…@sha256:…": a name with a tag or a digest. */
static bool is_image(struct bytes b)
{
    size_t slash = bytes_find_byte(b, '/'), last = bytes_rfind_byte(b, '/');
    if (slash == 0 || slash == b.n || bytes_contains(b, BYTES("://")))
        return false;
    struct bytes name = bytes_from(b, last + 1);
    size_t colon = bytes_find_byte(name, ':');
    if (colon == 0 || colon + 1 >= name.n)
        return false;
    for (size_t i = 0; i < b.n; i++)
        if (!is_digit(b.p[i]) && !is_letter(b.p[i]) &&
            !(b.p[i] && strchr("./:_-@", b.p[i])))
            return false;
    return true;
}

static bool is_path(struct bytes b)
{
    return b.n > 2 && b.p[0] == '/' && b.p[1] != '/' && bytes_find_byte(b, '?') == b.n &&
           bytes_find_byte(b, '=') == b.n;
}

struct search {
    indicator_fn *each;
    void *context;
};

/* An address or domain, also in front of a port. */
static void look_at_host(const struct search *s, struct bytes host, bool in_url)
{
    if (host.n && host.p[0] == '[')
        host = bytes_sub(host, 1, bytes_find_byte(host, ']') - 1);
    if (is_address(host)) {
        s->each(s->context, INDICATOR_ADDRESS, host);
        return;
    }
    host = bytes_sub(host, 0, bytes_find_byte(host, ':'));
    if (is_address(host))
        s->each(s->context, INDICATOR_ADDRESS, host);
    else if (in_url ? is_domain(host) : is_bare_domain(host))
        s->each(s->context, INDICATOR_DOMAIN, host);
}

static void look_at_url(const struct search *s, struct bytes rest)
{
    struct bytes authority = rest;
    for (size_t i = 0; i < rest.n; i++)
        if (rest.p[i] == '/' || rest.p[i] == '?' || rest.p[i] == '#') {
            authority = bytes_sub(rest, 0, i);
            break;
        }
    size_t at = bytes_rfind_byte(authority, '@');
    look_at_host(s, at < authority.n ? bytes_from(authority, at + 1) : authority, true);
}

static void look_at(const struct search *s, struct bytes word)
{
    while (word.n && strchr(".:!?", word.p[word.n - 1]) && word.p[word.n - 1])
        word.n--;
    if (word.n < 3 || word.n > LONGEST)
        return;
    size_t scheme = bytes_find(word, BYTES("://"));
    struct bytes bare = bytes_starts(word, BYTES("sha256:")) ? bytes_from(word, 7) : word;
    if (scheme < word.n) {
        look_at_url(s, bytes_from(word, scheme + 3));
        return;
    }
    if (is_digest(bare))
        s->each(s->context, INDICATOR_DIGEST, bare);
    else if (is_path(word))
        s->each(s->context, INDICATOR_PATH, word);
    else if (is_image(word))
        s->each(s->context, INDICATOR_IMAGE, word);
    else
        look_at_host(s, word, false);
}

static bool is_separator(uint8_t c)
{
    return c <= ' ' || c == 0x7f || strchr("\"'`<>(){},;|\\=&", c);
}

void indicators_find(struct bytes b, indicator_fn *each, void *context)
{
    struct search s = {each, context};
    for (size_t at = 0; at < b.n;) {
        size_t n = 0;
        while (at + n < b.n && !is_separator(b.p[at + n]))
            n++;
        look_at(&s, bytes_sub(b, at, n));
        at += n + 1;
    }
}
