#include "formats/minisign.h"

#include "formats/base/base64.h"

#define KEY_ID 8
#define VALUE  64

static const char untrusted_prefix[] = "untrusted comment:";
static const char trusted_prefix[] = "trusted comment: ";

bool minisign_probe(struct bytes head)
{
    return bytes_starts(head, bytes_str(untrusted_prefix));
}

/* The line of base64 after the untrusted comment: algorithm, key id, value. */
static bool read_packet(struct bytes *rest, struct arena *arena, size_t value,
                        struct bytes *out)
{
    struct bytes comment, line;
    return bytes_line(rest, &comment) && minisign_probe(comment) &&
           bytes_line(rest, &line) && base64_decode(line, BASE64_STRICT, arena, out) &&
           out->n == 2 + KEY_ID + value && out->p[0] == 'E' &&
           (out->p[1] == 'd' || out->p[1] == 'D');
}

static bool wrong(struct fault *fault, enum fault_code code, uint64_t offset)
{
    *fault = (struct fault){.code = code, .offset = offset};
    return false;
}

bool minisign_read_signature(struct bytes content, struct arena *arena,
                             struct minisign_signature *out, struct fault *fault)
{
    struct bytes rest = content, packet, line;
    struct minisign_signature s = {0};
    if (!read_packet(&rest, arena, VALUE, &packet))
        return wrong(fault, FAULT_SYNTAX, 0);
    s.prehashed = packet.p[1] == 'D';
    s.key_id = bytes_sub(packet, 2, KEY_ID);
    s.value = bytes_sub(packet, 2 + KEY_ID, VALUE);
    struct bytes after = rest;
    if (bytes_line(&rest, &line) && bytes_starts(line, bytes_str(trusted_prefix))) {
        s.has_trusted = true;
        s.trusted = bytes_from(line, sizeof trusted_prefix - 1);
        if (!bytes_line(&rest, &line) ||
            !base64_decode(line, BASE64_STRICT, arena, &s.global) || s.global.n != VALUE)
            return wrong(fault, FAULT_SYNTAX, content.n - after.n);
        if (rest.n)
            return wrong(fault, FAULT_TRAILING, content.n - rest.n);
    } else {
        s.has_message = after.n > 0;
        s.message = after;
    }
    *out = s;
    return true;
}

bool minisign_read_key(struct bytes content, struct arena *arena,
                       struct minisign_key *out, struct fault *fault)
{
    struct bytes rest = content, packet;
    if (!read_packet(&rest, arena, 32, &packet))
        return wrong(fault, FAULT_SYNTAX, 0);
    if (bytes_trim(rest).n)
        return wrong(fault, FAULT_TRAILING, content.n - rest.n);
    out->key_id = bytes_sub(packet, 2, KEY_ID);
    out->octets = bytes_sub(packet, 2 + KEY_ID, 32);
    return true;
}
