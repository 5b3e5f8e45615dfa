/* Check: one question asked of a walked package. Internal to verify/.
 *
 * verification.c runs the checks of its table in order; each adds records, findings and
 * reasons to the verification. A later check may use the records of an earlier one: time
 * stamps come before signatures (they say when something was signed), and both before the
 * package's verdict.
 */
#ifndef VERIFY_CHECK_H
#define VERIFY_CHECK_H

#include "verify/policy.h"
#include "verify/verification.h"

struct check {
    struct package *package;
    const struct verification_options *options;
    const struct policy *policy;
    struct verification *v;
    struct bag *bags;                      /* verify/bag.h */
    struct certificate_file *certificates; /* verify/certificate_file.h */
    struct issuer_name *issuers;           /* the same */
    bool certificates_read;
    unsigned attachments_tried; /* verify/attachment.h */
    uint64_t stored_left;       /* verify/stored_object.c: bytes that may be read again */
    bool stored_begun;
    /* verify/seal_target.c: of manifests and seals, and of all files; made when asked for
     */
    struct digest_index *by_digest[DIGEST_COUNT][2];
};

/* Each returns 0 or < 0 (our own failure). */
int check_manifests(struct check *c);
int check_images(struct check *c);
int check_timestamps(struct check *c);
int check_signatures(struct check *c);
int check_retention(struct check *c);
int check_completeness(struct check *c);
int check_custody(struct check *c);
int check_names(struct check *c);
/* Which files are listed by what is sealed, and the verdict of the package. */
int check_seal(struct check *c);

/* Evidence as text that every output may show (escape_plain), in the verification's
 * arena. */
const char *check_text(struct check *c, struct bytes raw);
/* The path of an item as such text; "the package" for the root. */
const char *check_path(struct check *c, const struct item *item);
#define check_printf(c, ...) arena_printf(&(c)->v->arena, __VA_ARGS__)

/* A finding about the whole of `item`, with the argument "why". */
void check_finding(struct check *c, enum integrity_finding which, const struct item *item,
                   const char *why);
/* The same about a span, with `subject` instead of the item's path. */
void check_finding_at(struct check *c, enum integrity_finding which, struct bytes subject,
                      struct span span, const char *why);
/* Records why the verdict cannot be better than `verdict`; one text is kept once, and of
 * very many the first. */
void check_reason(struct check *c, enum package_verdict verdict, const char *text);

/* All of an item's bytes when they are kept, else an empty view. */
static inline struct bytes item_kept(const struct item *item)
{
    return item->kept ? item_more(item)->content : BYTES_NONE;
}

/* The digest of an item's content: the walk's, or computed now, from memory or by reading
 * again. False when the bytes cannot be read. */
bool item_digest(const struct package *p, const struct item *item,
                 enum digest_algorithm algorithm, struct digest *out);
/* Computes what `wanted` says for many items, reading each container once. Results are
 * found by item_digest afterwards. 0 or < 0. */
struct digest_wish {
    struct item *item;
    digest_set set;
};
/* Of an item whose bytes were all read, when the walk or items_digest() computed it. */
bool item_digest_known(const struct item *item, enum digest_algorithm algorithm,
                       struct digest *out);
int items_digest(struct package *p, const struct digest_wish *wishes, size_t n);

#endif
