/* Which files of a container the names in a manifest mean, and whether a document is a
 * manifest of them at all. Internal to verify/.
 */
#ifndef VERIFY_MANIFEST_NAMES_H
#define VERIFY_MANIFEST_NAMES_H

#include "verify/file_index.h"
#include "verify/manifest_format.h"

struct manifest_names {
    struct file_index *index; /* of the container that the manifest lies in */
    const struct manifest_format *format;
    struct bytes content, path; /* of the manifest */
    /* Found by manifest_names_settle: */
    struct bytes base;  /* the folder that names are relative to */
    struct bytes strip; /* what names begin with and is left out; or nothing */
    bool backslashes;   /* they stand between folders */
    /* Of the last reading: */
    uint64_t found, entries;
    struct bytes first; /* the first name with a folder, with slashes */
    bool any;           /* one was found */
    /* Readings until now; over LIMIT_MANIFEST_READINGS when folders or beginnings of
     * names were left untried. */
    unsigned readings;
};

/* Finds `base` and `strip`. Names are relative to the manifest's folder, or to the
 * nearest folder above it where any is found; absolute ones (`sha256sum /cases/17/\*`)
 * are read without the shortest beginning that lets most of them be found. */
void manifest_names_settle(struct manifest_names *names);

/* The file that an entry is about, by either reading of its name; *item is NULL when
 * there is none. False when the name leads out of the package; *path is then unchanged.
 */
bool manifest_names_find(const struct manifest_names *names,
                         const struct manifest_entry *entry, struct text *path,
                         struct item **item);

/* After manifest_names_settle: whether the document is meant as a manifest. Digests and
 * names stand in many: what a scanner saw in the container, the images of a cluster. One
 * that is not called a manifest, and that nobody sealed, is one when it names what is
 * here: a list of lines any of it, JSON most of it. */
bool manifest_names_meant(struct manifest_names *names, const struct item *item);

#endif
