/* Messages that hold what they sign (RFC 9580, 10.3), as gpg --sign makes them. */
#include <isa-l/igzip_lib.h>
#include <stdlib.h>

#include "formats/base/cursor.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/base/text.h"
#include "formats/openpgp.h"

#define MESSAGE "-----BEGIN PGP MESSAGE"

/* RFC 9580, 5 and 9.4. */
enum {
    PACKET_SESSION_KEY = 1,
    PACKET_PASSPHRASE = 3,
    PACKET_ONE_PASS = 4,
    PACKET_COMPRESSED = 8,
    PACKET_ENCRYPTED = 9,
    PACKET_LITERAL = 11,
    PACKET_ENCRYPTED_LAST = 20, /* from 18 on */
};
enum { COMPRESSED_ZIP = 1, COMPRESSED_ZLIB = 2 };

/* -- packets in parts ------------------------------------------------------------------
 */

/* One of partial lengths (4.2.1.4): powers of two, and an ordinary length at the end. */
static bool take_parts(struct cursor *c, struct arena *arena, struct bytes *body)
{
    uint8_t *to = arena_alloc(arena, cursor_left(c) + 1);
    size_t n = 0;
    for (bool last = false; !last && !c->failed;) {
        uint8_t first = cursor_u8(c);
        last = first < 224 || first == 255;
        uint64_t length = first < 192 ? first
                          : first < 224
                              ? ((uint64_t)(first - 192) << 8) + cursor_u8(c) + 192
                          : last ? cursor_u32be(c)
                                 : UINT64_C(1) << (first & 0x1f);
        struct bytes part = cursor_take(c, length);
        if (part.n)
            memcpy(to + n, part.p, part.n);
        n += part.n;
    }
    *body = bytes_of(to, n);
    return !c->failed;
}

static bool next_packet(struct bytes *rest, struct arena *arena,
                        struct openpgp_packet *out)
{
    bool parts = rest->n > 1 && (rest->p[0] & 0xc0) == 0xc0 && rest->p[1] >= 224 &&
                 rest->p[1] != 255;
    if (!parts)
        return openpgp_next(rest, out);
    struct cursor c = cursor_of(bytes_from(*rest, 1));
    out->type = rest->p[0] & 0x3f;
    if (!take_parts(&c, arena, &out->body))
        return false;
    *rest = cursor_rest(&c);
    return true;
}

/* -- what is compressed ----------------------------------------------------------------
 */

/* At most `limit` octets. True when that was all. */
static bool inflate(struct bytes in, uint32_t form, size_t limit, struct text *out)
{
    enum { STEP = 64 * 1024 };
    struct inflate_state *state = memory_new(1, sizeof *state);
    uint8_t *room = memory_new(STEP, 1);
    int result = ISAL_DECOMP_OK;
    isal_inflate_init(state);
    state->crc_flag = form;
    state->next_in = (uint8_t *)(uintptr_t)in.p;
    state->avail_in = (uint32_t)(in.n < UINT32_MAX ? in.n : UINT32_MAX);
    while (result == ISAL_DECOMP_OK && out->n < limit &&
           state->block_state != ISAL_BLOCK_FINISH) {
        state->next_out = room;
        state->avail_out = limit - out->n < STEP ? (uint32_t)(limit - out->n) : STEP;
        uint32_t offered = state->avail_out;
        result = isal_inflate(state);
        uint32_t made = offered - state->avail_out;
        text_add(out, bytes_of(room, made));
        if (made == 0 && state->avail_in == 0)
            break; /* it ends too early */
    }
    bool all = result == ISAL_DECOMP_OK && state->avail_in == 0 &&
               state->block_state == ISAL_BLOCK_FINISH;
    free(room);
    free(state);
    return all;
}

static bool unpack(struct bytes body, size_t limit, struct text *out)
{
    unsigned algorithm = body.n ? body.p[0] : 0;
    uint32_t form = algorithm == COMPRESSED_ZIP ? ISAL_DEFLATE : ISAL_ZLIB;
    return (algorithm == COMPRESSED_ZIP || algorithm == COMPRESSED_ZLIB) &&
           inflate(bytes_from(body, 1), form, limit, out);
}

/* -- the message -----------------------------------------------------------------------
 */

/* Mode, name, date, data (5.9). */
static bool read_literal(struct bytes body, struct bytes *data)
{
    struct cursor c = cursor_of(body);
    cursor_skip(&c, 1);
    cursor_skip(&c, cursor_u8(&c));
    cursor_skip(&c, 4);
    *data = cursor_rest(&c);
    return !c.failed;
}

