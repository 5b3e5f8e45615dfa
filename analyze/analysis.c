#include "analyze/analysis.h"

#include "analyze/process/dump.h"

enum care analysis_care(void *context, const struct item *item)
{
    (void)context;
    switch (item->role) {
    case ROLE_AUDIT_LOG:
    case ROLE_FALCO_ALERTS:
    case ROLE_CONTAINER_LOG:
    case ROLE_RUNTIME_LOG:
        return CARE_DEFER;
    case ROLE_POD_MANIFEST:
    case ROLE_NETWORK_POLICY:
    case ROLE_KUBERNETES_OBJECTS:
    case ROLE_KUBERNETES_EVENTS:
    case ROLE_POD_DESCRIBE:
    case ROLE_WRITTEN_TIMELINE:
    case ROLE_MANIFEST:
    case ROLE_SIGNATURE:
    case ROLE_TIMESTAMP:
    case ROLE_RETENTION:
    case ROLE_CUSTODY:
    case ROLE_CHECKPOINT_METADATA:
    case ROLE_IMAGE_METADATA:
        return CARE_KEEP;
    case ROLE_CRIU_IMAGE:
        return dump_care(item);
    default:
        return CARE_HASH;
    }
}

struct mask analysis_mask(const struct package *p, bool reveal)
{
    size_t count;
    struct item *const *files = package_files(p, &count);
    struct text identity = {0};
    for (size_t i = 0; i < count; i++) {
        package_file_path(p, files[i], &identity);
        text_printf(&identity, "%c%llu%c", 0, (unsigned long long)files[i]->entry.size,
                    0);
    }
    struct mask mask = mask_of(text_bytes(&identity), reveal);
    text_release(&identity);
    return mask;
}

/* Logs that nobody decodes are still hashed. */
static void read_only(void *context, struct log_chunk *chunk)
{
    (void)context;
    (void)chunk;
}

int analysis_run(struct analysis *a)
{
    struct log_visitor visitor = {NULL, read_only, read_only};
    int r = process_analyze(a);
    if (r == 0)
        r = layer_analyze(a);
    return r == 0 ? logs_stream(a->package, a->walk, &visitor) : r;
}
