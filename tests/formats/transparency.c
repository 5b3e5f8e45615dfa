/* The tree of the reference implementation of certificate transparency; roots and paths
 * of its parts by the recursive definitions of RFC 6962, 2.1 (tests/sigstore_kit.py). */
#include "formats/transparency.h"

#include <criterion/criterion.h>

#include "formats/base/text.h"

static const char *const path[] = {
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
};
static const char root_of_seven[] =
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c";

static struct inclusion_proof proof_of(uint64_t index, uint64_t size, size_t count)
{
    static uint8_t octets[4][MERKLE_HASH];
    struct inclusion_proof p = {.index = index, .size = size, .count = count};
    for (size_t i = 0; i < 4; i++) {
        if (i < 3)
            bytes_from_hex(bytes_str(path[i]), octets[i], MERKLE_HASH);
        p.hashes[i] = bytes_of(octets[i], MERKLE_HASH);
    }
    return p;
}

static bool leads_to(struct inclusion_proof p, const char *root)
{
    uint8_t leaf[MERKLE_HASH], have[MERKLE_HASH], want[MERKLE_HASH];
    merkle_leaf(BYTES("\x40\x41\x42\x43"), leaf);
    bytes_from_hex(bytes_str(root), want, sizeof want);
    return merkle_root(&p, leaf, have) && memcmp(have, want, sizeof want) == 0;
}

Test(transparency, inclusion_of_the_sixth_of_seven)
{
    cr_assert(leads_to(proof_of(5, 7, 3), root_of_seven));
}

Test(transparency, other_places_sizes_and_lengths_lead_elsewhere_or_nowhere)
{
    cr_assert_not(leads_to(proof_of(4, 7, 3), root_of_seven));
    cr_assert_not(leads_to(proof_of(5, 9, 3), root_of_seven));
    cr_assert_not(leads_to(proof_of(5, 7, 2), root_of_seven));
    cr_assert_not(leads_to(proof_of(5, 7, 4), root_of_seven));
    cr_assert_not(leads_to(proof_of(7, 7, 3), root_of_seven));
    cr_assert_not(leads_to(proof_of(0, 0, 0), root_of_seven));
    struct inclusion_proof shorter = proof_of(5, 7, 3);
    shorter.hashes[1].n = 31;
    cr_assert_not(leads_to(shorter, root_of_seven));
}

Test(transparency, notes_and_checkpoints)
{
    struct arena arena = ARENA_INIT;
    struct signed_note note;
    struct note_signature s;
    struct checkpoint c;
    const struct bytes text =
        BYTES("log.example\n7\n3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=\nmore\n");
    struct text whole = {0};
    text_add(&whole, text);
    text_str(&whole,
             "\n\xe2\x80\x94 log.example AAAAAQID\n\xe2\x80\x94 witness AAAABAUG\n");
    cr_assert(signed_note_read(text_bytes(&whole), &note));
    cr_assert(bytes_eq(note.text, text));
    cr_assert(signed_note_next(&note.signatures, &arena, &s));
    cr_assert(bytes_is(s.name, "log.example"));
    cr_assert_eq(s.value.n, 2);
    cr_assert(signed_note_next(&note.signatures, &arena, &s));
    cr_assert(bytes_is(s.name, "witness"));
    cr_assert_not(signed_note_next(&note.signatures, &arena, &s));
    cr_assert(checkpoint_read(note.text, &arena, &c));
    cr_assert_eq(c.size, 7);
    cr_assert_not(checkpoint_read(BYTES("log\n07\nAAAA\n"), &arena, &c));
    cr_assert_not(checkpoint_read(BYTES("log\n7\nAAAA\n"), &arena, &c));
    cr_assert_not(signed_note_read(BYTES("no signature\n\nline\n"), &note));
    text_release(&whole);
    arena_release(&arena);
}