/* Announcements, one content, and as many signatures; anything else between or behind
 * them could pass for what is signed. */
static enum openpgp_message_kind read_signed(struct bytes rest, struct arena *arena,
                                             struct openpgp_message *out)
{
    struct openpgp_packet p;
    size_t announced = 0, given = 0;
    bool more = next_packet(&rest, arena, &p);
    for (; more && p.type == PACKET_ONE_PASS; more = next_packet(&rest, arena, &p))
        announced++;
    if (!more || p.type != PACKET_LITERAL || !read_literal(p.body, &out->content))
        return OPENPGP_NOT_READ;
    out->signatures = rest;
    while (next_packet(&rest, arena, &p) && p.type == OPENPGP_SIGNATURE)
        given++;
    return rest.n || given != announced ? OPENPGP_NOT_READ
           : given                      ? OPENPGP_SIGNED
                                        : OPENPGP_STORED;
}

static bool is_encrypted(unsigned type)
{
    return type == PACKET_SESSION_KEY || type == PACKET_PASSPHRASE ||
           type == PACKET_ENCRYPTED ||
           (type >= PACKET_ENCRYPTED + 9 && type <= PACKET_ENCRYPTED_LAST);
}

/* Which armour of a file is meant? gpg refuses it. */
static bool is_several(struct bytes content)
{
    struct bytes begin = BYTES("-----BEGIN PGP");
    size_t at = bytes_find(content, BYTES(MESSAGE));
    bool armoured = !(content.n && content.p[0] & 0x80) && at < content.n;
    return armoured && (bytes_find(content, begin) < at ||
                        bytes_contains(bytes_from(content, at + 1), begin));
}

enum openpgp_message_kind openpgp_message_read(struct bytes content, struct arena *arena,
                                               struct openpgp_message *out)
{
    struct bytes packets = openpgp_packets(content, MESSAGE, arena), rest = packets;
    struct openpgp_packet p;
    struct text inside = {0};
    *out = (struct openpgp_message){0};
    if (is_several(content))
        return OPENPGP_NOT_READ;
    if (!next_packet(&rest, arena, &p))
        return OPENPGP_NO_MESSAGE;
    if (is_encrypted(p.type))
        return OPENPGP_ENCRYPTED;
    if (p.type == PACKET_ONE_PASS || p.type == PACKET_LITERAL)
        return read_signed(packets, arena, out);
    if (p.type != PACKET_COMPRESSED)
        return OPENPGP_NO_MESSAGE;
    uint64_t limit = LIMIT_OPENPGP_RATIO * (uint64_t)p.body.n + LIMIT_HEAD;
    bool whole =
        unpack(p.body, limit < LIMIT_DOCUMENT ? (size_t)limit : LIMIT_DOCUMENT, &inside);
    packets = whole ? arena_copy(arena, text_bytes(&inside)) : BYTES_NONE;
    text_release(&inside);
    return packets.n && !rest.n ? read_signed(packets, arena, out) : OPENPGP_NOT_READ;
}

/* Where the body of the first packet begins. gpg gives a compressed one a length without
 * end, of no octets, or partial ones. */
static size_t first_body(uint8_t head)
{
    unsigned kind = head & 3;
    return head & 0x40 ? 2 : kind == 3 ? 1 : 1 + (1u << kind);
}

static bool begins_compressed(struct bytes head)
{
    uint8_t first = head.n ? head.p[0] : 0;
    return first & 0x80 && head.n > first_body(first) &&
           (first & 0x40 ? first & 0x3f : first >> 2 & 0x0f) == PACKET_COMPRESSED;
}

/* Versions 3 and 6 (5.4), over octets or text: bare signatures are any octets, and must
 * not pass for it. */
static bool begins_signed(struct bytes head)
{
    enum { LENGTH_3 = 13, LENGTH_6 = 38 };
    struct openpgp_packet p;
    if (!openpgp_next(&head, &p) || p.type != PACKET_ONE_PASS || p.body.n < LENGTH_3 ||
        p.body.p[1] > OPENPGP_OVER_TEXT || p.body.p[p.body.n - 1] > 1)
        return false;
    return p.body.p[0] == 3 ? p.body.n == LENGTH_3
                            : p.body.p[0] == 6 && p.body.n >= LENGTH_6;
}

bool openpgp_message_probe(struct bytes head)
{
    enum { BEGINNING = 128 };
    struct text inside = {0};
    if (!begins_compressed(head))
        return begins_signed(head);
    (void)unpack(bytes_from(head, first_body(head.p[0])), BEGINNING, &inside);
    bool is = begins_signed(text_bytes(&inside));
    text_release(&inside);
    return is;
}
