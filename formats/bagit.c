#include "formats/bagit.h"

#include "formats/base/marked_text.h"
#include "formats/base/text.h"

/* -- lines -----------------------------------------------------------------------------
 */

struct tag_lines {
    struct bytes rest, text;
    uint64_t number, offset, next;
};

static bool tag_line(struct tag_lines *l)
{
    size_t n = 0;
    if (l->rest.n == 0)
        return false;
    while (n < l->rest.n && l->rest.p[n] != '\n' && l->rest.p[n] != '\r')
        n++;
    size_t end = n < l->rest.n;
    if (n + 1 < l->rest.n && l->rest.p[n] == '\r' && l->rest.p[n + 1] == '\n')
        end = 2;
    l->text = bytes_sub(l->rest, 0, n);
    l->rest = bytes_from(l->rest, n + end);
    l->offset = l->next;
    l->next += n + end;
    l->number++;
    return true;
}

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

static struct bytes word(struct bytes *rest)
{
    size_t n = 0;
    while (n < rest->n && !is_space(rest->p[n]))
        n++;
    struct bytes w = bytes_sub(*rest, 0, n);
    *rest = skip_spaces(bytes_from(*rest, n));
    return w;
}

/* -- declaration -----------------------------------------------------------------------
 */

/* "Label: value": exactly so in 1.0; blanks before ':' and at the end before that. */
static bool labelled(struct bytes line, struct bytes label, struct bytes *value,
                     bool *exact)
{
    if (!bytes_starts(line, label))
        return false;
    struct bytes rest = bytes_from(line, label.n);
    *exact = bytes_starts(rest, BYTES(": ")) && rest.n > 2 && !is_space(rest.p[2]) &&
             !is_space(rest.p[rest.n - 1]);
    rest = skip_spaces(rest);
    if (rest.n == 0 || rest.p[0] != ':')
        return false;
    *value = bytes_trim(bytes_from(rest, 1));
    return value->n > 0;
}

static bool read_version(struct bytes text, struct bagit_declaration *d)
{
    uint64_t major, minor;
    size_t dot = bytes_find_byte(text, '.');
    if (!bytes_to_u64(bytes_sub(text, 0, dot), &major) ||
        !bytes_to_u64(bytes_from(text, dot + 1), &minor))
        return false;
    d->major = (unsigned)major;
    d->minor = (unsigned)minor;
    return (major == 0 && minor >= 93 && minor <= 97) || (major == 1 && minor == 0);
}

bool bagit_read_declaration(struct bytes content, struct bagit_declaration *out,
                            struct fault *fault)
{
    struct tag_lines lines = {.rest = content};
    struct bagit_declaration d = {0};
    struct bytes version;
    bool exact_version = false, exact_encoding = false;
    *fault = (struct fault){.code = FAULT_SYNTAX};
    if (!tag_line(&lines) ||
        !labelled(lines.text, BYTES("BagIt-Version"), &version, &exact_version))
        return false;
    if (!read_version(version, &d)) {
        fault->code = FAULT_UNSUPPORTED;
        return false;
    }
    fault->offset = lines.next;
    if (!tag_line(&lines) || !labelled(lines.text, BYTES("Tag-File-Character-Encoding"),
                                       &d.encoding, &exact_encoding))
        return false;
    if (bagit_is_strict(&d) && !(exact_version && exact_encoding)) {
        fault->offset = 0;
        return false;
    }
    if (bytes_trim(lines.rest).n) {
        *fault = (struct fault){.code = FAULT_TRAILING, .offset = lines.next};
        return false;
    }
    *out = d;
    return true;
}

/* -- encodings -------------------------------------------------------------------------
 */

static bool from_latin1(struct bytes in, struct arena *arena, struct bytes *out)
{
    struct text t = {0};
    for (size_t i = 0; i < in.n; i++)
        utf8_put(&t, in.p[i]);
    *out = arena_copy(arena, text_bytes(&t));
    text_release(&t);
    return true;
}

struct fault bagit_text(struct bytes content, struct bytes encoding, struct arena *arena,
                        struct bytes *out)
{
    bool good;
    if (bytes_eq_nocase(encoding, BYTES("UTF-8")) ||
        bytes_eq_nocase(encoding, BYTES("US-ASCII")) ||
        bytes_eq_nocase(encoding, BYTES("ASCII"))) {
        *out = content;
        good = utf8_valid(content) && !utf8_mark(content);
    } else if (bytes_eq_nocase(encoding, BYTES("ISO-8859-1"))) {
        good = from_latin1(content, arena, out);
    } else if (bytes_eq_nocase(encoding, BYTES("UTF-16"))) {
        return utf16_read(content, arena, out);
    } else {
        return (struct fault){.code = FAULT_UNSUPPORTED};
    }
    return (struct fault){.code = good ? FAULT_NONE : FAULT_ENCODING};
}

/* -- manifests -------------------------------------------------------------------------
 */

