/* Names of package-level files that some file systems would take for one. */
#include <stdlib.h>

#include "formats/base/fold.h"
#include "formats/base/memory.h"
#include "verify/check.h"

/* A million names are not kept folded, but folded again where their hashes are equal. */
struct folded {
    uint64_t hash;
    const struct item *item;
};

static void fold_path(const struct item *item, struct text *t)
{
    struct text path = {0};
    path_normalise(item->name, &path);
    fold_name(text_bytes(&path), t);
    text_release(&path);
}

static int compare_folded(const struct item *a, const struct item *b)
{
    struct text ta = {0}, tb = {0};
    fold_path(a, &ta);
    fold_path(b, &tb);
    int order = bytes_compare(text_bytes(&ta), text_bytes(&tb));
    text_release(&ta);
    text_release(&tb);
    return order;
}

static int by_name(const void *pa, const void *pb)
{
    const struct folded *a = pa, *b = pb;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    int order = a->item == b->item ? 0 : compare_folded(a->item, b->item);
    return order ? order : a->item->id < b->item->id ? -1 : a->item->id > b->item->id;
}

/* Names that are equal byte for byte are the walk's finding. */
static bool is_confusable(const struct folded *a, const struct folded *b)
{
    return a->hash == b->hash && !bytes_eq(a->item->name, b->item->name) &&
           compare_folded(a->item, b->item) == 0;
}

int check_names(struct check *c)
{
    size_t n;
    struct item *const *files = package_files(c->package, &n);
    struct folded *v = memory_new(n + 1, sizeof *v);
    struct text t = {0};
    for (size_t i = 0; i < n; i++) {
        text_clear(&t);
        fold_path(files[i], &t);
        v[i] = (struct folded){bytes_hash(BYTES_HASH, text_bytes(&t)), files[i]};
    }
    text_release(&t);
    if (n)
        qsort(v, n, sizeof *v, by_name);
    for (size_t i = 1; i < n; i++) {
        if (is_confusable(&v[i], &v[i - 1]))
            check_finding(
                c, INTEGRITY_CONFUSABLE_NAMES, v[i].item,
                check_printf(c, "differs from %s only so", check_path(c, v[i - 1].item)));
    }
    free(v);
    return 0;
}
