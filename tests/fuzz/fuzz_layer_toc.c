/* Tables of contents of layers: footer, place, and the table as compressed and as JSON.
 */
#include "formats/json.h"
#include "formats/layer_toc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes all = bytes_of(data, size);
    struct arena arena = ARENA_INIT;
    struct documents docs = {0};
    struct toc_place place;
    struct toc toc;
    uint64_t offset;
    bool large = false;
    stargz_footer_read(all, &offset);
    zstd_chunked_place_read(all, &place);
    zstd_chunked_footer_read(all, &place);
    stargz_toc_inflate(all, &arena, &large);
    zstd_toc_inflate(all, &arena, &large);
    json_read(all, &docs);
    if (docs.n && toc_read(docs.v[0].root, &arena, &toc))
        toc_find(&toc, BYTES("etc/a"));
    documents_release(&docs);
    arena_release(&arena);
    return 0;
}
