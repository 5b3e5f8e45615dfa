/* Armour and clear-signed texts (RFC 9580, 6 and 7). */
#include "formats/base/base64.h"
#include "formats/openpgp.h"

#define CLEAR_TEXT "-----BEGIN PGP SIGNED MESSAGE-----"
#define SIGNATURE  "-----BEGIN PGP SIGNATURE"

bool openpgp_probe(struct bytes head)
{
    struct openpgp_signature s;
    struct openpgp_packet p;
    if (bytes_starts(head, BYTES(SIGNATURE)) || bytes_starts(head, BYTES(CLEAR_TEXT)) ||
        bytes_starts(head, BYTES("-----BEGIN PGP MESSAGE-----")) ||
        openpgp_message_probe(head))
        return true;
    return openpgp_next(&head, &p) && p.type == OPENPGP_SIGNATURE &&
           openpgp_signature_read(p.body, &s);
}

/* Headers end with an empty line; a line that begins with "=" is the checksum. Where the
 * next armour begins before that line, this one has no body: what stands in the next is
 * read from there, once. */
static bool read_armour(struct bytes content, struct arena *arena, struct bytes *out)
{
    struct bytes line, body = BYTES_NONE;
    bool inside = false;
    (void)bytes_split(&content, '\n', &line);
    while (bytes_split(&content, '\n', &line)) {
        bool empty = bytes_trim(line).n == 0, ends = bytes_starts(line, BYTES("-"));
        if (ends || (inside && bytes_starts(line, BYTES("="))))
            break;
        if (!inside && !empty)
            continue;
        body = inside ? bytes_of(body.p, (size_t)(line.p + line.n - body.p))
                      : bytes_sub(content, 0, 0);
        inside = true;
    }
    return body.n && base64_decode(body, BASE64_LENIENT, arena, out);
}

struct bytes openpgp_packets(struct bytes content, const char *header,
                             struct arena *arena)
{
    struct bytes out;
    if (content.n && content.p[0] & 0x80)
        return content;
    size_t at = bytes_find(content, bytes_str(header));
    return at < content.n && read_armour(bytes_from(content, at), arena, &out)
               ? out
               : BYTES_NONE;
}

/* -- clear-signed texts ----------------------------------------------------------------
 */

/* No other character is blank at the end of a line (RFC 9580, 7.2). */
static struct bytes without_blanks(struct bytes line)
{
    while (line.n && bytes_find_byte(BYTES(" \t\r"), line.p[line.n - 1]) < 3)
        line.n--;
    return line;
}

static struct bytes signed_line(struct bytes line)
{
    return without_blanks(bytes_starts(line, BYTES("- ")) ? bytes_from(line, 2) : line);
}

static struct bytes signed_lines(struct bytes text, struct arena *arena)
{
    uint8_t *to = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (bool last = false; !last;) {
        size_t end = bytes_find_byte(text, '\n');
        struct bytes line = signed_line(bytes_sub(text, 0, end));
        last = end == text.n;
        if (line.n)
            memcpy(to + n, line.p, line.n);
        n += line.n;
        to[n] = '\n';
        n += !last;
        text = bytes_from(text, end + 1);
    }
    return bytes_of(to, n);
}

/* "Hash: SHA256, SHA512". No other header may stand there, and no other value: it would
 * pass for signed text (RFC 9580, 7). */
static bool is_hash_header(struct bytes line)
{
    static const char *const names[] = {"MD5",    "SHA1",     "RIPEMD160",
                                        "SHA224", "SHA256",   "SHA384",
                                        "SHA512", "SHA3-256", "SHA3-512"};
    struct bytes name;
    bool known = bytes_starts(line, BYTES("Hash: "));
    line = without_blanks(bytes_from(line, sizeof "Hash: " - 1));
    while (known && bytes_split(&line, ',', &name)) {
        size_t i = 0, n = sizeof names / sizeof *names;
        name = bytes_from(name, bytes_starts(name, BYTES(" ")));
        while (i < n && !bytes_is(name, names[i]))
            i++;
        known = i < n;
    }
    return known;
}

/* Of a clear-signed text: the lines as they stand, and what begins with the armour behind
 * them. An armour inside of the text is escaped, and is no end. */
static bool take_frame(struct bytes content, struct bytes *lines, struct bytes *armour)
{
    struct bytes line;
    if (!bytes_starts(content, BYTES(CLEAR_TEXT)))
        return false;
    content = bytes_from(content, sizeof CLEAR_TEXT - 1);
    if (!bytes_split(&content, '\n', &line) || without_blanks(line).n)
        return false;
    while (bytes_split(&content, '\n', &line) && without_blanks(line).n) {
        if (!is_hash_header(line))
            return false;
    }
    size_t end = bytes_find(content, BYTES("\n" SIGNATURE));
    *lines = bytes_sub(content, 0, end);
    *armour = bytes_from(content, end + 1);
    /* gpg refuses several messages in one file: which of them is meant? */
    return end < content.n && !bytes_contains(*armour, BYTES("\n" CLEAR_TEXT));
}

struct bytes openpgp_clear_text(struct bytes content, struct arena *arena)
{
    struct bytes text, armour;
    if (!take_frame(content, &text, &armour))
        return BYTES_NONE;
    struct bytes lines = signed_lines(text, arena);
    return lines.n == text.n ? text : lines;
}

/* One armour behind the other; in each, what can be read. */
static struct bytes all_armours(struct bytes content, struct arena *arena)
{
    struct bytes begin = BYTES(SIGNATURE), one, all = BYTES_NONE;
    uint8_t *joined = NULL;
    for (size_t at, room = content.n; (at = bytes_find(content, begin)) < content.n;
         content = bytes_from(content, at + begin.n)) {
        if (!read_armour(bytes_from(content, at), arena, &one))
            continue;
        if (all.n && !joined) {
            joined = arena_alloc(arena, room); /* none is longer than its armour */
            memcpy(joined, all.p, all.n);
        }
        if (joined)
            memcpy(joined + all.n, one.p, one.n);
        all = joined ? bytes_of(joined, all.n + one.n) : one;
    }
    return all;
}

struct bytes openpgp_signatures(struct bytes content, struct arena *arena)
{
    struct bytes text, armour;
    if (content.n && content.p[0] & 0x80)
        return content;
    return all_armours(take_frame(content, &text, &armour) ? armour : content, arena);
}
