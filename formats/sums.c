#include "formats/sums.h"

/* How many characters stand between an untagged digest and its name. */
enum separation { UNDECIDED, STANDARD, REVERSED };

struct sums {
    struct arena *arena;
    digest_set preferred; /* by the manifest's name; 0: all */
    struct bytes stem;    /* "a.tar" of "a.tar.sha256"; or nothing */
    bool other_algorithm; /* its name speaks of one that is not computed */
    enum separation separation;
};

static const uint8_t nul = '\0';

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static struct bytes skip_spaces(struct bytes b)
{
    while (b.n && is_space(b.p[0]))
        b = bytes_from(b, 1);
    return b;
}

/* Undoes \\ \n \r; false on any other escape or a lone backslash at the end. */
static bool unescape(struct bytes in, struct arena *arena, struct bytes *out)
{
    uint8_t *to = arena_alloc(arena, in.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++) {
        uint8_t c = in.p[i];
        if (c == '\\') {
            if (++i == in.n)
                return false;
            c = in.p[i];
            if (c != '\\' && c != 'n' && c != 'r')
                return false;
            c = c == 'n' ? '\n' : c == 'r' ? '\r' : c;
        }
        to[n++] = c;
    }
    *out = bytes_of(to, n);
    return true;
}

/* A digest of an algorithm that is not computed: it is listed, and nothing is checked. */
static bool is_other_digest(struct bytes tag, struct bytes value)
{
    for (size_t i = 0; i < value.n; i++) {
        if (!is_hex(value.p[i]))
            return false;
    }
    for (size_t i = 0; i < tag.n; i++) {
        uint8_t c = to_lower(tag.p[i]);
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '/'))
            return false;
    }
    return tag.n && value.n >= 8 && value.n % 2 == 0;
}

/* TAG [ ' ' ] '(' name ')' blanks '=' blanks digest. The name ends at the last ')'. */
static bool read_tagged(struct sums *s, struct bytes line, struct manifest_entry *e)
{
    size_t open = bytes_find_byte(line, '(');
    size_t close = bytes_rfind_byte(line, ')');
    if (open == line.n || close == line.n || close <= open)
        return false;
    struct bytes tag = bytes_sub(line, 0, open);
    if (tag.n && tag.p[tag.n - 1] == ' ')
        tag.n--;
    enum digest_algorithm algorithm;
    struct bytes rest = skip_spaces(bytes_from(line, close + 1));
    if (rest.n == 0 || rest.p[0] != '=')
        return false;
    rest = skip_spaces(bytes_from(rest, 1));
    e->path = bytes_sub(line, open + 1, close - open - 1);
    if (!digest_by_name(tag, &algorithm))
        return is_other_digest(tag, rest);
    if (!manifest_digest(rest, algorithm, s->arena, &e->digests[0]))
        return false;
    e->digest_count = 1;
    return true;
}

/* All algorithms whose digest has so many octets. */
static digest_set of_size(size_t size)
{
    digest_set set = 0;
    for (unsigned a = 0; a < DIGEST_COUNT; a++) {
        if (digest_size((enum digest_algorithm)a) == size)
            set |= DIGEST_BIT(a);
    }
    return set;
}

static enum digest_algorithm first_of(digest_set set)
{
    return (enum digest_algorithm)__builtin_ctz(set);
}

/* digest BLANK [ ' ' | '*' ] name */
static bool read_untagged(struct sums *s, struct bytes line, struct manifest_entry *e)
{
    size_t digits = 0;
    while (digits < line.n && is_hex(line.p[digits]))
        digits++;
    digest_set set = digits % 2 ? 0 : of_size(digits / 2);
    if (set == 0 || line.n - digits < 2 || !is_space(line.p[digits]))
        return false;
    e->other_algorithm = s->other_algorithm && !(set & s->preferred);
    if (set & s->preferred)
        set &= s->preferred;
    enum digest_algorithm algorithm = first_of(set);
    if (!manifest_digest(bytes_sub(line, 0, digits), algorithm, s->arena, &e->digests[0]))
        return false;
    struct bytes name = bytes_from(line, digits + 1);
    bool marked = name.n > 1 && (name.p[0] == ' ' || name.p[0] == '*');
    if (s->separation == UNDECIDED)
        s->separation = marked ? STANDARD : REVERSED;
    if ((s->separation == STANDARD) != marked)
        return false;
    e->path = marked ? bytes_from(name, 1) : name;
    e->digest_count = 1;
    e->candidates = set & (set - 1) ? set : 0;
    return true;
}

/* "a.tar.sha256" that holds nothing but a digest is about a.tar. */
static bool read_bare(struct sums *s, struct bytes line, struct manifest_entry *e)
{
    line = bytes_trim(line);
    digest_set set = line.n % 2 ? 0 : of_size(line.n / 2);
    if (set == 0 || s->stem.n == 0)
        return false;
    if (set & s->preferred)
        set &= s->preferred;
    e->path = s->stem;
    e->digest_count = 1;
    e->candidates = set & (set - 1) ? set : 0;
    return manifest_digest(line, first_of(set), s->arena, &e->digests[0]);
}

