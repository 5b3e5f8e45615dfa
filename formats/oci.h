/* OCI images: index, manifest and config, and the manifest.json of `docker save`.
 *
 * Sources: OCI Image Format Specification 1.1 (image-index.md, manifest.md, config.md,
 * descriptor.md, image-layout.md, annotations.md); Docker Image Manifest V2 Schema 2;
 * Docker's image tarball specification 1.2. Docker's media types are the twins of OCI's
 * and have the same members.
 *
 * Every view is borrowed from the document; arrays live as long as the arena.
 */
#ifndef FORMATS_OCI_H
#define FORMATS_OCI_H

#include "formats/base/arena.h"
#include "formats/base/instant.h"
#include "formats/document.h"

struct oci_platform {
    struct bytes os, architecture, variant, os_version; /* empty where not said */
};

struct oci_descriptor {
    struct bytes media_type;
    struct bytes digest; /* "sha256:…" as it stands */
    bool has_size;
    uint64_t size; /* bytes of the blob as stored */
    struct oci_platform platform;
    struct bytes reference; /* org.opencontainers.image.ref.name, or containerd's name */
    bool attestation;       /* about another manifest, and no image */
    /* Of a layer with a table of contents (layer_toc.h): the digest of eStargz's as JSON;
     * that of zstd:chunked's as compressed, and its place. */
    struct bytes stargz_digest, zstd_digest, zstd_place;
};

/* What an image document is; by its members, because mediaType is often absent. */
enum oci_document {
    OCI_NOTHING = 0,
    OCI_LAYOUT,   /* oci-layout */
    OCI_INDEX,    /* index.json, nested indexes, Docker's manifest lists */
    OCI_MANIFEST, /* of an image or artifact */
    OCI_CONFIG,   /* of an image */
    OCI_ARCHIVE,  /* manifest.json of docker save */
};
enum oci_document oci_document_of(const json_t *root);

/* The manifests of an index. */
struct oci_index {
    struct oci_descriptor *v;
    size_t n;
};

struct oci_manifest {
    struct oci_descriptor config;
    struct oci_descriptor *layers; /* the lowest first */
    size_t layer_count;
    struct bytes base_digest; /* org.opencontainers.image.base.digest */
};

struct oci_history {
    instant created;
    struct bytes created_by, comment;
    bool empty_layer; /* this step made no layer */
};

struct oci_config {
    struct oci_platform platform;
    instant created; /* INSTANT_NONE where absent */
    struct bytes *diff_ids;
    size_t diff_count;
    struct oci_history *history;
    size_t history_count;
};

/* One image of a `docker save` archive: paths in the archive. */
struct oci_archived {
    struct bytes config;
    struct bytes *layers; /* the lowest first */
    size_t layer_count;
    struct bytes tag; /* the first of RepoTags */
};
struct oci_archive {
    struct oci_archived *v;
    size_t n;
};

/* Each reads what is there; a member of the wrong type, an unusable digest, or too many
 * members is a fault (offsets of the document) and left out. */
void oci_index_read(const struct document *d, struct arena *arena, struct oci_index *out,
                    struct faults *faults);
void oci_manifest_read(const struct document *d, struct arena *arena,
                       struct oci_manifest *out, struct faults *faults);
void oci_config_read(const struct document *d, struct arena *arena,
                     struct oci_config *out, struct faults *faults);
void oci_archive_read(const struct document *d, struct arena *arena,
                      struct oci_archive *out, struct faults *faults);

/* "sha256:<64 lower-case hex>" or another registered algorithm of the right length. */
bool oci_digest_valid(struct bytes digest);
/* The path of a blob in a layout: "blobs/sha256/<hex>", in the arena. */
struct bytes oci_blob_path(struct bytes digest, struct arena *arena);

#endif
