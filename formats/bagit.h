/* BagIt tag files: declaration, manifests, fetch list, metadata.
 *
 * Source: RFC 8493 (version 1.0) and the drafts of 0.93 to 0.97, which are laxer about
 * white space and duplicates. A line ends with CR, LF or CRLF.
 */
#ifndef FORMATS_BAGIT_H
#define FORMATS_BAGIT_H

#include "formats/manifest.h"

struct bagit_declaration {
    unsigned major, minor;
    struct bytes encoding; /* of all other tag files, as it stands */
};
/* bagit.txt; false with the fault when it is not a declaration of a known version. */
bool bagit_read_declaration(struct bytes content, struct bagit_declaration *out,
                            struct fault *fault);
static inline bool bagit_is_strict(const struct bagit_declaration *d)
{
    return d->major >= 1;
}

/* A tag file as UTF-8: from UTF-8, US-ASCII, ISO-8859-1 or UTF-16. A fault when it is
 * another encoding, or not valid in it. */
struct fault bagit_text(struct bytes content, struct bytes encoding, struct arena *arena,
                        struct bytes *out);

/* "manifest-sha256.txt", "tagmanifest-md5.txt": the algorithm; false for other names. */
bool bagit_manifest_name(struct bytes name, bool *is_tag, enum digest_algorithm *out);

/* `text` as bagit_text gave it. An entry's other_path is the name with %0A, %0D and (in
 * 1.0) %25 decoded and md5sum's asterisk taken off, when that makes a difference. */
void bagit_read_manifest(struct bytes text, enum digest_algorithm algorithm,
                         struct arena *arena, const struct manifest_sink *sink);

/* fetch.txt: path and address of each entry; has_size when the length is given. */
void bagit_read_fetch(struct bytes text, struct arena *arena,
                      const struct manifest_sink *sink);

/* Payload-Oxum of bag-info.txt, "octets.files". `count` is how often it stands there. */
struct bagit_oxum {
    uint64_t octets, files;
    unsigned count;
    bool malformed;
};
struct bagit_oxum bagit_read_oxum(struct bytes text);
/* Whether each line of bag-info.txt is "label: value", or, indented, more of the value
 * before it (RFC 8493 section 2.2.2). */
bool bagit_info_is_sound(struct bytes text);

#endif
