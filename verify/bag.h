/* Bags (BagIt) in a package: found before the manifests are read, because bagit.txt says
 * how; their structure is checked afterwards. Internal to verify/. */
#ifndef VERIFY_BAG_H
#define VERIFY_BAG_H

#include "formats/bagit.h"
#include "verify/check.h"

struct bag {
    const struct item *declaration_item; /* bagit.txt, or NULL: it is missing */
    struct bytes base; /* folder of bagit.txt, normalised; may be empty */
    struct bagit_declaration declaration;
    struct bag *next;
};

/* All bags among the package's own files, in the order of their paths. */
void bags_find(struct check *c);
/* The bag whose base folder is exactly `folder`, or NULL. */
const struct bag *bag_at(const struct check *c, struct bytes folder);
/* A file of a bag's base folder that is no payload: RFC 8493 lets such go unlisted. */
bool bag_has_tag_file(const struct check *c, const struct item *file);

/* A manifest that belongs to a bag in the payload of another: it was collected as it is,
 * and speaks for that inner bag alone. */
bool bag_payload_manifest(const struct check *c, const struct item *item);

/* Reads a manifest of the bag and hands out its entries; false when `name` is no manifest
 * of a bag or its text cannot be decoded (then a fault was added). */
bool bag_read_manifest(const struct bag *bag, struct bytes content, struct bytes name,
                       struct arena *arena, const struct manifest_sink *sink);

/* The rules of RFC 8493 beyond the digests. */
int check_bags(struct check *c);

#endif
