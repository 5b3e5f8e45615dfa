#include "analyze/layer/care.h"

#include "analyze/layer/machine.h"
#include "analyze/layer/mounts.h"
#include "analyze/layer/package_place.h"

bool layer_is_listing(const struct item *item)
{
    return item->role == ROLE_WRITABLE_LAYER && item->container == CONTAINER_NONE &&
           item->entry.type == ENTRY_FILE;
}

enum care layer_care(const struct item *item)
{
    bool kept = item->role == ROLE_IMAGE_METADATA ||
                item->role == ROLE_CHECKPOINT_METADATA || machine_is_told_by(item) ||
                mounts_are_told_by(item) || layer_is_listing(item);
    if (kept)
        return CARE_KEEP;
    return packages_is_database(item->name) ? CARE_CACHE : CARE_HASH;
}

enum care layer_care_of(void *context, const struct item *item)
{
    (void)context;
    return layer_care(item);
}
