/* What an archive says of a member, through libarchive's accessors. */
#include <stdlib.h>

#include "formats/archive_private.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/base/order.h"

const char *entry_type_name(enum entry_type t)
{
    static const char *const names[] = {
        [ENTRY_FILE] = "file",           [ENTRY_DIRECTORY] = "directory",
        [ENTRY_SYMLINK] = "symlink",     [ENTRY_HARDLINK] = "hardlink",
        [ENTRY_CHARACTER] = "character", [ENTRY_BLOCK] = "block",
        [ENTRY_FIFO] = "fifo",           [ENTRY_SOCKET] = "socket",
    };
    return names[t];
}

const struct entry_traits entry_traits_none = {.birthtime = INSTANT_NONE};
const struct entry_rare entry_rare_none = {
    .atime = INSTANT_NONE, .ctime = INSTANT_NONE, .traits = &entry_traits_none};

static enum entry_type type_of(struct archive_entry *e)
{
    if (archive_entry_hardlink(e))
        return ENTRY_HARDLINK;
    switch (archive_entry_filetype(e)) {
    case AE_IFDIR:
        return ENTRY_DIRECTORY;
    case AE_IFLNK:
        return ENTRY_SYMLINK;
    case AE_IFCHR:
        return ENTRY_CHARACTER;
    case AE_IFBLK:
        return ENTRY_BLOCK;
    case AE_IFIFO:
        return ENTRY_FIFO;
    case AE_IFSOCK:
        return ENTRY_SOCKET;
    default:
        return ENTRY_FILE;
    }
}

static instant time_of(bool set, int64_t seconds, long nanoseconds)
{
    instant t;
    if (!set || !instant_from_epoch(seconds, PRECISION_SECOND, &t) ||
        __builtin_add_overflow(t, (instant)nanoseconds, &t))
        return INSTANT_NONE;
    return t;
}

/* The attributes of one member, in libarchive's order; in memory of their own. */
struct xattr_list {
    struct listed_xattr {
        struct xattr *x;
        size_t order;
    } * v;
    size_t n, capacity;
};

static void add_xattr(struct xattr_list *list, struct arena *into, struct xattr x)
{
    struct xattr *kept = arena_new(into, struct xattr);
    *kept = x;
    list->v = memory_grow(list->v, &list->capacity, list->n + 1, sizeof *list->v);
    list->v[list->n] = (struct listed_xattr){kept, list->n};
    list->n++;
}

