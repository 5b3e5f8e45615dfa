/* Signature formats, one function each. Internal to verify/.
 *
 * A judge fills the record: everything but item, over and next. It may set `over` when
 * the signature itself tells what it is over. `over->item` is what the signature's name
 * says, or NULL. */
#ifndef VERIFY_SIGNATURE_H
#define VERIFY_SIGNATURE_H

#include "verify/cms.h"

struct signature_format {
    const char *name;
    bool (*probe)(struct bytes head);
    void (*judge)(struct check *c, const struct item *signature,
                  struct signed_bytes *over, struct signature_record *record);
};

/* NULL when no format fits. */
const struct signature_format *signature_format_of(struct bytes content);

bool cms_probe(struct bytes head);
void cms_judge(struct check *c, const struct item *signature, struct signed_bytes *over,
               struct signature_record *record);

bool bare_probe(struct bytes head);
void ssh_judge(struct check *c, const struct item *signature, struct signed_bytes *over,
               struct signature_record *record);
void minisign_judge(struct check *c, const struct item *signature,
                    struct signed_bytes *over, struct signature_record *record);
void bare_judge(struct check *c, const struct item *signature, struct signed_bytes *over,
                struct signature_record *record);
void openpgp_judge(struct check *c, const struct item *signature,
                   struct signed_bytes *over, struct signature_record *record);
void dsse_judge(struct check *c, const struct item *signature, struct signed_bytes *over,
                struct signature_record *record);

bool sigstore_probe(struct bytes head);
void sigstore_judge(struct check *c, const struct item *signature,
                    struct signed_bytes *over, struct signature_record *record);

/* The earliest time that a verified time-stamp over the signature itself proves (or over
 * what it signs, where the policy lets that count), or INSTANT_NONE. */
instant signature_proven_time(const struct check *c, const struct item *signature,
                              const struct item *over);

#endif
