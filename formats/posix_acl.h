/* POSIX access control lists as the kernel stores them in system.posix_acl_access and
 * system.posix_acl_default: version 2, then tag, permissions and id of each entry, little
 * endian, sorted by tag and id.
 *
 * Sources: linux/posix_acl_xattr.h; acl(5).
 */
#ifndef FORMATS_POSIX_ACL_H
#define FORMATS_POSIX_ACL_H

#include "formats/base/text.h"

enum acl_tag {
    ACL_USER_OBJ = 0x01,
    ACL_USER = 0x02,
    ACL_GROUP_OBJ = 0x04,
    ACL_GROUP = 0x08,
    ACL_MASK = 0x10,
    ACL_OTHER = 0x20,
};

struct acl_entry {
    uint16_t tag;         /* enum acl_tag */
    uint16_t permissions; /* 4 read, 2 write, 1 execute */
    uint32_t id;          /* of USER and GROUP; else UINT32_MAX */
};

/* Sorts the entries and appends their binary form. */
void posix_acl_encode(struct acl_entry *entries, size_t n, struct text *out);
/* As getfacl prints it, in one line and with numbers: "user::rw-,user:1000:r--,…". False,
 * and nothing is appended, when the value is no list. */
bool posix_acl_text(struct bytes value, struct text *out);

#endif