bool bagit_manifest_name(struct bytes name, bool *is_tag, enum digest_algorithm *out)
{
    struct bytes suffix = BYTES(".txt"), prefix = BYTES("manifest-");
    *is_tag = bytes_starts(name, BYTES("tag"));
    if (*is_tag)
        name = bytes_from(name, 3);
    if (!bytes_starts(name, prefix) || !bytes_ends(name, suffix) ||
        name.n <= prefix.n + suffix.n)
        return false;
    return digest_by_name(bytes_sub(name, prefix.n, name.n - prefix.n - suffix.n), out);
}

static int escaped_byte(struct bytes b, size_t at)
{
    uint8_t value;
    if (b.p[at] != '%' || !bytes_from_hex(bytes_sub(b, at + 1, 2), &value, 1))
        return -1;
    return value == '\n' || value == '\r' || value == '%' ? value : -1;
}

/* The name that the escapes mean; most names have none and are given back. */
static struct bytes decode(struct bytes name, struct arena *arena)
{
    uint8_t *to = NULL;
    size_t n = 0;
    if (name.n > 1 && name.p[0] == '*')
        name = bytes_from(name, 1);
    if (bytes_find_byte(name, '%') == name.n)
        return name;
    to = arena_alloc(arena, name.n);
    for (size_t i = 0; i < name.n; i++) {
        int value = escaped_byte(name, i);
        to[n++] = value < 0 ? name.p[i] : (uint8_t)value;
        i += value < 0 ? 0 : 2;
    }
    return bytes_of(to, n);
}

void bagit_read_manifest(struct bytes text, enum digest_algorithm algorithm,
                         struct arena *arena, const struct manifest_sink *sink)
{
    struct tag_lines lines = {.rest = text};
    while (tag_line(&lines)) {
        struct bytes rest = lines.text;
        struct manifest_entry e = {.line = lines.number,
                                   .offset = lines.offset,
                                   .length = lines.text.n,
                                   .digest_count = 1};
        if (rest.n == 0)
            continue;
        e.digests[0].algorithm = algorithm;
        bool good =
            bytes_from_hex(word(&rest), e.digests[0].octets, digest_size(algorithm));
        e.path = rest;
        e.other_path = decode(rest, arena);
        if (good && rest.n && bytes_find_byte(rest, '\0') == rest.n)
            sink->entry(sink->context, &e);
        else
            faults_add(sink->faults,
                       (struct fault){FAULT_SYNTAX, lines.offset, 0, lines.number});
    }
}

/* RFC 3986, 4.3: it begins with a scheme. */
static bool is_absolute(struct bytes uri)
{
    size_t colon = bytes_find_byte(uri, ':');
    bool good = colon > 0 && colon + 1 < uri.n && (uri.p[0] | 0x20) >= 'a' &&
                (uri.p[0] | 0x20) <= 'z';
    for (size_t i = 1; i < colon && good; i++) {
        uint8_t c = uri.p[i];
        good = is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '+' ||
               c == '-' || c == '.';
    }
    return good;
}

void bagit_read_fetch(struct bytes text, struct arena *arena,
                      const struct manifest_sink *sink)
{
    struct tag_lines lines = {.rest = text};
    while (tag_line(&lines)) {
        struct bytes rest = lines.text;
        struct manifest_entry e = {
            .line = lines.number, .offset = lines.offset, .length = lines.text.n};
        if (rest.n == 0)
            continue;
        struct bytes address = word(&rest), length = word(&rest);
        e.has_size = bytes_to_u64(length, &e.size);
        e.path = rest;
        e.other_path = decode(rest, arena);
        if (is_absolute(address) && rest.n && (e.has_size || bytes_is(length, "-")))
            sink->entry(sink->context, &e);
        else
            faults_add(sink->faults,
                       (struct fault){FAULT_SYNTAX, lines.offset, 0, lines.number});
    }
}

struct bagit_oxum bagit_read_oxum(struct bytes text)
{
    struct tag_lines lines = {.rest = text};
    struct bagit_oxum oxum = {0};
    struct bytes label = BYTES("Payload-Oxum");
    while (tag_line(&lines)) {
        size_t colon = bytes_find_byte(lines.text, ':');
        struct bytes value = bytes_trim(bytes_from(lines.text, colon + 1));
        if (colon == lines.text.n ||
            !bytes_eq_nocase(bytes_trim(bytes_sub(lines.text, 0, colon)), label))
            continue;
        size_t dot = bytes_find_byte(value, '.');
        oxum.count++;
        oxum.malformed = !bytes_to_u64(bytes_sub(value, 0, dot), &oxum.octets) ||
                         !bytes_to_u64(bytes_from(value, dot + 1), &oxum.files) ||
                         oxum.malformed;
    }
    return oxum;
}

static bool is_element(struct bytes line)
{
    size_t colon = bytes_find_byte(line, ':');
    if (colon == 0 || colon == line.n || is_space(line.p[colon - 1]))
        return false;
    return colon + 1 == line.n || is_space(line.p[colon + 1]);
}

bool bagit_info_is_sound(struct bytes text)
{
    struct tag_lines lines = {.rest = text};
    bool sound = true, in_element = false;
    while (sound && tag_line(&lines)) {
        bool is_more = lines.text.n && is_space(lines.text.p[0]);
        sound = lines.text.n == 0 || (is_more ? in_element : is_element(lines.text));
        in_element = lines.text.n > 0;
    }
    return sound;
}
