/* Sigstore bundles, entries of the log, signed notes, and inclusion proofs. */
#include "formats/sigstore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void follow(const struct sigstore_entry *e, struct arena *arena)
{
    uint8_t leaf[MERKLE_HASH], root[MERKLE_HASH];
    struct signed_note note;
    struct note_signature signature;
    struct checkpoint checkpoint;
    struct rekor_entry entry;
    merkle_leaf(e->body, leaf);
    (void)merkle_root(&e->proof, leaf, root);
    (void)rekor_entry_read(e->body, arena, &entry);
    if (!signed_note_read(e->checkpoint, &note))
        return;
    (void)checkpoint_read(note.text, arena, &checkpoint);
    while (signed_note_next(&note.signatures, arena, &signature))
        continue;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sigstore_bundle bundle;
    struct arena arena = ARENA_INIT;
    struct fault fault;
    struct rekor_entry entry;
    struct bytes all = bytes_of(data, size);
    struct sigstore_entry alone = {.checkpoint = all};
    if (sigstore_read(all, &arena, &bundle, &fault)) {
        for (size_t i = 0; i < bundle.entry_count; i++)
            follow(&bundle.entries[i], &arena);
    }
    (void)rekor_entry_read(all, &arena, &entry);
    follow(&alone, &arena);
    arena_release(&arena);
    return 0;
}
