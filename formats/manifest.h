/* Manifest entry: what a manifest of any format says of one file.
 *
 * Each format has a reader of its own (sums, hashdeep, bagit, mtree, …) with one shape:
 *
 *     bool x_probe(struct bytes head);
 *     void x_read(struct bytes content, struct arena *arena,
 *                 const struct manifest_sink *sink);
 *
 * x_probe says whether the first bytes are those of the format, and nothing about the
 * rest. A reader hands out entries in the order of the manifest, and faults with the
 * offset of the line that is wrong (`have`: its number); it reads on after them. What it
 * puts into the arena grows with the content, and lives as long as the caller's views of
 * entries do. Nothing is looked up: whether a path is safe, or there at all, is for the
 * caller to say.
 */
#ifndef FORMATS_MANIFEST_H
#define FORMATS_MANIFEST_H

#include "formats/base/arena.h"
#include "formats/base/digest.h"
#include "formats/base/fault.h"

/* hashdeep writes five columns at most, mtree knows seven digests. */
#define MANIFEST_DIGESTS 8

struct manifest_entry {
    struct bytes path; /* unescaped, otherwise as it stands; borrowed or in the arena */
    /* What the name means when nothing has `path` itself (BagIt's escapes); else empty.
     */
    struct bytes other_path;
    struct digest digests[MANIFEST_DIGESTS];
    size_t digest_count;
    /* The format does not name the algorithm and the length fits several: digests[0] has
     * its octets, and any of these may be meant. 0 when the algorithm is known. */
    digest_set candidates;
    /* The manifest's name speaks of an algorithm that is not computed here, and whose
     * digests may be as long. */
    bool other_algorithm;
    bool has_size;
    bool optional; /* the format lets it be absent */
    uint64_t size;
    uint64_t line;           /* from 1; 0 where the format has no lines */
    uint64_t offset, length; /* of the statement in the manifest */
};

struct manifest_sink {
    void *context;
    /* The entry lives during the call; its views as long as content and arena. */
    void (*entry)(void *context, const struct manifest_entry *entry);
    struct faults *faults;
    /* May be NULL. Once entry() has set it, reading may end before the content does. */
    const bool *enough;
};

/* Hex or (cksum) padded base64 text of exactly this algorithm's size. */
bool manifest_digest(struct bytes text, enum digest_algorithm algorithm,
                     struct arena *arena, struct digest *out);

/* Walks a text line by line, with 1-based numbers and offsets. Zero-initialise but for
 * `rest` and `enough` (of the sink, or NULL). Ends of line are LF; a CR before it stays
 * in the line. */
struct manifest_lines {
    struct bytes rest;
    const bool *enough;
    struct bytes text; /* the line */
    uint64_t number, offset, next;
};
bool manifest_line(struct manifest_lines *l);

#endif
