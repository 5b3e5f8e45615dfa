/* Control groups: which processes are in which groups, and what limits those have. */
#include "analyze/process/describe.h"
#include "analyze/process/values.h"

/* Files of a group that say who is in it or how it is kept, not what it may use. */
static bool is_bookkeeping(struct bytes name)
{
    static const char *const names[] = {"tasks",
                                        "cgroup.procs",
                                        "cgroup.threads",
                                        "cgroup.clone_children",
                                        "cgroup.sane_behavior",
                                        "notify_on_release",
                                        "release_agent"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bytes_is(name, names[i]))
            return true;
    return false;
}

static struct bytes without_slash(struct bytes path)
{
    return bytes_starts(path, BYTES("/")) ? bytes_from(path, 1) : path;
}

/* The folder of a path: each name is relative to the folder above and may have several
 * parts. */
static const Criu__CgroupDirEntry *folder_at(Criu__CgroupDirEntry *const *folders,
                                             size_t n, struct bytes path)
{
    path = without_slash(path);
    for (size_t i = 0; i < n; i++) {
        struct bytes name = without_slash(criu_bytes(folders[i]->dir_name));
        if (bytes_eq(name, path))
            return folders[i];
        struct bytes rest = bytes_from(path, name.n);
        if (!bytes_starts(path, name) || (name.n && !bytes_starts(rest, BYTES("/"))))
            continue;
        const Criu__CgroupDirEntry *found =
            folder_at(folders[i]->children, folders[i]->n_children, rest);
        if (found)
            return found;
    }
    return NULL;
}

static bool has_controller(const Criu__CgControllerEntry *c, struct bytes name)
{
    for (size_t i = 0; i < c->n_cnames; i++)
        if (bytes_eq(criu_bytes(c->cnames[i]), name))
            return true;
    return false;
}

static json_t *limits_at(const struct describe *d, const Criu__CgroupEntry *e,
                         const Criu__CgMemberEntry *member)
{
    json_t *o = json_object();
    struct text key = {0};
    for (size_t i = 0; i < e->n_controllers; i++) {
        const Criu__CgControllerEntry *c = e->controllers[i];
        const Criu__CgroupDirEntry *folder =
            has_controller(c, criu_bytes(member->name))
                ? folder_at(c->dirs, c->n_dirs, criu_bytes(member->path))
                : NULL;
        for (size_t k = 0; folder && k < folder->n_properties; k++) {
            struct bytes name = criu_bytes(folder->properties[k]->name);
            struct bytes value = criu_bytes(folder->properties[k]->value);
            if (value.n == 0 || is_bookkeeping(name))
                continue;
            text_clear(&key);
            escape_plain(&key, name);
            json_object_set_new(o, text_c(&key), json_masked(d->mask, value));
        }
    }
    text_release(&key);
    return o;
}

uint32_t process_cgroup_set(const struct process *p)
{
    const Criu__CoreEntry *core = p->leader ? p->leader->core : NULL;
    if (core && core->thread_core && core->thread_core->has_cg_set)
        return core->thread_core->cg_set;
    return core && core->tc ? core->tc->cg_set : 0;
}

static json_t *members_of(const struct describe *d, const Criu__CgroupEntry *e,
                          const Criu__CgSetEntry *set)
{
    json_t *all = json_array();
    for (size_t i = 0; i < set->n_ctls; i++) {
        const Criu__CgMemberEntry *member = set->ctls[i];
        json_t *o = json_object();
        json_object_set_new(o, "controller", json_evidence(criu_bytes(member->name)));
        json_object_set_new(o, "path", json_masked(d->mask, criu_bytes(member->path)));
        json_set_if(o, "limits", limits_at(d, e, member));
        json_array_append_new(all, o);
    }
    return all;
}

struct collecting {
    const struct describe *d;
    json_t *all;
};

static void add_sets(void *context, const struct image *image, size_t record,
                     const void *message)
{
    struct collecting *c = context;
    const struct checkpoint *checkpoint = c->d->checkpoint;
    const Criu__CgroupEntry *e = message;
    for (size_t i = 0; i < e->n_sets; i++) {
        json_t *o = json_object(), *pids = json_array();
        for (size_t k = 0; k < checkpoint->count; k++)
            if (process_cgroup_set(&checkpoint->processes[k]) == e->sets[i]->id)
                json_array_append_new(pids, json_integer(checkpoint->processes[k].pid));
        json_set_unsigned(o, "set", e->sets[i]->id);
        json_object_set_new(o, "processes", pids);
        json_object_set_new(o, "groups", members_of(c->d, e, e->sets[i]));
        json_object_set_new(o, "span", json_span(image_span(image, record)));
        json_array_append_new(c->all, o);
    }
}

json_t *describe_cgroups(const struct describe *d)
{
    struct collecting c = {d, json_array()};
    each_record(d->checkpoint, "cgroup", CRIU_CGROUP, add_sets, &c);
    return c.all;
}
