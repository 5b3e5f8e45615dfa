#include "formats/oci.h"

#include <criterion/criterion.h>

#include "formats/json.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct documents read_text(const char *text)
{
    struct documents docs = {0};
    json_read(bytes_str(text), &docs);
    cr_assert_eq(docs.n, 1);
    return docs;
}

static enum oci_document kind_of(const char *text)
{
    struct documents docs = read_text(text);
    enum oci_document kind = oci_document_of(docs.v[0].root);
    documents_release(&docs);
    return kind;
}

Test(oci, documents_are_told_by_their_members)
{
    cr_expect(kind_of("{\"imageLayoutVersion\":\"1.0.0\"}") == OCI_LAYOUT);
    cr_expect(kind_of("{\"schemaVersion\":2,\"manifests\":[]}") == OCI_INDEX);
    cr_expect(kind_of("{\"config\":{},\"layers\":[]}") == OCI_MANIFEST);
    cr_expect(kind_of("{\"rootfs\":{\"diff_ids\":[]}}") == OCI_CONFIG);
    cr_expect(kind_of("[{\"Config\":\"c\",\"Layers\":[]}]") == OCI_ARCHIVE);
    cr_expect(kind_of("[]") == OCI_NOTHING);
    cr_expect(kind_of("{}") == OCI_NOTHING);
}

Test(oci, digests_have_an_algorithm_and_its_length)
{
    cr_expect(oci_digest_valid(BYTES("sha256:" HEX)));
    cr_expect(oci_digest_valid(BYTES("sha512:" HEX HEX)));
    cr_expect(!oci_digest_valid(BYTES("sha512:" HEX)));
    cr_expect(!oci_digest_valid(BYTES("md5:" HEX)));
    cr_expect(!oci_digest_valid(BYTES("sha256:../../../../../../../../etc/passwd")));
    cr_expect(!oci_digest_valid(BYTES_NONE));
}

Test(oci, layers_keep_the_order_of_the_manifest)
{
    struct arena arena = ARENA_INIT;
    struct oci_manifest m;
    struct faults faults = {0};
    struct documents docs =
        read_text("{\"config\":{\"digest\":\"sha256:" HEX "\",\"size\":3},\"layers\":["
                  "{\"digest\":\"sha256:" HEX "\",\"size\":2},{\"digest\":\"bad\"},"
                  "{\"digest\":\"sha512:" HEX HEX "\",\"size\":-1}]}");
    oci_manifest_read(&docs.v[0], &arena, &m, &faults);
    cr_assert_eq(m.layer_count, 2);
    cr_expect(m.layers[0].has_size && m.layers[0].size == 2);
    cr_expect(!m.layers[1].has_size);
    cr_expect(m.config.size == 3);
    cr_expect_eq(faults.n, 1);
    cr_expect(bytes_is(oci_blob_path(m.layers[0].digest, &arena), "blobs/sha256/" HEX));
    faults_release(&faults);
    documents_release(&docs);
    arena_release(&arena);
}

Test(oci, an_attestation_is_no_image)
{
    struct arena arena = ARENA_INIT;
    struct oci_index index;
    struct documents docs = read_text(
        "{\"manifests\":[{\"digest\":\"sha256:" HEX "\",\"annotations\":{\"vnd.docker."
        "reference.type\":\"attestation-manifest\"}},{\"digest\":\"sha256:" HEX
        "\",\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\"}}]}");
    oci_index_read(&docs.v[0], &arena, &index, &docs.faults);
    cr_assert_eq(index.n, 2);
    cr_expect(index.v[0].attestation && !index.v[1].attestation);
    cr_expect(bytes_is(index.v[1].platform.architecture, "arm64"));
    documents_release(&docs);
    arena_release(&arena);
}
