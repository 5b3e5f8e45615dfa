#include "verify/seal_target.h"

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

const struct item *seal_target_by_digest(const struct check *c, const struct digest *want)
{
    size_t n;
    struct item *const *files = package_files(c->package, &n);
    const struct item *found = NULL;
    for (size_t i = 0; i < n; i++) {
        struct digest have;
        bool cheap = want->algorithm == DIGEST_SHA256 || is_small_kind(files[i]);
        if (!cheap || !item_digest(c->package, files[i], want->algorithm, &have) ||
            !digest_eq(&have, want))
            continue;
        if (files[i]->role == ROLE_MANIFEST)
            return files[i];
        found = found ? found : files[i];
    }
    return found;
}
