/* The names by which one manifest speaks of its files. Internal to verify/. */
#ifndef VERIFY_CLAIM_NAMES_H
#define VERIFY_CLAIM_NAMES_H

#include "verify/claims.h"

struct claim_names {
    struct check *c;
    struct pending_claims *list;
    size_t from;       /* of the list: the manifest's own claims begin here */
    struct bytes base; /* the folder that its names are relative to */
    bool twice;        /* one file is spoken of in two places */
    bool by_digest;    /* the format means contents, and names are hints */
    /* The manifest's claim about `path` was taken for one about `item`, which another of
     * its claims names. It is no longer among the claims of the item or in the list. */
    void (*gone)(void *context, struct bytes path, const struct claim *claim,
                 const struct item *item);
    void *context;
};

/* A file stands for one name only. What was found in another spelling or by its digest
 * is gone where the file that was found is named itself: the two may have had the same
 * content. Then tells what is left and not as the file is called, or there twice. */
void claim_names_settle(const struct claim_names *names);

#endif