/* What was read from standard input is the file beside it, too. */
static void name_input(const struct sums *s, struct manifest_entry *e)
{
    if (s->stem.n && (bytes_is(e->path, "-") || bytes_is(e->path, "stdin")))
        e->path = s->stem;
}

static bool read_line(struct sums *s, struct bytes line, struct manifest_entry *e)
{
    line = skip_spaces(line);
    bool escaped = line.n && line.p[0] == '\\';
    if (escaped)
        line = bytes_from(line, 1);
    if (!read_tagged(s, line, e) && !read_untagged(s, line, e) && !read_bare(s, line, e))
        return false;
    if (e->path.n == 0)
        return false;
    name_input(s, e);
    return !escaped || unescape(e->path, s->arena, &e->path);
}

/* Strips the CR of a CRLF; false for what coreutils skips: empty lines and comments. */
static bool is_entry(struct bytes *line)
{
    *line = bytes_without_cr(*line);
    return line->n && line->p[0] != '#';
}

static struct bytes stem_of(struct bytes name)
{
    static const char *const endings[] = {
        ".sha256", ".sha512",    ".sha384",    ".sha1",    ".md5",
        ".b2",     ".sha256sum", ".sha512sum", ".sha1sum", ".md5sum",
    };
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        struct bytes ending = bytes_str(endings[i]);
        if (name.n > ending.n &&
            bytes_eq_nocase(bytes_from(name, name.n - ending.n), ending))
            return bytes_sub(name, 0, name.n - ending.n);
    }
    return BYTES_NONE;
}

bool sums_probe(struct bytes head, struct bytes name)
{
    struct arena arena = ARENA_INIT;
    struct manifest_lines lines = {.rest = head};
    struct sums s = {.arena = &arena, .stem = stem_of(name)};
    bool is_sums = false;
    while (manifest_line(&lines)) {
        struct manifest_entry entry = {0};
        if (!is_entry(&lines.text))
            continue;
        is_sums = read_line(&s, lines.text, &entry);
        break;
    }
    arena_release(&arena);
    return is_sums;
}

/* "B2SUMS", "files.b2", "SHA3-256SUMS": which family the digests are of. */
static digest_set named_family(struct bytes name, struct arena *arena)
{
    static const struct {
        const char *word;
        digest_set set;
    } families[] = {
        {"b2", DIGEST_BIT(DIGEST_BLAKE2B)},
        {"blake2", DIGEST_BIT(DIGEST_BLAKE2B)},
        {"sha3-", DIGEST_BIT(DIGEST_SHA3_256) | DIGEST_BIT(DIGEST_SHA3_384) |
                      DIGEST_BIT(DIGEST_SHA3_512)},
        {"sha512", DIGEST_BIT(DIGEST_SHA512)},
        {"sha384", DIGEST_BIT(DIGEST_SHA384)},
        {"sha256", DIGEST_BIT(DIGEST_SHA256)},
    };
    uint8_t *lower = arena_alloc(arena, name.n + 1);
    for (size_t i = 0; i < name.n; i++)
        lower[i] = to_lower(name.p[i]);
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        if (bytes_contains(bytes_of(lower, name.n), bytes_str(families[i].word)))
            return families[i].set;
    }
    return 0;
}

/* "B3SUMS", "files.blake2s": the digests may be none of those that are computed. */
static bool names_other(struct bytes name, struct arena *arena)
{
    static const char *const words[] = {
        "b3sum",  ".b3",    "blake3",    "b2sum", ".b2",  "blake2",   "sm3sum", ".sm3",
        "rmd160", "ripemd", "whirlpool", "tiger", "gost", "streebog", "skein"};
    uint8_t *lower = arena_alloc(arena, name.n + 1);
    for (size_t i = 0; i < name.n; i++)
        lower[i] = to_lower(name.p[i]);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (bytes_contains(bytes_of(lower, name.n), bytes_str(words[i])))
            return true;
    }
    return false;
}

void sums_read(struct bytes content, struct bytes name, struct arena *arena,
               const struct manifest_sink *sink)
{
    struct sums s = {.arena = arena,
                     .preferred = named_family(name, arena),
                     .stem = stem_of(name),
                     .other_algorithm = names_other(name, arena)};
    struct manifest_lines lines = {.rest = content, .enough = sink->enough};
    while (manifest_line(&lines)) {
        struct bytes text = lines.text;
        if (!is_entry(&text))
            continue;
        struct manifest_entry e = {
            .line = lines.number, .offset = lines.offset, .length = text.n};
        if (bytes_find_byte(text, nul) == text.n && read_line(&s, text, &e))
            sink->entry(sink->context, &e);
        else
            faults_add(sink->faults,
                       (struct fault){FAULT_SYNTAX, lines.offset, 0, lines.number});
    }
}
