#include "verify/identify_export.h"

#include "formats/container.h"
#include "verify/identify_name.h"
#include "verify/item.h"
#include "verify/package.h"

static bool is_named_export(const struct item *item)
{
    struct bytes name = name_base(item->name);
    return item->how == BY_NAME &&
           (name_holds(name, "export") || name_holds(name, "container")) &&
           !name_holds(name, "image") && !name_holds(name, "base");
}

void identify_exports(struct package *p)
{
    struct item *root = package_root(p), *export = NULL;
    size_t images = 0, exports = 0;
    for (struct item *i = root; i; i = item_next(i, root)) {
        if (i->role == ROLE_WRITABLE_LAYER)
            return;
        /* What is in a compressed file has the same role. */
        if (i->role != ROLE_BASE_IMAGE ||
            (i->parent && i->parent->role == ROLE_BASE_IMAGE))
            continue;
        images++;
        if (is_named_export(i)) {
            exports++;
            export = i;
        }
    }
    if (exports != 1 || images < 2)
        return;
    for (struct item *i = export; i && i->role == ROLE_BASE_IMAGE;
         i = container_is_filter(i->container) ? item_more(i)->child : NULL)
        i->role = ROLE_WRITABLE_LAYER;
}
