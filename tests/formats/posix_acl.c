#include "formats/posix_acl.h"

#include <criterion/criterion.h>

/* getfattr -n system.posix_acl_access -e hex, after setfacl -m u:1000:rw on a file 0644.
 */
static const uint8_t stored[] = {
    2, 0,    0,    0,    1,    0,    6,    0, 0xff, 0xff, 0xff, 0xff, 2,    0,    6,
    0, 0xe8, 3,    0,    0,    4,    0,    4, 0,    0xff, 0xff, 0xff, 0xff, 0x10, 0,
    6, 0,    0xff, 0xff, 0xff, 0xff, 0x20, 0, 4,    0,    0xff, 0xff, 0xff, 0xff};
static const char text[] = "user::rw-,user:1000:rw-,group::r--,mask::rw-,other::r--";

Test(posix_acl, as_getfacl_prints_it)
{
    struct text t = {0};
    cr_assert(posix_acl_text(bytes_of(stored, sizeof stored), &t));
    cr_assert_str_eq(text_c(&t), text);
    text_release(&t);
}

Test(posix_acl, as_the_kernel_stores_it_in_whatever_order_it_came)
{
    struct acl_entry v[] = {{ACL_OTHER, 4, UINT32_MAX},
                            {ACL_USER, 6, 1000},
                            {ACL_MASK, 6, UINT32_MAX},
                            {ACL_USER_OBJ, 6, UINT32_MAX},
                            {ACL_GROUP_OBJ, 4, UINT32_MAX}};
    struct text t = {0};
    posix_acl_encode(v, 5, &t);
    cr_assert(bytes_eq(text_bytes(&t), bytes_of(stored, sizeof stored)));
    text_release(&t);
}

Test(posix_acl, what_is_none_is_told)
{
    struct text t = {0};
    uint8_t other[sizeof stored];
    for (size_t n = 0; n < sizeof stored; n++)
        cr_expect_eq(posix_acl_text(bytes_of(stored, n), &t), n >= 4 && (n - 4) % 8 == 0);
    memcpy(other, stored, sizeof other);
    other[4] = 3; /* no tag */
    text_clear(&t);
    cr_expect_not(posix_acl_text(bytes_of(other, sizeof other), &t));
    cr_expect_eq(t.n, 0);
    text_release(&t);
}
