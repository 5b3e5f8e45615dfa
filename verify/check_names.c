/* Names of package-level files that some file systems would take for one. */
#include <stdlib.h>

#include "formats/base/fold.h"
#include "formats/base/memory.h"
#include "verify/check.h"

struct folded {
    struct bytes name;
    const struct item *item;
};

static int by_name(const void *pa, const void *pb)
{
    const struct folded *a = pa, *b = pb;
    int order = bytes_compare(a->name, b->name);
    return order ? order : a->item->id < b->item->id ? -1 : a->item->id > b->item->id;
}

int check_names(struct check *c)
{
    size_t n;
    struct item *const *files = package_files(c->package, &n);
    struct folded *v = memory_new(n + 1, sizeof *v);
    struct arena arena = ARENA_INIT;
    for (size_t i = 0; i < n; i++) {
        struct text path = {0}, folded = {0};
        path_normalise(files[i]->name, &path);
        fold_name(text_bytes(&path), &folded);
        v[i] = (struct folded){arena_copy(&arena, text_bytes(&folded)), files[i]};
        text_release(&path);
        text_release(&folded);
    }
    if (n)
        qsort(v, n, sizeof *v, by_name);
    for (size_t i = 1; i < n; i++) {
        /* Names that are equal byte for byte are the walk's finding. */
        if (bytes_eq(v[i].name, v[i - 1].name) &&
            !bytes_eq(v[i].item->name, v[i - 1].item->name))
            check_finding(
                c, INTEGRITY_CONFUSABLE_NAMES, v[i].item,
                check_printf(c, "differs from %s only so", check_path(c, v[i - 1].item)));
    }
    arena_release(&arena);
    free(v);
    return 0;
}
