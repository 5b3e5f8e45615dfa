/* Digests besides the walk's SHA-256: from memory, or by reading again. A container is
 * read once for all of its members, because reading one member of an archive means
 * reading everything before it. */
#include <stdlib.h>

#include "formats/base/memory.h"
#include "verify/check.h"
#include "verify/package_private.h"

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

static int by_container(const void *pa, const void *pb)
{
    const struct digest_wish *a = pa, *b = pb;
    uint32_t ca = a->item->parent ? a->item->parent->id : 0;
    uint32_t cb = b->item->parent ? b->item->parent->id : 0;
    if (ca != cb)
        return ca < cb ? -1 : 1;
    return a->item->id < b->item->id ? -1 : a->item->id > b->item->id;
}

static int digest_file(struct package *p, const struct digest_wish *wish)
{
    struct source *s = item_source_open(p, wish->item);
    if (!s)
        return 0;
    int status = digest_source(s, wish->item, wish->set);
    item_source_close(s);
    return status;
}

/* Members come in the order of the items; wishes are sorted the same way. */
static int digest_members(struct package *p, struct item *container,
                          const struct digest_wish *wishes, size_t n)
{
    struct source *s = item_source_open(p, container);
    struct arena arena = ARENA_INIT;
    struct members members;
    struct fault fault;
    int more = 1;
    if (!s)
        return 0;
    members_open(&members, s, container->container, &fault);
    for (struct item *m = container->child; m && n && more > 0; m = m->next) {
        struct bytes name;
        struct entry entry;
        more = archive_next(members.reader, &arena, &name, &entry);
        if (more <= 0 || m != wishes->item)
            continue;
        more = digest_source(archive_content(members.reader), m, wishes->set);
        more = more < 0 ? more : 1;
        wishes++;
        n--;
    }
    members_close(&members);
    item_source_close(s);
    arena_release(&arena);
    return more < 0 ? more : 0;
}

int items_digest(struct package *p, const struct digest_wish *wishes, size_t n)
{
    struct digest_wish *sorted = memory_new(n + 1, sizeof *sorted);
    size_t used = 0;
    int status = 0;
    for (size_t i = 0; i < n; i++) {
        struct digest_wish wish = wishes[i];
        wish.set = lacking(&wish);
        if (wish.set)
            sorted[used++] = wish;
    }
    if (used)
        qsort(sorted, used, sizeof *sorted, by_container);
    for (size_t i = 0, end; i < used && status == 0; i = end) {
        struct item *container = sorted[i].item->parent;
        for (end = i + 1; end < used && sorted[end].item->parent == container; end++)
            continue;
        if (container && container->container != CONTAINER_DIRECTORY)
            status = digest_members(p, container, sorted + i, end - i);
        else
            for (size_t k = i; k < end && status == 0; k++)
                status = digest_file(p, &sorted[k]);
    }
    free(sorted);
    return status;
}