static int by_name(const void *pa, const void *pb)
{
    const struct listed_xattr *a = pa, *b = pb;
    int order = bytes_compare(a->x->name, b->x->name);
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

/* Sorted by name, once each. bsdtar writes each attribute twice (LIBARCHIVE.xattr and
 * SCHILY.xattr) and libarchive returns both; two values for one name are a fault. */
static struct xattr *link_xattrs(struct archive_reader *r, const struct xattr_list *list)
{
    struct xattr *first = NULL, *last = NULL;
    sort_if_needed(list->v, list->n, sizeof *list->v, by_name);
    for (size_t i = 0; i < list->n; i++) {
        struct xattr *x = list->v[i].x;
        if (last && bytes_eq(last->name, x->name)) {
            if (!bytes_eq(last->value, x->value))
                archive_fault(r, FAULT_DUPLICATE);
            continue;
        }
        *(last ? &last->next : &first) = x;
        last = x;
    }
    return first;
}

static void take_xattrs(struct archive_reader *r, struct archive_entry *e,
                        struct arena *into, struct xattr_list *list)
{
    const char *name;
    const void *value;
    size_t size, left = LIMIT_XATTRS;
    archive_entry_xattr_reset(e);
    while (archive_entry_xattr_next(e, &name, &value, &size) == ARCHIVE_OK) {
        struct bytes key = bytes_str(name);
        if (key.n > left || size > left - key.n) {
            archive_fault(r, FAULT_LIMIT);
            return;
        }
        left -= key.n + size;
        add_xattr(list, into,
                  (struct xattr){arena_copy(into, key),
                                 arena_copy(into, bytes_of(value, size)), NULL});
    }
}

static bool has_xattr(const struct xattr_list *list, const char *name)
{
    size_t i = 0;
    while (i < list->n && !bytes_is(list->v[i].x->name, name))
        i++;
    return i < list->n;
}

/* POSIX ACLs come in their own place; they are kept under the kernel's names. */
static void take_acl(struct archive_entry *e, struct arena *into, struct xattr_list *list)
{
    static const struct {
        int type;
        const char *name;
    } acls[] = {
        {ARCHIVE_ENTRY_ACL_TYPE_ACCESS, "system.posix_acl_access"},
        {ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, "system.posix_acl_default"},
    };
    for (size_t i = 0; i < 2; i++) {
        bool exact;
        struct bytes value = archive_acl(e, acls[i].type, into, &exact);
        /* GNU tar writes names there, and the numbers as an attribute beside it. */
        if (value.n && (exact || !has_xattr(list, acls[i].name)))
            add_xattr(list, into, (struct xattr){bytes_str(acls[i].name), value, NULL});
    }
}

static struct bytes copy_string(struct arena *into, const char *s)
{
    return s && *s ? arena_copy(into, bytes_str(s)) : BYTES_NONE;
}

static uint32_t id_of(int64_t id)
{
    return id < 0 || id > UINT32_MAX ? UINT32_MAX : (uint32_t)id;
}

/* A member with attributes of its own is like no other. */
static bool same_traits(const struct entry_traits *a, const struct entry_traits *b)
{
    return a->birthtime == b->birthtime && a->rdev_major == b->rdev_major &&
           a->rdev_minor == b->rdev_minor && a->nlink == b->nlink &&
           a->xattrs == b->xattrs;
}

static const struct entry_traits *take_traits(struct archive_reader *r,
                                              struct archive_entry *e, struct arena *into)
{
    struct entry_traits traits = {
        .birthtime = time_of(archive_entry_birthtime_is_set(e),
                             archive_entry_birthtime(e), archive_entry_birthtime_nsec(e)),
        .nlink = archive_entry_nlink(e),
    };
    mode_t type = archive_entry_filetype(e);
    if (type == AE_IFCHR || type == AE_IFBLK) {
        traits.rdev_major = (uint32_t)archive_entry_rdevmajor(e);
        traits.rdev_minor = (uint32_t)archive_entry_rdevminor(e);
    }
    struct xattr_list list = {0};
    take_xattrs(r, e, into, &list);
    take_acl(e, into, &list);
    traits.xattrs = link_xattrs(r, &list);
    free(list.v);
    if (same_traits(&traits, &entry_traits_none))
        return &entry_traits_none;
    if (r->last_traits && same_traits(&traits, r->last_traits))
        return r->last_traits;
    struct entry_traits *kept = arena_new(into, struct entry_traits);
    *kept = traits;
    return r->last_traits = kept;
}

static bool same_rare(const struct entry_rare *a, const struct entry_rare *b)
{
    return a->atime == b->atime && a->ctime == b->ctime && a->traits == b->traits;
}

/* Kept only when there is anything in it: most members share the empty one. */
static const struct entry_rare *take_rare(struct archive_reader *r,
                                          struct archive_entry *e, struct arena *into)
{
    const struct entry_rare rare = {
        .atime = time_of(archive_entry_atime_is_set(e), archive_entry_atime(e),
                         archive_entry_atime_nsec(e)),
        .ctime = time_of(archive_entry_ctime_is_set(e), archive_entry_ctime(e),
                         archive_entry_ctime_nsec(e)),
        .traits = take_traits(r, e, into),
    };
    if (same_rare(&rare, &entry_rare_none))
        return &entry_rare_none;
    if (r->last_rare && same_rare(&rare, r->last_rare))
        return r->last_rare;
    struct entry_rare *kept = arena_new(into, struct entry_rare);
    *kept = rare;
    return r->last_rare = kept;
}

void archive_take_entry(struct archive_reader *r, struct archive_entry *e,
                        struct arena *into, struct entry *entry)
{
    int64_t size = archive_entry_size(e);
    *entry = (struct entry){
        .type = type_of(e),
        .mode = archive_acl_mode(e, archive_entry_perm(e)) & 07777,
        .uid = id_of(archive_entry_uid(e)),
        .gid = id_of(archive_entry_gid(e)),
        .has_size = archive_entry_size_is_set(e) && size >= 0,
        .sparse = archive_entry_sparse_count(e) > 0,
        .encrypted = archive_entry_is_data_encrypted(e) > 0,
        .mtime = time_of(archive_entry_mtime_is_set(e), archive_entry_mtime(e),
                         archive_entry_mtime_nsec(e)),
        .rare = take_rare(r, e, into),
    };
    entry->size = entry->has_size ? (uint64_t)size : 0;
    entry_set_link(entry, copy_string(into, entry->type == ENTRY_HARDLINK
                                                ? archive_entry_hardlink(e)
                                                : archive_entry_symlink(e)));
}
