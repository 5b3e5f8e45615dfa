/* Digests besides the walk's SHA-256: from memory, or by reading again. */
#include <stdlib.h>

#include "formats/base/memory.h"
#include "verify/check.h"
#include "verify/package_private.h"
#include "verify/visit.h"

static bool from_walk(const struct item *item, enum digest_algorithm algorithm,
                      struct digest *out)
{
    const struct digest *d =
        item->digests ? digest_state_result(item->digests, algorithm) : NULL;
    if (algorithm == DIGEST_SHA256 && item->hashed) {
        *out = (struct digest){.algorithm = DIGEST_SHA256};
        memcpy(out->octets, item->sha256, sizeof item->sha256);
        return true;
    }
    if (item->hashed && d)
        *out = *d;
    return item->hashed && d;
}

static int digest_source(struct source *s, struct item *item, digest_set set)
{
    struct digest_state *state = digest_state_new(set);
    struct bytes block;
    int more;
    while ((more = source_next(s, &block)) > 0)
        digest_state_update(state, block);
    digest_state_final(state);
    if (more == 0 && (s->fault.code == FAULT_NONE || s->fault.code == FAULT_TRAILING)) {
        digest_state_free(item->digests);
        item->digests = state;
    } else {
        digest_state_free(state);
    }
    return more;
}

bool item_digest(const struct package *p, const struct item *item,
                 enum digest_algorithm algorithm, struct digest *out)
{
    const struct item *content = package_linked(item);
    if (from_walk(content, algorithm, out))
        return true;
    if (content->kept) {
        *out = digest_bytes(algorithm, content->content);
        return true;
    }
    struct source *s = item_source_open(p, content);
    if (!s)
        return false;
    struct item copy = {0};
    int status = digest_source(s, &copy, DIGEST_BIT(algorithm));
    item_source_close(s);
    if (status == 0 && copy.digests)
        *out = *digest_state_result(copy.digests, algorithm);
    bool read = status == 0 && copy.digests;
    digest_state_free(copy.digests);
    return read;
}

/* All that is wished when something of it is not there yet, else nothing. */
static digest_set lacking(const struct digest_wish *wish)
{
    for (unsigned a = 0; a < DIGEST_COUNT; a++) {
        struct digest d;
        if (wish->set & DIGEST_BIT(a) && !wish->item->kept &&
            !from_walk(wish->item, (enum digest_algorithm)a, &d))
            return wish->set;
    }
    return 0;
}

static int digest_one(void *context, size_t which, struct source *content)
{
    const struct digest_wish *wish = (const struct digest_wish *)context + which;
    int more = digest_source(content, wish->item, wish->set);
    return more < 0 ? more : 0;
}

int items_digest(struct package *p, const struct digest_wish *wishes, size_t n)
{
    struct digest_wish *lacks = memory_new(n + 1, sizeof *lacks);
    const struct item **items = memory_new(n + 1, sizeof *items);
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        struct digest_wish wish = wishes[i];
        wish.set = lacking(&wish);
        if (wish.set) {
            items[used] = wish.item;
            lacks[used++] = wish;
        }
    }
    int status = items_visit(p, items, used, digest_one, lacks);
    free(items);
    free(lacks);
    return status;
}
