/* POSIX ACLs of an archive's members (SCHILY.acl.access and .default), brought into the
 * form in which a file system has them, so that both can be compared. */
#include <stdlib.h>

#include "formats/archive_private.h"
#include "formats/base/memory.h"
#include "formats/posix_acl.h"

/* More entries than any file system takes: ext4 has room for some thousand at most. */
#define MOST_ENTRIES 4096

static const struct {
    int theirs;
    enum acl_tag ours;
} tags[] = {
    {ARCHIVE_ENTRY_ACL_USER_OBJ, ACL_USER_OBJ},   {ARCHIVE_ENTRY_ACL_USER, ACL_USER},
    {ARCHIVE_ENTRY_ACL_GROUP_OBJ, ACL_GROUP_OBJ}, {ARCHIVE_ENTRY_ACL_GROUP, ACL_GROUP},
    {ARCHIVE_ENTRY_ACL_MASK, ACL_MASK},           {ARCHIVE_ENTRY_ACL_OTHER, ACL_OTHER},
};

/* tar writes the id behind the permissions, or only a name, which may be a number. */
static bool id_of(int id, const char *name, uint32_t *out)
{
    uint64_t n;
    if (id >= 0)
        n = (uint64_t)id;
    else if (!name || !bytes_to_u64(bytes_str(name), &n) || n >= UINT32_MAX)
        return false;
    *out = (uint32_t)n;
    return true;
}

static bool convert(int tag, int permissions, struct acl_entry *out)
{
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        if (tags[i].theirs != tag)
            continue;
        *out = (struct acl_entry){.tag = (uint16_t)tags[i].ours,
                                  .permissions = (uint16_t)(permissions & 7),
                                  .id = UINT32_MAX};
        return true;
    }
    return false;
}

/* All entries of a list; false when an id is not known or one is of no POSIX list. */
static bool take_entries(struct archive_entry *e, int list, struct acl_entry *v,
                         size_t *count)
{
    int type, permissions, tag, id;
    const char *name;
    *count = 0;
    while (archive_entry_acl_next(e, list, &type, &permissions, &tag, &id, &name) ==
           ARCHIVE_OK) {
        struct acl_entry *a = &v[*count];
        if (*count == MOST_ENTRIES || !convert(tag, permissions, a))
            return false;
        if ((a->tag == ACL_USER || a->tag == ACL_GROUP) && !id_of(id, name, &a->id))
            return false;
        ++*count;
    }
    return *count > 0;
}

static struct bytes text_of(struct archive_entry *e, int list, struct arena *into)
{
    int style =
        ARCHIVE_ENTRY_ACL_STYLE_EXTRA_ID | ARCHIVE_ENTRY_ACL_STYLE_SEPARATOR_COMMA;
    char *text = archive_entry_acl_to_text(e, NULL, list | style);
    struct bytes copy = text ? arena_copy(into, bytes_str(text)) : BYTES_NONE;
    free(text);
    return copy;
}

struct bytes archive_acl(struct archive_entry *e, int list, struct arena *into,
                         bool *exact)
{
    struct text binary = {0};
    struct bytes value;
    size_t count;
    *exact = false;
    if (archive_entry_acl_reset(e, list) <= 0)
        return BYTES_NONE;
    struct acl_entry *v = memory_new(MOST_ENTRIES, sizeof *v);
    *exact = take_entries(e, list, v, &count);
    if (*exact) {
        posix_acl_encode(v, count, &binary);
        value = arena_copy(into, text_bytes(&binary));
    } else {
        value = text_of(e, list, into);
    }
    text_release(&binary);
    free(v);
    return value;
}

unsigned archive_acl_mode(struct archive_entry *e, unsigned mode)
{
    int type, permissions, tag, id;
    const char *name;
    if (archive_entry_acl_reset(e, ARCHIVE_ENTRY_ACL_TYPE_ACCESS) <= 0)
        return mode;
    while (archive_entry_acl_next(e, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, &type, &permissions,
                                  &tag, &id, &name) == ARCHIVE_OK) {
        if (tag == ARCHIVE_ENTRY_ACL_MASK)
            return (mode & ~070u) | (unsigned)(permissions & 7) << 3;
    }
    return mode;
}
