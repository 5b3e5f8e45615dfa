#include "formats/layer.h"

#include <criterion/criterion.h>

static enum whiteout of(const char *name, struct bytes *hidden)
{
    *hidden = BYTES_NONE;
    return whiteout_of(bytes_str(name), hidden);
}

Test(layer, whiteouts_by_name)
{
    struct bytes hidden;
    cr_expect(of(".wh.passwd", &hidden) == WHITEOUT_FILE && bytes_is(hidden, "passwd"));
    cr_expect(of(".wh..wh..opq", &hidden) == WHITEOUT_OPAQUE);
    cr_expect(of(".wh..wh.plnk", &hidden) == WHITEOUT_METADATA);
    cr_expect(of(".wh.", &hidden) == WHITEOUT_INVALID);
    cr_expect(of(".wh...", &hidden) == WHITEOUT_INVALID);
    cr_expect(of(".wh.x.", &hidden) == WHITEOUT_FILE && bytes_is(hidden, "x."));
    cr_expect(of(".who", &hidden) == WHITEOUT_NONE);
    cr_expect(of("x.wh.y", &hidden) == WHITEOUT_NONE);
}

static bool marks_of(const char *name, struct bytes value, struct overlay_marks *out)
{
    struct xattr x = {bytes_str(name), value, NULL};
    struct entry_traits traits = entry_traits_none;
    struct entry_rare rare = {INSTANT_NONE, INSTANT_NONE, &traits};
    traits.xattrs = &x;
    struct entry e = {.type = ENTRY_DIRECTORY, .rare = &rare};
    return overlay_marks_of(&e, out);
}

Test(layer, overlay_marks_in_every_name_space)
{
    struct overlay_marks m;
    cr_expect(marks_of("trusted.overlay.opaque", BYTES("y"), &m) && m.opaque);
    cr_expect(marks_of("user.overlay.opaque", BYTES("y"), &m) && m.opaque);
    cr_expect(marks_of("user.fuseoverlayfs.opaque", BYTES("y"), &m) && m.opaque);
    cr_expect(marks_of("trusted.overlay.opaque", BYTES("x"), &m) && !m.opaque &&
              !m.malformed);
    cr_expect(marks_of("trusted.overlay.opaque", BYTES("1"), &m) && !m.opaque &&
              m.malformed);
    cr_expect(marks_of("trusted.overlay.redirect", BYTES("/a"), &m) &&
              bytes_is(m.redirect, "/a"));
    cr_expect(marks_of("trusted.overlay.redirect", BYTES("a\0b"), &m) && m.malformed);
    cr_expect(!marks_of("user.note", BYTES("y"), &m));
    cr_expect(!marks_of("security.capability", BYTES("y"), &m));
}

Test(layer, device_0_0_is_a_whiteout)
{
    struct overlay_marks m;
    struct entry_traits traits = entry_traits_none;
    struct entry_rare rare = {INSTANT_NONE, INSTANT_NONE, &traits};
    struct entry e = {.type = ENTRY_CHARACTER, .rare = &rare};
    cr_expect(overlay_marks_of(&e, &m) && m.whiteout);
    traits.rdev_minor = 3; /* /dev/null is 1:3 */
    traits.rdev_major = 1;
    cr_expect(!overlay_marks_of(&e, &m));
}

/* What getcap prints for values that setcap wrote. */
Test(layer, capabilities_of_each_revision)
{
    struct file_capabilities c;
    struct text t = {0};
    cr_assert(file_capabilities_read(
        BYTES("\x01\0\0\x02\x80\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), &c));
    file_capabilities_text(&c, &t);
    cr_expect_str_eq(text_c(&t), "cap_setuid,cap_net_raw=ep");
    text_clear(&t);
    cr_assert(file_capabilities_read(
        BYTES("\0\0\0\x03\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xe8\x03\0\0"), &c));
    file_capabilities_text(&c, &t);
    cr_expect_str_eq(text_c(&t), "cap_net_raw=p [rootid=1000]");
    cr_expect_eq(c.root_id, 1000);
    text_release(&t);
    cr_expect(!file_capabilities_read(BYTES("\x01\0\0\x02\x80\x20\0\0"), &c));
    cr_expect(!file_capabilities_read(BYTES("\x01\0\0\x04"), &c));
    cr_expect(!file_capabilities_read(BYTES_NONE, &c));
}

Test(layer, rootless_storage_says_what_a_file_is)
{
    struct override_stat o;
    cr_expect(override_stat_read(BYTES("0:0:0755"), &o) && o.mode == 0755 && !o.has_type);
    cr_expect(override_stat_read(BYTES("33:101:4755:file"), &o) && o.uid == 33 &&
              o.gid == 101 && o.mode == 04755 && o.type == ENTRY_FILE);
    cr_expect(override_stat_read(BYTES("0:6:0660:block-8-1"), &o) &&
              o.type == ENTRY_BLOCK && o.rdev_major == 8 && o.rdev_minor == 1);
    cr_expect(override_stat_read(BYTES("0:0:0666:char-1-3"), &o) &&
              o.type == ENTRY_CHARACTER && o.rdev_minor == 3);
    static const char *const none[] = {"",
                                       "0",
                                       "0:0",
                                       "0:0:",
                                       "0:0:0888",
                                       "x:0:0755",
                                       "4294967296:0:0755",
                                       "0:0:0755:door",
                                       "0:0:0755:char",
                                       "0:0:0755:char-1",
                                       "-1:0:0755"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        cr_expect_not(override_stat_read(bytes_str(none[i]), &o), "%s", none[i]);
}
