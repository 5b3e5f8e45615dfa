/* What the form of the evidence cannot show. */
#include <stdio.h>

#include "analyze/layer/study.h"

static void limit_of_fault(const struct layer *l, const char *which, json_t *all)
{
    struct fault f = layer_fault(l);
    if (f.code)
        json_array_append_new(
            all, json_sprintf("%s: %s, at offset %llu (%s)", which, fault_text(f.code),
                              (unsigned long long)f.offset, fault_name(f.code)));
}

/* Who wrote the rootfs-diff.tar of a checkpoint, and what that one leaves out. */
static void limits_of_checkpoint(const struct comparison *c, json_t *all)
{
    const struct item *diff = c->subject.item;
    const char *said;
    if (c->subject.layer.container == NULL || diff == c->subject.checkpoint)
        said =
            "the checkpoint has no rootfs-diff.tar: nothing was changed, or it was made "
            "without the root file system";
    else if (container_is_filter(diff->container))
        said = "rootfs-diff.tar is a compressed layer with whiteouts, as containerd "
               "writes it: of extended attributes it keeps file capabilities alone";
    else
        said = "podman and CRI-O leave a modified file out of rootfs-diff.tar when the "
               "node has no file of that path, and never record owner or mode of "
               "folders: what is not in it may have changed all the same; the upper "
               "folder of the layer settles it";
    json_array_append_new(all, json_string(said));
}

static void limits_of_layer(const struct comparison *c, json_t *all)
{
    const struct layer *l = &c->subject.layer;
    const struct item *item = c->subject.item;
    bool of_checkpoint = item == c->subject.checkpoint ||
                         (c->subject.checkpoint && item->parent == c->subject.checkpoint);
    limit_of_fault(l, "the layer", all);
    if (of_checkpoint)
        limits_of_checkpoint(c, all);
    if (l->whole_seconds && l->entries && !l->listing)
        json_array_append_new(all, json_string("times are whole seconds in this layer"));
    if (!l->has_xattrs && l->entries && !l->listing)
        json_array_append_new(
            all, json_string("no extended attribute is recorded in this layer: opaque "
                             "folders, renames, file capabilities and ACLs cannot be "
                             "seen"));
    if (l->overridden)
        json_array_append_new(
            all, json_sprintf("owner, mode and type of %zu entries are those that "
                              "user.containers.override_stat states (rootless storage): "
                              "whoever could write the files could write that as well",
                              l->overridden));
    if (l->listing)
        json_array_append_new(all, json_string("a list of changed paths tells names "
                                               "alone: neither what they are nor what "
                                               "changed"));
    if (c->unmatched_origins)
        json_array_append_new(
            all,
            json_sprintf("%zu of %zu entries that were copied up from a lower file have "
                         "none in the base: another image may be the real base",
                         c->unmatched_origins, c->copied_up));
}

static void limits_of_base(const struct image *i, json_t *all)
{
    if (i->form == IMAGE_NONE)
        json_array_append_new(
            all, json_string("there is no base image: what was changed cannot be told "
                             "from what is new, and a deletion is only a name"));
    if (i->platform_missing)
        json_array_append_new(all,
                              json_string("the base has no image for this platform"));
    if (i->manifest_check == BLOB_MISSING)
        json_array_append_new(all, json_string("the manifest of the base is missing: "
                                               "nothing is known of its layers"));
    for (size_t k = 0; k < i->layer_count; k++) {
        const struct image_layer *l = &i->layers[k];
        char which[48];
        snprintf(which, sizeof which, "layer %zu of the base", k + 1);
        limit_of_fault(&l->layer, which, all);
        if (!l->layer.container)
            json_array_append_new(
                all,
                json_sprintf("layer %zu of the base is missing or is no archive%s: what "
                             "it holds appears as added",
                             k + 1,
                             l->foreign ? " (it is foreign: it may not be handed on with "
                                          "the image)"
                                        : ""));
    }
    if (i->choices && i->platforms.n)
        json_array_append_new(
            all, json_sprintf("the base holds images for %.*s; that for %.*s was taken",
                              (int)i->platforms.n, (const char *)i->platforms.p,
                              (int)i->platform.architecture.n,
                              (const char *)i->platform.architecture.p));
    else if (i->choices)
        json_array_append_new(
            all, json_string("the base holds several images; one was chosen"));
}

json_t *comparison_limits(const struct comparison *c)
{
    json_t *all = json_array();
    limits_of_base(&c->base, all);
    if (!c->subject.is_image)
        limits_of_layer(c, all);
    return all;
}
