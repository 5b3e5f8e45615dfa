#include "verify/seal_target.h"

#include <stdlib.h>

#include "formats/base/memory.h"
#include "formats/base/order.h"
#include "verify/file_index.h"

const struct item *seal_target_by_name(const struct check *c, const struct item *seal)
{
    struct text path = {0};
    const struct item *found = NULL;
    (void)c;
    path_normalise(seal->name, &path);
    struct bytes stem = text_bytes(&path);
    size_t folder = path_folder(stem).n;
    while (!found && seal->parent) {
        size_t dot = bytes_rfind_byte(stem, '.');
        if (dot == stem.n || dot <= folder + 1)
            break;
        stem = bytes_sub(stem, 0, dot);
        found = item_child(seal->parent, stem);
        if (found && found->entry.type == ENTRY_DIRECTORY)
            found = NULL;
    }
    text_release(&path);
    return found;
}

static bool is_small_kind(const struct item *item)
{
    return item->role == ROLE_MANIFEST || item->role == ROLE_SIGNATURE ||
           item->role == ROLE_TIMESTAMP;
}

/* Only the SHA-256 of everything is known; a seal with another digest of a file that it
 * is not named after is rare, and costs one more reading of the package. */
static void compute_all(const struct check *c, enum digest_algorithm algorithm)
{
    size_t n, wanted = 0;
    struct item *const *files = package_files(c->package, &n);
    struct digest_wish *wishes = memory_new(n + 1, sizeof *wishes);
    for (size_t i = 0; i < n; i++) {
        if (files[i]->hashed)
            wishes[wanted++] = (struct digest_wish){files[i], DIGEST_BIT(algorithm)};
    }
    (void)items_digest(c->package, wishes, wanted);
    free(wishes);
}

struct digest_index {
    struct indexed_digest {
        struct bytes octets; /* in the arena */
        const struct item *item;
        size_t order; /* manifests first, then as they stand in the package */
    } * v;            /* by octets, then by order */
    size_t n;
};

static int by_octets(const void *pa, const void *pb)
{
    const struct indexed_digest *a = pa, *b = pb;
    int order = bytes_compare(a->octets, b->octets);
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

static struct digest_index *make_index(struct check *c, enum digest_algorithm algorithm,
                                       bool all)
{
    size_t n, capacity = 0;
    struct item *const *files = package_files(c->package, &n);
    struct digest_index *x = arena_new(&c->v->arena, struct digest_index);
    for (size_t i = 0; i < n; i++)
        capacity += all || is_small_kind(files[i]);
    x->v = arena_array(&c->v->arena, struct indexed_digest, capacity + 1);
    for (size_t i = 0; i < n; i++) {
        struct digest d;
        if (!(all || is_small_kind(files[i])) ||
            !item_digest(c->package, files[i], algorithm, &d))
            continue;
        struct bytes octets = bytes_of(d.octets, digest_size(algorithm));
        size_t order = files[i]->role == ROLE_MANIFEST ? i : n + i;
        x->v[x->n++] =
            (struct indexed_digest){arena_copy(&c->v->arena, octets), files[i], order};
    }
    sort_if_needed(x->v, x->n, sizeof *x->v, by_octets);
    return x;
}

/* The first with these octets, or NULL. */
static const struct indexed_digest *index_find(const struct digest_index *x,
                                               struct bytes octets)
{
    size_t from = 0, to = x->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (bytes_compare(x->v[middle].octets, octets) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from < x->n && bytes_eq(x->v[from].octets, octets) ? &x->v[from] : NULL;
}

/* Among the manifests and seals, or among all files; manifests first. A statement can
 * name a hundred thousand subjects: what is looked through stands in order. */
static const struct item *look_for(struct check *c, const struct digests *want, bool all)
{
    struct digest_index **index = &c->by_digest[want->algorithm][all];
    if (!*index && all && want->algorithm != DIGEST_SHA256)
        compute_all(c, want->algorithm);
    if (!*index)
        *index = make_index(c, want->algorithm, all);
    const struct indexed_digest *best = NULL;
    for (size_t i = 0; i < want->n; i++) {
        const struct indexed_digest *found = index_find(*index, want->v[i]);
        if (found && (!best || found->order < best->order))
            best = found;
    }
    return best ? best->item : NULL;
}

const struct item *seal_target_by_digests(struct check *c, const struct digests *want)
{
    const struct item *found = NULL;
    if (want->algorithm != DIGEST_SHA256)
        found = look_for(c, want, false);
    return found ? found : look_for(c, want, true);
}

const struct item *seal_target_by_digest(struct check *c, const struct digest *d)
{
    struct bytes octets = bytes_of(d->octets, digest_size(d->algorithm));
    struct digests want = {d->algorithm, &octets, 1};
    return seal_target_by_digests(c, &want);
}
