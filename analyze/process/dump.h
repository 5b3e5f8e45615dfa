/* Dump: the CRIU images of one folder of a package, found and opened by name.
 *
 * A folder is a dump when one of its files is a CRIU image by content. It may be a
 * directory of the package or a folder in an archive at any depth: podman's
 * "checkpoint/", the root of a containerd blob, a bare directory of runc or Docker. What
 * the runtime put beside it (config.dump, spec.dump, …) stays reachable.
 */
#ifndef ANALYZE_PROCESS_DUMP_H
#define ANALYZE_PROCESS_DUMP_H

#include "formats/base/arena.h"
#include "formats/criu/image.h"
#include "verify/finding.h"
#include "verify/package.h"
#include "verify/walk.h"

struct image {
    const struct item *item;
    struct bytes name; /* without folder: "core-14.img" */
    struct criu_image data;
    struct faults faults;
    enum { IMAGE_UNREAD, IMAGE_READ, IMAGE_BROKEN, IMAGE_RAW } state;
    bool used; /* something refers to it */
};

struct dump {
    struct package *package;
    const struct item *container; /* whose members the images are */
    struct bytes folder;          /* in the container, without a slash at the end */
    struct image *images;         /* sorted by name */
    size_t count, capacity;
    struct dump *parent;            /* the dump before this one (pre-dump), or NULL */
    const struct item *parent_link; /* the symbolic link `parent`, or NULL */
    struct image *stats;            /* stats-dump from beside the folder, or NULL */
    struct arena arena;
};

struct dumps {
    struct dump **v; /* in order of their first image */
    size_t n, capacity;
};

/* The care for an item of ROLE_CRIU_IMAGE: images of records are kept, pages are cached
 * while they are few, and streamed else, in archives all but their end. */
enum care dump_care(const struct item *item);

/* All dumps of a package whose walk is done, with parents linked. */
void dumps_find(struct package *p, struct dumps *out);
void dumps_release(struct dumps *all);

/* The image of that file name, its records read; NULL when there is none. One that could
 * not be read, or is raw, has no records; of raw ones those of netlink are checked. */
struct image *dump_image(struct dump *d, const char *name);
/* "core", 14 → core-14.img; hexadecimal for ghosts and TCP streams. */
struct image *dump_numbered(struct dump *d, const char *stem, uint64_t number);
struct image *dump_numbered_hex(struct dump *d, const char *stem, uint64_t number);
/* The same without reading, for raw images and existence. */
struct image *dump_find(struct dump *d, const char *name);

/* Is it an image of records (not pages, netlink, text or tar)? */
bool image_has_records(const struct image *image);
/* Raw by nature: pages-N, netlink dumps, firewall text, tmpfs archives. */
bool image_is_raw_name(struct bytes name);

/* Is an image there and read without a fault? */
bool image_is_whole(const struct image *image);
bool dump_has_stem(const struct dump *d, const char *stem);
/* All whose names start so, if there are any. Reads them. */
bool images_are_whole(struct dump *dump, const char *stem);
/* The number in "utsns-10.img" after its stem "utsns-"; false when there is none. */
bool image_number(struct bytes name, const char *stem, uint64_t *out);

/* The bytes of record `i`. */
struct span image_span(const struct image *image, size_t i);

/* A file beside the images' folder, or in it: "config.dump"; NULL when there is none. */
const struct item *dump_beside(const struct dump *d, const char *name);
/* A file of the work directory of runc and crun, a folder beside that of the images: the
 * log and the statistics. NULL when there is none, or when it cannot be told which. */
const struct item *dump_in_work(const struct dump *d, const char *name);

#endif
