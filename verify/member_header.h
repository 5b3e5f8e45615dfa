/* Member headers: where in an archive the headers of its members stand, so that what is
 * said of a name or a type can be seen. Internal to verify/.
 *
 * The walk notes them in a few octets each; they are looked up when there is something to
 * tell of a member, which in most archives there is not.
 */
#ifndef VERIFY_MEMBER_HEADER_H
#define VERIFY_MEMBER_HEADER_H

#include "verify/item.h"

/* While an archive is walked: the headers of its members, one after the other, each by
 * its distance from the end of the one before and its length, as varints. */
struct header_notes {
    struct text list;
    uint64_t end;
};
/* Of each member. length 0: the format has no header there, or it was not found. */
void header_notes_add(struct header_notes *n, uint64_t offset, uint64_t length);
/* Keeps them with the archive, and releases `n`. */
void header_notes_keep(struct header_notes *n, struct item *archive, struct arena *into);

/* The headers of one archive at a time; zero-initialise. */
struct header_lookup {
    const struct item *archive;
    struct member_place {
        const struct item *member;
        uint64_t offset, length;
    } * v; /* as they come in the archive */
    size_t n;
};
/* The header of a member; the whole of what is no member, or whose header is not known.
 */
struct span member_header(struct header_lookup *l, const struct item *item);
void header_lookup_release(struct header_lookup *l);

#endif
