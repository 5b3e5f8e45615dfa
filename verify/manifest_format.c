#include "verify/manifest_format.h"

#include "formats/certutil.h"
#include "formats/file_hash.h"
#include "formats/hashdeep.h"
#include "formats/json_manifest.h"
#include "formats/mtree.h"
#include "formats/oci_descriptors.h"
#include "formats/sums.h"
#include "verify/file_index.h"

static bool probe_sums(struct bytes head, struct bytes path)
{
    return sums_probe(head, path_base(path));
}

static void read_sums(struct bytes content, struct bytes path, struct arena *arena,
                      const struct manifest_sink *sink)
{
    sums_read(content, path_base(path), arena, sink);
}

static bool probe_hashdeep(struct bytes head, struct bytes path)
{
    (void)path;
    return hashdeep_probe(head);
}

static void read_hashdeep(struct bytes content, struct bytes path, struct arena *arena,
                          const struct manifest_sink *sink)
{
    (void)path;
    hashdeep_read(content, arena, sink);
}

static bool probe_mtree(struct bytes head, struct bytes path)
{
    (void)path;
    return mtree_probe(head);
}

static void read_mtree(struct bytes content, struct bytes path, struct arena *arena,
                       const struct manifest_sink *sink)
{
    (void)path;
    mtree_read(content, arena, sink);
}

static bool probe_file_hash(struct bytes head, struct bytes path)
{
    (void)path;
    return file_hash_probe(head);
}

static void read_file_hash(struct bytes content, struct bytes path, struct arena *arena,
                           const struct manifest_sink *sink)
{
    (void)path;
    file_hash_read(content, arena, sink);
}

static bool probe_certutil(struct bytes head, struct bytes path)
{
    (void)path;
    return certutil_probe(head);
}

static void read_certutil(struct bytes content, struct bytes path, struct arena *arena,
                          const struct manifest_sink *sink)
{
    (void)path;
    certutil_read(content, arena, sink);
}

static bool probe_oci(struct bytes head, struct bytes path)
{
    (void)path;
    return oci_descriptors_probe(head);
}

static void read_oci(struct bytes content, struct bytes path, struct arena *arena,
                     const struct manifest_sink *sink)
{
    (void)path;
    oci_descriptors_read(content, arena, sink);
}

static bool probe_statement(struct bytes head, struct bytes path)
{
    (void)path;
    return json_manifest_is_statement(head);
}

static bool probe_json(struct bytes head, struct bytes path)
{
    (void)path;
    return json_manifest_probe(head);
}

static void read_json(struct bytes content, struct bytes path, struct arena *arena,
                      const struct manifest_sink *sink)
{
    (void)path;
    json_manifest_read(content, arena, sink);
}

/* The first whose probe says yes; those with a magic word stand first. */
static const struct manifest_format formats[] = {
    {"hashdeep", probe_hashdeep, read_hashdeep},
    {"mtree", probe_mtree, read_mtree},
    {"oci", probe_oci, read_oci},
    {"in-toto", probe_statement, read_json},
    {"json", probe_json, read_json},
    {"get-filehash", probe_file_hash, read_file_hash},
    {"certutil", probe_certutil, read_certutil},
    {"sums", probe_sums, read_sums},
};

const struct manifest_format *manifest_format_of(struct bytes content, struct bytes path)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (formats[i].probe(content, path))
            return &formats[i];
    }
    return NULL;
}
