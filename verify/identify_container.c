/* What a container is, from what is in it. */
#include "verify/identify.h"

#include "verify/identify_name.h"

struct seen {
    bool criu_image, oci_layout, index, docker_manifest, whiteout, root_folder;
    bool checkpoint_metadata, manifest, node_logs;
};

static void look_at(const struct item *member, struct seen *seen)
{
    struct text t = {0};
    path_normalise(member->name, &t);
    struct bytes path = text_bytes(&t), name = name_base(path);
    seen->criu_image |= member->role == ROLE_CRIU_IMAGE &&
                        (bytes_is(name, "inventory.img") || bytes_is(name, "pstree.img"));
    seen->checkpoint_metadata |=
        bytes_is(path, "spec.dump") || bytes_is(path, "config.dump");
    seen->oci_layout |= bytes_is(path, "oci-layout");
    seen->index |= bytes_is(path, "index.json");
    seen->docker_manifest |= bytes_is(path, "manifest.json");
    seen->manifest |= member->role == ROLE_MANIFEST;
    seen->whiteout |= bytes_starts(name, BYTES(".wh.")) ||
                      /* All that a gVisor sandbox leaves there. */
                      bytes_starts(path, BYTES(".gvisor.filestore.")) ||
                      (member->entry.type == ENTRY_CHARACTER &&
                       member->entry.rare->traits->rdev_major == 0 &&
                       member->entry.rare->traits->rdev_minor == 0);
    seen->root_folder |= name_begins_in_root(path);
    seen->node_logs |= member->entry.type == ENTRY_FILE && identify_is_node_log(path);
    text_release(&t);
}

/* An OCI layout can hold a checkpoint (containerd): then one of its layers does. */
static bool holds_checkpoint(const struct item *layout)
{
    for (const struct item *m = item_more(layout)->child; m; m = m->next) {
        if (m->role == ROLE_CRIU_CHECKPOINT)
            return true;
    }
    return false;
}

struct identity identify_container(const struct item *container)
{
    struct seen seen = {0};
    if (container_is_filter(container->container))
        return item_more(container)->child
                   ? (struct identity){item_more(container)->child->role,
                                       item_more(container)->child->how}
                   : (struct identity){ROLE_UNKNOWN, BY_NOTHING};
    for (const struct item *m = item_more(container)->child; m; m = m->next)
        look_at(m, &seen);
    if (seen.criu_image || (seen.oci_layout && holds_checkpoint(container)))
        return (struct identity){ROLE_CRIU_CHECKPOINT, BY_CONTENT};
    if ((seen.oci_layout && seen.index) || seen.docker_manifest)
        return (struct identity){ROLE_BASE_IMAGE, BY_CONTENT};
    if (seen.whiteout)
        return (struct identity){ROLE_WRITABLE_LAYER, BY_CONTENT};
    /* What podman, CRI-O and containerd call it, however little is in it. */
    if (bytes_is(name_base(container->name), "rootfs-diff.tar"))
        return (struct identity){ROLE_WRITABLE_LAYER, BY_NAME};
    if (seen.root_folder && !seen.manifest) {
        bool layer = name_holds(container->name, "layer") ||
                     name_holds(container->name, "diff") ||
                     name_holds(container->name, "upper");
        if (layer)
            return (struct identity){ROLE_WRITABLE_LAYER, BY_NAME};
        /* Logs of its pods are a node's: somebody packed what he collected there. */
        return seen.node_logs ? (struct identity){ROLE_UNKNOWN, BY_NOTHING}
                              : (struct identity){ROLE_BASE_IMAGE, BY_NAME};
    }
    return (struct identity){ROLE_UNKNOWN, BY_NOTHING};
}
