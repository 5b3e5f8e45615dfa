/* Documents of images, whatever their members hold. */
#include "formats/json.h"
#include "formats/oci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct documents docs = {0};
    struct arena arena = ARENA_INIT;
    struct oci_index index;
    struct oci_manifest manifest;
    struct oci_config config;
    struct oci_archive archive;
    json_read(bytes_of(data, size), &docs);
    for (size_t i = 0; i < docs.n; i++) {
        oci_document_of(docs.v[i].root);
        oci_index_read(&docs.v[i], &arena, &index, &docs.faults);
        oci_manifest_read(&docs.v[i], &arena, &manifest, &docs.faults);
        oci_config_read(&docs.v[i], &arena, &config, &docs.faults);
        oci_archive_read(&docs.v[i], &arena, &archive, &docs.faults);
        if (manifest.config.digest.n)
            oci_blob_path(manifest.config.digest, &arena);
    }
    documents_release(&docs);
    arena_release(&arena);
    return 0;
}
