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

static int by_octets(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

/* Among the manifests and seals, or among all files; manifests first. */
static const struct item *look_for(const struct check *c, const struct digests *want,
                                   bool all)
{
    size_t n;
    struct item *const *files = package_files(c->package, &n);
    const struct item *found = NULL;
    for (size_t i = 0; i < n; i++) {
        struct digest have;
        if (!(all || is_small_kind(files[i])) ||
            !item_digest(c->package, files[i], want->algorithm, &have))
            continue;
        struct bytes octets = bytes_of(have.octets, digest_size(want->algorithm));
        if (!bsearch(&octets, want->v, want->n, sizeof *want->v, by_octets))
            continue;
        if (files[i]->role == ROLE_MANIFEST)
            return files[i];
        found = found ? found : files[i];
    }
    return found;
}

const struct item *seal_target_by_digests(const struct check *c, struct digests *want)
{
    sort_if_needed(want->v, want->n, sizeof *want->v, by_octets);
    if (want->algorithm == DIGEST_SHA256)
        return look_for(c, want, true);
    const struct item *found = look_for(c, want, false);
    if (found)
        return found;
    compute_all(c, want->algorithm);
    return look_for(c, want, true);
}

const struct item *seal_target_by_digest(const struct check *c, const struct digest *d)
{
    struct bytes octets = bytes_of(d->octets, digest_size(d->algorithm));
    struct digests want = {d->algorithm, &octets, 1};
    return seal_target_by_digests(c, &want);
}
