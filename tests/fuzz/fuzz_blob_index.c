/* Records of layers: whatever a record says, the items that it makes are a tree. */
#include <stdlib.h>

#include "formats/base/cursor.h"
#include "verify/blob_index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* As if the code of the record held, and the blob had the size that stands behind
     * magic number, code and digest. */
    struct cursor c = cursor_of(bytes_from(bytes_of(data, size), 21 + 32 + 32 + 32));
    struct arena arena = ARENA_INIT;
    struct item blob = {.container = CONTAINER_TAR,
                        .size = cursor_varint(&c),
                        .entry.rare = &entry_rare_none};
    struct text again = {0};
    const uint8_t key[BLOB_KEY] = {0};
    char hex[65];
    if (blob_index_attach(bytes_of(data, size), &blob, &arena)) {
        for (const struct item *i = &blob; i; i = item_next(i, &blob)) {
            uint32_t children = 0;
            for (const struct item *m = item_more(i)->child; m; m = m->next)
                children += m->parent == i;
            if (children != item_more(i)->children || i->role >= ROLE_COUNT ||
                !i->entry.rare)
                __builtin_trap();
        }
        blob_index_write(&blob, key, &again);
    }
    item_release(&blob);
    blob_name(bytes_of(data, size), hex);
    text_release(&again);
    arena_release(&arena);
    return 0;
}
