/* Image: a container image found among items, with its layers in the manifest's order and
 * what their digests say.
 *
 * Found are OCI layouts, docker save of any age, what skopeo writes to a dir:, and a
 * plain root file system, which is an image of one layer. A blob's bytes must hash to its
 * digest and have its size, and what it decompresses to must hash to its diffID.
 */
#ifndef ANALYZE_LAYER_IMAGE_H
#define ANALYZE_LAYER_IMAGE_H

#include "analyze/layer/layer.h"
#include "formats/oci.h"
#include "verify/package.h"

enum image_form {
    IMAGE_NONE = 0,
    IMAGE_LAYOUT,  /* OCI layout */
    IMAGE_ARCHIVE, /* docker save */
    IMAGE_FOLDER,  /* skopeo's dir: */
    IMAGE_ROOT,    /* a root file system: docker export, or a folder */
};
const char *image_form_name(enum image_form f);

/* Of one digest that a document states about a blob. */
enum blob_check {
    BLOB_UNCHECKED = 0, /* an algorithm that the walk did not compute, or not stated */
    BLOB_VERIFIED,
    BLOB_MISMATCH,
    BLOB_MISSING, /* the blob is not here */
};
const char *blob_check_name(enum blob_check c);

/* A table of contents, where the layer has one, against the tar that it is of. */
struct image_toc {
    const char *form; /* "estargz", "zstd:chunked"; NULL: none */
    enum blob_check check;
    size_t entries;
    struct toc_difference *v; /* the first of them */
    size_t n, in_all;
};
struct toc_difference {
    const char *what;  /* "digest", "not in the tar": what is different */
    struct bytes path; /* of the entry; empty where it is about the table */
};

struct image_layer {
    struct layer layer;
    const struct item *blob; /* NULL when it is missing */
    struct bytes digest, media_type, diff_id;
    uint64_t size;          /* claimed */
    bool has_size, foreign; /* foreign: may be missing, because it may not be handed on */
    enum blob_check blob_check, diff_check;
    struct bytes stargz_digest, zstd_digest, zstd_place; /* as the manifest states them */
    struct image_toc toc;                                /* image_check_tocs() */
    struct bytes created_by; /* the step of the build that made it, as history says */
    instant created;         /* INSTANT_NONE where not said */
};

struct image {
    enum image_form form;
    const struct item *container; /* the archive or directory that it was found in */
    struct bytes prefix;          /* the folder of it, without a slash at its end */
    const struct item *manifest, *config;
    struct bytes manifest_digest; /* "sha256:…", empty where the form has none */
    struct bytes index_digest;    /* of the index that holds it, for several platforms */
    struct bytes config_digest;   /* the image's id */
    struct bytes reference;       /* name and tag that it says of itself */
    struct bytes base_digest;     /* of the image that it says it was built on */
    enum blob_check index_check, manifest_check, config_check;
    struct oci_platform platform;
    instant created;
    struct image_layer *layers;
    size_t layer_count;
    size_t choices;         /* images for other platforms or tags that were not taken */
    struct bytes platforms; /* "linux/amd64, linux/arm64" when there was a choice */
    bool ambiguous;         /* for several platforms, and nobody said which is meant */
    bool count_differs;     /* manifest and config state different numbers of layers */
    bool platform_missing;  /* nothing in it is for the platform that was asked for */
    bool is_wished;         /* it has the digest or the name that was asked for */
};

/* Which of several images is wanted; empty members take anything. */
struct image_wish {
    struct oci_platform platform;
    /* Digest of config, manifest or index, with or without "sha256:", at least twelve
     * digits; or the name that the image has here, with its tag ("alpine:3.20"). */
    struct bytes id;
};

/* After the walk: digests of blobs that are named by another one than SHA-256. 0, or our
 * own failure. */
int image_digests(struct package *p);
/* Looks for an image in an archive, a directory or a folder of one; views and arrays live
 * as long as package and arena. False when there is none. */
bool image_find(const struct item *item, const struct image_wish *wish,
                struct arena *arena, struct image *out);
/* What lies at `item`, which contains something, as a root file system. */
void image_of_root(const struct item *item, struct arena *arena, struct image *out);
/* Reads the tables of contents of those layers that have one (image_toc.c). `p` is the
 * package that the image is in. */
void image_check_tocs(const struct package *p, struct image *i, struct arena *arena);
/* Builds the image up in the state after. Layers that are missing are left out. */
void image_apply(struct image *i, struct tree *t, uint16_t first_number);
void image_release(struct image *i);

/* The digest of the layers up to `n`, one after another (config.md, "Layer ChainID");
 * false where a diffID is missing or of another algorithm. Hex and a NUL. */
bool image_chain_id(const struct image *i, size_t n, char out[65]);

#endif
