/* What an item of the walk is. */
#include "formats/base/limits.h"
#include "formats/base/marked_text.h"
#include "verify/identify.h"
#include "verify/identify_folder.h"
#include "verify/walk_private.h"

static void identify_leaf(const struct walk *w, struct item *item, struct bytes head)
{
    struct text path = {0};
    path_normalise(item->name, &path);
    bool in_archive = item->parent && item->parent->container != CONTAINER_DIRECTORY;
    if (!in_archive || !identify_is_root_file(text_bytes(&path))) {
        struct identity id = identify(head, text_bytes(&path));
        if (!item->in_root || id.role == ROLE_IMAGE_METADATA) {
            item->role = id.role;
            item->how = id.how;
        }
    }
    text_release(&path);
    struct text whole = {0};
    item_path(item, &whole);
    const struct role_override *o = w->options->overrides;
    for (; o && o->path; o++) {
        if (bytes_is(text_bytes(&whole), o->path)) {
            item->role = o->role;
            item->how = BY_OPTION;
        }
    }
    text_release(&whole);
}

/* Files of the package itself are named by the collector: there an empty file, or another
 * type than the name says, is a finding. Inside a layer the names are the container's. */
static void compare_with_name(struct item *item, struct bytes head)
{
    bool is_top = item->parent && (!item->parent->parent ||
                                   container_is_filter(item->parent->parent->container));
    if (!is_top || item->in_root || item->entry.type != ENTRY_FILE)
        return;
    if (head.n == 0)
        item_fault(item, (struct fault){FAULT_EMPTY, 0, 0, 0});
    else if (!identify_fits_name(head, item->name))
        item_fault(item, (struct fault){FAULT_MAGIC, 0, 0, 0});
}

/* What an archive is follows from what is in it. A folder of it can be a layer or an
 * image by itself; then the archive is only what they were packed into. */
void walk_identify_members(const struct walk *w, struct item *item)
{
    struct identity id = {item->role, item->how};
    bool folders = !item->in_root && identify_folders(item, w->options->overrides);
    if (item->how != BY_OPTION)
        id = folders ? (struct identity){ROLE_UNKNOWN, BY_NOTHING}
                     : identify_container(item);
    item->role = id.role;
    item->how = id.how;
    if (id.role == ROLE_WRITABLE_LAYER || id.role == ROLE_BASE_IMAGE || item->in_root)
        for (struct item *m = item_more(item)->child; m; m = m->next)
            item_forget_roles(m);
    if (item->in_root)
        item_forget_roles(item);
}

/* Logs and documents; lists of digests, statements about locks and custody logs are read
 * with their marks where they stand. */
static bool is_read_as_utf8(enum role role)
{
    switch (role) {
    case ROLE_AUDIT_LOG:
    case ROLE_FALCO_ALERTS:
    case ROLE_CONTAINER_LOG:
    case ROLE_RUNTIME_LOG:
    case ROLE_CLOUD_LOG:
    case ROLE_FOREIGN_LOG:
    case ROLE_KUBERNETES_EVENTS:
    case ROLE_KUBERNETES_OBJECTS:
    case ROLE_POD_MANIFEST:
    case ROLE_NETWORK_POLICY:
    case ROLE_POD_DESCRIBE:
    case ROLE_WRITTEN_TIMELINE:
        return true;
    default:
        return false;
    }
}

/* What it is, from its first bytes and its name. */
void walk_identify(const struct walk *w, struct item *item, struct bytes head,
                   unsigned depth)
{
    enum container seen = item->prefixed ? CONTAINER_ZIP : container_sniff(head);
    item->container = CONTAINER_NONE;
    if (!item->volume)
        item->container = seen;
    identify_leaf(w, item, head);
    if (seen == CONTAINER_NONE && is_read_as_utf8(item->role) && utf16_probe(head))
        item->container = CONTAINER_UTF16;
    if (!item->volume && !item->prefixed)
        compare_with_name(item, head);
    if (item->container != CONTAINER_NONE && depth >= LIMIT_NESTING) {
        item_fault(item, (struct fault){FAULT_LIMIT, 0, LIMIT_NESTING, depth + 1});
        item->container = CONTAINER_NONE;
    }
}
