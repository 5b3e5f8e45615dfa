#include "formats/transparency.h"

#include "formats/base/base64.h"
#include "formats/base/digest.h"

/* -- Merkle trees ----------------------------------------------------------------------
 */

static void sha256_parts(const struct bytes *parts, size_t n, uint8_t out[MERKLE_HASH])
{
    struct digest_state *s = digest_state_new(DIGEST_BIT(DIGEST_SHA256));
    for (size_t i = 0; i < n; i++)
        digest_state_update(s, parts[i]);
    digest_state_final(s);
    memcpy(out, digest_state_result(s, DIGEST_SHA256)->octets, MERKLE_HASH);
    digest_state_free(s);
}

void merkle_leaf(struct bytes entry, uint8_t out[MERKLE_HASH])
{
    const struct bytes parts[] = {BYTES("\x00"), entry};
    sha256_parts(parts, 2, out);
}

static void merkle_node(struct bytes left, struct bytes right, uint8_t out[MERKLE_HASH])
{
    const struct bytes parts[] = {BYTES("\x01"), left, right};
    uint8_t node[MERKLE_HASH];
    sha256_parts(parts, 3, node);
    memcpy(out, node, sizeof node);
}

/* RFC 9162, 2.1.3.2: `at` and `last` are the positions of the node and of the last node
 * of its level. */
bool merkle_root(const struct inclusion_proof *proof, const uint8_t leaf[MERKLE_HASH],
                 uint8_t out[MERKLE_HASH])
{
    if (proof->index >= proof->size)
        return false;
    uint64_t at = proof->index, last = proof->size - 1;
    struct bytes node = bytes_of(out, MERKLE_HASH);
    memcpy(out, leaf, MERKLE_HASH);
    for (size_t i = 0; i < proof->count; i++) {
        if (last == 0 || proof->hashes[i].n != MERKLE_HASH)
            return false;
        if (at & 1 || at == last) {
            merkle_node(proof->hashes[i], node, out);
            while (!(at & 1) && at != 0) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            merkle_node(node, proof->hashes[i], out);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0;
}

/* -- signed notes ----------------------------------------------------------------------
 */

/* An em dash and a blank begin each line of a signature. */
static const struct bytes dash = {(const uint8_t *)"\xe2\x80\x94 ", 4};

bool signed_note_read(struct bytes note, struct signed_note *out)
{
    size_t at = note.n;
    for (size_t i = 0; i + 1 < note.n; i++) {
        if (note.p[i] == '\n' && note.p[i + 1] == '\n')
            at = i;
    }
    if (at == note.n || !bytes_ends(note, BYTES("\n")))
        return false;
    *out = (struct signed_note){bytes_sub(note, 0, at + 1), bytes_from(note, at + 2)};
    return bytes_starts(out->signatures, dash);
}

bool signed_note_next(struct bytes *signatures, struct arena *arena,
                      struct note_signature *out)
{
    enum { HINT = 4 };
    struct bytes line, all;
    if (!bytes_split(signatures, '\n', &line) || !bytes_starts(line, dash))
        return false;
    line = bytes_from(line, dash.n);
    size_t blank = bytes_find_byte(line, ' ');
    if (blank == 0 || blank == line.n ||
        !base64_decode(bytes_from(line, blank + 1), BASE64_STRICT, arena, &all) ||
        all.n <= HINT)
        return false;
    *out = (struct note_signature){bytes_sub(line, 0, blank), bytes_sub(all, 0, HINT),
                                   bytes_from(all, HINT)};
    return true;
}

bool checkpoint_read(struct bytes text, struct arena *arena, struct checkpoint *out)
{
    struct bytes origin, size, line, root;
    struct checkpoint c;
    if (!bytes_split(&text, '\n', &origin) || origin.n == 0 ||
        !bytes_split(&text, '\n', &size) || !bytes_to_u64(size, &c.size) ||
        (size.n > 1 && size.p[0] == '0') || !bytes_split(&text, '\n', &line) ||
        !base64_decode(line, BASE64_STRICT, arena, &root) || root.n != MERKLE_HASH)
        return false;
    c.origin = origin;
    memcpy(c.root, root.p, MERKLE_HASH);
    *out = c;
    return true;
}
