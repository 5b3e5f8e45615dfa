#include "formats/certutil.h"

struct heading {
    enum digest_algorithm algorithm;
    struct bytes path, other_path;
};

/* "SHA256", "SHA256-Hash" */
static bool names_algorithm(struct bytes word, enum digest_algorithm *out)
{
    return digest_by_name(word, out) ||
           digest_by_name(bytes_sub(word, 0, bytes_find_byte(word, '-')), out);
}

/* "SHA256 hash of NAME:", "SHA256-Hash von NAME:", "Hachage SHA256 de NAME :" */
static bool read_heading(struct bytes line, struct heading *h)
{
    struct bytes rest = bytes_trim(line), word;
    if (!bytes_ends(rest, BYTES(":")))
        return false;
    rest = bytes_trim(bytes_sub(rest, 0, rest.n - 1));
    for (unsigned words = 0; words < 2; words++) {
        if (!bytes_word(&rest, &word))
            return false;
        if (names_algorithm(word, &h->algorithm))
            break;
        if (words == 1)
            return false;
    }
    struct bytes next = rest;
    if (bytes_word(&next, &word) && bytes_eq_nocase(word, BYTES("hash")))
        rest = next;
    if (!bytes_word(&rest, &word)) /* of */
        return false;
    h->path = h->other_path = bytes_trim(rest);
    next = rest;
    if (bytes_word(&next, &word) && bytes_is(word, "file"))
        h->other_path = bytes_trim(next);
    return h->path.n > 0;
}

/* Hex with or without spaces. */
static bool read_digest(struct bytes line, enum digest_algorithm algorithm,
                        struct digest *out)
{
    uint8_t hex[2 * DIGEST_MAX];
    size_t n = 0;
    for (size_t i = 0; i < line.n; i++) {
        if (is_blank(line.p[i]))
            continue;
        if (n == sizeof hex)
            return false;
        hex[n++] = line.p[i];
    }
    *out = (struct digest){.algorithm = algorithm};
    return bytes_from_hex(bytes_of(hex, n), out->octets, digest_size(algorithm));
}

/* A heading with its digest in the line below. */
static bool read_pair(struct manifest_lines *lines, struct manifest_entry *e)
{
    struct heading h;
    if (!read_heading(lines->text, &h))
        return false;
    *e = (struct manifest_entry){.path = h.path,
                                 .other_path = h.other_path,
                                 .digest_count = 1,
                                 .line = lines->number,
                                 .offset = lines->offset};
    if (!manifest_line(lines) || !read_digest(lines->text, h.algorithm, &e->digests[0]))
        return false;
    e->length = lines->offset + bytes_trim(lines->text).n - e->offset;
    return bytes_find_byte(e->path, '\0') == e->path.n;
}

/* certutil's last line, and a prompt with the command behind it. */
static bool is_chatter(struct bytes line)
{
    return line.n == 0 || bytes_starts(line, BYTES("CertUtil:")) ||
           bytes_contains(line, BYTES("-hashfile"));
}

static bool is_hex_line(struct bytes line)
{
    size_t digits = 0;
    for (size_t i = 0; i < line.n; i++) {
        if (!is_hex(line.p[i]) && !is_blank(line.p[i]))
            return false;
        digits += is_hex(line.p[i]);
    }
    return digits > 0;
}

bool certutil_probe(struct bytes head)
{
    struct manifest_lines lines = {.rest = head};
    struct heading h;
    while (manifest_line(&lines)) {
        if (!is_chatter(bytes_trim(lines.text)))
            return read_heading(lines.text, &h) && manifest_line(&lines) &&
                   is_hex_line(lines.text);
    }
    return false;
}

void certutil_read(struct bytes content, struct arena *arena,
                   const struct manifest_sink *sink)
{
    struct manifest_lines lines = {.rest = content, .enough = sink->enough};
    struct manifest_entry e;
    (void)arena;
    while (manifest_line(&lines)) {
        uint64_t number = lines.number, offset = lines.offset;
        if (is_chatter(bytes_trim(lines.text)))
            continue;
        if (read_pair(&lines, &e))
            sink->entry(sink->context, &e);
        else
            faults_add(sink->faults, (struct fault){FAULT_SYNTAX, offset, 0, number});
    }
}
