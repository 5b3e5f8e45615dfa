/* Tag files of bags. */
#include "formats/bagit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(void *context, const struct manifest_entry *e)
{
    const size_t *size = context;
    if (e->offset > *size || e->length > *size - e->offset)
        __builtin_trap();
}

static void read_as(struct bytes all, struct bytes encoding, struct arena *arena)
{
    struct faults faults = {0};
    struct bytes text;
    if (bagit_text(all, encoding, arena, &text).code)
        return;
    const struct manifest_sink sink = {
        .context = &text.n, .entry = take, .faults = &faults};
    bagit_read_manifest(text, DIGEST_SHA256, arena, &sink);
    bagit_read_fetch(text, arena, &sink);
    (void)bagit_read_oxum(text);
    faults_release(&faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT;
    struct bytes all = bytes_of(data, size);
    struct bagit_declaration declaration;
    struct fault fault;
    bool is_tag;
    enum digest_algorithm algorithm;
    (void)bagit_read_declaration(all, &declaration, &fault);
    (void)bagit_manifest_name(all, &is_tag, &algorithm);
    read_as(all, BYTES("UTF-8"), &arena);
    read_as(all, BYTES("UTF-16"), &arena);
    read_as(all, BYTES("ISO-8859-1"), &arena);
    arena_release(&arena);
    return 0;
}
